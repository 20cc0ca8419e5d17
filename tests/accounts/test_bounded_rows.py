"""A stranger, or a person who repeats a call without end, causes few and small rows, which are deleted in time."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session as CookieSession
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.limits import rate_counts
from accounts.models import AuditEvent, RateCount, Session
from accounts.sessions import session_service
from sync.models import ServerIdentity
from tests.people import SessionFactory, UserFactory
from tests.project.test_permissions import ANYONE, PATHS, example, listed
from tests.wire import access_token, assert_error_shape, post, send

PASSWORD = "correct horse battery staple"
RESET = "/account/reset-password"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashing")]


@pytest.fixture
def alice(cheap_hashing):
    return UserFactory(email="alice@example.org", password=PASSWORD)


class TestCookieSessions:
    def test_no_page_stores_anything_of_a_stranger(self, alice):
        pages = [example(path) for path in PATHS if not path.startswith("/api/")]
        assert RESET in pages
        long = "x" * 4_000
        fields = dict.fromkeys(("link", "next", "email", "username", "password", "name", "code", "label"), long)
        for path in pages:
            Client(raise_request_exception=False).get(path, fields)
            Client(raise_request_exception=False).post(path, fields)
        for link in (f"{alice.pk}.x", f"{alice.pk}.{long}", "1", ".", f"{long}.x", "999999999999999999999.x"):
            answer = Client().get(RESET, {"link": link})
            assert (answer.status_code, b"This link does not work" in answer.content) == (200, True)
        assert not CookieSession.objects.exists()

    def test_a_good_link_stores_a_small_row(self, alice, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        client = Client()
        client.post("/account/forgotten-password", {"email": alice.email})
        link = mail.outbox[0].body.partition("http://testserver")[2].split()[0]
        assert b"Set the password" in client.get(link, follow=True).content
        # A link that is not good does not undo the good one.
        Client().get(RESET, {"link": "x"})
        assert len(CookieSession.objects.get().session_data) < 500


class TestFailedSignIns:
    def fail(self, email, times):
        for number in range(times):
            post("/api/auth/login", {"email": email, "password": "wrong"}, REMOTE_ADDR=f"192.0.2.{number}")

    def test_leave_at_most_30_rows_an_hour_of_an_account(self, alice):
        self.fail(alice.email, 40)
        assert AuditEvent.objects.filter(subject=alice).count() == audit.FAILURES_AN_HOUR == 30

    def test_leave_as_many_of_all_addresses_without_an_account(self, alice):
        for number in range(40):
            self.fail(f"nobody{number}@example.org", 1)
        self.fail(alice.email, 1)
        assert AuditEvent.objects.filter(subject=None).count() == 30
        assert AuditEvent.objects.filter(subject=alice).count() == 1

    def test_are_deleted_90_days_later_by_those_that_follow(self, alice):
        now = timezone.now()
        for kind, days in (("sign_in_failed", 91), ("sign_in_failed", 89), ("sign_in", 91)):
            AuditEvent.objects.create(kind=kind, subject=alice, created_at=now - timedelta(days=days))
        self.fail("nobody@example.org", 1)
        left = AuditEvent.objects.order_by("created_at").values_list("kind", "subject")
        assert list(left) == [("sign_in", alice.pk), ("sign_in_failed", alice.pk), ("sign_in_failed", None)]

    def test_are_deleted_in_small_steps(self, alice, monkeypatch):
        monkeypatch.setattr(audit, "FAILURES_FORGOTTEN", 2)
        old = timezone.now() - timedelta(days=100)
        for _ in range(5):
            AuditEvent.objects.create(kind="sign_in_failed", created_at=old)
        self.fail("nobody@example.org", 1)
        assert AuditEvent.objects.count() == 3 + 1


class TestRateCounts:
    def test_of_past_windows_are_deleted_by_those_that_follow(self):
        past = [RateCount(key=f"old {number}", ends_at=1_700_000_000 + number, count=3) for number in range(12)]
        RateCount.objects.bulk_create(past)
        rate_counts.count_hit("new", 3600)
        assert RateCount.objects.filter(key__startswith="old").count() == 12 - rate_counts.FORGOTTEN_A_ROW
        assert not RateCount.objects.filter(key="old 4").exists()
        # A count that goes on deletes nothing, so most requests cost no more than before.
        rate_counts.count_hit("new", 3600)
        assert RateCount.objects.filter(key__startswith="old").count() == 7
        rate_counts.count_hit("old 11", 3600)  # in a new window
        rate_counts.count_hit("newer", 3600)
        assert sorted(RateCount.objects.values_list("key", "count")) == [("new", 2), ("newer", 1), ("old 11", 1)]


class TestEveryAnonymousRequest:
    """Large and many inputs of strangers to every URL leave no more than the counts of their rates."""

    LARGE = "x" * 20_000

    def sizes(self):
        # The first call for the limits makes the one row of the server's identity.
        models = set(apps.get_models(include_auto_created=True)) - {RateCount, ServerIdentity}
        return {model._meta.db_table: model._base_manager.count() for model in models}

    def ask(self, number):
        fields = ("link", "next", "email", "username", "password", "name", "code", "label", "challenge", "verifier",
                  "refresh", "token", "uid", "timeZone", "q", "url", "id", "browser", "anonymousClientId")  # fmt: skip
        for value in (f"{number}{self.LARGE}", f"{number}@example.org"):
            sent = dict.fromkeys(fields, value)
            for method, path, whom, _ in listed():
                if whom != ANYONE or method == "PUT":
                    continue
                url = example(path)
                if path.startswith("/api/"):
                    status = send(method, url, sent, REMOTE_ADDR=f"192.0.2.{number}").status_code
                else:
                    client = Client(raise_request_exception=False, REMOTE_ADDR=f"192.0.2.{number}")
                    status = getattr(client, method.lower())(url, sent).status_code
                assert status < 500, (method, path)

    def test_leaves_counts_alone(self, alice, settings):
        settings.REGISTRATION_OPEN = False
        before = self.sizes()
        for number in range(3):
            self.ask(number)
        grown = {table for table, count in self.sizes().items() if count != before[table]}
        assert grown <= {"accounts_auditevent"}
        assert set(AuditEvent.objects.values_list("kind", "detail")) <= {("sign_in_failed", "")}
        assert AuditEvent.objects.count() <= audit.FAILURES_AN_HOUR
        counts = RateCount.objects.values_list("key", flat=True)
        assert max(map(len, counts)) <= 100
        # In a later window, new counts replace those of the past window.
        held = len(counts)
        RateCount.objects.update(ends_at=1_700_000_000)
        for number in range(3, 6):
            self.ask(number)
        assert RateCount.objects.count() <= held


class TestLiveSessions:
    @pytest.fixture
    def many(self, alice, bob):
        """200 live sessions of alice, and their list by last use, the oldest first."""
        SessionFactory(user=bob)
        begun = timezone.now() - timedelta(days=30)
        return [
            SessionFactory(user=alice, created_at=begun, last_used_at=begun + timedelta(minutes=(number * 7) % 200))
            for number in range(200)
        ]

    def test_are_at_most_200_of_which_a_sign_in_ends_the_one_used_longest_ago(self, alice, bob, many):
        oldest = min(many, key=lambda session: session.last_used_at)
        token = access_token_of(oldest)
        answer = post("/api/auth/login", {"email": alice.email, "password": PASSWORD})
        assert answer.status_code == 200
        assert Session.objects.of(alice.pk).live().count() == 200
        oldest.refresh_from_db()
        assert oldest.revoked_reason == "displaced"
        reply = assert_error_shape(send("GET", "/api/auth/me", token=token), 401, "session_ended")
        assert reply["reason"] == "displaced"
        assert "200 others were used since" in reply["detail"]
        assert Session.objects.of(bob.pk).live().count() == 1
        events = AuditEvent.objects.about(alice.pk).filter(kind="session_revoked")
        assert [(event.detail, event.reason()) for event in events] == [("displaced", "signed out by newer sign-ins")]

    def test_of_an_older_version_are_ended_by_the_next_sign_in_however_many_there_are(self, alice, rf, monkeypatch):
        monkeypatch.setattr(session_service, "IDS_A_STATEMENT", 3)
        monkeypatch.setattr(session_service, "MAX_LIVE", 5)
        for _ in range(20):
            SessionFactory(user=alice)
        newest = session_service.begin(alice, Session.Kind.TOKENS, rf.get("/"))
        live = Session.objects.of(alice.pk).live()
        assert live.count() == 5
        assert newest in live

    def test_of_an_older_version_leave_few_events_when_all_are_ended(self, alice, rf, monkeypatch):
        monkeypatch.setattr(session_service, "MAX_LIVE", 5)
        kept, *_ = [SessionFactory(user=alice) for _ in range(20)]
        assert session_service.end_others(alice, kept.pk, Session.Reason.REMOTELY, rf.get("/")) == 19
        assert list(Session.objects.of(alice.pk).live()) == [kept]
        assert AuditEvent.objects.about(alice.pk).filter(kind="session_revoked").count() == 5

    def test_are_listed_up_to_200(self, alice, many):
        for _ in range(5):
            SessionFactory(user=alice)
        assert len(session_service.sessions_to_show(alice)) == 200

    def test_that_ended_are_not_counted(self, alice, many):
        session_service.end_all(alice, Session.Reason.REMOTELY)
        post("/api/auth/login", {"email": alice.email, "password": PASSWORD})
        assert Session.objects.filter(revoked_reason="displaced").count() == 0


def access_token_of(session):
    session.user.session_here = session
    return access_token(session.user)
