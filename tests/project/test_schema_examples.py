"""Every example of the API's description is true: the server takes each body, and replies as the description says."""

import json
import re

import jsonschema
import pytest
from django.core import mail
from django.test import RequestFactory
from drf_spectacular.generators import SchemaGenerator

from accounts.api.examples import CONNECT
from accounts.models import User
from accounts.sessions import connecting
from insights.categories.stored_rules import save_rule
from portability.importers.found import REASONS
from portability.models import Import
from tests.people import PersonalTokenFactory, UserFactory, session_of
from tests.sync.erasures.erasing import erase
from tests.wire import access_token, push, refresh_token, send
from tests.wire_records import aggregate, visit

PASSWORD = "correct horse battery staple"
# The day of the records that the person has.
DAY = "2025-11-03"
# The browser that the examples name.
BROWSER = "038a5898-dc23-426f-9ec7-e48ffcc3924b"

SCHEMA = SchemaGenerator().get_schema(public=True)
CALLS = {
    call["operationId"]: (method.upper(), path, call)
    for path, calls in SCHEMA["paths"].items()
    for method, call in calls.items()
}
BODIES = {
    name: call["requestBody"]["content"]["application/json"]
    for name, (_, _, call) in CALLS.items()
    if "application/json" in call.get("requestBody", {}).get("content", {})
}
# A file is sent to this call.
UPLOADS = {"createImport"}
EXAMPLES = [(name, example) for name, media in BODIES.items() for example in media["examples"]]
REPLIES = [
    (name, status, example)
    for name, (_, _, call) in CALLS.items()
    for status, answer in call["responses"].items()
    for kind, media in answer.get("content", {}).items()
    if kind == "application/json"
    for example in media["examples"]
]


def as_json_schema(node):
    """Return a part of the description as JSON Schema, which has no `nullable`; only named members are allowed."""
    if isinstance(node, list):
        return [as_json_schema(part) for part in node]
    if not isinstance(node, dict):
        return node
    plain = {name: as_json_schema(part) for name, part in node.items() if name != "nullable"}
    if isinstance(plain.get("properties"), dict):
        plain.setdefault("additionalProperties", False)
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


COMPONENTS = as_json_schema(SCHEMA["components"])


