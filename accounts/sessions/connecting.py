"""Signs an extension in without a password.

The extension starts a grant, a person answers it on a page of the server, and the extension takes its tokens once.

A grant is stored nowhere. Its id is signed and holds all of it, so strangers can start grants without leaving rows. The
answer of a signed-in person is a row. It is kept until the grant expires, so the grant cannot be answered twice.
"""

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Final, NamedTuple

from django.contrib.auth import user_logged_in
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import audit
from accounts.limits.client_ip import client_ip_to_store
from accounts.models import LABEL_LENGTH, ConnectAnswer, User
from accounts.sessions import session_service
from accounts.user_agent import label_from
from instants import from_milliseconds, milliseconds

LIFE: Final = timedelta(minutes=10)
SALT: Final = "accounts.connecting"
# An id is shorter: a label of 100 characters takes at most 1,200 bytes of JSON.
MAX_ID_LENGTH: Final = 3000
CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Grant(NamedTuple):
    """What an extension asked for; `client_ip` is its own and may be unknown, `expires_at` in ms since the epoch."""

    challenge: str
    number: str
    label: str
    client_ip: str | None
    expires_at: int

    def has_expired(self) -> bool:
        """Tell whether its ten minutes are over."""
        return self.expires_at <= milliseconds(timezone.now())


class UnknownGrant(Exception):
    """This server made no such grant."""


class WrongVerifier(Exception):
    """The grant was started with the challenge of another verifier."""


class Expired(Exception):
    """The ten minutes of the grant are over, or its tokens were taken."""


class Denied(Exception):
    """The person said no, or may not sign in any more."""


class Answered(Exception):
    """The grant was answered before."""


def is_challenge(text: str) -> bool:
    """Tell whether a text can be the S256 of a verifier."""
    return CHALLENGE.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    """Return the S256 of a verifier, as RFC 7636 defines it."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def start(request: HttpRequest, challenge: str, label: str) -> tuple[str, Grant]:
    """Return the id of a new grant, and the grant. Without a label the User-Agent gives one."""
    grant = Grant(
        challenge,
        f"{secrets.randbelow(10_000):04}",
        label.strip()[:LABEL_LENGTH] or label_from(request.META.get("HTTP_USER_AGENT", "")),
        client_ip_to_store(request),
        milliseconds(timezone.now() + LIFE),
    )
    return signing.dumps(list(grant), salt=SALT), grant


def grant_of(grant_id: str) -> Grant:
    """Return the grant of an id, expired or not; raises UnknownGrant."""
    try:
        if len(grant_id) > MAX_ID_LENGTH:
            raise UnknownGrant
        return Grant(*signing.loads(grant_id, salt=SALT))
    except signing.BadSignature as error:
        raise UnknownGrant from error


def answer_to(grant_id: str) -> ConnectAnswer | None:
    """Return the answer to a grant, with the person who gave it."""
    found: ConnectAnswer | None = ConnectAnswer.objects.filter(grant_digest=_digest(grant_id)).first()
    return found


def answer(user: User, grant_id: str, request: HttpRequest, *, is_allowed: bool) -> None:
    """Store the answer of a person; raises UnknownGrant, Expired or Answered."""
    grant = grant_of(grant_id)
    if grant.has_expired():
        raise Expired
    ConnectAnswer.objects.filter(user=user, expires_at__lt=timezone.now()).delete()
    kind = audit.Kind.CONNECT_ALLOWED if is_allowed else audit.Kind.CONNECT_DENIED
    try:
        with transaction.atomic():
            ConnectAnswer.objects.create(
                user=user,
                grant_digest=_digest(grant_id),
                is_allowed=is_allowed,
                expires_at=from_milliseconds(grant.expires_at),
            )
            audit.add_own_event(kind, request, user)
    except IntegrityError as error:
        raise Answered from error


def own_grant(grant_id: str, verifier: str) -> Grant:
    """Return the grant of the one who began it; raises UnknownGrant or WrongVerifier."""
    grant = grant_of(grant_id)
    if not VERIFIER.fullmatch(verifier) or not constant_time_compare(challenge_of(verifier), grant.challenge):
        raise WrongVerifier
    return grant


def take(grant_id: str, grant: Grant, request: HttpRequest) -> tuple[User, dict[str, str]] | None:
    """Begin the session of one's own grant; return the person and the first tokens, or None without an answer.

    It raises Expired or Denied.
    """
    if grant.has_expired():
        raise Expired
    with transaction.atomic():
        given = ConnectAnswer.objects.select_related("user").filter(grant_digest=_digest(grant_id)).first()
        if given is None:
            return None
        if not given.is_allowed or not given.user.is_active:
            raise Denied
        # Two calls at once would each get tokens if the first query alone decided.
        if not ConnectAnswer.objects.filter(pk=given.pk, taken_at=None).update(taken_at=timezone.now()):
            raise Expired
        tokens = session_service.begin_with_tokens(given.user, request, grant.label)
    # As Django's own login does: it notes the time.
    user_logged_in.send(sender=User, request=request, user=given.user)
    return given.user, tokens


def _digest(grant_id: str) -> str:
    return hashlib.sha256(grant_id.encode()).hexdigest()
