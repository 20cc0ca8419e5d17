"""Personal tokens by the API: making, listing, using and revoking them."""

import logging
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEvent, PersonalToken, User
from accounts.personal_tokens import token_service
from accounts.personal_tokens.token_text import digest_of, is_whole, new_token_text
from tests.people import PersonalTokenFactory, UserFactory, token_text
from tests.wire import VISITS, access_token, assert_error_shape, post, send
from tests.wire_records import visit

TOKENS, SUMMARY = "/api/auth/tokens", "/api/insights/summary"
PASSWORD = "correct horse battery staple"
NEW = {"name": "Weekly report", "scopes": ["read"], "password": PASSWORD}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", name="Alice", password=PASSWORD)


@pytest.fixture
def bob(cheap_hashing):
    return UserFactory(email="bob@example.org", name="Bob", password=PASSWORD)


def made(person, **over):
    response = post(TOKENS, {**NEW, **over}, user=person)
    assert response.status_code == 201, response.content
    return response.json()


def revoke(person, number, password=PASSWORD):
    return send("DELETE", f"{TOKENS}/{number}", {"password": password}, user=person)


def summary(token, **extra):
    return send("GET", SUMMARY, token=token, **extra)


def kinds(person):
    return [(event.kind, event.detail) for event in AuditEvent.objects.about(person.pk).order_by("pk")]


def dump():
    """Return all rows of all tables as one text."""
    with connection.cursor() as cursor:
        rows = []
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")
            rows += cursor.fetchall()
    return repr(rows)


class TestMaking:
    def test_gives_the_text_this_once(self, alice):
        reply = made(alice, scopes=["write", "read", "read"])
        assert is_whole(reply["token"])
        listed = {name: value for name, value in reply.items() if name != "token"}
        assert send("GET", TOKENS, user=alice).json() == {"tokens": [listed]}
        assert listed["prefix"] == reply["token"][:8]
        assert (listed["name"], listed["scopes"]) == ("Weekly report", ["read", "write"])
        assert (listed["lastUsedOn"], listed["lastAddress"]) == (None, None)
        assert kinds(alice) == [("token_made", "read, write")]

    def test_may_not_be_kept_by_a_cache(self, alice):
        assert post(TOKENS, NEW, user=alice)["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(("life", "days"), [(None, 30), ("30d", 30), ("1y", 365), ("never", None)])
    def test_sets_the_expiry(self, alice, life, days):
        reply = made(alice, **({"expiresIn": life} if life else {}))
        left = None if reply["expiresAt"] is None else (reply["expiresAt"] - reply["createdAt"]) / 86_400_000
        assert left == days

    @pytest.mark.parametrize(
        ("over", "field"),
        [
            ({"scopes": []}, "scopes"),
            ({"scopes": ["admin"]}, "scopes"),
            ({"scopes": ["read", "READ"]}, "scopes"),
            ({"scopes": "read"}, "scopes"),
            ({"scopes": [7]}, "scopes"),
            ({"scopes": [10**4_000]}, "scopes"),
            ({"scopes": [None]}, "scopes"),
            ({"scopes": [["read"]]}, "scopes"),
            ({"scopes": None}, "scopes"),
            ({"expiresIn": "1h"}, "expiresIn"),
            ({"expiresIn": 30}, "expiresIn"),
            ({"name": ""}, "name"),
            ({"name": " "}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"name": "x\0"}, "name"),
            ({"name": 7}, "name"),
            ({"password": "wrong"}, "password"),
            ({"password": None}, "password"),
        ],
    )
    def test_refuses_a_wrong_field_and_names_it(self, alice, over, field):
        reply = assert_error_shape(post(TOKENS, {**NEW, **over}, user=alice), 400, "invalid")
        assert list(reply["errors"]) == [field]
        assert not PersonalToken.objects.exists()

    def test_a_wrong_password_is_noted(self, alice):
        post(TOKENS, {**NEW, "password": "wrong"}, user=alice)
        assert kinds(alice) == [("sign_in_failed", "asked once more")]

    def test_ends_at_fifty_for_each_person(self, alice, bob):
        PersonalTokenFactory.create_batch(49, user=alice)
        PersonalTokenFactory.create_batch(50, user=bob)
        made(alice)
        reply = assert_error_shape(post(TOKENS, NEW, user=alice), 403, "quota_exceeded")
        assert reply["maxTokens"] == 50
        assert PersonalToken.objects.filter(user=alice).count() == 50

    def test_the_database_and_the_log_hold_no_token(self, alice, caplog):
        caplog.set_level(logging.DEBUG)
        text = made(alice)["token"]
        assert summary(text).status_code == 200
        assert post(VISITS, {"visits": []}, token=text).status_code == 403
        wrong = [text[:-1] + "!", new_token_text(), token_text(alice, expires_at=timezone.now())]
        assert [summary(token).status_code for token in wrong] == [401, 401, 401]
        rows = dump()
        assert digest_of(text) in rows
        for secret in (text, text[8:], PASSWORD, *wrong):
            assert secret not in rows
        for secret in (text, text[:8], digest_of(text), PASSWORD, *wrong, *map(digest_of, wrong)):
            assert secret not in caplog.text


