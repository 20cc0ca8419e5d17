"""An upgrade from the previous release keeps every row, sign-in and password, and every page answers."""

import http.cookiejar
import re
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest

from tests.live.load_previous_release import CONTENT
from tests.live.service import PASSWORD, ROOT, Database, Service
from tests.wire import AGGREGATES, VISITS

PEOPLE = ("alice", "bob")
PAGES = ("/dashboard", "/dashboard/year/2023", "/dashboard/day/2023-11-14", "/dashboard/timeline/2023-11-14",
         "/dashboard/sites", "/dashboard/tabs", "/dashboard/browsers", "/dashboard/history", "/account")  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("upgrade")
    database = Database.empty(folder)
    service = Service(database.url, folder / "gunicorn.log")
    service.database = database
    loading = [sys.executable, "-m", "tests.live.load_previous_release"]
    subprocess.run(loading, cwd=ROOT, env=service.environment, check=True, timeout=120)
    service.manage("migrate", "--verbosity", "0")
    service.start()
    yield service
    service.stop()
    database.drop()


def stored(model, names):
    """Return the values that the previous release stored, in the order of the key."""
    rows = [row["fields"] for row in CONTENT["rows"] if row["model"] == model]
    return [[row[name] for name in names] for row in rows]


def test_every_record_is_there(service):
    for model, table, names in (
        (
            "sync.pagevisit",
            "sync_pagevisit",
            ("visit_id", "url", "domain", "seq", "duration_ms", "received_at", "metadata"),
        ),
        ("sync.tabaggregate", "sync_tabaggregate", ("tab_id", "started_at", "seq", "total_active_duration_ms")),
    ):
        rows = service.database.select(f"SELECT {', '.join(names)} FROM {table} ORDER BY id")
        assert [list(row.values()) for row in rows] == stored(model, names)
        assert len(rows) > 5
    assert service.database.count("axes_accessattempt") == 0


@pytest.mark.parametrize("name", PEOPLE)
def test_what_was_pushed_is_unchanged_and_something_new_is_created(service, name):
    body = {"email": f"{name}@example.org", "password": PASSWORD}
    status, _, reply = service.call("POST", "/api/auth/login", body)
    assert status == 200, reply
    token, pushed = reply["access"], CONTENT["pushed"][name]
    for path, member in ((VISITS, "visits"), (AGGREGATES, "aggregates")):
        body = {member: pushed[member], "anonymousClientId": f"client-{name}"}
        status, _, reply = service.call("POST", path, body, token)
        assert (status, set(reply["results"])) == (200, {"unchanged"})
    status, _, page = service.call("GET", "/api/sync/changes?limit=1000", token=token)
    assert (status, len(page["changes"])) == (200, 17)
    later = {**pushed["visits"][0], "id": "pv_later"}
    body = {"visits": [later], "anonymousClientId": f"client-{name}"}
    assert service.call("POST", VISITS, body, token)[2]["results"] == ["created"]


def test_pages_answer_with_the_numbers_of_then(service):
    server = f"http://127.0.0.1:{service.port}"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def read(path, form=None):
        content = urllib.parse.urlencode(form).encode() if form else None
        with browser.open(server + path, content, timeout=60) as answer:
            return answer.read().decode()

    secret = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', read("/account/sign-in"))[1]
    form = {"csrfmiddlewaretoken": secret, "username": "bob@example.org", "password": PASSWORD}
    read("/account/sign-in", form)
    pages = {path: read(path) for path in PAGES}
    assert "docs.example.org" in pages["/dashboard/day/2023-11-14"]
    assert "Sign out" in pages["/account"]


def test_the_command_that_corrects_sites_ends_and_what_was_pushed_stays_unchanged(service):
    assert "Corrected the site of" in service.manage("derive_sites")
    sites = {row["domain"] for row in service.database.select("SELECT DISTINCT domain FROM sync_pagevisit")}
    assert {"xn--bcher-kva.example", "example.org", "localhost:8080", "192.168.0.1:9000"} <= sites
    body = {"email": "alice@example.org", "password": PASSWORD}
    token = service.call("POST", "/api/auth/login", body)[2]["access"]
    body = {"visits": CONTENT["pushed"]["alice"]["visits"], "anonymousClientId": "client-alice"}
    assert set(service.call("POST", VISITS, body, token)[2]["results"]) == {"unchanged"}
