"""Begins, refreshes and ends sessions."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.limits.client_ip import client_ip_to_store
from accounts.models import LABEL_LENGTH, AuditEvent, Session, User
from accounts.personal_tokens import token_service
from accounts.sessions.rotation import Chain, Use, Verdict, present
from accounts.sessions.tokens import RefreshToken, tokens_of
from accounts.user_agent import label_from
from instants import milliseconds

Reason, Kind = Session.Reason, Session.Kind
# SQLite takes so many parameters in any build.
IDS_A_STATEMENT = 500
# Live sessions of a person. A new one ends those that were used longest ago.
MAX_LIVE = 200
# Days for which an ended session is kept, and shown if it ended for safety.
ENDED_KEPT_DAYS = 30


class Refused(Exception):
    """The refresh token is no longer good; `session` is its session where that has ended."""

    def __init__(self, session: Session | None = None) -> None:
        super().__init__()
        self.session = session


def expiry(created_at: datetime, now: datetime) -> datetime:
    """Return when a session that is used now expires: after the idle limit or the age limit, the earlier one."""
    idle = now + timedelta(days=settings.SESSION_IDLE_DAYS)
    return min(idle, created_at + timedelta(days=settings.SESSION_MAX_DAYS))


def begin(user: User, kind: Session.Kind, request: HttpRequest, label: str = "") -> Session:
    """Create a session and note the sign-in. Without a label the User-Agent gives one."""
    now = timezone.now()
    with transaction.atomic():
        # Two sign-ins at once would each leave MAX_LIVE of the sessions that they see.
        User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first()
        session: Session = Session.objects.create(
            user=user,
            kind=kind,
            label=label.strip()[:LABEL_LENGTH] or label_from(request.META.get("HTTP_USER_AGENT", "")),
            created_at=now,
            last_used_at=now,
            last_client_ip=client_ip_to_store(request),
            expires_at=expiry(now, now),
        )
        audit.add_own_event(AuditEvent.Kind.SIGN_IN, request, user, detail=kind.value)
        _end_displaced(user, session)
    return session


def _end_displaced(user: User, newest: Session) -> None:
    """End the live sessions beyond MAX_LIVE that were used longest ago; leave one event for all of them."""
    others = Session.objects.of(user.pk).live().exclude(pk=newest.pk).order_by("-last_used_at", "-pk")
    displaced = list(others.values_list("pk", flat=True)[MAX_LIVE - 1 :])
    for start in range(0, len(displaced), IDS_A_STATEMENT):
        ids = displaced[start : start + IDS_A_STATEMENT]
        Session.objects.of(user.pk).filter(pk__in=ids).end(Reason.DISPLACED)
    if displaced:
        audit.add_session_ends(Reason.DISPLACED, None, user.pk)


def begin_with_tokens(user: User, request: HttpRequest, label: str = "") -> dict[str, str]:
    """Begin a session that holds tokens; return its first pair."""
    session = begin(user, Kind.TOKENS, request, label)
    return tokens_of(session, session.last_used_at)


def refresh(token: RefreshToken, request: HttpRequest) -> dict[str, str]:
    """Exchange a refresh token for a new pair; raises Refused, after ending the session if the token was stolen."""
    now = timezone.now()
    with transaction.atomic():
        session = _locked(token)
        if session is None or not session.user.is_active:
            raise Refused
        if not session.is_live(now):
            raise Refused(session)
        verdict, chain = present(
            _chain_of(session), token.generation, token.mark, milliseconds(now), settings.REFRESH_GRACE_SECONDS * 1000
        )
        if verdict is Verdict.GOOD:
            session.generation, session.uses = chain.generation, [list(use) for use in chain.uses]
            session.last_used_at, session.expires_at = now, expiry(session.created_at, now)
            session.last_client_ip = client_ip_to_store(request)
            session.save(update_fields=["generation", "uses", "last_used_at", "expires_at", "last_client_ip"])
        else:
            _end(session, Reason.REUSE, now)
            audit.add_event(AuditEvent.Kind.REFRESH_REUSE, request, subject=session.user_id)
            audit.add_session_ends(Reason.REUSE, request, session.user_id)
            audit.logger.warning("refresh reuse: session=%s person=%s", session.pk, session.user_id)
    # Outside the transaction: raised inside, it would roll the end of the stolen session back.
    if verdict is Verdict.THEFT:
        raise Refused(session)
    return tokens_of(session, now)


def sign_out(token: RefreshToken, request: HttpRequest) -> None:
    """End the session of a refresh token of any generation, unless it has ended already."""
    with transaction.atomic():
        session = _locked(token)
        now = timezone.now()
        if session is not None and session.is_live(now):
            _end(session, Reason.SIGNED_OUT, now)
            audit.add_session_ends(Reason.SIGNED_OUT, request, session.user_id)


def end_one(user: User, session_id: int, reason: Session.Reason, request: HttpRequest) -> bool:
    """End one session of a person; return False when they have no session of this id."""
    with transaction.atomic():
        theirs = Session.objects.of(user.pk).filter(pk=session_id)
        if theirs.live().end(reason):
            audit.add_session_ends(reason, request, user.pk)
            return True
        return bool(theirs.exists())


def end_others(user: User, kept: int, reason: Session.Reason, request: HttpRequest) -> int:
    """End all sessions of a person but `kept` and note up to MAX_LIVE of them; return how many ended."""
    with transaction.atomic():
        ended = end_all(user, reason, kept)
        audit.add_session_ends(reason, request, user.pk, times=min(ended, MAX_LIVE))
    return ended


def end_all(user: User, reason: Session.Reason, kept: int = 0) -> int:
    """End all sessions of a person but `kept`, without an event; return how many ended."""
    ended: int = Session.objects.of(user.pk).live().exclude(pk=kept).end(reason)
    return ended


def change_password(
    user: User, password: str, kept: int, request: HttpRequest | None, *, by_mail: bool, end_tokens: bool = False
) -> None:
    """Set a password, end all sessions but `kept`, and note both; with `end_tokens` revoke all personal tokens too."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        ended = end_all(user, Reason.PASSWORD, kept)
        kind = AuditEvent.Kind.PASSWORD_RESET if by_mail else AuditEvent.Kind.PASSWORD_CHANGED
        audit.add_own_event(kind, request, user)
        audit.add_session_ends(Reason.PASSWORD, request, user.pk, times=min(ended, MAX_LIVE))
        if end_tokens:
            token_service.revoke_all(user.pk, request, user.pk, "with a new password")


