"""A push of a browser's own history, which goes to a browser of kind import beside the one that records."""

import pytest

from sync.models import Browser, PageVisit
from tests.people import token_text
from tests.wire import LIST_KEY, VISITS, post, push
from tests.wire_records import AT_9, bare_visit, visit

pytestmark = pytest.mark.django_db
HISTORY = {"anonymousClientId": "import:chromium"}


def kinds(person):
    return dict(Browser.objects.filter(user_id=person.pk).values_list("client_id", "kind"))


def test_the_source_of_a_history_is_an_import(alice):
    assert push(alice, VISITS, [bare_visit()], **HISTORY)["results"] == ["created"]
    assert push(alice, VISITS, [bare_visit(startedAt=AT_9 + 9_000)], anonymousClientId="import:firefox:work")[
        "results"
    ] == ["created"]
    assert kinds(alice) == {"import:chromium": "import", "import:firefox:work": "import"}


def test_it_is_an_import_too_where_a_program_sends_it(alice):
    response = post(VISITS, {LIST_KEY[VISITS]: [bare_visit()], **HISTORY}, token=token_text(alice, "write"))
    assert response.json()["results"] == ["created"]
    assert kinds(alice) == {"import:chromium": "import"}


def test_a_visit_of_a_history_that_was_recorded_is_unchanged_and_not_stored_twice(alice, bob):
    push(alice, VISITS, [visit(url="https://a.example/", startedAt=AT_9 + 1_900)], anonymousClientId="laptop")
    push(bob, VISITS, [visit(url="https://b.example/", startedAt=AT_9)], anonymousClientId="laptop")
    history = [
        bare_visit(url="https://a.example/", startedAt=AT_9),
        bare_visit(url="https://b.example/", startedAt=AT_9),
        bare_visit(url="https://a.example/", startedAt=AT_9 - 101),
    ]
    assert push(alice, VISITS, history, **HISTORY)["results"] == ["unchanged", "created", "created"]
    assert PageVisit.objects.filter(user_id=alice.pk).count() == 3


def test_a_history_that_is_sent_again_is_unchanged(alice):
    history = [bare_visit(), bare_visit(startedAt=AT_9 + 1)]
    assert push(alice, VISITS, history, **HISTORY)["results"] == ["created", "created"]
    assert push(alice, VISITS, history, **HISTORY)["results"] == ["unchanged", "unchanged"]


def test_what_an_extension_records_is_stored_beside_the_history(alice):
    push(alice, VISITS, [bare_visit()], **HISTORY)
    assert push(alice, VISITS, [visit(url="https://example.org/")], anonymousClientId="laptop")["results"] == [
        "created"
    ]
