"""The row that identifies this server's database."""

from sync.models import ServerIdentity, new_server_id


def server_identity() -> ServerIdentity:
    """Return the row; the first call makes it."""
    identity, _ = ServerIdentity.objects.get_or_create(pk=ServerIdentity.THE_ROW)
    return identity


def renew_epoch() -> None:
    """Make every cursor of the feed invalid, for all people."""
    server_identity()
    ServerIdentity.objects.filter(pk=ServerIdentity.THE_ROW).update(epoch=new_server_id())
