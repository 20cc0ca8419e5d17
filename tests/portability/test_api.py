import io
import json
import zipfile

import pytest
from django.test import Client

from portability.models import Import, StagedBatch
from sync.models import Browser, PageVisit
from tests.people import token_text
from tests.portability import sample_files as sample
from tests.portability.sample_files import AT_9, AT_9_US, FINAL, MINUTE_US
from tests.wire import VISITS, access_token, assert_error_shape, push, send
from tests.wire_records import visit

pytestmark = pytest.mark.django_db(transaction=True)


def upload(person, content, **fields):
    """Post a file and return the response."""
    file = io.BytesIO(content)
    file.name = "any.name"
    return Client(raise_request_exception=False).post(
        "/api/imports", {"file": file, **fields}, secure=True, HTTP_AUTHORIZATION=f"Bearer {access_token(person)}"
    )


def taken(person, content, **fields):
    """Post a file and return the import."""
    response = upload(person, content, **fields)
    assert response.status_code == 201, response.content
    return response.json()


@pytest.fixture
def history(tmp_path):
    """The bytes of a History with three visits and a reload."""
    visits = [(f"https://a{n}.example/", f"A{n}", AT_9_US + n * MINUTE_US, FINAL, 0) for n in range(3)]
    reload = ("https://a0.example/", "A0", AT_9_US + MINUTE_US, FINAL | 8, 0)
    return sample.chromium(tmp_path / "h", [*visits, reload]).read_bytes()


def test_an_import_from_upload_to_result(alice, history):
    reply = taken(alice, history, label="work")
    assert {**reply, "id": ""} == {
        "id": "", "family": "chromium", "label": "work", "span": {"from": AT_9, "to": AT_9 + 120_000}, "rows": 4,
        "counts": {
            "kept": 3, "reload": 1, "redirectHop": 0, "subframe": 0, "otherScheme": 0, "private": 0, "notAPerson": 0,
            "outOfRange": 0, "unreadable": 0,
        },
        "notes": [], "stored": None, "done": False,
    }  # fmt: skip
    path = f"/api/imports/{reply['id']}"
    ran = send("POST", f"{path}/run", {"leaveOut": ["a2.example"]}, user=alice).json()
    assert ran["stored"] == {
        "created": 2, "updated": 0, "unchanged": 0, "rejected": 0, "erased": 0, "alreadyRecorded": 0, "leftOut": 1,
    }  # fmt: skip
    assert ran["done"]
    assert send("GET", path, user=alice).json() == ran
    assert send("POST", f"{path}/run", {}, user=alice).json() == ran
    assert_error_shape(send("POST", f"{path}/run", {"leaveOut": []}, user=alice), 400, "invalid")
    assert send("DELETE", path, user=alice).status_code == 204
    assert_error_shape(send("GET", path, user=alice), 404, "not_found")
    assert PageVisit.objects.filter(user_id=alice.pk).count() == 2


def test_nobody_reaches_the_import_of_another_person(alice, bob, history):
    path = f"/api/imports/{taken(alice, history)['id']}"
    for method, call in (("GET", path), ("DELETE", path), ("POST", f"{path}/run")):
        assert_error_shape(send(method, call, {}, user=bob), 404, "not_found")
    assert Import.objects.get().stored is None
    assert not PageVisit.objects.exists()


def test_a_file_that_is_not_recognised_is_said_to_be_that(alice):
    reply = assert_error_shape(upload(alice, b"\x89PNG\r\n"), 400, "unknown_format")
    assert "Taken are" in reply["detail"]
    assert_error_shape(upload(alice, b""), 400, "unknown_format")


