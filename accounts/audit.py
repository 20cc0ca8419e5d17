"""Writes the audit trail."""

import logging
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.limits.client_ip import client_ip_to_store
from accounts.limits.rate_counts import count_hit
from accounts.models import AuditEvent, Session, User

logger = logging.getLogger("syncserver.audit")
Kind = AuditEvent.Kind
EVENTS_A_PAGE = 50
# Failed sign-ins of an account that become rows, in an hour; and how many days such a row is kept.
FAILURES_AN_HOUR = 30
FAILURE_DAYS = 90
# Each new row of a failure deletes up to so many that are too old, so that no schedule is needed.
FAILURES_FORGOTTEN = 100


def add_event(
    kind: AuditEvent.Kind,
    request: HttpRequest | None,
    *,
    subject: int | None,
    actor: int | None = None,
    detail: str = "",
) -> None:
    """Add an event about the account of the person `subject`, done by the person `actor`; both are ids."""
    if kind == Kind.SIGN_IN_FAILED and not _is_failure_kept(subject):
        return
    client_ip = client_ip_to_store(request) if request else None
    AuditEvent.objects.create(kind=kind, subject_id=subject, actor_id=actor, client_ip=client_ip, detail=detail)


def _is_failure_kept(subject: int | None) -> bool:
    """Tell whether a failed sign-in becomes a row; delete some rows of failures that are old.

    Strangers can cause failures without end. Those of addresses without an account share one count.
    """
    count, _ = count_hit(f"failures noted {subject or 'of nobody'}", 3600)
    if count > FAILURES_AN_HOUR:
        return False
    AuditEvent.forget_failures(timezone.now() - timedelta(days=FAILURE_DAYS), FAILURES_FORGOTTEN)
    return True


def add_own_event(kind: AuditEvent.Kind, request: HttpRequest | None, user: User, detail: str = "") -> None:
    """Add an event about a person's account, done by themselves."""
    add_event(kind, request, subject=user.pk, actor=user.pk, detail=detail)


def add_failed_sign_in(request: HttpRequest, email: Any) -> None:
    """Add a failed sign-in, about the account with this e-mail address if there is one."""
    person = User.objects.by_email(str(email)[:254]).values_list("pk", flat=True)
    add_event(Kind.SIGN_IN_FAILED, request, subject=person.first())


def add_session_ends(reason: Session.Reason, request: HttpRequest | None, subject: int, times: int = 1) -> None:
    """Add one event for each of the sessions of a person that ended."""
    client_ip = client_ip_to_store(request) if request else None
    # The server itself ends a stolen session, and one that newer ones displace.
    actor = None if reason in {Session.Reason.REUSE, Session.Reason.DISPLACED} else subject
    AuditEvent.objects.bulk_create(
        AuditEvent(
            kind=Kind.SESSION_REVOKED,
            subject_id=subject,
            subject_number=subject,
            actor_id=actor,
            actor_number=actor,
            client_ip=client_ip,
            detail=reason.value,
        )
        for _ in range(times)
    )


def page_of_events(user: User, before: int | None) -> tuple[list[AuditEvent], int | None]:
    """Return up to EVENTS_A_PAGE events of a person's account, newest first, and the `before` of the next page.

    With `before` the page holds events older than the one of this id. None stands for the first page, and for no more.
    """
    events = AuditEvent.objects.about(user.pk).order_by("-pk")
    found = list((events.filter(pk__lt=before) if before else events)[: EVENTS_A_PAGE + 1])
    page = found[:EVENTS_A_PAGE]
    return page, page[-1].pk if len(found) > EVENTS_A_PAGE else None


def note_staff(request: HttpRequest, action: str, model: str, person: int | None) -> None:
    """Add an event that staff looked at a person's records or erased the person; other actions leave no row."""
    if person is None or action not in STAFF_ACTIONS:
        return
    event = AuditEvent(
        kind=STAFF_ACTIONS[action], actor_id=request.user.pk, client_ip=client_ip_to_store(request), detail=model[:64]
    )
    # A person who was erased, perhaps while the page was made, has no row to refer to.
    event.subject_number = person
    event.subject_id = User.objects.filter(pk=person).values_list("pk", flat=True).first()
    event.save()


STAFF_ACTIONS = {
    "opened": Kind.STAFF_OPENED,
    "listed": Kind.STAFF_OPENED,
    "erased": Kind.STAFF_DELETED,
}
