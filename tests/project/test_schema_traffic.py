"""Schemathesis makes requests from the API's description; the server must reply as the description says."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.people import PersonalTokenFactory, session_of
from tests.wire import access_token

CONFORMANCE = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# A push answers 200 although a record of it breaks the schema: the reply says which one.
JUDGES_EACH_RECORD = {"pushPageVisits", "pushTabAggregates"}

description = schemathesis.openapi.from_wsgi("/api/schema", get_wsgi_application())
# The tests send their own Authorization header, or none.
description.config.generation.update(with_security_parameters=False)
# 200 requests to each call would take three minutes. `call` undoes each request, so requests may share the person.
bounded = settings(max_examples=min(settings().max_examples, 40))

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing", "kept_connection")]


@pytest.fixture
def kept_connection(db):
    """Keep the server from closing the test's database connection, and its transaction, after each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def call(case, session_id="7", token_id="7", **headers):
    """Return the reply to a request, and undo the changes that the request made."""
    path = case.meta.components.get(ParameterLocation.PATH)
    if path is not None and not path.mode.is_negative:
        own = {"session_id": session_id, "token_id": token_id, "import_id": "7"}
        case.path_parameters.update({name: own[name] for name in case.path_parameters if name in own})
    before = transaction.savepoint()  # not atomic(), inside which a push refuses to run because it must be durable
    try:
        return case.call(headers=headers)
    finally:
        transaction.savepoint_rollback(before)


@description.parametrize()
@bounded
def test_replies_to_somebody_signed_in_are_as_described(case, alice):
    token = PersonalTokenFactory(user=alice)
    response = call(case, str(session_of(alice).pk), str(token.pk), Authorization=f"Bearer {access_token(alice)}")
    checks = list(CONFORMANCE)
    if case.operation.definition.raw["operationId"] not in JUDGES_EACH_RECORD:
        checks.append(negative_data_rejection)
    case.validate_response(response, checks=checks)


@description.parametrize()
@bounded
def test_replies_to_nobody_are_as_described(case):
    case.validate_response(call(case), checks=CONFORMANCE)
