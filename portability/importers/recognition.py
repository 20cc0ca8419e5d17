"""Recognises a file by its content, never by its name, and opens it for reading."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import IO, Any, NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

from portability.importers import activitywatch, chromium, firefox, history_trends, own, safari, sqlite_file, takeout
from portability.importers.found import Family, Found, UnknownFormat
from portability.importers.json_members import ARRAY, BOM, Path, members
from portability.importers.own import OwnBrowser, OwnReading

TAKEN = (
    "Taken are: History of Chrome, Edge, Brave, Vivaldi or Opera; places.sqlite of Firefox; History.db of Safari; the "
    "Chrome history of Google Takeout, in or out of its ZIP; TSV files of History Trends; the JSON export of "
    "ActivityWatch; the export of this server or of its extension."
)
DAY_TOTALS = (
    "This file holds totals by day and site. Totals are no visits, and visits made up from them would be wrong in "
    "every timeline, so they are not imported."
)
MY_ACTIVITY = "This is My Activity, which has no exact times. In Google Takeout choose “Chrome” and the format JSON."
WAL_MISSING = (
    "The browser keeps its latest visits in a second file beside this one, whose name ends in -wal, and that file was "
    "not given. To have them too, close the browser and copy the file again, or send both."
)
MOST_ENTRIES = 20_000
LARGEST_ENTRY = 2 * 1024**3
LARGEST_RATIO = 200
ALWAYS_FINE = 1024 * 1024
HEAD = 4096
# The values at the beginning of a JSON file by which it is recognised.
MOST_TOLD = 1_000
_ZIP_ERRORS = (BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, OSError)

Open = Callable[[], IO[bytes]]


class Source(NamedTuple):
    """A recognised file; `found` is called once and yields its visits, or `own` its records where it is an export."""

    family: Family
    found: Callable[[], Iterator[Found]] | None = None
    own: Callable[[], OwnReading] | None = None
    browsers: tuple[OwnBrowser, ...] = ()
    notes: tuple[str, ...] = ()
    category_rules: tuple[bytes, ...] = ()


@contextmanager
def recognised(path: FilePath) -> Iterator[Source]:
    """Open a file and yield what it is; raises UnknownFormat, also while it is read."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise UnknownFormat("This file is empty.")
    if head.startswith(sqlite_file.MAGIC):
        with sqlite_file.opened(path) as database:
            yield _database(database, path)
    elif head.startswith(b"PK\x03\x04"):
        with _archive(path) as source:
            yield source
    else:
        yield _text(lambda: path.open("rb"), head)


