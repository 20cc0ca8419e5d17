import csv
import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from insights import tallying
from insights.categories.stored_rules import save_rule
from portability import staging, storing
from portability.exports.archive import export
from portability.importers.found import UnknownFormat
from sync.erasures import erasure_service
from sync.erasures.erasure_service import Conditions
from sync.models import Browser, PageVisit
from tests.people import UserFactory
from tests.portability import sample_files as sample
from tests.portability.sample_files import AT_9, AT_9_US, FINAL
from tests.wire import AGGREGATES, LIST_KEY, VISITS, push, recorded_day
from tests.wire_records import CLIENT_ID, aggregate, bare_visit, visit

pytestmark = pytest.mark.django_db(transaction=True)
RECORDS = ("page-visits.jsonl", "tab-aggregates.jsonl", "page-visits.csv", "days.csv")


def exported(person):
    """Return the files of an export by name."""
    with zipfile.ZipFile(io.BytesIO(b"".join(export(person)))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def restored(person, files, path):
    """Import an export for a person; return the import."""
    found = staging.stage(person.pk, sample.as_zip(path, files))
    storing.run(found, 60)
    return found


@pytest.fixture
def full(alice, bob, tmp_path):
    """Alice with two browsers, an import and odd records; bob has some too."""
    for path, body in recorded_day():
        push(alice, path, body[LIST_KEY[path]], anonymousClientId=CLIENT_ID)
    push(alice, VISITS, [visit(id="x", title="=1+1", startedAt=AT_9), bare_visit(id="é\n", title="\ud83d")])
    push(alice, VISITS, [visit(id="x", startedAt=AT_9, category=None, metadata={})], anonymousClientId="b")
    odd = {"z": 1e300, "ä": 12345678901234567890123, "a": 0.1, "b": [1.0, -0.0, {"y": 1, "x": "é"}], "": None}
    push(alice, VISITS, [visit(id="odd", startedAt=AT_9, metadata=odd)], anonymousClientId="b")
    push(alice, AGGREGATES, [aggregate(tabId=1)], anonymousClientId="b")
    push(bob, VISITS, [visit(url="https://bob.example/")], anonymousClientId="bob")
    found = staging.stage(
        alice.pk, sample.chromium(tmp_path / "h", [("https://i.example/", "I", AT_9_US, FINAL, 0)]), "w"
    )
    storing.run(found, 60)
    Browser.objects.filter(user_id=alice.pk, client_id=CLIENT_ID).update(label="laptop", platform="linux")
    return alice


def test_an_export_holds_every_record_of_the_person_alone(full):
    files = exported(full)
    assert set(files) == {
        "manifest.json", "README.txt", "browsers.json", "account.json", *RECORDS,
    }  # fmt: skip
    manifest = json.loads(files["manifest.json"])
    assert (manifest["format"], manifest["version"]) == ("syncserver-export", 1)
    lines = [json.loads(line) for line in files["page-visits.jsonl"].splitlines()]
    assert len(lines) == manifest["counts"]["pageVisits"] == PageVisit.objects.filter(user_id=full.pk).count()
    assert {line["browser"] for line in lines} == {"", CLIENT_ID, "b", "import:chromium:w"}
    assert all(line["browser"] == line["anonymousClientId"] for line in lines)
    assert "bob.example" not in "".join(files.values())
    account = json.loads(files["account.json"])
    assert account["profile"]["email"] == "alice@example.org"
    assert len(account["sessions"]) == 1
    assert "password" not in files["account.json"]
    for name in files["page-visits.csv"].split("\r\n", 1)[0].split(","):
        assert name in files["README.txt"]


def test_each_line_sent_back_is_unchanged(full):
    lines = [json.loads(line) for line in exported(full)["page-visits.jsonl"].splitlines()]
    assert set(push(full, VISITS, lines[:1000])["results"]) == {"unchanged"}


def test_cells_of_csv_are_no_formulas(full):
    rows = list(csv.DictReader(io.StringIO(exported(full)["page-visits.csv"], newline="")))
    odd = next(row for row in rows if row["id"] == "x" and row["browser"] == "")
    assert odd["title"] == "'=1+1"
    assert odd["startedAtUtc"] == "2025-11-03T09:00:00.000Z"
    unknown = next(row for row in rows if row["browser"] == "import:chromium:w")
    assert (unknown["duration"], unknown["activeDuration"], unknown["endedAt"]) == ("", "", "")


def test_an_export_imported_elsewhere_gives_the_same_export(full, tmp_path):
    files = exported(full)
    carol = UserFactory()
    found = restored(carol, files, tmp_path / "z")
    assert found.family == "own"
    assert found.stored["created"] == found.counts["kept"] == sum(json.loads(files["manifest.json"])["counts"].values())
    again = exported(carol)
    for name in RECORDS:
        assert again[name] == files[name], name
    kept = [
        [(b["anonymousClientId"], b["kind"], b["label"], b["platform"]) for b in json.loads(each["browsers.json"])]
        for each in (files, again)
    ]
    assert kept[0] == kept[1]
    assert ("import:chromium:w", "import", "w", "") in kept[0]
    assert restored(full, files, tmp_path / "z2").stored["unchanged"] == found.counts["kept"]


def rules_in(files):
    return json.loads(files["account.json"])["categoryRules"]


def test_rules_for_categories_come_back_where_there_is_none(full, tmp_path):
    save_rule(full.pk, "b.example", "", "news")
    save_rule(full.pk, "a.example", "/beds", "My club")
    save_rule(full.pk, "gone.example", "", "life")
    files = exported(full)
    assert rules_in(files) == [
        {"site": "a.example", "path": "/beds", "category": "My club"},
        {"site": "b.example", "path": "", "category": "news"},
        {"site": "gone.example", "path": "", "category": "life"},
    ]
    carol, dave = UserFactory(), UserFactory()
    found = restored(carol, files, tmp_path / "z")
    assert found.notes == ["Rules for categories in this export: 3. The import adds those for which you have none yet."]
    assert sum(found.stored.values()) == found.counts["kept"]
    assert rules_in(exported(carol)) == rules_in(files)
    save_rule(dave.pk, "b.example", "", "games")
    erasure_service.erase(dave.pk, Conditions(domain="gone.example"))
    restored(dave, files, tmp_path / "z2")
    restored(dave, files, tmp_path / "z3")
    assert [(rule["site"], rule["category"]) for rule in rules_in(exported(dave))] == [
        ("a.example", "My club"), ("b.example", "games")]  # fmt: skip


@pytest.mark.parametrize(
    "account",
    ["", "[]", "{", '{"categoryRules": 7}', '{"categoryRules": [7, null, {}, {"site": 7}]}',
     '{"categoryRules": [{"site": "x y", "path": "", "category": "a"}]}',
     '{"categoryRules": [{"site": "a.example", "path": 1.5, "category": "\\u0000"}]}'],
)  # fmt: skip
def test_an_account_file_without_readable_rules_hinders_no_import(alice, tmp_path, account):
    manifest = json.dumps({"format": "syncserver-export", "version": 1})
    found = restored(alice, {"manifest.json": manifest, "account.json": account}, tmp_path / "z")
    assert found.finished_at
    assert rules_in(exported(alice)) == []


def test_an_export_of_a_later_version_is_refused(alice, tmp_path):
    manifest = json.dumps({"format": "syncserver-export", "version": 2})
    with pytest.raises(UnknownFormat, match="Update the server"):
        restored(alice, {"manifest.json": manifest}, tmp_path / "z")


def test_lines_that_are_no_records_are_counted(alice, tmp_path):
    lines = ["[]", "{", "{}", '{"id": "1", "url": "https://a.example/", "startedAt": 1762160400000}', "\xff" * 10]
    files = {"manifest.json": json.dumps({"format": "syncserver-export", "version": 1})}
    found = restored(alice, files | {"page-visits.jsonl": "\n".join(lines)}, tmp_path / "z")
    assert (found.counts["kept"], found.counts["unreadable"]) == (2, 3)
    assert (found.stored["created"], found.stored["rejected"]) == (1, 1)


def test_an_empty_account_has_an_export(alice):
    files = exported(alice)
    assert files["page-visits.jsonl"] == ""
    assert files["days.csv"] == "day,activeMs,timeMs,clockMs,visits\r\n"


ELSEWHERE = """
import sys
import django
django.setup()
from django.core.management import call_command
from accounts.models import User
call_command("migrate", verbosity=0)
User.objects.create(email="carol@example.org", time_zone=sys.argv[3])
call_command("import_history", sys.argv[1], email="carol@example.org")
call_command("export", "carol@example.org", sys.argv[2])
"""


def test_an_export_survives_another_database_and_the_way_back(full, tmp_path):
    files = exported(full)
    there, back = sample.as_zip(tmp_path / "there.zip", files), tmp_path / "back.zip"
    subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(there), str(back), full.time_zone],
        check=True,
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'other.sqlite3'}"},
        stdout=subprocess.DEVNULL,
    )
    with zipfile.ZipFile(back) as archive:
        elsewhere = {name: archive.read(name).decode() for name in archive.namelist()}
    dave = UserFactory(time_zone=full.time_zone)
    restored(dave, elsewhere, tmp_path / "z")
    for again in (elsewhere, exported(dave)):
        for name in RECORDS:
            assert again[name] == files[name], name


