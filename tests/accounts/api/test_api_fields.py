"""The fields of all account calls: types are strict, and text that no database can hold is refused."""

import pytest

from accounts.models import Session
from tests.people import SessionFactory, UserFactory
from tests.wire import access_token, assert_error_shape, send

PASSWORD = "correct horse battery staple"
NEXT = "staple battery horse right"
SESSION = "/api/auth/sessions/{session}"
# Each call with a body that it accepts, or that it refuses only after its fields are read.
BODIES = {
    ("POST", "/api/auth/register"): {
        "email": "erin@example.org", "password": PASSWORD, "name": "Erin", "timeZone": "UTC", "label": "Laptop",
    },
    ("POST", "/api/auth/login"): {"email": "alice@example.org", "password": PASSWORD, "label": "Laptop"},
    ("POST", "/api/auth/refresh"): {"refresh": "x"},
    ("POST", "/api/auth/logout"): {"refresh": "x"},
    ("PATCH", "/api/auth/me"): {"name": "Alice", "timeZone": "UTC"},
    ("DELETE", "/api/auth/me"): {"password": PASSWORD},
    ("PATCH", SESSION): {"label": "Laptop"},
    ("POST", "/api/auth/password"): {"currentPassword": PASSWORD, "newPassword": NEXT},
    ("POST", "/api/auth/password-reset"): {"email": "alice@example.org"},
    ("POST", "/api/auth/password-reset/confirm"): {"link": "1.x", "newPassword": NEXT},
    ("POST", "/api/auth/email"): {"email": "alice@example.com", "password": PASSWORD},
    ("POST", "/api/auth/email/confirm"): {"link": "1.x"},
}  # fmt: skip
REQUIRED = {"email", "password", "currentPassword", "newPassword", "refresh", "link"}
FIELDS = [(method, path, field) for (method, path), body in BODIES.items() for field in body]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", name="Alice", password=PASSWORD)


@pytest.fixture
def call(alice):
    """A call of alice's, from a session of its own each, so that one that changes the password refuses no other."""

    def call(method, path, body):
        session = SessionFactory(user=alice)
        return send(method, path.format(session=session.pk), body, token=access_token(alice, sid=str(session.pk)))

    return call


@pytest.fixture
def described(client):
    return client.get("/api/schema").json()


@pytest.mark.parametrize(("method", "path", "field"), FIELDS)
def test_what_is_no_text_is_400_and_names_the_field(call, method, path, field):
    for value in (5, 1.5, True, [], ["a"], {}, {"a": 1}, 10**300):
        answer = call(method, path, {**BODIES[method, path], field: value})
        assert assert_error_shape(answer, 400, "invalid")["errors"] == {field: ["Send a string."]}, value


@pytest.mark.parametrize(("method", "path", "field"), FIELDS)
def test_a_nul_or_half_a_character_is_400_and_names_the_field(call, method, path, field):
    for value in ("a\x00b", "\ud83d", "\udc00a"):
        answer = call(method, path, {**BODIES[method, path], field: value})
        assert list(assert_error_shape(answer, 400, "invalid")["errors"]) == [field], ascii(value)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_that_is_no_object_is_400(call, method, path):
    for body in ([], "x", 5, None, True):
        reply = assert_error_shape(call(method, path, body), 400, "invalid")
        assert reply == {"code": "invalid", "detail": "Send a JSON object as the body."}


def required_of(described, method, path):
    call = described["paths"][path.replace("{session}", "{session_id}")][method.lower()]
    schema = call["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return set(schema.get("required", []))


def test_the_description_requires_the_fields_that_the_server_requires(call, described):
    for (method, path), body in BODIES.items():
        refused = set()
        for field in body:
            answer = call(method, path, {name: value for name, value in body.items() if name != field})
            if answer.status_code == 400 and field in answer.json()["errors"]:
                refused.add(field)
        assert required_of(described, method, path) == refused == REQUIRED & set(body), (method, path)


def test_naming_a_session_without_a_label_changes_nothing(alice):
    session = SessionFactory(user=alice, label="Laptop")
    answer = send("PATCH", SESSION.format(session=session.pk), {}, user=alice)
    assert (answer.status_code, answer.json()["label"]) == (200, "Laptop")
    assert Session.objects.get(pk=session.pk).label == "Laptop"
