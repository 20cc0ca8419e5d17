"""The limits that a client reads before it pushes."""

import re

import pytest

from sync.models import ServerIdentity
from tests.wire import assert_error_shape, send

LIMITS = "/api/sync/limits"


@pytest.mark.django_db
def test_the_limits_need_no_token():
    response = send("GET", LIMITS)
    assert response.status_code == 200
    assert response["Content-Type"].split(";")[0] == "application/json"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [("maxRecords", 1_000), ("maxBodyBytes", 10_485_760), ("maxRecordBytes", 262_144), ("minSyncIntervalSeconds", 60)],
)
def test_a_limit_is_told(name, value):
    told = send("GET", LIMITS).json()[name]
    assert type(told) is int
    assert told == value


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer x", "Bearer", "Basic YTpi"])
def test_the_limits_are_told_whatever_token_comes_along(header):
    assert send("GET", LIMITS, HTTP_AUTHORIZATION=header).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_limits_cannot_be_changed(alice, method):
    assert_error_shape(send(method, LIMITS, b"{}", user=alice), 405, "method_not_allowed")


@pytest.mark.django_db
def test_the_server_tells_the_same_random_id_each_time():
    first, second = (send("GET", LIMITS).json()["serverId"] for _ in range(2))
    assert first == second
    assert re.fullmatch(r"[0-9a-f]{32}", first)


@pytest.mark.django_db
def test_another_database_has_another_id():
    first = send("GET", LIMITS).json()["serverId"]
    ServerIdentity.objects.all().delete()
    assert send("GET", LIMITS).json()["serverId"] != first