def test_a_day_with_too_many_visits_at_once_has_a_line_without_numbers_and_all_else_is_there(alice, monkeypatch):
    day = 86_400_000
    push(
        alice,
        VISITS,
        [visit(id=f"{n}", startedAt=AT_9 + n, endedAt=AT_9 + 60_000, duration=60_000 - n) for n in range(9)],
    )
    push(alice, VISITS, [visit(id="next", startedAt=AT_9 + day, endedAt=AT_9 + day + 9_000, duration=9_000)])
    monkeypatch.setattr(tallying, "MOST_HELD", 5)
    files = exported(alice)
    first, second = files["days.csv"].splitlines()[1:]
    assert first.endswith(",,,,")
    assert second.endswith(",9000,9000,1")
    assert len(files["page-visits.jsonl"].splitlines()) == 10


def test_a_broken_off_export_ends_its_transaction(alice):
    blocks = export(alice)
    next(blocks)
    blocks.close()
    push(alice, VISITS, [visit()])


def test_the_command_writes_a_file_for_its_person_alone(full, tmp_path):
    target = tmp_path / "all.zip"
    call_command("export", "ALICE@example.org", str(target), stdout=io.StringIO())
    assert zipfile.is_zipfile(target)
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="no account"):
        call_command("export", "nobody@example.org", str(target))
