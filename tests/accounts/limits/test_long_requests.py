"""One person's imports, exports and erasures leave places of a worker to others."""

import io
from contextlib import ExitStack

import pytest
from rest_framework.exceptions import Throttled

from accounts.limits import long_requests
from accounts.limits.long_requests import MOST_OF_A_PERSON, long_request
from portability.models import Import
from sync.models import PageVisit
from tests.portability import sample_files as sample
from tests.portability.sample_files import AT_9_US, FINAL
from tests.portability.test_api import taken, upload
from tests.sync.erasures.erasing import erase, progress
from tests.wire import VISITS, assert_error_shape, push, send
from tests.wire_records import visit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def history(tmp_path):
    visits = [("https://a.example/", "A", AT_9_US, FINAL, 0)]
    return sample.chromium(tmp_path / "h", visits).read_bytes()


@pytest.fixture
def busy(alice):
    """Alice's other long requests, which end with the stack."""
    with ExitStack() as stack:
        for _ in range(MOST_OF_A_PERSON):
            stack.enter_context(long_request(alice.pk))
        yield stack


def refused(response):
    assert_error_shape(response, 429, "throttled")
    assert response["Retry-After"] == "5"


def test_a_place_is_given_back_after_a_failure_too(alice):
    for _ in range(MOST_OF_A_PERSON + 1):
        with pytest.raises(KeyError), long_request(alice.pk):
            raise KeyError
    assert alice.pk not in long_requests._at_work


def test_a_person_has_two_and_another_person_their_own(busy, alice, bob):
    with pytest.raises(Throttled), long_request(alice.pk):
        pass
    with long_request(bob.pk):
        pass


def test_imports_and_exports_wait_and_go_on_afterwards(alice, bob, history, client):
    found = taken(alice, history)
    run = f"/api/imports/{found['id']}/run"
    with ExitStack() as busy:
        for _ in range(MOST_OF_A_PERSON):
            busy.enter_context(long_request(alice.pk))
        refused(upload(alice, history))
        refused(send("POST", run, {}, user=alice))
        refused(send("GET", "/api/export", user=alice))
        assert Import.objects.count() == 1
        assert taken(bob, history)["rows"] == 1
        client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
        file = io.BytesIO(history)
        file.name = "History"
        assert client.post("/account/import", {"file": file}).status_code == 429
        assert client.post(f"/account/import/{found['id']}")["Location"] == f"/account/import/{found['id']}"
        assert client.post("/account/export/file")["Location"] == "/account/export"
    assert send("POST", run, {}, user=alice).json()["done"]
    exported = send("GET", "/api/export", user=alice)
    assert b"".join(exported.streaming_content)[:2] == b"PK"
    assert alice.pk not in long_requests._at_work


def test_an_export_that_nobody_reads_gives_its_place_back(alice):
    for _ in range(MOST_OF_A_PERSON + 1):
        response = send("GET", "/api/export", user=alice)
        assert response.status_code == 200
        response.close()
    del response
    assert alice.pk not in long_requests._at_work


def test_the_rule_of_an_erasure_is_stored_and_the_rest_follows_the_reply(busy, alice):
    push(alice, VISITS, [visit(id=f"v{number}", url="https://example.org/") for number in range(3)])
    said = erase(alice, {"domain": "example.org"})
    # The test runs the work in the background before the reply.
    assert said["done"]
    assert PageVisit.objects.count() == 0
    assert progress(alice, said["erasure"]["id"]).json()["done"]