class TestUsing:
    def test_opens_the_calls_of_its_person_alone(self, alice, bob):
        post(VISITS, {"visits": [visit(title="of alice")]}, user=alice)
        search = "/api/insights/search?from=2020-01-01&to=2030-01-01"
        assert "of alice" in send("GET", search, token=token_text(alice, "read")).content.decode()
        assert send("GET", search, token=token_text(bob, "read")).json()["visits"] == []

    @pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER", "bEaReR"])
    def test_the_word_bearer_has_any_case(self, alice, word):
        for token in (token_text(alice), access_token(alice)):
            response = send("GET", SUMMARY, HTTP_AUTHORIZATION=f"{word} {token}")
            assert response.status_code == 200

    def test_one_that_is_unknown_revoked_or_over_or_of_nobody_is_answered_alike(self, alice):
        revoked = token_text(alice)
        PersonalToken.objects.all().delete()
        over = token_text(alice, expires_at=timezone.now() - timedelta(seconds=1))
        gone = token_text(UserFactory(is_active=False))
        answers = []
        for text in (new_token_text(), revoked, over, gone):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                response = summary(text)
            assert_error_shape(response, 401, "token_invalid")
            answers.append((response.content, response["WWW-Authenticate"], len(captured)))
        assert len(set(answers)) == 1
        assert answers[0][2] == 1

    @pytest.mark.parametrize(
        "text", ["ssp_", "ssp_x", "ssp_" + "0" * 38, "ssp_" + "é" * 38, "ssp_" + "0" * 100_000, "SSP_x"]
    )
    def test_a_typing_error_is_told_without_a_query(self, alice, text, django_assert_num_queries):
        with django_assert_num_queries(0):
            code = "token_mistyped" if text.startswith("ssp_") else "token_invalid"
            assert_error_shape(send("GET", SUMMARY, HTTP_AUTHORIZATION=f"Bearer {text}"), 401, code)

    @given(
        st.sampled_from(["Bearer ", "bearer ssp_", "Bearer ssp_" + "0" * 30]), st.text(st.characters(codec="latin-1"))
    )
    def test_no_header_is_an_error_of_the_server(self, start, rest):
        assert_error_shape(send("GET", SUMMARY, HTTP_AUTHORIZATION=start + rest), 401)

    def test_costs_one_query_by_an_index_and_a_session_none_of_it(self, alice):
        text, access = token_text(alice), access_token(alice)
        summary(text)
        with CaptureQueriesContext(connection) as by_token:
            assert summary(text).status_code == 200
        with CaptureQueriesContext(connection) as by_session:
            assert summary(access).status_code == 200
        about = [query["sql"] for query in by_token if "personaltoken" in query["sql"]]
        assert len(about) == 1
        assert not [query for query in by_session if "personaltoken" in query["sql"] or "ratecount" in query["sql"]]
        # The one more counts the rate. Each finds its person by one query.
        assert len(by_token) == len(by_session) + 1
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("EXPLAIN " + about[0])
            else:
                cursor.execute("EXPLAIN QUERY PLAN " + about[0])
            plan = repr(cursor.fetchall())
        index = "accounts_personaltoken_digest" if connection.vendor == "postgresql" else "sqlite_autoindex"
        assert index in plan

    def test_a_refused_call_tells_the_scope(self, alice):
        response = post(VISITS, {"visits": []}, token=token_text(alice, "read erase"))
        reply = assert_error_shape(response, 403, "scope_missing")
        assert reply["scope"] == "write"

    def test_is_counted_by_itself(self, alice, settings):
        rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "push": "2/day", "token": "3/day"}
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
        one, other = token_text(alice), token_text(alice)

        def statuses(path, times, **by):
            method = "POST" if path == VISITS else "GET"
            return [send(method, path, {"visits": []}, **by).status_code for _ in range(times)]

        assert statuses(VISITS, 3, token=one) == [200, 200, 429]
        assert statuses(VISITS, 3, token=other) == [200, 200, 429]
        assert statuses(VISITS, 3, user=alice) == [200, 200, 429]
        assert statuses(SUMMARY, 4, token=one) == [200, 200, 200, 429]
        assert statuses(SUMMARY, 5, user=alice) == [200] * 5


