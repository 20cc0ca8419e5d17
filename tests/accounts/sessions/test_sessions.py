"""One session a sign-in: lost replies cost nothing, a copied token ends it, and it ends by itself one day."""

from datetime import timedelta

import jwt
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from rest_framework_simplejwt.tokens import RefreshToken as PlainRefreshToken

from accounts.models import AuditEvent, Session, User
from accounts.sessions import session_service
from accounts.sessions.tokens import AccessToken, RefreshToken
from tests.people import SessionFactory, UserFactory
from tests.wire import assert_error_shape, post, send

LOGIN, REFRESH, LOGOUT, ME = "/api/auth/login", "/api/auth/refresh", "/api/auth/logout", "/api/auth/me"
PASSWORD = "correct horse battery staple"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", password=PASSWORD, name="Alice")


class Clock:
    """The server's clock for sessions; tokens are checked by the real one, so it only goes ahead within their life."""

    def __init__(self):
        self.ahead = timedelta()
        self.real = timezone.now

    def __call__(self):
        return self.real() + self.ahead

    def sleep(self, **how):
        self.ahead += timedelta(**how)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(session_service.timezone, "now", clock)
    return clock


def login(**more):
    response = post(LOGIN, {"email": "alice@example.org", "password": PASSWORD, **more})
    assert response.status_code == 200
    return response.json()


def refresh(token):
    return post(REFRESH, {"refresh": token})


def refreshed(token):
    response = refresh(token)
    assert response.status_code == 200, response.content
    return response.json()["refresh"]


class TestLostReplies:
    def test_the_same_token_refreshes_again_a_day_later(self, alice, clock):
        token = login()["refresh"]
        refreshed(token)
        clock.sleep(days=1)
        again = refreshed(token)
        clock.sleep(minutes=10)
        refreshed(again)

    def test_and_once_more_after_a_month(self, alice, clock):
        token = refreshed(login()["refresh"])
        for days in (1, 30, 30):
            refreshed(token)
            clock.sleep(days=days)
        refreshed(refreshed(token))

    def test_two_refreshes_at_once_leave_a_working_browser_whichever_reply_it_keeps(self, alice, clock):
        for kept in (0, 1):
            token = login()["refresh"]
            replies = [refreshed(token), refreshed(token)]
            clock.sleep(hours=1)
            refreshed(refreshed(replies[kept]))

    def test_siblings_are_both_good_within_the_grace(self, alice, clock):
        token = login()["refresh"]
        one, other = refreshed(token), refreshed(token)
        refreshed(one)
        clock.sleep(seconds=59)
        refreshed(refreshed(other))

    def test_a_new_access_token_works_each_time(self, alice, clock):
        token = login()["refresh"]
        for _ in range(3):
            assert send("GET", ME, token=refresh(token).json()["access"]).status_code == 200
            clock.sleep(hours=5)


class TestTheft:
    @pytest.fixture
    def stolen(self, alice, clock):
        """An old token: what it was exchanged for has been used, and the grace is over."""
        token = login()["refresh"]
        self.newest = refresh(refreshed(token)).json()
        clock.sleep(seconds=61)
        return token

    def test_an_old_token_ends_the_session_and_says_why_and_when(self, stolen):
        reply = assert_error_shape(refresh(stolen), 401, "session_ended")
        assert reply["reason"] == "refresh_reuse"
        assert abs(reply["endedAt"] / 1000 - (timezone.now() + timedelta(seconds=0)).timestamp()) < 30
        assert "signed out for safety at 20" in reply["detail"]

    def test_the_browser_s_own_tokens_are_dead_from_then_on(self, stolen):
        assert send("GET", ME, token=self.newest["access"]).status_code == 200
        refresh(stolen)
        assert_error_shape(send("GET", ME, token=self.newest["access"]), 401, "session_ended")
        assert_error_shape(refresh(self.newest["refresh"]), 401, "session_ended")

    def test_a_sibling_past_the_grace_is_theft(self, alice, clock):
        token = login()["refresh"]
        one, other = refreshed(token), refreshed(token)
        refreshed(one)
        clock.sleep(seconds=61)
        assert_error_shape(refresh(other), 401, "session_ended")
        assert_error_shape(refresh(one), 401, "session_ended")

    def test_the_grace_is_a_setting(self, alice, clock, settings):
        settings.REFRESH_GRACE_SECONDS = 5
        token = login()["refresh"]
        refreshed(refreshed(token))
        clock.sleep(seconds=6)
        assert refresh(token).status_code == 401

    def test_other_sessions_go_on(self, stolen):
        elsewhere = login()["refresh"]
        refresh(stolen)
        refreshed(elsewhere)

    def test_it_is_written_down_once_without_any_token(self, alice, stolen):
        refresh(stolen)
        refresh(stolen)
        events = AuditEvent.objects.filter(kind__in=["refresh_reuse", "session_revoked"]).order_by("pk")
        assert [(event.kind, event.subject, event.actor, event.detail) for event in events] == [
            ("refresh_reuse", alice, None, ""),
            ("session_revoked", alice, None, "refresh_reuse"),
        ]
        assert {event.client_ip for event in events} == {"127.0.0.1"}


