"""The answer to an outage of the database while a page is made."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from bounded_reading import took_too_long
from insights.month_tallies import StillTallying
from syncserver.errors import unavailable
from syncserver.outages import is_outage

logger = logging.getLogger(__name__)


class OutageMiddleware:
    """Answers 503 where a view meets an outage; calls of the API and middleware have the handlers of errors.py."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the answer to an outage or to reading that took too long, None for any other exception."""
        if took_too_long(exception):
            return unavailable(request, is_too_much=True, is_tallying=isinstance(exception, StillTallying))
        if not is_outage(exception):
            return None
        # The database's message may contain a value of a record, so only its class is logged.
        logger.error("database unavailable: %s", type(exception.__cause__ or exception).__name__)
        return unavailable(request)