class TestLastUse:
    @pytest.fixture
    def text(self, alice):
        return token_text(alice)

    @pytest.fixture
    def day(self, monkeypatch):
        """Set the clock of the server to noon of a day of March 2026, in UTC."""

        def set_to(number):
            now = datetime.fromisoformat(f"2026-03-{number:02}T12:00:00+00:00")
            monkeypatch.setattr("accounts.personal_tokens.token_service.timezone.now", lambda: now)

        return set_to

    def use(self, text, client_ip="192.0.2.1"):
        """Use the token; return how often its row was written."""
        with CaptureQueriesContext(connection) as captured:
            assert summary(text, REMOTE_ADDR=client_ip).status_code == 200
        return sum(query["sql"].startswith("UPDATE") for query in captured)

    def test_is_written_once_a_day_for_each_client_ip(self, text, day):
        day(1)
        ips = ["192.0.2.1", "192.0.2.1", "2001:db8::1", "192.0.2.1", "2001:db8::1"]
        assert [self.use(text, client_ip) for client_ip in ips] == [1, 0, 1, 0, 0]
        day(2)
        assert [self.use(text, client_ip) for client_ip in ips] == [1, 0, 1, 0, 0]

    def test_is_listed_with_the_newest_client_ip(self, text, day, alice):
        day(1)
        self.use(text)
        self.use(text, "192.0.2.7")
        (token,) = send("GET", TOKENS, user=alice).json()["tokens"]
        assert (token["lastUsedOn"], token["lastAddress"]) == ("2026-03-01", "192.0.2.7")

    def test_a_day_of_many_client_ips_is_written_ten_times(self, text, day):
        day(1)
        assert sum(self.use(text, f"192.0.2.{number}") for number in range(1, 30)) == 10

    def test_a_refused_call_is_a_use(self, alice):
        text = token_text(alice, "read")
        assert post(VISITS, {"visits": []}, token=text).status_code == 403
        assert PersonalToken.objects.get().last_used_on is not None


class TestRevoking:
    def test_takes_the_password_and_works_at_once(self, alice):
        reply = made(alice)
        refused = revoke(alice, reply["id"], "wrong")
        assert assert_error_shape(refused, 400, "invalid")["errors"] == {"password": ["The password is wrong."]}
        assert summary(reply["token"]).status_code == 200
        assert revoke(alice, reply["id"]).status_code == 204
        assert summary(reply["token"]).status_code == 401
        assert revoke(alice, reply["id"]).status_code == 404
        assert kinds(alice) == [("token_made", "read"), ("sign_in_failed", "asked once more"), ("token_revoked", "")]

    @pytest.mark.parametrize("number", ["999999", "x", "0", "²", "9" * 40, "%00"])
    def test_any_other_id_is_answered_as_somebody_else_s(self, alice, bob, number):
        hers = made(alice)
        answers = [revoke(bob, hers["id"]), revoke(bob, number)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        assert summary(hers["token"]).status_code == 200
        assert kinds(bob) == []

    def test_the_id_is_never_given_again(self, alice):
        first = made(alice)
        revoke(alice, first["id"])
        assert int(made(alice)["id"]) > int(first["id"])

    def test_a_deactivated_person_s_tokens_sleep(self, alice):
        text = token_text(alice)
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert summary(text).status_code == 401

    def test_nobody_but_the_person_lists_them(self, alice, bob):
        made(alice)
        assert send("GET", TOKENS, user=bob).json() == {"tokens": []}


def test_closing_the_account_erases_the_tokens(alice, bob):
    hers, his = made(alice), made(bob)
    reply = send("DELETE", "/api/auth/me", {"password": PASSWORD}, user=alice).json()
    assert reply["erased"]["personalTokens"] == 1
    assert [summary(each["token"]).status_code for each in (hers, his)] == [401, 200]


def test_expired_tokens_are_deleted_after_thirty_days(alice, capsys):
    for days in (31, 29):
        PersonalTokenFactory(user=alice, name=f"{days} days ago", expires_at=timezone.now() - timedelta(days=days))
    PersonalTokenFactory(user=alice, name="never")
    call_command("clear_sessions")
    assert [token.name for token in token_service.tokens_of(alice)] == ["never", "29 days ago"]
    assert "1 personal token" in capsys.readouterr().out


class TestPasswordReset:
    @pytest.mark.parametrize(("more", "left"), [({}, 1), ({"endTokens": False}, 1), ({"endTokens": True}, 0)])
    def test_ends_them_if_the_person_asks(self, alice, bob, more, left, mailoutbox):
        token_text(alice), token_text(bob)
        post("/api/auth/password-reset", {"email": alice.email})
        link = mailoutbox[0].body.split("?link=")[1].split()[0]
        body = {"link": link, "newPassword": "staple battery horse right", **more}
        assert post("/api/auth/password-reset/confirm", body).status_code == 204
        assert PersonalToken.objects.filter(user=alice).count() == left
        assert PersonalToken.objects.filter(user=bob).count() == 1
        revoked = [("token_revoked", "with a new password")] * (1 - left)
        assert [event for event in kinds(alice) if event[0] == "token_revoked"] == revoked

    @pytest.mark.parametrize("wrong", ["yes", 1, "true", []])
    def test_takes_true_or_false_alone(self, alice, wrong, mailoutbox):
        post("/api/auth/password-reset", {"email": alice.email})
        link = mailoutbox[0].body.split("?link=")[1].split()[0]
        body = {"link": link, "newPassword": "staple battery horse right", "endTokens": wrong}
        response = post("/api/auth/password-reset/confirm", body)
        assert list(assert_error_shape(response, 400, "invalid")["errors"]) == ["endTokens"]
