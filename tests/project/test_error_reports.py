"""Reports to Sentry tell where an error was, and nothing of the request, of a record or of a person."""

import json

import pytest
import sentry_sdk
from django.db import DatabaseError
from sentry_sdk.transport import Transport

from insights import queries
from syncserver import error_reports

DSN = "https://public@sentry.example.org/1"
SECRET = "secret-site.example"


class Kept(Transport):
    """Keeps what would be sent."""

    sent = []

    def capture_envelope(self, envelope):
        self.sent.append(envelope.serialize().decode())


@pytest.fixture
def sent(monkeypatch):
    real = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: real(**options, transport=Kept))
    monkeypatch.setattr(Kept, "sent", [])
    error_reports.start(DSN)
    yield Kept.sent
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.mark.django_db
def test_an_unexpected_error_is_reported_without_what_a_person_wrote(client, alice, sent, monkeypatch):
    def fails(*args, **kwargs):
        raise DatabaseError(f"Key (url)=({SECRET}) of {alice.email}")

    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    client.raise_request_exception = False
    monkeypatch.setattr(queries, "site_started_at", fails)
    answer = client.get(
        f"/dashboard/sites/{SECRET}?q={SECRET}", headers={"Referer": f"https://{SECRET}/", "X-A": SECRET}
    )
    assert answer.status_code == 500
    (report,) = [json.loads(text.splitlines()[-1]) for text in sent if '"exception"' in text]
    assert [error["type"] for error in report["exception"]["values"]] == ["DatabaseError"]
    assert report["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "fails"
    everything = "".join(sent)
    for private in (SECRET, alice.email, client.cookies["syncserver_session"].value, "Cookie", "query_string"):
        assert private not in everything