def sessions_to_show(user: User) -> list[Session]:
    """Return the live sessions, last used first, then those ended for safety in the last ENDED_KEPT_DAYS.

    There are at most MAX_LIVE of each; older versions let a person have more.
    """
    since = timezone.now() - timedelta(days=ENDED_KEPT_DAYS)
    theirs = Session.objects.of(user.pk)
    live = theirs.live().order_by("-last_used_at")
    for_safety = theirs.filter(revoked_reason=Reason.REUSE, revoked_at__gt=since).order_by("-revoked_at")
    return [*live[:MAX_LIVE], *for_safety[:MAX_LIVE]]


def _locked(token: RefreshToken) -> Session | None:
    """Return the session of a token with its person, locked until the transaction ends."""
    sessions = Session.objects.select_for_update(of=("self",)).select_related("user")
    found: Session | None = sessions.filter(pk=token.session_id, user_id=token.user_id).first()
    return found


def _chain_of(session: Session) -> Chain:
    return Chain(session.generation, tuple(Use(*use) for use in session.uses))


def _end(session: Session, reason: Session.Reason, now: datetime) -> None:
    session.revoked_at, session.revoked_reason = now, reason
    session.save(update_fields=["revoked_at", "revoked_reason"])


def end_explanation(session: Session) -> dict[str, Any]:
    """Return the text and the fields of the error that tells why and when a session ended."""
    ended_at = session.revoked_at or session.expires_at
    reason = session.revoked_reason or "expired"
    when = f"{ended_at:%Y-%m-%d %H:%M} UTC"
    detail = {
        Reason.REUSE: f"This browser was signed out for safety at {when}: an old token of it was used "
        "again, which happens when somebody has copied it. Sign in again.",
        Reason.PASSWORD: f"This browser was signed out by a new password at {when}. Sign in again.",
        Reason.DISPLACED: f"This browser was signed out at {when}: {MAX_LIVE} others were used since. Sign in again.",
        "expired": f"This sign-in ended at {when}. Sign in again.",
    }.get(reason, f"This browser was signed out at {when}. Sign in again.")
    return {"detail": detail, "more": {"reason": reason, "endedAt": milliseconds(ended_at)}}
