"""Counts that hold across all processes: one counter a key and window of time, in the database or in Redis."""

import logging
import time
from collections.abc import Sequence
from functools import cache
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from redis import Redis, RedisError

from accounts.models import RateCount

logger = logging.getLogger(__name__)
# Each new row deletes up to so many of past windows.
FORGOTTEN_A_ROW: Final = 5


def window_end(seconds: int) -> int:
    """Return when the current window of so many seconds ends, in seconds since the epoch."""
    return (int(time.time() // seconds) + 1) * seconds


def count_hit(key: str, seconds: int) -> tuple[int, float]:
    """Count one more hit of `key` in its current window; return the count and the seconds until the window ends."""
    ends_at = window_end(seconds)
    remaining = ends_at - time.time()
    if settings.RATE_COUNTS_URL:
        try:
            return _count_in_redis(key[:100], ends_at), remaining
        except RedisError as error:
            _warn(error)
    return _count_in_database(key[:100], ends_at), remaining


def hits(keys: Sequence[str], seconds: int) -> list[int]:
    """Return the counts of the keys in their current window, without counting."""
    ends_at, short = window_end(seconds), [key[:100] for key in keys]
    if settings.RATE_COUNTS_URL:
        try:
            found = _redis(settings.RATE_COUNTS_URL).mget([_redis_name(key, ends_at) for key in short])
            return [int(count or 0) for count in found]
        except RedisError as error:
            _warn(error)
    counted = dict(RateCount.objects.filter(key__in=short, ends_at=ends_at).values_list("key", "count"))
    return [counted.get(key, 0) for key in short]


def forget_hits(key: str, seconds: int) -> None:
    """Set the count of the key in its current window to nothing."""
    if settings.RATE_COUNTS_URL:
        try:
            _redis(settings.RATE_COUNTS_URL).delete(_redis_name(key[:100], window_end(seconds)))
        except RedisError as error:
            _warn(error)
    RateCount.objects.filter(key=key[:100]).delete()


def take_back_hit(key: str, seconds: int) -> None:
    """Count one hit less in the current window."""
    ends_at = window_end(seconds)
    if settings.RATE_COUNTS_URL:
        try:
            _take_back_in_redis(_redis_name(key[:100], ends_at), ends_at)
        except RedisError as error:
            _warn(error)
        else:
            return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_ratecount SET count = count - 1 WHERE key = %s AND ends_at = %s AND count > 0",
            [key[:100], ends_at],
        )


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
        if count == 1:
            _forget_past_windows()
    return count


def _forget_past_windows() -> None:
    """Delete some rows of past windows. Strangers cause new rows without end, and a schedule may be missing."""
    past = RateCount.objects.filter(ends_at__lt=int(time.time())).order_by("ends_at")
    if connection.features.has_select_for_update_skip_locked:
        # Without SKIP LOCKED, two requests that delete the same rows in different orders would deadlock.
        past = past.select_for_update(skip_locked=True)
    with transaction.atomic():
        keys = list(past.values_list("key", flat=True)[:FORGOTTEN_A_ROW])
        if keys:
            RateCount.objects.filter(key__in=keys, ends_at__lt=int(time.time())).delete()


def _count_in_redis(key: str, ends_at: int) -> int:
    name = _redis_name(key, ends_at)
    # In one transaction: a count without an expiry would keep a name for ever.
    with _redis(settings.RATE_COUNTS_URL).pipeline(transaction=True) as pipeline:
        pipeline.incr(name)
        pipeline.expireat(name, ends_at + 1)
        return int(pipeline.execute()[0])


def _take_back_in_redis(name: str, ends_at: int) -> None:
    with _redis(settings.RATE_COUNTS_URL).pipeline(transaction=True) as pipeline:
        pipeline.decr(name)
        pipeline.expireat(name, ends_at + 1)
        pipeline.execute()


def _redis_name(key: str, ends_at: int) -> str:
    return f"syncserver:{ends_at}:{key}"


def _warn(error: RedisError) -> None:
    # The text of the error may hold the URL of Redis. The limits hold meanwhile.
    logger.warning("Redis does not count (%s); the database does.", type(error).__name__)


@cache
def _redis(url: str) -> Redis:
    # A request waits this many seconds for Redis and then uses the database.
    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)
