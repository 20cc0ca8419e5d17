"""Makes files as browsers and programs write them, with few visits each."""

import json
import sqlite3
import zipfile

# 2025-11-03T09:00:00Z
AT_9_US = 1_762_160_400_000_000
AT_9 = AT_9_US // 1000
CHROME_EPOCH_US = 11_644_473_600_000_000
SAFARI_EPOCH = 978_307_200
MINUTE_US = 60_000_000
FINAL = 0x30000000  # begins and ends a chain of redirects


def database(path, *statements):
    """Write an SQLite file by (sql, rows) pairs and plain statements."""
    connection = sqlite3.connect(path)
    for statement in statements:
        if isinstance(statement, str):
            connection.execute(statement)
        else:
            connection.executemany(*statement)
    connection.commit()
    connection.close()
    return path


def chromium(path, visits, *, version=70, sources=(), foreground=()):
    """Write a History; visits are (url, title, µs since 1970, transition, duration in µs)."""
    urls = {url: (number, title) for number, (url, title, *_) in enumerate(visits, 1)}
    duration = ", visit_duration INTEGER" if version >= 21 else ""
    rows = [
        (number, urls[url][0], us + CHROME_EPOCH_US, transition, *([length] if version >= 21 else []))
        for number, (url, _, us, transition, length) in enumerate(visits, 1)
    ]
    places = ", ".join("?" * (5 if version >= 21 else 4))
    made = [
        "CREATE TABLE meta (key, value)",
        f"INSERT INTO meta VALUES ('version', '{version}')",
        "CREATE TABLE urls (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, hidden INTEGER DEFAULT 0)",
        f"CREATE TABLE visits (id INTEGER PRIMARY KEY, url INTEGER, visit_time INTEGER, transition INTEGER{duration})",
        "CREATE TABLE visit_source (id INTEGER PRIMARY KEY, source INTEGER)",
        ("INSERT INTO urls (url, id, title) VALUES (?, ?, ?)", [(url, *told) for url, told in urls.items()]),
        (f"INSERT INTO visits VALUES ({places})", rows),
        ("INSERT INTO visit_source VALUES (?, ?)", list(sources)),
    ]
    if version >= 51:
        made += [
            "CREATE TABLE context_annotations (visit_id INTEGER PRIMARY KEY, total_foreground_duration INTEGER)",
            ("INSERT INTO context_annotations VALUES (?, ?)", list(foreground)),
        ]
    return database(path, *made)


def firefox(path, visits, *, metadata=(), android=False):
    """Write a places.sqlite; visits are (url, title, time, type, from_visit)."""
    urls = {url: (number, title) for number, (url, title, *_) in enumerate(visits, 1)}
    last = "is_local" if android else "from_visit"
    return database(
        path,
        "CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT, title TEXT, hidden INTEGER DEFAULT 0)",
        f"CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, place_id INTEGER, visit_date INTEGER, "
        f"visit_type INTEGER, {last} INTEGER)",
        "CREATE TABLE moz_places_metadata (place_id, created_at, updated_at, total_view_time)",
        ("INSERT INTO moz_places (url, id, title) VALUES (?, ?, ?)", [(url, *told) for url, told in urls.items()]),
        (
            "INSERT INTO moz_historyvisits VALUES (?, ?, ?, ?, ?)",
            [(n, urls[url][0], at, kind, more) for n, (url, _, at, kind, more) in enumerate(visits, 1)],
        ),
        (
            "INSERT INTO moz_places_metadata VALUES (?, ?, ?, ?)",
            [(urls[url][0], *times) for url, *times in metadata],
        ),
    )


def safari(path, visits):
    """Write a History.db; visits are (url, title, seconds since 2001, redirect_destination, load_successful)."""
    urls = {url: number for number, (url, *_) in enumerate(visits, 1)}
    return database(
        path,
        "CREATE TABLE history_items (id INTEGER PRIMARY KEY, url TEXT)",
        "CREATE TABLE history_visits (id INTEGER PRIMARY KEY, history_item INTEGER, visit_time REAL, title TEXT, "
        "redirect_destination INTEGER, load_successful BOOLEAN, synthesized BOOLEAN)",
        ("INSERT INTO history_items VALUES (?, ?)", [(number, url) for url, number in urls.items()]),
        (
            "INSERT INTO history_visits VALUES (?, ?, ?, ?, ?, ?, 0)",
            [(n, urls[url], at, title, to, good) for n, (url, title, at, to, good) in enumerate(visits, 1)],
        ),
    )


def as_json(path, value, *, bom=False):
    """Write a value as JSON."""
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + json.dumps(value).encode())
    return path


def as_zip(path, files):
    """Write a ZIP of contents by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def takeout(*visits, **more):
    """Return the value of a History.json; visits are (url, title, µs, transition or None)."""
    listed = [
        {"url": url, "title": title, "time_usec": us, "client_id": "c1", **({"page_transition": t} if t else {})}
        for url, title, us, t in visits
    ]
    return {"Typed Url": [{"url": "https://typed.example/", "visits": [1]}], "Session": [], **more} | {
        "Browser History": listed
    }


def activitywatch(*buckets):
    """Return the value of an export; buckets are (id, type, hostname, events)."""
    return {
        "buckets": {
            name: {"id": name, "type": kind, "hostname": host, "events": events[::-1]}
            for name, kind, host, events in buckets
        }
    }


def event(timestamp, seconds, **data):
    """Return an event of ActivityWatch."""
    return {"timestamp": f"2025-11-03T{timestamp}+00:00", "duration": seconds, "data": data}
