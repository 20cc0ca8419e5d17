import json
import shutil
import threading
import tracemalloc
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from portability import staging, storing
from portability.importers.found import UnknownFormat
from portability.importers.records import record_id, records
from portability.models import Import, StagedBatch
from sync.browsers import TooManyBrowsers
from sync.models import Browser, PageVisit, TabAggregate
from tests.people import UserFactory
from tests.portability import sample_files as sample
from tests.portability.sample_files import AT_9, AT_9_US, FINAL, MINUTE_US, as_json
from tests.wire import VISITS, post, push
from tests.wire_records import visit

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = dict.fromkeys(storing.FATES, 0)


@pytest.fixture
def history(tmp_path):
    """A History with 2,500 visits of five minutes apart, the last 500 of which are reloads."""
    return sample.chromium(
        tmp_path / "History",
        [
            (f"https://site{n % 7}.example/{n}", f"Page {n}", AT_9_US + 5 * n * MINUTE_US, FINAL | (8 * (n >= 2000)), 0)
            for n in range(2500)
        ],
    )


def imported(person, path, label="", leave_out=()):
    """Stage a file and store all of it; return the import."""
    found = staging.stage(person.pk, path, label)
    storing.choose(found, leave_out)
    storing.run(found, 60)
    return found


def test_staging_counts_and_stores_no_visit(alice, history):
    found = staging.stage(alice.pk, history)
    assert (found.family, found.client_id, found.is_staged, found.stored) == ("chromium", "import:chromium", True, None)
    assert (found.counts["kept"], found.counts["reload"], found.rows) == (2000, 500, 2500)
    assert (found.first_at, found.last_at) == (AT_9, AT_9 + 1999 * 300_000)
    assert found.examples[0] == {"startedAt": AT_9, "url": "https://site0.example/0", "title": "Page 0"}
    assert StagedBatch.objects.count() == 2
    assert not PageVisit.objects.exists()


def test_what_is_read_is_closed_at_once_where_the_database_goes_away(alice, history, monkeypatch):
    closed = []

    def reading(*arguments):
        try:
            yield from records(*arguments)
        finally:
            closed.append(threading.get_ident())

    def away(**columns):
        raise OperationalError("away")

    monkeypatch.setattr(staging, "records", reading)
    monkeypatch.setattr(StagedBatch.objects, "create", away)
    with pytest.raises(OperationalError) as held:
        staging.stage(alice.pk, history)
    assert held.tb is not None  # it keeps the frames, and with them everything that is not closed
    assert closed == [threading.get_ident()]
    assert not Import.objects.exists()


def test_the_101st_source_of_imports_is_over_the_quota_and_stores_nothing(alice, bob, history):
    Browser.objects.bulk_create(
        Browser(user=alice, client_id=f"import:chromium:{number}", kind=Browser.Kind.IMPORT) for number in range(100)
    )
    with pytest.raises(TooManyBrowsers, match="at most 100 browsers; this export would add more"):
        imported(alice, history, "one more")
    assert Browser.objects.filter(user=alice).count() == 100
    assert not PageVisit.objects.exists()
    assert imported(bob, history, "one more").stored["created"] == 2000


def test_an_import_stores_every_visit_once(alice, bob, history):
    found = imported(alice, history)
    assert found.stored == NOTHING | {"created": 2000}
    assert found.finished_at
    assert not StagedBatch.objects.exists()
    browser = Browser.objects.get()
    assert (browser.user_id, browser.client_id, browser.kind, browser.label) == (
        alice.pk, "import:chromium", "import", "",
    )  # fmt: skip
    row = PageVisit.objects.get(url="https://site0.example/0")
    assert (row.visit_id, row.title, row.domain) == (
        record_id("chromium", AT_9, "https://site0.example/0", 0), "Page 0", "site0.example",
    )  # fmt: skip
    assert (row.ended_at, row.duration_ms, row.active_duration_ms, row.is_active) == (None, None, None, False)
    assert not PageVisit.objects.filter(user_id=bob.pk).exists()


def test_the_same_file_again_is_unchanged(alice, history):
    imported(alice, history)
    assert imported(alice, history).stored == NOTHING | {"unchanged": 2000}


def test_the_same_visits_under_another_label_are_recorded_already(alice, history):
    imported(alice, history)
    assert imported(alice, history, "work").stored == NOTHING | {"alreadyRecorded": 2000}


