import hashlib
import json
import sqlite3
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portability.importers import records as reading
from portability.importers.found import REASONS, UnknownFormat
from portability.importers.recognition import WAL_MISSING, recognised
from tests.portability import sample_files as sample
from tests.portability.sample_files import AT_9, AT_9_US, FINAL, MINUTE_US, SAFARI_EPOCH, as_json, as_zip, event


def read(path):
    """Return family, records and counts of a file."""
    counts = Counter()
    with recognised(path) as source:
        if source.own:
            return source.family, list(source.own()), counts
        client = reading.client_id(source.family)
        found = [json.loads(text) for _, text in reading.records(source.family, source.found(), client, counts)]
    return source.family, found, dict(counts)


def refusal(path):
    """Return the sentence by which a file is refused, which must come within a second or two."""
    began = time.monotonic()
    with pytest.raises(UnknownFormat) as refused:
        read(path)
    assert time.monotonic() - began < 5
    return str(refused.value)


def test_the_id_is_made_of_family_start_url_and_number():
    text = b"chromium\n1762160400000\nhttps://a.example/\n0"
    assert reading.record_id("chromium", AT_9, "https://a.example/", 0) == (
        "imp_" + hashlib.sha256(text).hexdigest()[:32]
    )


ID_CASES = json.loads((Path(__file__).parents[1] / "history_id_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", ID_CASES)
def test_the_ids_are_those_that_the_extension_makes(case):
    assert reading.record_id(case["family"], case["startedAt"], case["url"], case["number"]) == case["id"]


def test_chromium_keeps_what_a_person_looked_at(tmp_path):
    path = sample.chromium(
        tmp_path / "History",
        [
            ("https://a.example/", "A", AT_9_US + 1234, FINAL | 1, 5_000_000),
            ("http://hop.example/", "", AT_9_US, 0x10000000, 0),
            ("https://frame.example/", "", AT_9_US, FINAL | 3, 0),
            ("https://b.example/", "B", AT_9_US + MINUTE_US, FINAL | 8, 0),
            ("chrome://settings/", "", AT_9_US, FINAL, 0),
            ("https://agent.example/", "", AT_9_US, FINAL, 0),
            ("https://back.example/", "Back", AT_9_US + 2 * MINUTE_US, FINAL | 0x01000000, 0),
            ("https://old.example/", "", 0, FINAL, 0),
        ],
        sources=[(6, 6)],
        foreground=[(1, 2_500_000), (7, -1_000_000)],
    )
    family, found, counts = read(path)
    assert family == "chromium"
    assert counts == {
        "kept": 2, "redirectHop": 1, "subframe": 1, "reload": 1, "otherScheme": 1, "notAPerson": 1, "outOfRange": 1,
    }  # fmt: skip
    first, second = found
    assert first == {
        "id": reading.record_id("chromium", AT_9 + 1, "https://a.example/", 0),
        "url": "https://a.example/",
        "startedAt": AT_9 + 1,
        "title": "A",
        "endedAt": AT_9 + 2501,
        "duration": 2500,
        "activeDuration": None,
        "metadata": {"import": {"visitDurationMs": 5000, "foregroundMs": 2500}},
        "revision": AT_9 // 1000,
        "anonymousClientId": "import:chromium",
    }
    assert (second["url"], second["endedAt"], second["duration"]) == ("https://back.example/", None, None)


@pytest.mark.parametrize("version", [17, 21, 50, 51, 70])
def test_every_schema_of_chromium_is_read(tmp_path, version):
    path = sample.chromium(tmp_path / "h", [("https://a.example/", "A", AT_9_US, FINAL, 9)], version=version)
    assert [visit["startedAt"] for visit in read(path)[1]] == [AT_9]


def test_equal_visits_are_numbered(tmp_path):
    path = sample.chromium(tmp_path / "h", [("https://a.example/", "A", AT_9_US + n, FINAL, 0) for n in range(3)])
    ids = [visit["id"] for visit in read(path)[1]]
    assert ids == [reading.record_id("chromium", AT_9, "https://a.example/", n) for n in range(3)]


def test_the_revision_is_the_second_of_the_newest_visit_to_the_page(tmp_path):
    visits = [
        ("https://a.example/", "A", AT_9_US, FINAL, 0),
        ("https://a.example/", "A", AT_9_US + MINUTE_US, FINAL | 8, 0),
        ("https://b.example/", "B", AT_9_US, FINAL, 0),
    ]
    found = read(sample.chromium(tmp_path / "h", visits))[1]
    assert [(visit["url"], visit["revision"]) for visit in found] == [
        ("https://a.example/", AT_9 // 1000 + 60), ("https://b.example/", AT_9 // 1000),
    ]  # fmt: skip


def test_firefox_keeps_the_page_that_a_redirect_arrived_at(tmp_path):
    path = sample.firefox(
        tmp_path / "places.sqlite",
        [
            ("http://hop.example/", "", AT_9_US, 2, 0),
            ("https://page.example/", "Page", AT_9_US + 1000, 5, 1),
            ("https://embed.example/", "", AT_9_US, 4, 0),
            ("https://page.example/", "Page", AT_9_US + MINUTE_US, 9, 0),
            ("about:config", "", AT_9_US, 1, 0),
        ],
    )
    family, found, counts = read(path)
    assert family == "firefox"
    assert [(visit["url"], visit["startedAt"], visit["endedAt"]) for visit in found] == [
        ("https://page.example/", AT_9 + 1, None)
    ]
    assert counts == {"kept": 1, "redirectHop": 1, "subframe": 1, "reload": 1, "otherScheme": 1}


def test_firefox_attaches_the_time_in_front_to_the_nearest_visit(tmp_path):
    path = sample.firefox(
        tmp_path / "p",
        [("https://a.example/", "A", AT_9_US, 1, 0), ("https://a.example/", "A", AT_9_US + 10 * MINUTE_US, 1, 0)],
        metadata=[
            ("https://a.example/", AT_9 + 2000, AT_9 + 60_000, 40_000),
            ("https://a.example/", AT_9 + 3000, AT_9 + 90_000, 5_000),
            ("https://a.example/", AT_9 + 300_000, AT_9 + 400_000, 7_000),
        ],
    )
    first, second = read(path)[1]
    assert (first["activeDuration"], first["endedAt"], first["duration"]) == (45_000, AT_9 + 90_000, 90_000)
    assert (second["activeDuration"], second["endedAt"]) == (None, None)


def test_firefox_on_android_counts_in_milliseconds_and_marks_the_hop_itself(tmp_path):
    visits = [("https://a.example/", "A", AT_9, 1, 1), ("http://hop.example/", "", AT_9, 6, 1)]
    family, found, counts = read(sample.firefox(tmp_path / "p", visits, android=True))
    assert (family, counts) == ("firefox", {"kept": 1, "redirectHop": 1})
    assert [visit["startedAt"] for visit in found] == [AT_9]


def test_safari(tmp_path):
    at = AT_9 / 1000 - SAFARI_EPOCH
    visits = [
        ("https://a.example/", "A", at + 0.123, None, 1),
        ("http://hop.example/", "", at, 1, 1),
        ("https://failed.example/", "", at, None, 0),
    ]
    family, found, counts = read(sample.safari(tmp_path / "History.db", visits))
    assert (family, counts) == ("safari", {"kept": 1, "redirectHop": 1, "subframe": 1})
    assert [(visit["startedAt"], visit["title"]) for visit in found] == [(AT_9 + 123, "A")]


TAKEOUT = sample.takeout(
    ("https://a.example/", "A", AT_9_US + 1234, "LINK"),
    ("https://b.example/", "B", AT_9_US, None),
    ("https://a.example/", "A", AT_9_US + MINUTE_US, "RELOAD"),
    ("https://f.example/", "", AT_9_US, "AUTO_SUBFRAME"),
    ("chrome://newtab/", "", AT_9_US, "TYPED"),
    ("https://never.example/", "", 0, "LINK"),
)
TAKEOUT_COUNTS = {"kept": 2, "reload": 1, "subframe": 1, "otherScheme": 1, "outOfRange": 1}


@pytest.mark.parametrize("bom", [False, True])
def test_takeout_has_the_ids_of_the_profile(tmp_path, bom):
    family, found, counts = read(as_json(tmp_path / "x", TAKEOUT, bom=bom))
    assert (family, counts) == ("chromium", TAKEOUT_COUNTS)
    assert [visit["id"] for visit in found] == [
        reading.record_id("chromium", AT_9, "https://b.example/", 0),
        reading.record_id("chromium", AT_9 + 1, "https://a.example/", 0),
    ]


@pytest.mark.parametrize("key", ["BrowserHistory", "Browserverlauf"])
def test_takeout_under_older_and_translated_names(tmp_path, key):
    value = {"Typed Url": [], key: TAKEOUT["Browser History"]}
    assert read(as_json(tmp_path / "x", value))[2] == TAKEOUT_COUNTS


def test_takeout_in_a_zip_with_names_that_lead_elsewhere(tmp_path):
    files = {"../../Takeout/Chrome/Verlauf.json": json.dumps(TAKEOUT), "Takeout/Chrome/Bookmarks.html": "<html>"}
    assert read(as_zip(tmp_path / "z", files))[2] == TAKEOUT_COUNTS


def test_an_empty_takeout_is_recognised(tmp_path):
    assert read(as_json(tmp_path / "x", {"Browser History": []})) == ("chromium", [], {})


def test_history_trends(tmp_path):
    lines = [
        f'https://a.example/\tU{AT_9}.754\t{FINAL | 1}\tA "quoted" title',
        f"https://b.example/\tU{AT_9}\t{FINAL - 2**32}",
        f"http://hop.example/\tU{AT_9}\t268435456\thop",
        "nonsense",
    ]
    path = tmp_path / "t.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    family, found, counts = read(path)
    assert (family, counts["kept"], counts["redirectHop"], counts["unreadable"]) == ("chromium", 2, 1, 1)
    assert found[1]["title"] == 'A "quoted" title'
    assert found[1]["id"] == reading.record_id("chromium", AT_9, "https://a.example/", 0)


def test_activitywatch_joins_events_and_measures_active_time(tmp_path):
    web = [
        event("09:00:00", 30, url="https://a.example/", title="A"),
        event("09:00:30.5", 29.5, url="https://a.example/", title="A!"),
        event("09:01:00", 60, url="https://b.example/", title="B"),
        event("09:02:00", 60, url="https://secret.example/", title="S", incognito=True),
    ]
    afk = [event("09:00:00", 90, status="not-afk"), event("09:01:30", 600, status="afk")]
    window = [event("09:00:00", 40, app="Firefox", title=""), event("09:00:40", 600, app="code", title="")]
    value = sample.activitywatch(
        ("aw-watcher-web-firefox", "web.tab.current", "box", web),
        ("aw-watcher-afk_box", "afkstatus", "box", afk),
        ("aw-watcher-window_box", "currentwindow", "box", window),
    )
    family, found, counts = read(as_json(tmp_path / "x", value))
    assert (family, counts) == ("activitywatch", {"kept": 2, "private": 1})
    assert [(v["url"], v["startedAt"], v["duration"], v["activeDuration"]) for v in found] == [
        ("https://a.example/", AT_9, 60_000, 40_000), ("https://b.example/", AT_9 + 60_000, 60_000, 0),
    ]  # fmt: skip


def test_activitywatch_without_afk_leaves_active_time_unknown(tmp_path):
    web = [event("09:00:00", 30, url="https://a.example/", title="A")]
    value = sample.activitywatch(("w", "web.tab.current", "unknown", web))
    assert [visit["activeDuration"] for visit in read(as_json(tmp_path / "x", value))[1]] == [None]


def test_the_export_of_the_extension(tmp_path):
    value = {
        "exportedAt": AT_9, "extensionVersion": "1.0", "anonymousClientId": "c1",
        "visits": [{"id": "pv_1", "url": "https://a.example/", "startedAt": AT_9, "engagementRate": 0.25}],
        "aggregates": [{"tabId": 1, "startTime": AT_9, "totalActiveDuration": 5}],
    }  # fmt: skip
    family, found, _ = read(as_json(tmp_path / "x", value))
    assert family == "own"
    assert [(r.kind, r.client_id, json.loads(r.text)) for r in found] == [
        ("page-visits", "c1", value["visits"][0] | {"anonymousClientId": "c1"}),
        ("tab-aggregates", "c1", value["aggregates"][0] | {"anonymousClientId": "c1"}),
    ]  # fmt: skip


def test_the_export_of_the_extension_says_whose_it_is_and_keeps_what_a_rule_holds(tmp_path):
    owner = {"server": "https://s.example", "id": "1", "email": "alice@example.org"}
    held = {"id": "pv_2", "url": "https://b.example/", "startedAt": AT_9, "sending": {"state": "held"}}
    value = {
        "format": "browsing-record-export", "version": 1, "exportedAt": "2025-11-03T09:00:00Z",
        "extensionVersion": "1.0", "anonymousClientId": "c1", "owner": owner, "visits": [held], "aggregates": [],
    }  # fmt: skip
    with recognised(as_json(tmp_path / "x", value)) as source:
        assert source.notes == ("The extension exported these records for alice@example.org at https://s.example.",)
        assert [left.reason for left in source.own()] == ["private"]
    assert "Update the server" in refusal(as_json(tmp_path / "y", value | {"version": 2}))


def test_a_view_that_never_ends_is_no_table(tmp_path):
    path = sample.database(
        tmp_path / "h",
        "CREATE TABLE urls (id INTEGER PRIMARY KEY, url, title)",
        "CREATE VIEW visits AS WITH RECURSIVE r(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM r) "
        "SELECT id, 1 AS url, 1 AS visit_time, 1 AS transition FROM r",
    )
    assert "not the history of a browser" in refusal(path)


def test_generated_columns_are_no_columns(tmp_path):
    path = sample.database(
        tmp_path / "h",
        "CREATE TABLE urls (id INTEGER PRIMARY KEY, url, title)",
        "CREATE TABLE visits (id, url, transition, visit_time AS (zeroblob(1000000000)))",
    )
    assert "not the history of a browser" in refusal(path)


def test_values_of_wrong_types_are_unreadable(tmp_path):
    path = sample.chromium(tmp_path / "h", [("https://a.example/", "A", AT_9_US, FINAL, 0)])
    odd = ["noon", 1e300, None, b"\xff"]
    sample.database(
        path, ("INSERT INTO visits (url, visit_time, transition) VALUES (1, ?, 805306368)", [(v,) for v in odd])
    )
    assert read(path)[2] == {"kept": 1, "unreadable": 4}


def test_a_title_that_is_no_utf8_does_not_stop_the_file(tmp_path):
    path = sample.chromium(tmp_path / "h", [("https://a.example/", "A", AT_9_US, FINAL, 0)])
    sample.database(path, "UPDATE urls SET title = CAST(x'41ff' AS TEXT)")
    assert [visit["title"] for visit in read(path)[1]] == ["A\ufffd"]


def test_a_wal_is_read_with_its_file_and_missed_without(tmp_path):
    path = sample.firefox(tmp_path / "live", [("https://a.example/", "A", AT_9_US, 1, 0)])
    live = sqlite3.connect(path)
    live.execute("PRAGMA journal_mode = WAL")
    live.execute("INSERT INTO moz_historyvisits VALUES (9, 1, ?, 1, 0)", [AT_9_US + MINUTE_US])
    live.commit()
    copy, alone = tmp_path / "h", tmp_path / "alone"
    for target in (copy, alone):
        target.write_bytes(path.read_bytes())
    copy.with_name("h-wal").write_bytes(path.with_name("live-wal").read_bytes())
    live.close()
    assert len(read(copy)[1]) == 2
    with recognised(alone) as source:
        assert source.notes == (WAL_MISSING,)
    assert len(read(alone)[1]) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "no text and no database"),
        (b"\x00" * 1_000_000, "no text and no database"),
        (b"hello", "not the history"),
        (b"{}", "not the history"),
        (b"[" * 1_000_000, "nested deeper"),
        (b'{"a":' * 1_000_000, "nested deeper"),
        (b'{"Browser History": [{"url": "', "damaged or cut short"),
        (b'{"Browser History": [' + b"9" * 5_000_000, "more than 4 MiB"),
        (b"PK\x03\x04garbage", "ZIP cannot be read"),
        (b"SQLite format 3\x00garbage", "damaged"),
        (b"<!doctype html><p>My Activity", "choose the format JSON"),
        (b"Domain,2023-07-22,2023-07-23\na.example,5,6\n", "totals by day"),
        (b'{"__meta__": {"version": 1}, "__stat__": []}', "totals by day"),
        (b'[{"header": "Chrome", "title": "Visited A", "time": "2020"}]', "My Activity"),
    ],
)  # fmt: skip
def test_what_is_no_history_is_refused_in_a_sentence(tmp_path, content, words):
    path = tmp_path / "x"
    path.write_bytes(content)
    assert words in refusal(path)