class TestEnds:
    def test_idle_for_90_days(self, alice, clock):
        token = login()["refresh"]
        clock.sleep(days=89)
        token = refreshed(token)
        clock.sleep(days=89)
        token = refreshed(token)
        clock.sleep(days=91)
        reply = assert_error_shape(refresh(token), 401, "session_ended")
        assert reply["reason"] == "expired"

    def test_after_a_year_whatever_it_did(self, alice, clock):
        token = login()["refresh"]
        for _ in range(12):
            clock.sleep(days=30)
            token = refreshed(token)
        clock.sleep(days=6)
        assert_error_shape(refresh(token), 401, "session_ended")

    def test_both_are_settings(self, alice, clock, settings):
        settings.SESSION_IDLE_DAYS, settings.SESSION_MAX_DAYS = 2, 3
        token = login()["refresh"]
        for _ in range(2):
            clock.sleep(days=1, hours=11)
            token = refreshed(token)
        clock.sleep(hours=3)
        assert refresh(token).status_code == 401

    def test_the_refresh_token_says_itself_when_its_session_ends(self, alice):
        token = RefreshToken(login()["refresh"])
        session = Session.objects.get()
        assert abs(token["exp"] - session.expires_at.timestamp()) <= 1
        assert session.expires_at - session.created_at == timedelta(days=90)

    def test_an_access_token_lives_ten_minutes_and_names_its_session(self, alice):
        claims = jwt.decode(login()["access"], options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == 600
        assert claims["sid"] == str(Session.objects.get().pk)
        assert (claims["iss"], claims["aud"]) == ("syncserver", "syncserver-api")

    @pytest.mark.parametrize(
        "change",
        [
            lambda user: user.delete(),
            lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        ],
        ids=["deleted", "deactivated"],
    )
    def test_with_the_person(self, alice, change):
        tokens = login()
        change(alice)
        assert_error_shape(refresh(tokens["refresh"]), 401, "token_invalid")
        assert_error_shape(send("GET", ME, token=tokens["access"]), 401, "token_invalid")
        assert post(LOGOUT, {"refresh": tokens["refresh"]}).status_code == 204

    def test_all_of_them_with_a_new_password_but_the_one_to_keep(self, alice):
        kept, other = login()["refresh"], login()["refresh"]
        session = Session.objects.earliest("pk")
        session_service.change_password(alice, "another battery staple horse", session.pk, None, by_mail=False)
        assert refresh(kept).status_code == 200
        assert_error_shape(refresh(other), 401, "session_ended")

    def test_but_not_with_a_hash_that_is_only_brought_up_to_date(self, alice, settings):
        tokens = login()
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
        login()
        alice.refresh_from_db()
        assert alice.password.startswith("pbkdf2_sha256")
        refreshed(tokens["refresh"])

    def test_signing_out_ends_access_at_the_next_request(self, alice):
        tokens = login()
        assert post(LOGOUT, {"refresh": tokens["refresh"]}).status_code == 204
        assert_error_shape(send("GET", ME, token=tokens["access"]), 401, "session_ended")

    def test_signing_out_works_with_the_token_whose_reply_was_lost(self, alice):
        tokens = login()
        access = refresh(tokens["refresh"]).json()["access"]
        post(LOGOUT, {"refresh": tokens["refresh"]})
        assert send("GET", ME, token=access).status_code == 401


class TestWhatIsStored:
    def test_one_row_a_sign_in_named_by_the_user_agent(self, alice):
        post(LOGIN, {"email": "alice@example.org", "password": PASSWORD}, HTTP_USER_AGENT=FIREFOX)
        session = Session.objects.get()
        assert (session.label, session.kind, session.last_client_ip) == ("Firefox 153 on Linux", "tokens", "127.0.0.1")

    def test_or_by_the_label_that_was_sent(self, alice):
        login(label=" Work laptop ")
        assert Session.objects.get().label == "Work laptop"

    def test_a_label_that_is_too_long_is_400(self, alice):
        body = {"email": "alice@example.org", "password": PASSWORD, "label": "x" * 101}
        assert "label" in assert_error_shape(post(LOGIN, body), 400, "invalid")["errors"]

    def test_no_row_of_any_table_holds_a_token_or_what_one_is_made_of(self, alice):
        tokens = login(label="Kitchen")
        issued = list(tokens.values())[1:]
        for _ in range(3):
            reply = refresh(tokens["refresh"]).json()
            issued += reply.values()
            tokens = reply
        needles = [part for token in issued for part in (token, token.split(".")[2])]
        needles += [jwt.decode(token, options={"verify_signature": False})["jti"] for token in issued]
        tables = {}
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                tables[table] = repr(cursor.fetchall())
        assert len(needles) == 24  # three of each of the eight tokens
        assert alice.email in tables["accounts_user"]
        assert "Kitchen" in tables["accounts_session"]
        assert [(table, needle) for table, text in tables.items() for needle in needles if needle in text] == []

    def test_a_request_reads_person_and_session_at_once(self, alice, django_assert_num_queries):
        access = login()["access"]
        with django_assert_num_queries(1):
            assert send("GET", ME, token=access).status_code == 200

    def test_last_use_and_address_are_those_of_the_last_refresh(self, alice, clock):
        token = login()["refresh"]
        clock.sleep(hours=3)
        post(REFRESH, {"refresh": token}, REMOTE_ADDR="192.0.2.9")
        session = Session.objects.get()
        assert session.last_client_ip == "192.0.2.9"
        assert session.last_used_at - session.created_at >= timedelta(hours=3)


class TestTokens:
    @pytest.fixture
    def session(self, alice):
        return SessionFactory(user=alice)

    def token(self, session, kind=RefreshToken, **claims):
        token = kind()
        token.bind(session)
        token["gen"] = 1
        for name, value in claims.items():
            if value is None:
                del token[name]
            else:
                token[name] = value
        return token

    @pytest.mark.parametrize(
        "claims",
        [
            {"sid": None}, {"sid": "0"}, {"sid": "99999"}, {"sid": "x"}, {"sid": 1}, {"sid": "9" * 19}, {"sid": "²"},
            {"gen": None}, {"gen": 0}, {"gen": -1}, {"gen": "1"}, {"gen": True}, {"gen": 2**31}, {"gen": 1.5},
            {"user_id": None}, {"user_id": "99999"}, {"jti": None}, {"exp": None}, {"exp": "x"}, {"exp": 10**30},
            {"token_type": "access"}, {"token_type": None},
        ],
        ids=repr,
    )  # fmt: skip
    def test_a_refresh_token_with_an_odd_claim_is_refused_and_harms_nothing(self, session, claims):
        token = str(self.token(session, **claims))
        assert_error_shape(refresh(token), 401)
        assert post(LOGOUT, {"refresh": token}).status_code == 204
        session.refresh_from_db()
        assert session.revoked_at is None

    def test_a_token_of_the_library_without_a_session_is_refused(self, alice):
        assert_error_shape(refresh(str(PlainRefreshToken.for_user(alice))), 401, "token_invalid")

    def test_a_token_of_one_person_with_the_session_of_another_is_refused(self, session, bob):
        assert_error_shape(refresh(str(self.token(session, user_id=str(bob.pk)))), 401, "token_invalid")
        access = self.token(session, AccessToken, user_id=str(bob.pk))
        assert_error_shape(send("GET", ME, token=str(access)), 401, "token_invalid")

    @pytest.mark.parametrize(
        "over",
        [
            {"iss": "another"}, {"aud": "another"}, {"iss": None}, {"aud": None}, {"aud": ["x"]},
        ],
        ids=repr,
    )  # fmt: skip
    def test_issuer_and_audience_are_checked(self, session, settings, over):
        claims = {**self.token(session, AccessToken).payload, "iss": "syncserver", "aud": "syncserver-api", **over}
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = jwt.encode(claims, settings.SIMPLE_JWT["SIGNING_KEY"], "HS256")
        assert_error_shape(send("GET", ME, token=signed), 401, "token_invalid")

    @pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
    def test_the_algorithm_is_pinned(self, session, settings, algorithm):
        claims = {**self.token(session, AccessToken).payload, "iss": "syncserver", "aud": "syncserver-api"}
        key = None if algorithm == "none" else settings.SIMPLE_JWT["SIGNING_KEY"] * 2
        for each in {key, key and key[: len(key) // 2]}:
            assert_error_shape(send("GET", ME, token=jwt.encode(claims, each, algorithm)), 401, "token_invalid")

    def test_a_token_from_a_clock_slightly_ahead_is_taken(self, session):
        token = self.token(session, AccessToken)
        token.set_iat(at_time=timezone.now() + timedelta(seconds=30))
        assert send("GET", ME, token=str(token)).status_code == 200


class TestKeys:
    OLD, NEW = "an old signing key, long enough for HS256, 0123", "a new signing key, long enough for HS256, 4567"

    def use(self, settings, key, *old):
        settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "SIGNING_KEY": key}
        settings.JWT_OLD_SIGNING_KEYS = list(old)

    def test_a_new_key_signs_nobody_out_while_the_old_one_verifies(self, alice, settings):
        self.use(settings, self.OLD)
        tokens = login()
        self.use(settings, self.NEW, self.OLD)
        assert send("GET", ME, token=tokens["access"]).status_code == 200
        newer = refresh(tokens["refresh"]).json()
        self.use(settings, self.NEW)
        assert send("GET", ME, token=newer["access"]).status_code == 200
        assert refresh(newer["refresh"]).status_code == 200

    def test_a_key_that_was_removed_verifies_nothing(self, alice, settings):
        self.use(settings, self.OLD)
        tokens = login()
        self.use(settings, self.NEW)
        assert_error_shape(send("GET", ME, token=tokens["access"]), 401, "token_invalid")
        assert_error_shape(refresh(tokens["refresh"]), 401, "token_invalid")

    def test_an_old_key_signs_nothing(self, alice, settings):
        self.use(settings, self.NEW, self.OLD)
        token = login()["access"]
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(token, self.OLD, ["HS256"], audience="syncserver-api")

    def test_expired_is_said_of_a_token_of_an_old_key_too(self, alice, settings):
        self.use(settings, self.OLD)
        token = AccessToken()
        token.bind(SessionFactory(user=alice))
        token.set_exp(lifetime=-timedelta(seconds=1))
        text = str(token)
        self.use(settings, self.NEW, self.OLD)
        assert_error_shape(send("GET", ME, token=text), 401, "token_expired")


class TestClearSessions:
    def test_deletes_what_ended_a_month_ago_in_steps_and_nothing_else(self, alice, monkeypatch, capsys):
        from accounts.management.commands import clear_sessions

        monkeypatch.setattr(clear_sessions, "ROWS_A_STEP", 2)
        now = timezone.now()
        kept = [
            SessionFactory(user=alice),
            SessionFactory(user=alice, revoked_at=now - timedelta(days=29)),
            SessionFactory(user=alice, expires_at=now - timedelta(days=29)),
        ]
        for _ in range(3):
            SessionFactory(user=alice, revoked_at=now - timedelta(days=31))
            SessionFactory(user=alice, expires_at=now - timedelta(days=31))
        call_command("clear_sessions")
        assert set(Session.objects.all()) == set(kept)
        assert "Deleted 6 sessions that ended more than 30 days ago.\n" in capsys.readouterr().out
