"""Makes, finds and revokes personal tokens."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.limits.client_ip import client_ip_to_store
from accounts.models import PersonalToken, User
from accounts.personal_tokens.token_text import SHOWN_LENGTH, digest_of, new_token_text
from accounts.scopes import Scope
from id_numbers import parse_id

MAX_TOKENS: Final = 50
TOO_MANY: Final = f"A person has at most {MAX_TOKENS} personal tokens. Revoke one of them first."
# The lives a token can have, by the name on the wire, each with its length and plain words.
LIVES: Final[dict[str, tuple[timedelta | None, str]]] = {
    "30d": (timedelta(days=30), "in 30 days"),
    "1y": (timedelta(days=365), "in a year"),
    "never": (None, "never"),
}
DEFAULT_LIFE: Final = "30d"
# Days for which an expired token is still listed.
EXPIRED_KEPT_DAYS: Final = 30
# A token that is used from more client IPs in a day is not written again on that day.
CLIENT_IPS_A_DAY: Final = 10


class TooManyTokens(Exception):
    """The person has MAX_TOKENS tokens."""

    def __init__(self) -> None:
        super().__init__(TOO_MANY)


def make(user: User, name: str, scopes: Iterable[Scope], life: str, request: HttpRequest) -> tuple[PersonalToken, str]:
    """Make a token with at least one scope and a life of LIVES; return it and its text. Raises TooManyTokens."""
    text, now = new_token_text(), timezone.now()
    length, _ = LIVES[life]
    wanted = set(scopes)
    with transaction.atomic():
        # Two requests at once would otherwise both find room for the last token.
        list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
        if PersonalToken.objects.filter(user_id=user.pk).count() >= MAX_TOKENS:
            raise TooManyTokens
        token = PersonalToken.objects.create(
            user=user,
            name=name,
            scopes=" ".join(scope for scope in Scope if scope in wanted),
            prefix=text[:SHOWN_LENGTH],
            digest=digest_of(text),
            created_at=now,
            expires_at=None if length is None else now + length,
        )
        audit.add_own_event(audit.Kind.TOKEN_MADE, request, user, detail=token.scope_names())
    return token, text


def tokens_of(user: User) -> list[PersonalToken]:
    """Return the tokens of a person, newest first."""
    return list(PersonalToken.objects.filter(user_id=user.pk).order_by("-pk"))


def own_token(user: User, token_id: str) -> PersonalToken | None:
    """Return a token of a person by its id as text; None for any other id."""
    number = parse_id(token_id)
    return None if number is None else PersonalToken.objects.filter(user_id=user.pk, pk=number).first()


def revoke(token: PersonalToken, request: HttpRequest, actor: int) -> bool:
    """Revoke a token for good; return False where it is gone already. `actor` is the person who does it."""
    with transaction.atomic():
        deleted, _ = PersonalToken.objects.filter(pk=token.pk, user_id=token.user_id).delete()
        if deleted:
            audit.add_event(audit.Kind.TOKEN_REVOKED, request, subject=token.user_id, actor=actor)
    return bool(deleted)


def revoke_all(user_id: int, request: HttpRequest | None, actor: int | None, detail: str = "") -> int:
    """Revoke all tokens of a person; return how many there were. `detail` is a fixed word for the events."""
    with transaction.atomic():
        deleted, _ = PersonalToken.objects.filter(user_id=user_id).delete()
        for _ in range(deleted):
            audit.add_event(audit.Kind.TOKEN_REVOKED, request, subject=user_id, actor=actor, detail=detail)
    return deleted


def find(text: str) -> PersonalToken | None:
    """Return a token that is good, with its person, by one query.

    An unknown, an expired and a revoked token, and one of a deactivated person, are all not found by the same query, so
    that neither the answer nor its time tells them apart.
    """
    now = timezone.now()
    good = PersonalToken.objects.select_related("user").filter(
        Q(expires_at=None) | Q(expires_at__gt=now), digest=digest_of(text), user__is_active=True
    )
    return next(iter(good), None)


def note_use(token: PersonalToken, request: HttpRequest) -> None:
    """Store the day and the client IP of a use, at most once a day for each client IP."""
    today, client_ip = timezone.now().date(), client_ip_to_store(request)
    seen = token.last_client_ips if token.last_used_on == today else []
    if client_ip in seen or len(seen) >= CLIENT_IPS_A_DAY:
        return
    PersonalToken.objects.filter(pk=token.pk).update(last_used_on=today, last_client_ips=[*seen, client_ip])