def check_beginning(path: FilePath) -> None:
    """Raise UnknownFormat for a file that is neither a database nor an archive nor a text that is taken.

    It reads no more of the file than is needed to say so.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.startswith((sqlite_file.MAGIC, b"PK\x03\x04")):
        with recognised(path):
            pass


def _database(database: sqlite_file.SqliteFile, path: FilePath) -> Source:
    is_missing = sqlite_file.is_in_wal_mode(path) and not path.with_name(path.name + "-wal").exists()
    notes = (WAL_MISSING,) if is_missing else ()
    if chromium.fits(database):
        return Source("chromium", lambda: chromium.read(database), notes=notes)
    if firefox.fits(database):
        return Source("firefox", lambda: firefox.read(database), notes=notes)
    if firefox.fits_old_android(database):
        return Source("firefox", lambda: firefox.read_old_android(database), notes=notes)
    if safari.fits(database):
        return Source("safari", lambda: safari.read(database), notes=notes)
    raise UnknownFormat(f"This is an SQLite database, but not the history of a browser. {TAKEN}")


@contextmanager
def _archive(path: FilePath) -> Iterator[Source]:
    try:
        with ZipFile(path) as archive:
            yield _of_archive(archive)
    except _ZIP_ERRORS as error:
        if isinstance(error, OSError) and not isinstance(error, BadZipFile):
            raise
        raise UnknownFormat(
            "This ZIP cannot be read: it is damaged, encrypted or packed in a way that Python does not know. Pack it "
            "again without a password, or send the file inside."
        ) from error


def _of_archive(archive: ZipFile) -> Source:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise UnknownFormat(f"This ZIP holds more than {MOST_ENTRIES:,} files.")
    if own.MANIFEST in archive.NameToInfo:
        for entry in entries:
            _check_size(entry)
        manifest = own.read_small(archive, own.MANIFEST)
        if isinstance(manifest, dict) and manifest.get("format") == own.FORMAT:
            own.check_manifest(manifest)
            browsers = tuple(own.browsers_of(own.read_small(archive, own.BROWSERS)))
            rules = own.category_rules_of(archive)
            notes = own.notes_of_rules(rules)
            return Source("own", None, lambda: own.read_archive(archive), browsers, notes, rules)
    found: list[Source] = []
    refusal = ""
    for entry in entries:
        if entry.is_dir():
            continue
        head = _head(archive, entry)
        if head[:1] in {b"{", b"["} or history_trends.kind_of(_first_line(head)):
            _check_size(entry)
            try:
                found.append(_text(_opener(archive, entry), head))
            except UnknownFormat as error:
                refusal = refusal or str(error)
        elif head.startswith(sqlite_file.MAGIC):
            refusal = "This ZIP holds an SQLite database. Unpack it and send the database itself."
    if not found:
        raise UnknownFormat(refusal or f"This ZIP holds no history of a browser. {TAKEN}")
    family = found[0].family
    same = [source for source in found if source.family == family]
    notes = tuple(dict.fromkeys(note for source in same for note in source.notes))
    if family == "own":
        return Source(family, own=lambda: (record for each in same if each.own for record in each.own()))
    return Source(family, lambda: (visit for each in same if each.found for visit in each.found()), notes=notes)


def _opener(archive: ZipFile, entry: ZipInfo) -> Open:
    return lambda: archive.open(entry)


def _head(archive: ZipFile, entry: ZipInfo) -> bytes:
    with archive.open(entry) as file:
        return file.read(HEAD).removeprefix(BOM).lstrip()


def _check_size(entry: ZipInfo) -> None:
    if entry.file_size > LARGEST_ENTRY:
        raise UnknownFormat("A file in this ZIP is larger than 2 GiB.")
    if entry.file_size > ALWAYS_FINE and entry.file_size > LARGEST_RATIO * max(entry.compress_size, 1):
        raise UnknownFormat("A file in this ZIP grows more than 200-fold when it is unpacked, which no history does.")


def _first_line(head: bytes) -> str:
    return head.removeprefix(BOM).split(b"\n", 1)[0].decode("utf-8", "replace")


def _text(open_file: Open, head: bytes) -> Source:
    start = head.removeprefix(BOM).lstrip()
    if start[:1] in {b"{", b"["}:
        with open_file() as file:
            return _json(file, open_file)
    line = _first_line(head)
    if kind := history_trends.kind_of(line):
        notes = (history_trends.HOPS_UNKNOWN,) if kind == "analysis" else ()
        return Source("chromium", lambda: _reading(history_trends.read, open_file), notes=notes)
    if start[:9].lower() == b"<!doctype" or start[:5].lower() == b"<html":
        raise UnknownFormat(f"This is an HTML page. In Google Takeout choose the format JSON. {TAKEN}")
    columns = [column.strip().strip('"').lower() for column in line.split(",")]
    if columns[0] in {"domain", "date", "host"} and len(columns) > 2:
        raise UnknownFormat(DAY_TOTALS)
    seen = "text" if not any(byte < 9 for byte in head) else "no text and no database"
    raise UnknownFormat(f"This file is {seen}, but not the history of a browser. {TAKEN}")


def _reading(read: Callable[[IO[bytes]], Iterator[Any]], open_file: Open) -> Iterator[Any]:
    with open_file() as file:
        yield from read(file)


def _json(file: IO[bytes], open_file: Open) -> Source:
    """Return the source that the first members of a JSON file tell."""
    told: dict[Path, Any] = {}
    for path, value in members(file):
        first = path[0] if path else ""
        if len(told) < MOST_TOLD:
            told[path] = value
        if (path in takeout.NAMES and value is ARRAY) or takeout.is_visit(path, value):
            return Source("chromium", lambda: _reading(takeout.read, open_file))
        if first == "buckets" and len(path) == 3:
            return Source("activitywatch", lambda: _reading(activitywatch.read, open_file))
        if path == ("visits",) and value is ARRAY and {("exportedAt",), ("extensionVersion",)} & told.keys():
            own.check_extension_format(told)
            return Source(
                "own", own=lambda: _reading(own.read_extension, open_file), notes=own.notes_of_extension(told)
            )
        if first in {"__meta__", "__stat__"} or path[:2] == ("content", "domains"):
            raise UnknownFormat(DAY_TOTALS)
        if not path and isinstance(value, dict):
            if "summaryTime" in value or "summary" in value:
                raise UnknownFormat(DAY_TOTALS)
            if "header" in value and "time" in value:
                raise UnknownFormat(MY_ACTIVITY)
    raise UnknownFormat(f"This is JSON, but not the history of a browser. {TAKEN}")
