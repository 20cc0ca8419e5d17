"""A body without a Content-Length is read by pushes, and refused elsewhere, where Django would take it for empty."""

import pytest
from django.test import Client

from tests.project.test_permissions import API_OF_THE_PERSON, example
from tests.wire import VISITS, assert_error_shape, send

CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}
OTHERS = [(method, path) for method, path in API_OF_THE_PERSON if not path.startswith("/api/sync/") and method != "GET"]
OPEN = [("POST", f"/api/auth/{name}") for name in ("login", "register", "refresh", "logout", "password-reset")]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("method", "path"), OTHERS + OPEN)
def test_a_call_says_that_it_needs_the_length(alice, method, path):
    reply = assert_error_shape(send(method, example(path), {}, user=alice, **CHUNKED), 411, "length_required")
    assert "Content-Length" in reply["detail"]


def test_a_page_says_so_too():
    answer = Client().post("/account/sign-in", {"username": "alice@example.org"}, **CHUNKED)
    assert answer.status_code == 411
    assert "Send the body with its Content-Length" in answer.content.decode()


def test_a_push_reads_it(alice):
    assert send("POST", VISITS, {"visits": []}, user=alice, **CHUNKED).status_code == 200


def test_a_form_that_cannot_be_read_is_not_blamed_on_the_host_name():
    answer = Client(raise_request_exception=False).post("/account/sign-in", b"--x", content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "The request is malformed" in answer.content.decode()
    wrong_host = Client(raise_request_exception=False).get("/", headers={"Host": "other.example"})
    assert "Check the host name" in wrong_host.content.decode()