def test_a_zip_bomb_is_refused(tmp_path):
    assert "200-fold" in refusal(as_zip(tmp_path / "z", {"a.json": b"[" + b" " * 50_000_000}))


def test_a_zip_without_a_history_is_refused(tmp_path):
    assert "no history" in refusal(as_zip(tmp_path / "z", {"a.txt": "hello"}))


def test_another_database_is_refused(tmp_path):
    path = sample.database(tmp_path / "x", "CREATE TABLE visits (a)")
    assert "not the history of a browser" in refusal(path)


def test_the_counts_of_a_large_item_of_json_add_up(tmp_path):
    value = {"Browser History": [{"url": "https://a.example/", "time_usec": AT_9_US, "more": [0] * 30_000}]}
    assert read(as_json(tmp_path / "x", value))[2] == {"unreadable": 1}


HEADS = [
    b"",
    b"SQLite format 3\x00",
    b"PK\x03\x04",
    b"{",
    b'{"Browser History":[',
    b'{"buckets":{"b":{"events":[',
    b"a:b\t",
]


@given(head=st.sampled_from(HEADS), rest=st.binary(max_size=300))
def test_garbage_is_read_or_refused_and_never_a_fault(tmp_path_factory, head, rest):
    path = tmp_path_factory.mktemp("g") / "x"
    path.write_bytes(head + rest)
    with suppress(UnknownFormat):
        assert set(read(path)[2]) <= {"kept", *REASONS}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ANYTHING = st.recursive(
    SCALARS, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(), c, max_size=3), max_leaves=6
)
NAMES = ["url", "title", "time_usec", "page_transition", "timestamp", "duration", "data", "status", "id", "startedAt"]


