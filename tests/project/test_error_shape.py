"""Everything that is not 2xx under /api/ is JSON of one shape, over every endpoint."""

import pytest
from django.urls import get_resolver

from tests.wire import AGGREGATES, VISITS, assert_error_shape, post, send

METHODS = {
    "/api/auth/register": {"POST"},
    "/api/auth/login": {"POST"},
    "/api/auth/refresh": {"POST"},
    "/api/auth/logout": {"POST"},
    "/api/auth/logout-others": {"POST"},
    "/api/auth/me": {"GET", "PATCH", "DELETE"},
    "/api/auth/sessions": {"GET"},
    "/api/auth/sessions/7": {"PATCH", "DELETE"},
    "/api/auth/tokens": {"GET", "POST"},
    "/api/auth/tokens/7": {"DELETE"},
    "/api/auth/events": {"GET"},
    "/api/auth/password": {"POST"},
    "/api/auth/password-reset": {"POST"},
    "/api/auth/password-reset/confirm": {"POST"},
    "/api/auth/email": {"GET", "POST"},
    "/api/auth/email/confirm": {"POST"},
    VISITS: {"POST"},
    AGGREGATES: {"POST"},
    "/api/sync/limits": {"GET"},
    "/api/insights/summary": {"GET"},
    "/api/insights/days": {"GET"},
    "/api/insights/hours": {"GET"},
    "/api/insights/sites": {"GET"},
    "/api/insights/timeline": {"GET"},
    "/api/insights/search": {"GET"},
    "/api/insights/search/pages": {"GET"},
    "/api/imports": {"POST"},
    "/api/imports/7": {"GET", "DELETE"},
    "/api/imports/7/run": {"POST"},
    "/api/export": {"GET"},
}
BODY_CALLS = [
    "/api/auth/register", "/api/auth/login", "/api/auth/refresh", "/api/auth/logout", "/api/auth/password",
    "/api/auth/password-reset", "/api/auth/password-reset/confirm", "/api/auth/email", "/api/auth/email/confirm",
    "/api/auth/tokens", VISITS, AGGREGATES,
]  # fmt: skip


EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "LINK"]


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for path, own in METHODS.items() for method in sorted(own)]
)
def test_a_method_that_an_endpoint_has_is_not_405(alice, path, method):
    assert send(method, path, b"{}", user=alice).status_code != 405


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for path, own in METHODS.items() for method in EVERY_METHOD if method not in own],
)
def test_a_method_that_an_endpoint_does_not_have_is_405(alice, path, method):
    response = send(method, path, b"{}", user=alice)
    reply = assert_error_shape(response, 405, "method_not_allowed")
    assert set(reply) <= {"code", "detail"}
    assert METHODS[path] <= {name.strip() for name in response["Allow"].split(",")}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nothing",
        "/api/nothing/",
        "/api/auth",
        "/api/auth/",
        "/api/auth/nothing",
        "/api/sync",
        "/api/sync/",
        "/api/sync/page-visits/",
        "/api/sync/page-visits/7",
        "/api/sync/tab-aggregates/",
        "/api/sync/limits/",
        "/api/auth/me/",
        "/api/auth/login/",
        "/api//sync/page-visits",
        "/api/SYNC/page-visits",
        "/api/%00",
        "/api/%ff",
        "/api/%F0%9F%A6%8A",
        "/api/../admin",
        "/api/" + "x" * 4_000,
        "/api/v1/sync/page-visits",
        "/api/sync/page-visits.json",
        "/api/\n",
    ],
    ids=lambda path: ascii(path)[:40],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_unknown_path_is_404(path, method):
    reply = assert_error_shape(send(method, path, b"{}"), 404, "not_found")
    assert set(reply) == {"code", "detail"}


@pytest.mark.django_db
def test_an_unknown_path_is_404_in_debug_too(settings):
    settings.DEBUG = True
    assert_error_shape(send("GET", "/api/nothing"), 404, "not_found")


@pytest.mark.django_db
def test_an_unknown_host_is_refused_in_the_same_shape():
    assert_error_shape(send("GET", "/api/sync/limits", HTTP_HOST="evil.example.net"), 400)


@pytest.mark.parametrize("path", BODY_CALLS)
@pytest.mark.parametrize("media", ["text/plain", "", "multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_body_of_another_media_type_is_415(alice, path, media):
    refused = post(path, b"email=a", user=alice, content_type=media)
    said = assert_error_shape(refused, 415, "unsupported_media_type")
    assert said["detail"] == "Send the body as Content-Type: application/json."


@pytest.mark.parametrize("path", BODY_CALLS)
@pytest.mark.parametrize("body", [b"{", b"NaN", b'{"a": NaN}', b"\xff", b'{"a": "\xff"}', b"[" * 50_000, b"{'a': 1}"])
def test_a_body_that_is_not_json_is_400(alice, path, body):
    reply = assert_error_shape(post(path, body, user=alice), 400, "invalid_json")
    assert any(character.isdigit() for character in reply["detail"])


@pytest.mark.parametrize("path", BODY_CALLS)
@pytest.mark.parametrize("body", [[], [1], "text", 5, True, None, {}], ids=repr)
def test_a_body_of_the_wrong_shape_is_400(alice, path, body):
    assert_error_shape(post(path, body, user=alice), 400, "invalid")


@pytest.mark.parametrize("path", BODY_CALLS)
def test_a_body_that_lacks_a_field_names_it(alice, path):
    assert assert_error_shape(post(path, {}, user=alice), 400, "invalid")["errors"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/auth/register", "/api/auth/login", "/api/auth/refresh", "/api/auth/logout"])
def test_a_body_of_an_account_call_that_is_far_too_large_is_413(path):
    body = b'{"email": "' + b"x" * (11 * 1_048_576) + b'"}'
    assert_error_shape(post(path, body), 413, "body_too_large")


@pytest.mark.parametrize(
    "accept", ["text/html", "*/*", "application/xml", "image/png", "", "x", "application/json; q=0"]
)
def test_the_accept_header_changes_nothing(alice, accept):
    assert send("GET", "/api/auth/me", user=alice, HTTP_ACCEPT=accept).status_code == 200
    assert_error_shape(post(VISITS, b"{", user=alice, HTTP_ACCEPT=accept), 400, "invalid_json")


@pytest.mark.parametrize("query", ["?format=html", "?format=api", "?format=xml", "?format="])
def test_a_format_in_the_query_changes_nothing(alice, query):
    assert send("GET", f"/api/auth/me{query}", user=alice).status_code == 200


@pytest.mark.django_db
def test_an_error_nobody_foresaw_has_the_same_shape_and_tells_nothing(alice, monkeypatch):
    view = get_resolver().resolve("/api/auth/me").func.cls

    def fail(self, request):
        raise RuntimeError("hunter2")

    monkeypatch.setattr(view, "get", fail)
    reply = assert_error_shape(send("GET", "/api/auth/me", user=alice), 500)
    assert "hunter2" not in str(reply)


@pytest.mark.django_db
@pytest.mark.parametrize("path", METHODS)
def test_plain_http_is_403_and_no_redirect_where_https_is_required(settings, client, path):
    settings.SECURE_SSL_REDIRECT = True
    for method in METHODS[path]:
        response = client.generic(method, path, b"{}", content_type="application/json")
        assert response.status_code == 403
        assert set(response.json()) == {"code", "detail"}