def test_a_later_dump_updates_the_page_that_was_seen_again(alice, tmp_path):
    early = [("https://a.example/", "Old", AT_9_US, FINAL, 0), ("https://b.example/", "B", AT_9_US, FINAL, 0)]
    again = ("https://a.example/", "New", AT_9_US + MINUTE_US, FINAL, 0)
    imported(alice, sample.chromium(tmp_path / "1", early))
    later = imported(alice, sample.chromium(tmp_path / "2", [*early, again]))
    assert later.stored == NOTHING | {"created": 1, "updated": 1, "unchanged": 1}
    assert set(PageVisit.objects.values_list("url", "title")) == {
        ("https://a.example/", "New"), ("https://b.example/", "B"),
    }  # fmt: skip


def test_takeout_of_the_same_account_makes_no_second_record(alice, tmp_path):
    imported(alice, sample.chromium(tmp_path / "1", [("https://a.example/", "A", AT_9_US, FINAL, 0)]))
    takeout = as_json(tmp_path / "2", sample.takeout(("https://a.example/", "A", AT_9_US, "LINK")))
    assert imported(alice, takeout).stored == NOTHING | {"unchanged": 1}


def test_a_visit_that_the_extension_recorded_is_not_doubled(alice, bob, tmp_path):
    push(alice, VISITS, [visit(url="https://a.example/", startedAt=AT_9 + 1_900)], anonymousClientId="own")
    push(bob, VISITS, [visit(url="https://b.example/", startedAt=AT_9)], anonymousClientId="own")
    visits = [("https://a.example/", "", AT_9_US, FINAL, 0), ("https://b.example/", "", AT_9_US, FINAL, 0)]
    assert imported(alice, sample.chromium(tmp_path / "1", visits)).stored == NOTHING | {
        "created": 1, "alreadyRecorded": 1,
    }  # fmt: skip


def test_patterns_leave_pages_out(alice, history):
    found = imported(alice, history, leave_out=["site0.example", "site1.example/*"])
    assert (found.stored["leftOut"], found.stored["created"]) == (572, 1428)
    assert not PageVisit.objects.filter(domain__in=["site0.example", "site1.example"]).exists()


def test_patterns_are_fixed_once_visits_are_stored(alice, history):
    found = staging.stage(alice.pk, history)
    storing.run_batch(found)
    with pytest.raises(storing.PatternsAreFixed):
        storing.choose(found, ["a.example"])


def test_a_record_that_is_rejected_is_counted(alice, tmp_path):
    path = sample.chromium(tmp_path / "1", [("https://[/", "", AT_9_US, FINAL, 0)])
    assert imported(alice, path).stored == NOTHING | {"rejected": 1}


