"""Records the access of staff to a person's records: one log line and one row of the audit trail a page.

Both hold ids alone. A URL, a title or an e-mail address in them would outlive its person.
"""

import logging
from typing import Any

from django.http import HttpRequest

from accounts import audit

logger = logging.getLogger("syncserver.audit")


def note(
    request: HttpRequest, action: str, model: type[Any], person_id: int | None = None, row_id: int | None = None
) -> None:
    """Record that the signed-in staff member did something to a person's rows."""
    label = model._meta.label_lower
    logger.info(
        "staff=%s action=%s model=%s person=%s object=%s",
        request.user.pk, action, label, _or_dash(person_id), _or_dash(row_id),
    )  # fmt: skip
    audit.note_staff(request, action, label, person_id)


def _or_dash(number: int | None) -> int | str:
    return "-" if number is None else number
