"""Rate limits that hold across all processes: one counter a key and window, raised by one statement."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import connection
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from accounts.addresses import client_address
from accounts.models import account_key

if TYPE_CHECKING:  # the views module reads its throttle classes from the settings, and so imports this one
    from rest_framework.views import APIView

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Attempts on one account in a minute, from anywhere, before it is slowed; nobody types that fast.
ACCOUNT_ATTEMPTS = 30


def parse_rate(rate: str) -> tuple[int, int]:
    """Return (requests, seconds) of a rate such as 300/min; raises ValueError for anything else."""
    number, _, period = rate.partition("/")
    if not number.isdecimal() or period[:1] not in SECONDS:
        raise ValueError(f"A rate looks like 300/min or 5000/day, not {rate!r}.")
    return int(number), SECONDS[period[0]]


def count_hit(key: str, seconds: int) -> tuple[int, float]:
    """Count one more hit of `key` in its current window; return the count and the seconds until the window ends."""
    now = time.time()
    ends_at = (int(now // seconds) + 1) * seconds
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_ratecount (key, ends_at, count) VALUES (%s, %s, 1) "
            "ON CONFLICT (key) DO UPDATE SET "
            "count = CASE WHEN accounts_ratecount.ends_at = excluded.ends_at "
            "THEN accounts_ratecount.count + 1 ELSE 1 END, "
            "ends_at = excluded.ends_at RETURNING count",
            [key[:100], ends_at],
        )
        count: int = cursor.fetchone()[0]
    return count, ends_at - now


class ScopedThrottle(BaseThrottle):
    """Limits a view to the rate of its `throttle_scope`, per person when signed in, else per address."""

    def __init__(self) -> None:
        self.remaining_seconds = 0.0

    def ident(self, request: Request) -> str:
        """Return who is counted."""
        if request.user.is_authenticated:
            return f"person {request.user.pk}"
        return f"address {client_address(request._request)}"

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request and tell whether it is within the rate."""
        scope: str | None = getattr(view, "throttle_scope", None)
        rate = api_settings.DEFAULT_THROTTLE_RATES.get(scope) if scope else None
        if not rate:
            return True
        limit, seconds = parse_rate(str(rate))
        count, self.remaining_seconds = count_hit(f"{scope} {self.ident(request)}", seconds)
        return count <= limit

    def wait(self) -> float:
        """Return the seconds until the window ends."""
        return self.remaining_seconds


def check_rate(scope: str, ident: str) -> None:
    """Count a request of `ident` where no throttle class can know it; raises Throttled beyond the rate of the scope."""
    limit, seconds = parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
    count, remaining = count_hit(f"{scope} {ident}", seconds)
    if count > limit:
        raise Throttled(remaining)


def account_wait(email: Any) -> int:
    """Count an attempt to sign in to an account; return 0, or the seconds to wait when it is tried too often.

    It slows the account for everyone and never locks it: whoever knows an address could else shut its owner out.
    """
    count, remaining = count_hit(account_key(str(email)), 60)
    return int(remaining) + 1 if count > ACCOUNT_ATTEMPTS else 0