@given(items=st.lists(st.dictionaries(st.sampled_from(NAMES), ANYTHING) | ANYTHING, max_size=5))
def test_items_of_any_shape_are_counted_once(tmp_path_factory, items):
    path = tmp_path_factory.mktemp("g") / "x"
    as_json(path, {"Browser History": items})
    _, found, counts = read(path)
    assert sum(counts.values()) == len(items)
    assert counts.get("kept", 0) == len(found)


@given(items=st.lists(st.dictionaries(st.sampled_from(NAMES), ANYTHING) | ANYTHING, max_size=5))
def test_events_and_records_of_any_shape_are_taken_or_left_out(tmp_path_factory, items):
    folder = tmp_path_factory.mktemp("g")
    read(as_json(folder / "a", {"buckets": {"b": {"type": "web.tab.current", "events": items}}}))
    _, found, _ = read(as_json(folder / "b", {"exportedAt": 1, "visits": items}))
    assert len(found) == len(items)


VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary()


@given(rows=st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=5), url=VALUES)
def test_rows_of_any_type_are_counted_once(tmp_path_factory, rows, url):
    path = tmp_path_factory.mktemp("g") / "x"
    try:
        sample.database(
            path,
            "CREATE TABLE urls (id INTEGER PRIMARY KEY, url, title)",
            "CREATE TABLE visits (id INTEGER PRIMARY KEY, url, visit_time, transition, visit_duration)",
            ("INSERT INTO urls VALUES (1, ?, ?)", [(url, url)]),
            ("INSERT INTO visits (url, visit_time, transition, visit_duration) VALUES (1, ?, ?, ?)", rows),
        )
    except UnicodeEncodeError:
        return
    assert sum(read(path)[2].values()) == len(rows)
