"""An erasure whose server is killed amid it is finished later, and nothing of it is stored meanwhile."""

import http.client
import subprocess
import sys

import pytest

from tests.live.service import ROOT, Database, Service
from tests.wire import VISITS
from tests.wire_records import AT_9, bare_visit

RECORDS = 9_000
SITE = "clinic.example"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("erasure")
    database = Database(folder)
    service = Service(database.url, folder / "gunicorn.log")
    service.environment["DJANGO_SETTINGS_MODULE"] = "tests.live.dying"
    service.start()
    service.database = database
    yield service
    service.stop()
    database.drop()


def records():
    return [
        bare_visit(id=f"pv_{n}", url=f"https://{'example.org' if n % 9 == 0 else SITE}/{n}", startedAt=AT_9 + n)
        for n in range(RECORDS)
    ]


def push_all(service, token):
    results = []
    sent = records()
    for start in range(0, RECORDS, 1_000):
        status, _, reply = service.call("POST", VISITS, {"visits": sent[start : start + 1_000]}, token)
        assert status == 200, reply
        results += reply["results"]
    return results


def interrupted(service, token):
    """Store the records, begin to erase the site, and lose the worker amid it; return the erasure's row."""
    push_all(service, token)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        service.call("POST", "/api/sync/erasures", {"rule": {"domain": SITE}}, token, X_Die_Amid_Erasure="yes")
    row = service.database.select("SELECT * FROM sync_erasure ORDER BY id DESC LIMIT 1")[0]
    assert (bool(row["is_done"]), row["page_visits"]) == (False, 4_000)
    return row


def left(service, row):
    return {
        count: service.database.select(
            f"SELECT count(*) AS n FROM sync_pagevisit WHERE user_id = {row['user_id']} AND domain = '{site}'"
        )[0]["n"]
        for count, site in (("erased", SITE), ("kept", "example.org"))
    }


def test_an_interrupted_erasure_lets_nothing_in_and_goes_on_at_the_next_question(service, token):
    row = interrupted(service, token)
    assert left(service, row)["erased"] == 4_000
    results = push_all(service, token)
    assert (results.count("erased"), results.count("unchanged")) == (8_000, 1_000)
    assert left(service, row) == {"erased": 4_000, "kept": 1_000}
    status, _, reply = service.call("GET", f"/api/sync/erasures/{row['id']}", token=token)
    assert (status, reply["done"], reply["erased"]["pageVisits"]) == (200, True, 8_000)
    assert left(service, row) == {"erased": 0, "kept": 1_000}


def test_an_interrupted_erasure_is_finished_by_the_command(service, token):
    row = interrupted(service, token)
    command = [sys.executable, "manage.py", "finish_erasures"]
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=service.environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "Finished 1 erasure.\n"), done.stderr
    assert left(service, row) == {"erased": 0, "kept": 1_000}


def test_the_log_names_neither_the_site_nor_its_pages(service):
    assert SITE not in service.log.read_text()