ENDLESS = (
    "CREATE TABLE urls (id INTEGER PRIMARY KEY, url, title)",
    "CREATE VIEW visits AS WITH RECURSIVE r(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM r) "
    "SELECT id, 1 AS url, 1 AS visit_time, 1 AS transition FROM r",
)
GENERATED = (
    "CREATE TABLE urls (id INTEGER PRIMARY KEY, url, title)",
    "CREATE TABLE visits (id, url, transition, visit_time AS (zeroblob(1000000000)))",
)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: sample.database(path, *ENDLESS),
        lambda path: sample.database(path, *GENERATED),
        lambda path: sample.database(path, "CREATE TABLE moz_cookies (id, host, value)"),
        lambda path: sample.as_zip(path, {"a.json": b"[" + b" " * 50_000_000}),
        lambda path: sample.as_zip(path, {"../../etc/passwd": "root"}),
        lambda path: path.write_bytes(bytes(20_000_000)),
        lambda path: path.write_bytes(b"[" * 1_000_000),
        lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)),
        lambda path: path.write_bytes(b""),
    ],
    ids=["endless", "generated", "cookies", "bomb", "dots", "zeros", "deep", "png", "empty"],
)
def test_a_hostile_file_is_400_with_a_sentence_and_nothing_of_it_is_stored(alice, tmp_path, make):
    path = tmp_path / "x"
    make(path)
    assert len(assert_error_shape(upload(alice, path.read_bytes()), 400, "unknown_format")["detail"]) > 10
    assert not Import.objects.exists()
    assert not StagedBatch.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(alice, settings):
    settings.IMPORT_MAX_BYTES = 1000
    assert_error_shape(upload(alice, b"x" * 100_000), 413, "body_too_large")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"garbage", "multipart/form-data", 400),
        (b"garbage", "multipart/form-data; boundary=x", 400),
        (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n',
         "multipart/form-data; boundary=x", 400),
        (b'--x\r\nContent-Disposition: form-data; name="label"\r\n\r\n' + b"a" * 3_000_000 + b"\r\n--x--\r\n",
         "multipart/form-data; boundary=x", 400),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_an_error(alice, body, content_type, status):
    assert_error_shape(send("POST", "/api/imports", body, user=alice, content_type=content_type), status)


@pytest.mark.parametrize("label", ["x" * 41, "a\x00b"])
def test_a_label_that_cannot_be_is_an_error(alice, history, label):
    assert "label" in assert_error_shape(upload(alice, history, label=label), 400, "invalid")["errors"]


def test_a_wal_is_taken_beside_its_database(alice, tmp_path):
    import sqlite3

    path = sample.firefox(tmp_path / "p", [("https://a.example/", "A", AT_9_US, 1, 0)])
    live = sqlite3.connect(path)
    live.execute("PRAGMA journal_mode = WAL")
    live.execute("INSERT INTO moz_historyvisits VALUES (9, 1, ?, 1, 0)", [AT_9_US + MINUTE_US])
    live.commit()
    wal = io.BytesIO(path.with_name("p-wal").read_bytes())
    wal.name = "w"
    alone = taken(alice, path.read_bytes())
    assert (alone["counts"]["kept"], len(alone["notes"])) == (1, 1)
    both = taken(alice, path.read_bytes(), wal=wal)
    assert (both["counts"]["kept"], both["notes"]) == (2, [])
    live.close()


def test_the_export_is_a_zip_of_the_person_alone(alice, bob):
    push(alice, VISITS, [visit(url="https://alice.example/")])
    push(bob, VISITS, [visit(url="https://bob.example/")])
    response = send("GET", "/api/export", user=alice)
    assert response["Content-Type"] == "application/zip"
    assert "attachment" in response["Content-Disposition"]
    assert response["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        lines = archive.read("page-visits.jsonl").decode().splitlines()
    assert [json.loads(line)["url"] for line in lines] == ["https://alice.example/"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/export"), ("POST", "/api/imports"), ("GET", "/api/imports/1"), ("POST", "/api/imports/1/run")],
)
def test_nobody_who_is_not_signed_in_may_call(db, method, path):
    assert_error_shape(send(method, path), 401, "not_authenticated")


def test_a_token_restores_an_export_into_an_account_that_lacks_its_browsers(alice, bob):
    push(alice, VISITS, [visit(id="pv")], anonymousClientId="laptop")
    content = b"".join(send("GET", "/api/export", user=alice).streaming_content)

    def upload_by_token(person):
        file = io.BytesIO(content)
        file.name = "export.zip"
        headers = {"HTTP_AUTHORIZATION": f"Bearer {token_text(person, 'write')}"}
        return headers, Client().post("/api/imports", {"file": file}, secure=True, **headers)

    # A program must not write to a browser whose extension syncs.
    _, refused = upload_by_token(alice)
    assert "/account/import" in assert_error_shape(refused, 403, "browser_of_extension")["detail"]
    assert Import.objects.count() == 0
    assert taken(alice, content)["family"] == "own"

    headers, reply = upload_by_token(bob)
    assert reply.status_code == 201
    path = f"/api/imports/{reply.json()['id']}/run"
    run = Client().post(path, {}, content_type="application/json", secure=True, **headers)
    assert (run.json()["done"], run.json()["stored"]["created"]) == (True, 1)
    assert [(b.client_id, b.kind) for b in Browser.objects.filter(user_id=bob.pk)] == [("laptop", "extension")]
    assert PageVisit.objects.get(user_id=bob.pk).visit_id == "pv"


def test_a_token_imports_other_files(alice, history):
    file = io.BytesIO(history)
    file.name = "History"
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token_text(alice, 'write')}"}
    assert Client().post("/api/imports", {"file": file}, secure=True, **headers).status_code == 201
