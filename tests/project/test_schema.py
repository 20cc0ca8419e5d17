"""The API's description says what the contract says: names, what is required, limits, an example each."""

import pytest

VISIT = {
    "id", "visitId", "url", "startedAt", "timestamp", "tabId", "domain", "title", "endedAt", "duration",
    "durationSeconds", "isActive", "activeDuration", "engagementRate", "idlePeriods", "lastHeartbeat", "category",
    "categoryConfidence", "categoryMethod", "metadata", "closedAt", "anonymousClientId", "revision",
}  # fmt: skip
AGGREGATE = {
    "tabId", "startTime", "totalActiveDuration", "lastActiveTime", "domainDurations", "pageCount", "currentUrl",
    "currentDomain", "statistics", "closedAt", "anonymousClientId", "revision",
}  # fmt: skip
CALLS = {
    ("/api/auth/register", "post"),
    ("/api/auth/login", "post"),
    ("/api/auth/refresh", "post"),
    ("/api/auth/logout", "post"),
    ("/api/auth/me", "get"),
    ("/api/auth/me", "patch"),
    ("/api/auth/me", "delete"),
    ("/api/auth/sessions", "get"),
    ("/api/auth/sessions/{session_id}", "patch"),
    ("/api/auth/sessions/{session_id}", "delete"),
    ("/api/auth/logout-others", "post"),
    ("/api/auth/tokens", "get"),
    ("/api/auth/tokens", "post"),
    ("/api/auth/tokens/{token_id}", "delete"),
    ("/api/auth/events", "get"),
    ("/api/auth/password", "post"),
    ("/api/auth/password-reset", "post"),
    ("/api/auth/password-reset/confirm", "post"),
    ("/api/auth/email", "get"),
    ("/api/auth/email", "post"),
    ("/api/auth/email/confirm", "post"),
    ("/api/sync/page-visits", "post"),
    ("/api/sync/tab-aggregates", "post"),
    ("/api/sync/limits", "get"),
    ("/api/sync/changes", "get"),
    ("/api/sync/status", "get"),
    ("/api/sync/browsers", "put"),
    ("/api/insights/summary", "get"),
    ("/api/insights/days", "get"),
    ("/api/insights/hours", "get"),
    ("/api/insights/sites", "get"),
    ("/api/insights/timeline", "get"),
    ("/api/insights/search", "get"),
    ("/api/insights/search/pages", "get"),
}


@pytest.fixture
def schema(client):
    return client.get("/api/schema").json()


@pytest.fixture
def schemas(schema):
    return schema["components"]["schemas"]


def operations(schema):
    return [(path, method, call) for path, calls in schema["paths"].items() for method, call in calls.items()]


def test_it_describes_every_call_of_the_contract(schema):
    assert {(path, method) for path, method, _ in operations(schema)} >= CALLS


def test_a_page_visit_has_the_names_and_the_required_fields_of_the_contract(schemas):
    visit = schemas["PageVisitRequest"]
    assert set(visit["properties"]) == VISIT
    assert set(visit["required"]) == {"id", "url", "startedAt"}


def test_a_tab_aggregate_has_the_names_and_the_required_fields_of_the_contract(schemas):
    aggregate = schemas["TabAggregateRequest"]
    assert set(aggregate["properties"]) == AGGREGATE
    assert set(aggregate["required"]) == {"tabId", "startTime", "totalActiveDuration"}


@pytest.mark.parametrize(
    ("field", "limit", "value"),
    [
        ("id", "maxLength", 128),
        ("anonymousClientId", "maxLength", 64),
        ("startedAt", "minimum", 946684800000),
        ("tabId", "minimum", 0),
        ("revision", "maximum", 9007199254740991),
        ("categoryConfidence", "maximum", 1),
        ("duration", "minimum", 0),
    ],
)
def test_a_page_visit_states_its_limits(schemas, field, limit, value):
    assert schemas["PageVisitRequest"]["properties"][field][limit] == value


def test_a_batch_states_how_many_records_it_may_hold(schemas):
    assert schemas["PageVisitPushRequest"]["properties"]["visits"]["maxItems"] == 1000
    assert schemas["TabAggregatePushRequest"]["properties"]["aggregates"]["maxItems"] == 1000


def test_a_reply_names_each_result(schemas):
    results = schemas["PushReply"]["properties"]["results"]["items"]["enum"]
    assert results == ["created", "updated", "unchanged", "rejected", "erased"]


def test_each_call_has_an_example_of_its_body_and_of_every_answer(schema):
    without = []
    for path, method, call in operations(schema):
        contents = [("body", call.get("requestBody", {}).get("content", {}))]
        contents += [(status, answer.get("content", {})) for status, answer in call["responses"].items()]
        without += [
            (path, method, part)
            for part, content in contents
            for kind, media in content.items()
            if kind == "application/json" and not media.get("examples")
        ]
    assert without == []


def test_every_error_has_the_one_shape(schema):
    shapes = {
        media["schema"]["$ref"]
        for _, _, call in operations(schema)
        for status, answer in call["responses"].items()
        if status >= "400"
        for media in answer["content"].values()
    }
    assert shapes == {"#/components/schemas/Error"}


def test_the_page_to_read_it_needs_no_other_host(client):
    page = client.get("/api/docs").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
