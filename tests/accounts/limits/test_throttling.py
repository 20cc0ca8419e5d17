"""Counts of rates in Redis: they expire, and the database stands in while Redis is away."""

import threading
import time

import pytest
from fakeredis import TcpFakeServer
from redis import Redis

from accounts.limits.rate_counts import _redis, count_hit, forget_hits, hits, take_back_hit
from accounts.models import RateCount
from tests.live.service import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def redis(settings):
    server = TcpFakeServer(("127.0.0.1", free_port()))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.RATE_COUNTS_URL = f"redis://127.0.0.1:{server.server_address[1]}"
    yield Redis.from_url(settings.RATE_COUNTS_URL)
    _redis.cache_clear()
    server.shutdown()
    server.server_close()


def test_a_count_rises_by_one_a_hit_and_each_key_has_its_own(redis):
    assert [count_hit("alice", 3600)[0] for _ in range(3)] == [1, 2, 3]
    assert count_hit("bob", 3600)[0] == 1


def test_each_window_begins_at_one(redis, monkeypatch):
    assert [count_hit("alice", 60)[0] for _ in range(2)] == [1, 2]
    later = time.time() + 60
    monkeypatch.setattr("accounts.limits.rate_counts.time.time", lambda: later)
    assert count_hit("alice", 60)[0] == 1


def test_no_key_outlives_its_window(redis):
    count_hit("alice", 3600)
    (key,) = redis.keys("*")
    assert 0 < redis.ttl(key) <= 3601


@pytest.mark.parametrize("kept", ["redis", "database"])
def test_counts_are_read_lowered_and_forgotten(request, kept):
    if kept == "redis":
        request.getfixturevalue("redis")
    for _ in range(3):
        count_hit("alice", 86_400)
    take_back_hit("alice", 86_400)
    assert hits(["alice", "bob"], 86_400) == [2, 0]
    forget_hits("alice", 86_400)
    assert hits(["alice"], 86_400) == [0]


def test_a_count_of_a_past_window_is_neither_read_nor_lowered(monkeypatch):
    count_hit("alice", 60)
    later = time.time() + 60
    monkeypatch.setattr("accounts.limits.rate_counts.time.time", lambda: later)
    take_back_hit("alice", 60)
    assert hits(["alice"], 60) == [0]
    assert RateCount.objects.get().count == 1


def test_the_database_counts_nothing_then(redis):
    count_hit("alice", 3600)
    assert not RateCount.objects.exists()


def test_while_redis_is_away_the_database_counts_and_the_log_says_so_without_its_address(settings, caplog):
    settings.RATE_COUNTS_URL = f"redis://:secret@127.0.0.1:{free_port()}"
    assert [count_hit("alice", 3600)[0] for _ in range(3)] == [1, 2, 3]
    assert "Redis does not count (ConnectionError); the database does." in caplog.text
    assert "secret" not in caplog.text
