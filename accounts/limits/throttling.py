"""Rates of requests, per person when signed in, else per client."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from accounts.limits.client_ip import client_names
from accounts.limits.process_counts import count_in_process
from accounts.limits.rate_counts import count_hit, hits, take_back_hit, window_end
from accounts.models import PersonalToken

if TYPE_CHECKING:  # the views module reads its throttle classes from the settings, and so imports this one
    from rest_framework.views import APIView

# The scope of calls and pages that read a person's records.
READ = "read"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_rate(rate: str) -> tuple[int, int]:
    """Return (requests, seconds) of a rate such as 300/min; raises ValueError for anything else."""
    number, _, period = rate.partition("/")
    if not number.isdecimal() or period[:1] not in SECONDS:
        raise ValueError(f"A rate looks like 300/min or 5000/day, not {rate!r}.")
    return int(number), SECONDS[period[0]]


class ScopedThrottle(BaseThrottle):
    """Limits a view to the rate of its `throttle_scope`, per person when signed in, else per client.

    A personal token is counted alone, so that a program cannot use up the rate of the person's extension. A GET of a
    view without a `throttle_scope` counts as reading. The other calls of a personal token to such views have one rate.
    """

    def __init__(self) -> None:
        self.remaining_seconds = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request and tell whether it is within the rate."""
        scope: str | None = getattr(view, "throttle_scope", None)
        if scope is None and request.method in ("GET", "HEAD") and request.user.is_authenticated:
            scope = READ
        elif scope is None and isinstance(request.auth, PersonalToken):
            scope = "token"
        if not scope or not api_settings.DEFAULT_THROTTLE_RATES.get(scope):
            return True
        try:
            if isinstance(request.auth, PersonalToken):
                check_rate(scope, f"token {request.auth.pk}")
                if scope == READ:
                    check_rate("token", f"token {request.auth.pk}")
            elif request.user.is_authenticated:
                check_rate(scope, f"person {request.user.pk}")
            else:
                check_client_rate(scope, request._request)
        except Throttled as error:
            self.remaining_seconds = getattr(error, "wait", 0.0)
            return False
        return True

    def wait(self) -> float:
        """Return the seconds until the window ends."""
        return self.remaining_seconds


def check_rate(scope: str, ident: str, times: int = 1) -> None:
    """Count a request under `ident`, a name that only the caller knows; raises Throttled beyond `times` the rate."""
    limit, seconds = _rate_of(scope)
    counted = count_in_process if scope == READ else count_hit
    count, remaining = counted(f"{scope} {ident}", seconds)
    if count > limit * times:
        raise Throttled(remaining)


def check_client_rate(scope: str, request: HttpRequest) -> None:
    """Count a request under the names of its client; raises Throttled beyond the rate."""
    limit, seconds = _rate_of(scope)
    names = client_names(request)
    # Read before anything is counted: each forged name of a client that is refused would leave a row.
    for name, times in names[1:]:
        if hits([f"{scope} client IP {name}"], seconds)[0] >= limit * times:
            raise Throttled(window_end(seconds) - time.time())
    for name, times in names:
        check_rate(scope, f"client IP {name}", times)


def take_back_client_hit(scope: str, request: HttpRequest) -> None:
    """Take a request that was counted under the names of its client back."""
    _, seconds = _rate_of(scope)
    for name, _times in client_names(request):
        take_back_hit(f"{scope} client IP {name}", seconds)


def _rate_of(scope: str) -> tuple[int, int]:
    return parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
