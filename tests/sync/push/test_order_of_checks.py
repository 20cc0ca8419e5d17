"""401, 429, 415, 413 for bytes, 400 for JSON, 400 for the envelope, 413 for the count: the first to fail speaks."""

import json

import pytest
from rest_framework.settings import api_settings

from sync.models import PageVisit
from tests.wire import AGGREGATES, VISITS, assert_error_shape, post
from tests.wire_records import visit

TOO_LARGE = b"{" + b" " * (11 * 1_048_576)


@pytest.fixture
def one_push_a_day(settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {**api_settings.DEFAULT_THROTTLE_RATES, "push": "1/day"},
    }


@pytest.mark.django_db
@pytest.mark.parametrize("path", [VISITS, AGGREGATES])
@pytest.mark.parametrize(
    ("body", "media"), [(b"{", "text/plain"), (TOO_LARGE, "application/json"), (b"{", "application/json")]
)
def test_who_asks_is_checked_before_anything(path, body, media):
    assert_error_shape(post(path, body, content_type=media), 401, "not_authenticated")


def test_the_rate_is_checked_before_the_media_type(alice, one_push_a_day):
    assert post(VISITS, {"visits": []}, user=alice).status_code == 200
    assert_error_shape(post(VISITS, TOO_LARGE, user=alice, content_type="text/plain"), 429, "throttled")


def test_who_asks_is_checked_before_the_rate(alice, one_push_a_day):
    post(VISITS, {"visits": []}, user=alice)
    assert_error_shape(post(VISITS, {"visits": []}, token="nonsense"), 401)


def test_the_media_type_is_checked_before_the_size(alice):
    assert_error_shape(post(VISITS, TOO_LARGE, user=alice, content_type="text/plain"), 415, "unsupported_media_type")


def test_the_encoding_is_checked_before_the_size(alice):
    response = post(VISITS, TOO_LARGE, user=alice, HTTP_CONTENT_ENCODING="br")
    assert_error_shape(response, 415, "unsupported_media_type")


def test_the_size_is_checked_before_the_json(alice):
    assert_error_shape(post(VISITS, TOO_LARGE, user=alice), 413, "body_too_large")


def test_the_json_is_checked_before_the_envelope(alice):
    assert_error_shape(post(VISITS, b'{"visits": NaN}', user=alice), 400, "invalid_json")


def test_the_envelope_is_checked_before_the_count(alice):
    body = {"visits": [None] * 1_001, "anonymousClientId": 5}
    assert_error_shape(post(VISITS, body, user=alice), 400, "invalid")


def test_the_json_is_checked_before_the_count(alice):
    body = json.dumps({"visits": [None] * 1_001}).encode() + b","
    assert_error_shape(post(VISITS, body, user=alice), 400, "invalid_json")


def test_the_count_is_checked_before_the_records(alice):
    assert_error_shape(post(VISITS, {"visits": [{}] * 1_001}, user=alice), 413, "batch_too_large")


# Throttling


def test_a_person_past_their_rate_is_told_when_to_come_back(alice, one_push_a_day):
    post(VISITS, {"visits": []}, user=alice)
    response = post(VISITS, {"visits": [visit()]}, user=alice)
    assert_error_shape(response, 429, "throttled")
    assert 1 <= int(response["Retry-After"]) <= 86_400
    assert PageVisit.objects.count() == 0


def test_both_kinds_of_push_share_one_rate(alice, one_push_a_day):
    post(VISITS, {"visits": []}, user=alice)
    assert post(AGGREGATES, {"aggregates": []}, user=alice).status_code == 429


def test_the_rate_of_one_person_is_not_that_of_another(alice, bob, one_push_a_day):
    post(VISITS, {"visits": []}, user=alice)
    assert post(VISITS, {"visits": []}, user=bob).status_code == 200


@pytest.mark.timeout(120)
def test_a_first_sync_is_not_slowed(alice):
    statuses = {post(VISITS, {"visits": []}, user=alice).status_code for _ in range(300)}
    assert statuses == {200}
