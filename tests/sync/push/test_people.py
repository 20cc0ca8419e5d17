"""One person's records never touch another's, and only a person who is signed in can push."""

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from rest_framework.views import APIView
from rest_framework_simplejwt.backends import TokenBackend

from accounts.sessions.tokens import AccessToken
from sync.models import Browser, PageVisit, SyncState, TabAggregate
from tests.wire import AGGREGATES, VISITS, access_token, assert_error_shape, post, push, refresh_token
from tests.wire_records import aggregate, visit

ENDPOINTS = [("POST", VISITS), ("POST", AGGREGATES), ("GET", "/api/auth/me")]


def test_two_people_keep_records_with_the_same_ids_apart(alice, bob):
    record, total = visit(id="pv", anonymousClientId="b1"), aggregate(tabId=5, anonymousClientId="b1")
    for user, title in ((alice, "Alice's"), (bob, "Bob's")):
        assert push(user, VISITS, [{**record, "title": title}])["results"] == ["created"]
        assert push(user, AGGREGATES, [{**total, "pageCount": user.pk}])["results"] == ["created"]
    assert {row.user: row.title for row in PageVisit.objects.all()} == {alice: "Alice's", bob: "Bob's"}
    assert {row.user: row.page_count for row in TabAggregate.objects.all()} == {alice: alice.pk, bob: bob.pk}


def test_a_newer_version_of_one_person_leaves_the_others_row_alone(alice, bob):
    record = visit(id="pv", anonymousClientId="b1")
    push(alice, VISITS, [record])
    before = PageVisit.objects.filter(user=alice).values().get()
    push(bob, VISITS, [{**record, "revision": 9, "title": "Bob's"}])
    assert PageVisit.objects.filter(user=alice).values().get() == before


def test_a_browser_of_one_person_is_not_that_of_another(alice, bob):
    push(alice, VISITS, [visit()], anonymousClientId="b1")
    push(bob, VISITS, [visit()], anonymousClientId="b1")
    assert sorted(row.user.email for row in Browser.objects.filter(client_id="b1")) == [
        "alice@example.org",
        "bob@example.org",
    ]
    assert {(row.user_id, row.browser.user_id) for row in PageVisit.objects.all()} == {
        (alice.pk, alice.pk),
        (bob.pk, bob.pk),
    }


def test_a_counter_of_one_person_is_not_that_of_another(alice, bob):
    push(alice, VISITS, [visit()])
    before = SyncState.objects.get(user=alice).counter
    push(bob, VISITS, [visit(), visit()])
    push(bob, VISITS, [visit()])
    assert SyncState.objects.get(user=alice).counter == before


def test_a_body_cannot_name_another_person(alice, bob):
    push(alice, VISITS, [visit(user=bob.pk, user_id=bob.pk, userId=bob.pk)], user=bob.pk, userId=bob.pk)
    assert PageVisit.objects.get().user == alice


@pytest.mark.parametrize("count", [99, 100])
def test_a_person_may_have_100_browsers(alice, count):
    reply = push(alice, VISITS, [visit(anonymousClientId=f"b{number}") for number in range(count)])
    assert reply["results"] == ["created"] * count
    assert Browser.objects.filter(user=alice).count() == count


def test_the_101st_browser_is_over_the_quota_and_nothing_of_its_batch_is_stored(alice):
    push(alice, VISITS, [visit(anonymousClientId=f"b{number}") for number in range(100)])
    response = post(
        VISITS, {"visits": [visit(anonymousClientId="b5"), visit(anonymousClientId="one more")]}, user=alice
    )
    reply = assert_error_shape(response, 403, "quota_exceeded")
    assert "100" in reply["detail"]
    assert PageVisit.objects.count() == 100
    assert Browser.objects.filter(user=alice).count() == 100


def test_a_batch_from_101_new_browsers_is_over_the_quota(alice):
    records = [visit(anonymousClientId=f"b{number}") for number in range(101)]
    assert_error_shape(post(VISITS, {"visits": records}, user=alice), 403, "quota_exceeded")
    assert Browser.objects.filter(user=alice).count() == 0


def test_known_browsers_go_on_when_the_quota_is_reached(alice):
    push(alice, VISITS, [visit(anonymousClientId=f"b{number}") for number in range(100)])
    assert push(alice, AGGREGATES, [aggregate()], anonymousClientId="b7")["results"] == ["created"]


def test_only_browsers_of_kind_extension_count_against_the_quota(alice):
    for kind in (Browser.Kind.IMPORT, Browser.Kind.PROGRAM):
        Browser.objects.create(user=alice, client_id=f"{kind}:one", kind=kind)
    records = [visit(anonymousClientId=f"b{number}") for number in range(100)]
    assert push(alice, VISITS, records)["results"] == ["created"] * 100
    assert set(Browser.objects.filter(client_id__startswith="b").values_list("kind", flat=True)) == {"extension"}


def test_the_quota_of_one_person_is_not_that_of_another(alice, bob):
    push(alice, VISITS, [visit(anonymousClientId=f"b{number}") for number in range(100)])
    assert push(bob, VISITS, [visit()], anonymousClientId="one more")["results"] == ["created"]


# Tokens


