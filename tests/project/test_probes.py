"""The probes of a platform, the files of search engines and browsers, and what no cache keeps."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from syncserver.health import HealthMiddleware
from tests.project.test_outages import Outage
from tests.project.test_permissions import PATHS, example
from tests.wire import send


class TestProbes:
    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.django_db
    def test_answer_by_plain_http_whatever_the_host(self, settings, path, method):
        settings.SECURE_SSL_REDIRECT = True
        for host in ("10.0.0.7:8000", "evil.example", "", "a b"):
            answer = Client().generic(method, path, HTTP_HOST=host)
            assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
            assert answer.content == (b"ok\n" if method == "GET" else b"")

    @pytest.mark.django_db
    def test_while_the_database_is_away_the_process_is_healthy_and_not_ready(self, client):
        with connection.execute_wrapper(Outage(OperationalError("password"))):
            assert client.get("/healthz").status_code == 200
            answer = client.get("/readyz")
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert answer.content == b"the database does not answer\n"

    @pytest.mark.django_db
    def test_a_database_that_lacks_a_migration_is_not_ready_until_it_has_it(self, rf):
        probe = HealthMiddleware(lambda request: None)
        MigrationRecorder.Migration.objects.filter(app="accounts").order_by("-pk")[:1].get().delete()
        last = MigrationRecorder.Migration.objects.filter(app="insights").latest("pk")
        last.delete()
        answer = probe(rf.get("/readyz"))
        assert (answer.status_code, answer.content) == (503, b"the database lacks a migration\n")

    def test_healthz_needs_no_database(self, client):
        assert client.get("/healthz").status_code == 200  # without a mark, a query fails the test

    @pytest.mark.django_db
    def test_are_for_reading(self, client):
        assert client.post("/healthz").status_code == 404


@pytest.mark.django_db
class TestFiles:
    def test_the_icon_and_the_rules_for_search_engines(self, client):
        assert client.get("/favicon.ico")["Location"] == "/static/syncserver/icon.svg"
        assert client.get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_no_page_and_no_call_is_kept_by_a_cache(admin, alice, path):
    if path in {"/favicon.ico", "/robots.txt", "/manifest.webmanifest"}:
        return
    answer = send("GET", example(path), user=alice) if path.startswith("/api/") else admin.get(example(path))
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_letters_name_the_public_url(alice, mailoutbox, settings):
    settings.PUBLIC_URL = "https://sync.example.org"
    send("POST", "/api/auth/password-reset", {"email": alice.email})
    assert "https://sync.example.org/account/reset-password?link=" in mailoutbox[0].body
