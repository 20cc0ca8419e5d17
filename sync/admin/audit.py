"""Which staff member looked at whose records: one log line a page, with ids alone."""

import logging
from typing import Any

from django.http import HttpRequest

logger = logging.getLogger("syncserver.audit")


def note(request: HttpRequest, action: str, model: type[Any], person: Any = None, record: Any = None) -> None:
    """Log that the signed-in staff member did something; never a URL, a title or an address."""
    logger.info(
        "staff=%s action=%s model=%s person=%s object=%s",
        request.user.pk, action, model._meta.label_lower, _said(person), _said(record),
    )  # fmt: skip


def _said(number: Any) -> Any:
    return "-" if number is None else number