def misfits(schema, value):
    validator = jsonschema.Draft202012Validator(
        {**as_json_schema(schema), "components": COMPONENTS}, format_checker=jsonschema.FormatChecker()
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def assert_fits(schema, value):
    assert misfits(schema, value) == []


def assert_described(name, response):
    """Hold a reply against the description of its call; return its status."""
    answer = CALLS[name][2]["responses"][str(response.status_code)]
    if "application/zip" in answer.get("content", {}):
        assert response["Content-Type"] == "application/zip"
        assert b"".join(response.streaming_content)
    elif "content" in answer:
        assert response["Content-Type"].split(";")[0] == "application/json"
        assert_fits(answer["content"]["application/json"]["schema"], response.json())
    else:
        assert response.content == b""
    return response.status_code


def success_of(name):
    return min(int(status) for status in CALLS[name][2]["responses"])


@pytest.fixture
def person(db, cheap_hashing):
    """The person of the examples, with a password, records and another session."""
    alice = UserFactory(email="alice@example.org", name="Alice", password=PASSWORD)
    session_of(alice)
    PersonalTokenFactory(user=alice)
    send("POST", "/api/auth/login", {"email": alice.email, "password": PASSWORD})
    records = [visit(), visit(endedAt=None, isActive=True, category="work_coding")]
    push(alice, "/api/sync/page-visits", records, anonymousClientId=BROWSER)
    push(alice, "/api/sync/tab-aggregates", [aggregate()], anonymousClientId=BROWSER)
    return alice


def link_sent(person, name):
    """Return what the link of an e-mail carries that the server sends for the call."""
    if name == "resetPassword":
        send("POST", "/api/auth/password-reset", {"email": person.email})
    else:
        send("POST", "/api/auth/email", {"email": person.email, "password": PASSWORD}, user=person)
    return re.search(r"\?link=(\S+)", mail.outbox[-1].body)[1]


def made_true(name, body, person):
    """Return the body of an example, a good token or link in place of an invented one; free its address."""
    if name == "register":
        User.objects.filter(pk=person.pk).update(email="somebody@example.org")
    true = {"refresh": lambda: str(refresh_token(person)), "link": lambda: link_sent(person, name)}
    return {field: true[field]() if field in true else value for field, value in body.items()}


def allowed_grant(person):
    """Return the id of a grant that the person has allowed, begun by the example of a body."""
    grant_id, _ = connecting.start(RequestFactory().get("/"), CONNECT.value["challenge"], "")
    connecting.answer(person, grant_id, RequestFactory().get("/"), is_allowed=True)
    return grant_id


def call(name, body, person, query=""):
    method, path, _ = CALLS[name]
    path = path.replace("{session_id}", str(session_of(person).pk))
    if "{grant_id}" in path:
        path = path.replace("{grant_id}", allowed_grant(person))
    if "{import_id}" in path:
        counts = dict.fromkeys(("kept", *REASONS), 0)
        found = Import.objects.create(user=person, family="chromium", is_staged=True, counts=counts)
        path = path.replace("{import_id}", str(found.pk))
    path = path.replace("{token_id}", str(person.personal_tokens.values_list("pk", flat=True).last()))
    if "{erasure_id}" in path:
        path = path.replace("{erasure_id}", erase(person, {"domain": "example.org"})["erasure"]["id"])
    if "{rule_id}" in path:
        path = path.replace("{rule_id}", str(save_rule(person.pk, "example.org", "", "news").pk))
    return send(method, path + query, b"" if body is None else body, token=access_token(person))


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_the_example_of_a_body_fits_its_schema(name, example):
    assert_fits(BODIES[name]["schema"], BODIES[name]["examples"][example]["value"])


@pytest.mark.parametrize(("name", "status", "example"), REPLIES)
def test_the_example_of_a_reply_fits_its_schema(name, status, example):
    media = CALLS[name][2]["responses"][status]["content"]["application/json"]
    assert_fits(media["schema"], media["examples"][example]["value"])


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_the_server_answers_the_example_of_a_body_with_success(person, name, example):
    body = made_true(name, BODIES[name]["examples"][example]["value"], person)
    assert assert_described(name, call(name, body, person)) == success_of(name)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_the_server_answers_the_example_of_a_body_to_nobody_as_described(db, cheap_hashing, name, example):
    method, path, _ = CALLS[name]
    path = re.sub(r"\{\w+\}", "7", path)
    response = send(method, path, BODIES[name]["examples"][example]["value"])
    assert_described(name, response)


@pytest.mark.parametrize("name", [name for name in CALLS if name not in BODIES and name not in UPLOADS])
def test_a_call_without_a_body_succeeds_as_described(person, name):
    parameters = {parameter["name"] for parameter in CALLS[name][2].get("parameters", [])}
    query = "&".join(f"{parameter}={DAY}" for parameter in sorted(parameters & {"from", "to", "date"}))
    assert assert_described(name, call(name, None, person, f"?{query}")) == success_of(name)


def test_the_replies_that_are_held_against_the_description_have_records_in_them(person):
    found = [
        call("insightsTimeline", None, person, f"?date={DAY}").json()["browsers"],
        call("insightsSearch", None, person, f"?from={DAY}&to={DAY}").json()["visits"],
        call("insightsSites", None, person, f"?from={DAY}&to={DAY}").json()["sites"],
        call("changes", None, person).json()["changes"],
        call("syncStatus", None, person).json()["browsers"],
        call("sessions", None, person).json()["sessions"],
        call("tokens", None, person).json()["tokens"],
        call("events", None, person).json()["events"],
    ]
    assert all(found)


def schema_of(name):
    """Return the schema of a body."""
    schema = BODIES[name]["schema"]
    return SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def required_of(name):
    """Return the names that the schema of a body requires."""
    return set(schema_of(name).get("required", []))


@pytest.mark.parametrize("name", BODIES)
def test_a_body_may_lack_what_is_optional_and_nothing_else(person, name):
    required = required_of(name)
    whole = made_true(name, next(iter(BODIES[name]["examples"].values()))["value"], person)
    for field in sorted(required):
        lacking = {other: value for other, value in whole.items() if other != field}
        response = call(name, lacking, person)
        assert (assert_described(name, response), list(response.json()["errors"])) == (400, [field])
    least = {field: value for field, value in whole.items() if field in required}
    assert assert_described(name, call(name, least, person)) == success_of(name)


OPTIONAL = [(name, field) for name in BODIES for field in sorted({*schema_of(name)["properties"]} - required_of(name))]


@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_null_counts_as_absent_in_an_optional_field(person, name, field):
    whole = made_true(name, next(iter(BODIES[name]["examples"].values()))["value"], person)
    body = {**whole, field: None}
    assert_fits(BODIES[name]["schema"], body)
    assert assert_described(name, call(name, body, person)) == success_of(name)


BLANK = "This field may not be blank."
TEXTS = [
    (name, field)
    for name in BODIES
    for field, schema in schema_of(name)["properties"].items()
    if schema.get("type") == "string" and "format" not in schema and "enum" not in schema
]


@pytest.mark.parametrize(("name", "field"), TEXTS)
@pytest.mark.parametrize("blanks", ["\t \n", "\x1c", "\x85"])
def test_a_blank_text_is_refused_where_the_description_refuses_it_and_nowhere_else(person, name, field, blanks):
    whole = made_true(name, next(iter(BODIES[name]["examples"].values()))["value"], person)
    body = {**whole, field: blanks}
    reply = call(name, body, person)
    errors = reply.json().get("errors", {}) if reply.status_code == 400 else {}
    assert (BLANK in errors.get(field, [])) == (misfits(BODIES[name]["schema"], body) != [])


@pytest.mark.parametrize("name", [name for name in BODIES if not name.startswith("push")])
def test_a_body_that_is_no_object_is_refused_in_one_form(person, name):
    for body in ([], "x", 5, None, True):
        reply = call(name, json.dumps(body).encode(), person)
        assert assert_described(name, reply) == 400
        assert reply.json() == {"code": "invalid", "detail": "Send a JSON object as the body."}
