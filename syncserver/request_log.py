"""One log line a request, by route and never by path, and the facts that every other line of the request carries."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from syncserver import metrics, request_facts
from syncserver.request_facts import ROUTE, method_of, route_of

logger = logging.getLogger("syncserver.requests")
# A router's own id of the request is kept, so that its log and this one can be read together.
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
# The name under which a view leaves counts for the line, such as {"created": 12}.
COUNTS = "syncserver.counts"
LINE = "%(method)s %(route)s %(status)s person=%(person)s bytes=%(bytes)s ms=%(ms)s counts=%(counts)s id=%(request_id)s"


def person_of(request: HttpRequest) -> int | None:
    """Return the number of the person who is signed in, without asking the database who that is."""
    user = getattr(request, "_cached_user", None) or request.__dict__.get("user")
    number = None if user is None or type(user).__name__ == "SimpleLazyObject" else user.pk
    return number if isinstance(number, int) else None


class RequestLogMiddleware:
    """Gives each request an id, which its reply and its log lines carry, and logs one line when it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request and log it."""
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if REQUEST_ID.match(sent) else secrets.token_hex(8)
        started = time.monotonic()
        facts: dict[str, Any] = {"request_id": request_id, "method": method_of(request.method)}
        held = request_facts.held.set(facts)
        metrics.begin()
        try:
            response = self.get_response(request)
            facts |= {"route": route_of(request), "person": person_of(request), "status": response.status_code}
            facts |= {"bytes": len(getattr(response, "content", b"")), "ms": int((time.monotonic() - started) * 1000)}
            facts["counts"] = request.META.get(COUNTS, {})
            facts["code"] = getattr(response, "error_code", "")
            request.META[ROUTE] = facts["route"]
            response["X-Request-ID"] = request_id
            logger.info(LINE, facts)
        finally:
            metrics.end(facts)
            request_facts.held.reset(held)
        return response