def test_an_import_that_was_stopped_goes_on_anywhere(alice, history, monkeypatch):
    found = staging.stage(alice.pk, history)
    settle = storing._settle
    monkeypatch.setattr(storing, "_settle", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        storing.run_batch(found)  # killed after the records were stored, before they were counted
    monkeypatch.setattr(storing, "_settle", settle)
    again = staging.staged_import(alice.pk, found.pk)
    storing.run(again, 60)
    assert again.stored == NOTHING | {"created": 1000, "unchanged": 1000}
    assert PageVisit.objects.count() == 2000


def test_two_processes_count_a_batch_once(alice, history):
    one, other = staging.stage(alice.pk, history), None
    other = staging.staged_import(alice.pk, one.pk)
    batch = StagedBatch.objects.order_by("number").first()
    fates = storing._store(one, storing.KINDS[batch.kind], staging.lines_of(batch))
    storing._settle(one, batch, fates)
    storing._settle(other, batch, fates)
    assert other.stored == NOTHING | {"created": 1000}


def test_nothing_stays_of_a_file_that_breaks_off(alice, tmp_path):
    path = tmp_path / "x"
    good = json.dumps({"url": "https://a.example/", "time_usec": AT_9_US})
    path.write_text('{"Browser History": [' + ",".join([good] * 1500) + ', {"url": ', encoding="utf-8")
    with pytest.raises(UnknownFormat):
        staging.stage(alice.pk, path)
    assert not Import.objects.exists()
    assert not StagedBatch.objects.exists()


def test_discarding_deletes_only_the_own_staged_batches(alice, bob, history):
    mine, theirs = staging.stage(alice.pk, history), staging.stage(bob.pk, history)
    staging.discard(mine)
    assert [found.pk for found in Import.objects.all()] == [theirs.pk]
    assert set(StagedBatch.objects.values_list("user_id", flat=True)) == {bob.pk}


def test_what_was_staged_expires_after_a_day(alice, history):
    found = staging.stage(alice.pk, history)
    Import.objects.update(created_at=found.created_at - staging.EXPIRES_AFTER)
    staging.delete_expired(alice.pk)
    assert not StagedBatch.objects.exists()


def test_old_imports_of_everybody_are_cleared(alice, bob, history):
    stale, fresh, ended, done = (staging.stage(person.pk, history) for person in (alice, bob, alice, bob))
    for found in (ended, done):
        storing.run(found, 60)
        assert Import.objects.get(pk=found.pk).examples == []
    Import.objects.filter(pk=stale.pk).update(created_at=stale.created_at - staging.EXPIRES_AFTER)
    Import.objects.filter(pk=ended.pk).update(finished_at=ended.finished_at - staging.KEPT_AFTER_THE_END)
    call_command("clear_imports", stdout=StringIO())
    assert set(Import.objects.values_list("pk", flat=True)) == {fresh.pk, done.pk}
    assert set(StagedBatch.objects.values_list("source_id", flat=True)) == {fresh.pk}


def test_the_export_of_the_extension_restores_ids_and_tab_aggregates(alice, tmp_path):
    value = {
        "exportedAt": AT_9, "anonymousClientId": "c1",
        "visits": [{"id": "pv_1", "url": "https://a.example/", "startedAt": AT_9}],
        "aggregates": [{"tabId": 1, "startTime": AT_9, "totalActiveDuration": 5}],
    }  # fmt: skip
    found = imported(alice, as_json(tmp_path / "x", value))
    assert found.stored == NOTHING | {"created": 2}
    assert (PageVisit.objects.get().visit_id, TabAggregate.objects.get().tab_id) == ("pv_1", 1)
    assert (Browser.objects.get().client_id, Browser.objects.get().kind) == ("c1", "extension")


def test_a_person_who_is_erased_leaves_no_staged_batch(alice, history):
    from sync.erasures.person_erasure import erase

    staging.stage(alice.pk, history)
    list(erase(alice.pk))
    assert not Import.objects.exists()
    assert not StagedBatch.objects.exists()


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_file_is_read_again_when_an_erasure_drops_it_meanwhile(alice, history, monkeypatch, after):
    """The erasure comes after the row of the import, after its first batch, or after its last one."""
    real, entered = staging.transaction.atomic, []

    def atomic(*args, **more):
        entered.append(args)
        if len(entered) == after + 1:
            assert post("/api/sync/erasures", {"rule": {"domain": "site3.example"}}, user=alice).status_code == 200
        return real(*args, **more)

    monkeypatch.setattr(staging, "transaction", SimpleNamespace(atomic=atomic))
    found = staging.stage(alice.pk, history)
    assert found.counts["kept"] == 2_000
    storing.run(found, 60)
    assert found.stored["created"] + found.stored["erased"] == 2_000
    assert found.stored["erased"] > 0
    assert Import.objects.count() == 1
    assert not StagedBatch.objects.exists()


def command(*args):
    out = StringIO()
    call_command("import_history", *map(str, args), stdout=out)
    return out.getvalue()


def test_the_command_imports_a_file_and_its_result_adds_up(history):
    alice = UserFactory(email="carol@example.org")
    said = command(history, "--email", "CAROL@example.org", "--label", "work")
    assert "2,000  visits found" in said
    assert "500  reloads of a page" in said
    assert "2,000  visits added" in said
    assert Browser.objects.get(user_id=alice.pk).client_id == "import:chromium:work"
    assert "2,000  visits that were here already" in command(history, "--email", alice.email, "--label", "work")


def test_the_command_goes_on_after_a_kill(alice, history):
    found = staging.stage(alice.pk, history)
    storing.run_batch(found)
    said = command(history, "--email", alice.email)
    assert "Going on" in said
    assert "2,000  visits added" in said


def test_two_gib_of_zeros_are_refused_before_they_are_copied(alice, tmp_path, monkeypatch):
    with (tmp_path / "x").open("wb") as file:
        file.truncate(2 * 1024**3)
    monkeypatch.setattr(shutil, "copyfile", lambda *args: pytest.fail("it was copied"))
    tracemalloc.start()
    try:
        with pytest.raises(CommandError, match="no text and no database"):
            command(tmp_path / "x", "--email", alice.email)
        assert tracemalloc.get_traced_memory()[1] < 20 * 1024**2
    finally:
        tracemalloc.stop()


def test_the_command_says_what_is_wrong(alice, tmp_path):
    (tmp_path / "x").write_text("hello", encoding="utf-8")
    with pytest.raises(CommandError, match="not the history"):
        command(tmp_path / "x", "--email", alice.email)
    with pytest.raises(CommandError, match="no active account"):
        command(tmp_path / "x", "--email", "nobody@example.org")
    with pytest.raises(CommandError, match="no file"):
        command(tmp_path / "y", "--email", alice.email)
