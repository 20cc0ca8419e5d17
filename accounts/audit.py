"""Writes the audit trail."""

import logging
from typing import Any

from django.http import HttpRequest

from accounts.limits.client_ip import known_address
from accounts.models import AuditEvent, Session, User, normalize_email

logger = logging.getLogger("syncserver.audit")
Kind = AuditEvent.Kind


def note(
    kind: AuditEvent.Kind,
    request: HttpRequest | None,
    *,
    subject: int | None,
    actor: int | None = None,
    detail: str = "",
) -> None:
    """Write down what happened to the account `subject`, by whom and from where; the numbers are those of people."""
    address = known_address(request) if request else None
    AuditEvent.objects.create(kind=kind, subject_id=subject, actor_id=actor, address=address, detail=detail)


def note_own(kind: AuditEvent.Kind, request: HttpRequest | None, user: User, detail: str = "") -> None:
    """Write down what a person did to their own account."""
    note(kind, request, subject=user.pk, actor=user.pk, detail=detail)


def note_failed_sign_in(request: HttpRequest, email: Any) -> None:
    """Write down that somebody failed to sign in; which account was tried, only if there is one."""
    person = User.objects.filter(email=normalize_email(str(email))[:254].replace("\0", "")).values_list("pk", flat=True)
    note(Kind.SIGN_IN_FAILED, request, subject=person.first())


def note_revoked(reason: Session.Reason, request: HttpRequest | None, subject: int, times: int = 1) -> None:
    """Write down that sessions of a person were ended, one event each."""
    address = known_address(request) if request else None
    # Theft is noticed by the server, the rest is somebody's doing.
    actor = None if reason == Session.Reason.REUSE else subject
    AuditEvent.objects.bulk_create(
        AuditEvent(
            kind=Kind.SESSION_REVOKED,
            subject_id=subject,
            subject_number=subject,
            actor_id=actor,
            actor_number=actor,
            address=address,
            detail=reason.value,
        )
        for _ in range(times)
    )


def note_staff(request: HttpRequest, action: str, model: str, person: int | None) -> None:
    """Write down that staff looked at a person's records or erased the person; other actions leave no row."""
    if person is None or action not in STAFF_ACTIONS:
        return
    event = AuditEvent(
        kind=STAFF_ACTIONS[action], actor_id=request.user.pk, address=known_address(request), detail=model[:64]
    )
    # Of one who was just deleted only the number is left.
    event.subject_number = person
    event.subject_id = None if action == "erased" else person
    event.save()


STAFF_ACTIONS = {
    "opened": Kind.STAFF_OPENED,
    "listed": Kind.STAFF_OPENED,
    "erased": Kind.STAFF_DELETED,
}
