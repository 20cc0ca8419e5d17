"""Which staff member looked at whose records: one log line a page, with ids alone, and a row of the audit trail.

The trail belongs to an app that sync does not know; the setting STAFF_AUDIT names the function that writes it.
"""

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

logger = logging.getLogger("syncserver.audit")


def note(request: HttpRequest, action: str, model: type[Any], person: Any = None, record: Any = None) -> None:
    """Log that the signed-in staff member did something; never a URL, a title or an address."""
    logger.info(
        "staff=%s action=%s model=%s person=%s object=%s",
        request.user.pk, action, model._meta.label_lower, _said(person), _said(record),
    )  # fmt: skip
    import_string(settings.STAFF_AUDIT)(request, action, model._meta.label_lower, person)


def _said(number: Any) -> Any:
    return "-" if number is None else number