def ask(method, path, **more):
    response = Client(raise_request_exception=False).generic(
        method, path, b'{"visits": [], "aggregates": []}', content_type="application/json", secure=True, **more
    )
    if response.status_code == 401:
        assert response["WWW-Authenticate"].startswith("Bearer")
    return response


@pytest.fixture(params=ENDPOINTS, ids=lambda endpoint: endpoint[1])
def endpoint(request):
    return request.param


@pytest.mark.django_db
def test_without_a_token_nobody_is_served(endpoint):
    assert_error_shape(ask(*endpoint), 401, "not_authenticated")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer a b", "Bearer x", "Bearer a.b.c", "Bearer ...", "Bearer \xff", "Basic YTpi", "x",
     "Token x", "Bearer " + "x" * 5_000, "Bearer null", "Bearer undefined", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"],
)  # fmt: skip
def test_a_header_that_is_no_token_is_refused(endpoint, header):
    response = ask(*endpoint, HTTP_AUTHORIZATION=header)
    assert response.status_code == 401
    assert set(response.json()) >= {"code", "detail"}


def test_a_token_that_has_expired_says_so(alice, endpoint):
    token = access_token(alice, exp=1_700_000_000)
    assert_error_shape(ask(*endpoint, HTTP_AUTHORIZATION=f"Bearer {token}"), 401, "token_expired")


@pytest.mark.parametrize(
    "change",
    [
        lambda user: user.delete(),
        lambda user: type(user).objects.filter(pk=user.pk).update(is_active=False),
    ],
    ids=["deleted", "deactivated"],
)
def test_a_token_of_a_person_who_is_gone_is_refused(alice, endpoint, change):
    token = access_token(alice)
    change(alice)
    response = ask(*endpoint, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert response.status_code == 401
    assert set(response.json()) >= {"code", "detail"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (VISITS, {"visits": [visit()]}),
        (AGGREGATES, {"aggregates": [aggregate()]}),
        ("/api/sync/erasures", {"rule": {"domain": "example.org"}}),
        ("/api/insights/category-rules", {"site": "example.org", "category": "life"}),
    ],
)
def test_a_person_who_goes_during_a_call_is_answered_as_one_who_went_before(alice, bob, monkeypatch, path, body):
    real = APIView.initial

    def go(view, request, *args, **kwargs):
        real(view, request, *args, **kwargs)
        type(alice).objects.get(pk=request.user.pk).delete()

    monkeypatch.setattr(APIView, "initial", go)
    response = post(path, body, user=alice)
    assert_error_shape(response, 401, "token_invalid")
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert type(alice).objects.get() == bob


def test_a_token_signed_by_another_key_is_refused(alice, endpoint):
    forged = TokenBackend("HS256", "another key, as long as the first, " * 2).encode(
        AccessToken(access_token(alice)).payload
    )
    response = ask(*endpoint, HTTP_AUTHORIZATION=f"Bearer {forged}")
    assert response.status_code == 401
    assert response.json()["code"] != "not_authenticated"


def test_a_token_that_nobody_signed_is_refused(alice, endpoint):
    _, payload, _ = access_token(alice).split(".")
    for head in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"):
        assert ask(*endpoint, HTTP_AUTHORIZATION=f"Bearer {head}.{payload}.").status_code == 401


def test_a_token_whose_payload_was_changed_is_refused(alice, bob, endpoint):
    head, _, signature = access_token(alice).split(".")
    payload = access_token(bob).split(".")[1]
    assert ask(*endpoint, HTTP_AUTHORIZATION=f"Bearer {head}.{payload}.{signature}").status_code == 401


def test_a_refresh_token_is_no_access_token(alice, endpoint):
    response = ask(*endpoint, HTTP_AUTHORIZATION=f"Bearer {refresh_token(alice)}")
    assert response.status_code == 401
    assert response.json()["code"] != "not_authenticated"


@pytest.mark.parametrize("user_id", ["abc", "", None, "1.5", str(2**63), 2**70, -1, "\x00"], ids=repr)
def test_a_token_for_an_impossible_person_is_refused(alice, endpoint, user_id):
    token = access_token(alice, user_id=user_id)
    assert ask(*endpoint, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401


def test_a_token_without_a_person_is_refused(alice, endpoint):
    token = AccessToken(access_token(alice))
    del token["user_id"]
    assert ask(*endpoint, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401


def test_a_token_in_the_address_is_not_read(alice, endpoint):
    method, path = endpoint
    token = access_token(alice)
    assert ask(method, f"{path}?access={token}&token={token}&jwt={token}&access_token={token}").status_code == 401


def test_a_signed_in_browser_page_is_not_a_token(alice, endpoint, settings):
    method, path = endpoint
    session = SessionStore()
    session[SESSION_KEY] = str(alice.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = alice.get_session_auth_hash()
    session.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    response = client.generic(
        method, path, b'{"visits": [], "aggregates": []}', content_type="application/json", secure=True
    )
    assert_error_shape(response, 401, "not_authenticated")


def test_an_access_token_opens_each_of_them(alice, endpoint):
    assert ask(*endpoint, HTTP_AUTHORIZATION=f"Bearer {access_token(alice)}").status_code == 200


def test_a_refused_push_stores_nothing(alice):
    assert post(VISITS, {"visits": [visit()]}, token=str(refresh_token(alice))).status_code == 401
    assert PageVisit.objects.count() == 0
