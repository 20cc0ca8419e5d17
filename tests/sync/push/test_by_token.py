"""A push by a personal token: the browser that its records go to, and the browsers that it must leave alone."""

import pytest

from accounts.models import PersonalToken
from sync.models import Browser, PageVisit, SyncBatch, SyncState
from tests.people import token_text
from tests.wire import AGGREGATES, LIST_KEY, VISITS, assert_error_shape, post, push
from tests.wire_records import aggregate, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(alice):
    return token_text(alice, "write", name="Reading list")


def own_browser():
    return f"token:{PersonalToken.objects.get().pk}"


def pushed(token, records, path=VISITS, **top):
    return post(path, {LIST_KEY[path]: records, **top}, token=token)


def browsers(user):
    return sorted(Browser.objects.filter(user=user).values_list("client_id", "kind", "label"))


@pytest.mark.parametrize("top", [{}, {"anonymousClientId": None}, {"anonymousClientId": ""}])
@pytest.mark.parametrize("each", [{}, {"anonymousClientId": None}, {"anonymousClientId": ""}])
@pytest.mark.parametrize(("path", "make"), [(VISITS, visit), (AGGREGATES, aggregate)])
def test_records_that_name_no_browser_go_to_the_token_s_own(alice, token, path, make, top, each):
    record = make(**each)
    assert pushed(token, [record], path, **top).json()["results"] == ["created"]
    assert pushed(token, [record], path, **top).json()["results"] == ["unchanged"]
    assert browsers(alice) == [(own_browser(), "program", "Reading list")]


def test_the_log_of_batches_names_that_browser(alice, token):
    pushed(token, [visit()])
    assert SyncBatch.objects.get().browser_id == Browser.objects.get().pk


def test_a_program_may_name_browsers_of_its_own(alice, token):
    reply = pushed(token, [visit(), visit(anonymousClientId="list:2")], anonymousClientId="list:1").json()
    assert reply["results"] == ["created", "created"]
    assert browsers(alice) == [("list:1", "program", ""), ("list:2", "program", "")]


@pytest.mark.parametrize("by", ["the record", "the envelope", "one record of two", "the envelope of other records"])
def test_it_may_not_write_to_the_browser_of_an_extension(alice, token, by):
    push(alice, VISITS, [visit(id="pv", title="hers")], anonymousClientId="laptop")
    before = (list(Browser.objects.values()), list(PageVisit.objects.values()), list(SyncState.objects.values()))
    newer, named = visit(id="pv", title="not hers", revision=9), {"anonymousClientId": "laptop"}
    response = {
        "the record": lambda: pushed(token, [{**newer, **named}]),
        "the envelope": lambda: pushed(token, [newer], **named),
        "one record of two": lambda: pushed(token, [visit(), {**newer, **named}]),
        "the envelope of other records": lambda: pushed(token, [visit(anonymousClientId="list")], **named),
    }[by]()
    assert_error_shape(response, 403, "browser_of_extension")
    assert (
        list(Browser.objects.values()),
        list(PageVisit.objects.values()),
        list(SyncState.objects.values()),
    ) == before


def test_the_browser_of_another_person_s_extension_is_no_hindrance_and_stays(alice, bob, token):
    push(bob, VISITS, [visit(id="pv", title="his")], anonymousClientId="laptop")
    assert pushed(token, [visit(id="pv")], anonymousClientId="laptop").json()["results"] == ["created"]
    assert PageVisit.objects.get(user=bob).title == "his"
    assert browsers(bob) == [("laptop", "extension", "")]
    assert browsers(alice) == [("laptop", "program", "")]


def test_a_session_cannot_take_the_name_of_a_token_s_browser_away(alice, token):
    push(alice, VISITS, [visit()], anonymousClientId=own_browser())
    assert pushed(token, [visit()]).json()["results"] == ["created"]
    assert browsers(alice) == [(own_browser(), "program", "")]


def test_programs_count_not_against_the_quota(alice, token):
    Browser.objects.bulk_create(Browser(user=alice, client_id=f"b{number}") for number in range(100))
    assert pushed(token, [visit()]).json()["results"] == ["created"]
    refused = post(VISITS, {"visits": [visit()]}, user=alice)
    assert_error_shape(refused, 403, "quota_exceeded")


def test_a_long_name_of_a_token_is_cut_to_a_label(alice):
    pushed(token_text(alice, "write", name="x" * 100), [visit()])
    assert Browser.objects.get().label == "x" * 64


def test_a_revoked_token_writes_nothing(alice, token):
    PersonalToken.objects.all().delete()
    assert pushed(token, [visit()]).status_code == 401
    assert not PageVisit.objects.exists()


def test_an_erased_site_is_refused_to_a_program_too(alice, token):
    erased = {"rule": {"domain": "example.org"}}
    assert post("/api/sync/erasures", erased, user=alice).status_code == 200
    reply = pushed(token, [visit(url="https://docs.example.org/"), visit(url="https://example.com/")]).json()
    assert reply["results"] == ["erased", "created"]
