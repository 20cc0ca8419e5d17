"""Rate limits that hold across all processes: one counter a key and window, in the database or in Redis."""

from __future__ import annotations

import logging
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from redis import Redis, RedisError
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from accounts.limits.client_ip import client_ip
from accounts.models import PersonalToken, account_key

if TYPE_CHECKING:  # the views module reads its throttle classes from the settings, and so imports this one
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Attempts on one account in a minute, from all client IPs. Nobody types that fast.
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
    if settings.RATE_COUNTS_URL:
        try:
            return _count_in_redis(key[:100], ends_at), ends_at - now
        except RedisError as error:
            # The text of the error may hold the URL of Redis. The limits hold meanwhile.
            logger.warning("Redis does not count (%s); the database does.", type(error).__name__)
    return _count_in_database(key[:100], ends_at), ends_at - now


def _count_in_database(key: str, ends_at: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_ratecount (key, ends_at, count) VALUES (%s, %s, 1) "
            "ON CONFLICT (key) DO UPDATE SET "
            "count = CASE WHEN accounts_ratecount.ends_at = excluded.ends_at "
            "THEN accounts_ratecount.count + 1 ELSE 1 END, "
            "ends_at = excluded.ends_at RETURNING count",
            [key, ends_at],
        )
        count: int = cursor.fetchone()[0]
    return count


def _count_in_redis(key: str, ends_at: int) -> int:
    name = f"syncserver:{ends_at}:{key}"
    # In one transaction: a count without an expiry would keep a name for ever.
    with _redis(settings.RATE_COUNTS_URL).pipeline(transaction=True) as pipeline:
        pipeline.incr(name)
        pipeline.expireat(name, ends_at + 1)
        return int(pipeline.execute()[0])


@cache
def _redis(url: str) -> Redis:
    # A request waits this many seconds for Redis and then uses the database.
    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


class ScopedThrottle(BaseThrottle):
    """Limits a view to the rate of its `throttle_scope`, per person when signed in, else per client IP.

    A personal token is counted alone, so that a program cannot use up the rate of the person's extension. Views without
    a `throttle_scope` are limited for personal tokens too, together.
    """

    def __init__(self) -> None:
        self.remaining_seconds = 0.0

    def ident(self, request: Request) -> str:
        """Return the name that the request is counted under."""
        if isinstance(request.auth, PersonalToken):
            return f"token {request.auth.pk}"
        if request.user.is_authenticated:
            return f"person {request.user.pk}"
        return f"client IP {client_ip(request._request)}"

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request and tell whether it is within the rate."""
        scope: str | None = getattr(view, "throttle_scope", None)
        if scope is None and isinstance(request.auth, PersonalToken):
            scope = "token"
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
    """Count a request under `ident`, a name that only the caller knows; raises Throttled beyond the rate."""
    limit, seconds = parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
    count, remaining = count_hit(f"{scope} {ident}", seconds)
    if count > limit:
        raise Throttled(remaining)


def account_wait(email: Any) -> int:
    """Count an attempt to sign in to an account; return 0, or the seconds to wait when it is tried too often.

    It slows the account and never locks it. A lock would let anybody shut out a person by their e-mail address.
    """
    count, remaining = count_hit(account_key(str(email)), 60)
    return int(remaining) + 1 if count > ACCOUNT_ATTEMPTS else 0
