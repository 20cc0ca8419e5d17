"""Begins, refreshes and ends the sign-ins of browsers; the only writer of sessions beside a person's own save."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.limits.client_ip import known_address
from accounts.models import AuditEvent, Session, User
from accounts.sessions.rotation import Verdict, present
from accounts.sessions.tokens import RefreshToken, tokens_of
from accounts.user_agent import LONGEST, label_from
from instants import milliseconds

Reason, Kind = Session.Reason, Session.Kind
# How long an ended session is shown, and kept.
ENDED_KEPT_DAYS = 30


class Refused(Exception):
    """A refresh token that is no longer good; `session` is the one it belonged to, if that ended before its time."""

    def __init__(self, session: Session | None = None) -> None:
        super().__init__()
        self.session = session


def expiry(created_at: datetime, now: datetime) -> datetime:
    """Return when a session used now ends by itself: idle for too long, or too old."""
    idle = now + timedelta(days=settings.SESSION_IDLE_DAYS)
    return min(idle, created_at + timedelta(days=settings.SESSION_MAX_DAYS))


def begin(user: User, kind: Session.Kind, request: HttpRequest, label: str = "") -> Session:
    """Write down that a browser signed in."""
    now = timezone.now()
    session: Session = Session.objects.create(
        user=user,
        kind=kind,
        label=label.strip()[:LONGEST] or label_from(request.META.get("HTTP_USER_AGENT", "")),
        created_at=now,
        last_used_at=now,
        last_address=known_address(request),
        expires_at=expiry(now, now),
    )
    audit.note_own(AuditEvent.Kind.SIGN_IN, request, user, detail=kind.value)
    return session


def begin_with_tokens(user: User, request: HttpRequest, label: str = "") -> dict[str, str]:
    """Sign a browser in and return its first pair of tokens."""
    with transaction.atomic():
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
            session.chain, token.generation, token.mark, milliseconds(now), settings.REFRESH_GRACE_SECONDS * 1000
        )
        if verdict is Verdict.GOOD:
            session.chain = chain
            session.last_used_at, session.expires_at = now, expiry(session.created_at, now)
            session.last_address = known_address(request)
            session.save(update_fields=["generation", "uses", "last_used_at", "expires_at", "last_address"])
        else:
            _end(session, Reason.REUSE, now)
            audit.note(AuditEvent.Kind.REFRESH_REUSE, request, subject=session.user_id)
            audit.note_revoked(Reason.REUSE, request, session.user_id)
            audit.logger.warning("refresh reuse: session=%s person=%s", session.pk, session.user_id)
    # Only after the commit, which the end of a stolen session must outlive too.
    if verdict is Verdict.THEFT:
        raise Refused(session)
    return tokens_of(session, now)


def sign_out(token: RefreshToken, request: HttpRequest) -> None:
    """End the session of a refresh token, whichever of its generations; nothing happens if it has ended."""
    with transaction.atomic():
        session = _locked(token)
        now = timezone.now()
        if session is not None and session.is_live(now):
            _end(session, Reason.SIGNED_OUT, now)
            audit.note_revoked(Reason.SIGNED_OUT, request, session.user_id)


def end_one(user: User, session_id: int, reason: Session.Reason, request: HttpRequest) -> bool:
    """End one session of a person; return False when they have none of this number."""
    with transaction.atomic():
        theirs = Session.objects.of(user.pk).filter(pk=session_id)
        if theirs.live().end(reason):
            audit.note_revoked(reason, request, user.pk)
            return True
        return bool(theirs.exists())


def end_others(user: User, kept: int, reason: Session.Reason, request: HttpRequest) -> int:
    """End all sessions of a person but the one to keep; return how many."""
    with transaction.atomic():
        ended: int = Session.objects.of(user.pk).live().exclude(pk=kept).end(reason)
        audit.note_revoked(reason, request, user.pk, times=ended)
    return ended


def change_password(user: User, password: str, kept: int, request: HttpRequest | None, *, by_mail: bool) -> None:
    """Set a password, which ends all sessions but the one to keep."""
    with transaction.atomic():
        lost = Session.objects.of(user.pk).live().exclude(pk=kept).count()
        user.kept_session = kept
        user.set_password(password)
        user.save(update_fields=["password"])
        kind = AuditEvent.Kind.PASSWORD_RESET if by_mail else AuditEvent.Kind.PASSWORD_CHANGED
        audit.note_own(kind, request, user)
        audit.note_revoked(Reason.PASSWORD, request, user.pk, times=lost)


def shown(user: User) -> list[Session]:
    """Return the person's sessions to show: those signed in, last used first, then those lately ended for safety."""
    since = timezone.now() - timedelta(days=ENDED_KEPT_DAYS)
    theirs = Session.objects.of(user.pk)
    live = theirs.live().order_by("-last_used_at")
    for_safety = theirs.filter(revoked_reason=Reason.REUSE, revoked_at__gt=since).order_by("-revoked_at")
    return [*live, *for_safety]


def _locked(token: RefreshToken) -> Session | None:
    """Return the session of a token, with its person, kept for this transaction alone."""
    sessions = Session.objects.select_for_update(of=("self",)).select_related("user")
    found: Session | None = sessions.filter(pk=token.session_id, user_id=token.user_id).first()
    return found


def _end(session: Session, reason: Session.Reason, now: datetime) -> None:
    session.revoked_at, session.revoked_reason = now, reason
    session.save(update_fields=["revoked_at", "revoked_reason"])


def words(session: Session) -> dict[str, Any]:
    """Return why and when a session ended, as an error tells a browser."""
    ended_at = session.revoked_at or session.expires_at
    reason = session.revoked_reason or "expired"
    when = f"{ended_at:%Y-%m-%d %H:%M} UTC"
    detail = {
        Reason.REUSE: f"This browser was signed out for safety at {when}: an old sign-in of it was used again, "
        "as somebody would who had copied it. Sign in again.",
        Reason.PASSWORD: f"This browser was signed out by a new password at {when}. Sign in again.",
        "expired": f"This sign-in ended at {when}. Sign in again.",
    }.get(reason, f"This browser was signed out at {when}. Sign in again.")
    return {"detail": detail, "more": {"reason": reason, "endedAt": milliseconds(ended_at)}}
