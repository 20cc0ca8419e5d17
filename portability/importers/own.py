"""Our own export, and the export of the extension: records in their wire form, restored as they are."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple
from zipfile import ZipFile

from portability.importers.found import LeftOut, UnknownFormat
from portability.importers.json_members import ARRAY, Path, members
from strict_json.parsing import InvalidJSON, parse, without_lone_surrogates
from sync import limits
from sync.models import Browser

FORMAT = "syncserver-export"
FORMAT_VERSION = 1
# Of the export of the extension; the earliest ones name neither.
EXTENSION_FORMAT, EXTENSION_FORMAT_VERSION = "browsing-record-export", 1
MANIFEST, BROWSERS, ACCOUNT = "manifest.json", "browsers.json", "account.json"
# A member of ACCOUNT, and the kind of the staged batch that holds it.
CATEGORY_RULES = "categoryRules"
PAGE_VISITS, TAB_AGGREGATES = "page-visits", "tab-aggregates"
FILES = {PAGE_VISITS: "page-visits.jsonl", TAB_AGGREGATES: "tab-aggregates.jsonl"}
STARTS = {PAGE_VISITS: "startedAt", TAB_AGGREGATES: "startTime"}
LISTS = {"visits": PAGE_VISITS, "aggregates": TAB_AGGREGATES}
SMALL_FILE = 4 * 1024 * 1024
MOST_CATEGORY_RULES = 1_000


class OwnRecord(NamedTuple):
    """A record in its wire form, as JSON, and the client id that it names; None where it names none."""

    kind: str
    client_id: str | None
    text: bytes
    start: int | None = None  # ms


class OwnBrowser(NamedTuple):
    """A browser as it was exported; `client` are columns that describe it."""

    client_id: str
    kind: str
    label: str
    client: Mapping[str, str]


OwnReading = Iterator[OwnRecord | LeftOut]
_CLIENT = {
    "browserName": "browser_name",
    "browserVersion": "browser_version",
    "platform": "platform",
    "extensionVersion": "extension_version",
}


def check_manifest(manifest: Any) -> None:
    """Raise UnknownFormat for a manifest of a later version."""
    version = manifest.get("version") if isinstance(manifest, dict) else None
    if version != FORMAT_VERSION:
        raise UnknownFormat(
            f"This export has format version {version if type(version) is int else 'unknown'}; this server takes "
            f"version {FORMAT_VERSION}. Update the server first."
        )


def check_extension_format(told: Mapping[Path, Any]) -> None:
    """Raise UnknownFormat for an export of a later extension; `told` are the values before its lists."""
    if told.get(("format",)) == EXTENSION_FORMAT and told.get(("version",)) != EXTENSION_FORMAT_VERSION:
        raise UnknownFormat(
            f"This export of the extension has a format version that this server does not know; it takes version "
            f"{EXTENSION_FORMAT_VERSION}. Update the server first."
        )


def notes_of_extension(told: Mapping[Path, Any]) -> tuple[str, ...]:
    """Return whose records an export of the extension holds, as sentences for the person."""
    email, server = (_short(told.get(("owner", name))) for name in ("email", "server"))
    return (f"The extension exported these records for {email} at {server}.",) if email else ()


def read_small(archive: ZipFile, name: str) -> Any:
    """Return the value of a small JSON file of an archive; None where there is none."""
    try:
        with archive.open(name) as file:
            return json.loads(file.read(SMALL_FILE))
    except (KeyError, ValueError, RecursionError):
        return None


def browsers_of(value: Any) -> list[OwnBrowser]:
    """Return the browsers of a `browsers.json`."""
    found = []
    for each in value if isinstance(value, list) else []:
        client_id = each.get("anonymousClientId") if isinstance(each, dict) else None
        if type(client_id) is not str or len(client_id) > limits.MAX_CLIENT_ID or "\x00" in client_id:
            continue
        kind = each.get("kind") if each.get("kind") in Browser.Kind.values else Browser.Kind.IMPORT.value
        client = {column: _short(each.get(wire)) for wire, column in _CLIENT.items()}
        found.append(OwnBrowser(client_id, kind, _short(each.get("label")), client))
    return found


def category_rules_of(archive: ZipFile) -> tuple[bytes, ...]:
    """Return the person's rules for categories of an export, each as JSON; none where they cannot be read."""
    found: list[bytes] = []
    try:
        with archive.open(ACCOUNT) as file:
            for path, value in members(file):
                if path == (CATEGORY_RULES,) and isinstance(value, dict) and len(found) < MOST_CATEGORY_RULES:
                    found.append(json.dumps(value, default=str).encode())
    except (KeyError, UnknownFormat):
        return ()
    return tuple(found)


def notes_of_rules(rules: Sequence[bytes]) -> tuple[str, ...]:
    """Return what an import does with rules for categories, as sentences for the person."""
    if not rules:
        return ()
    return (f"Rules for categories in this export: {len(rules)}. The import adds those for which you have none yet.",)


def _short(text: Any) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:64] if type(text) is str else ""


def read_archive(archive: ZipFile) -> OwnReading:
    """Yield the records of our export."""
    names = set(archive.namelist())
    for kind, name in FILES.items():
        if name in names:
            with archive.open(name) as file:
                yield from _lines(kind, file)


def _lines(kind: str, file: IO[bytes]) -> OwnReading:
    most = limits.MAX_RECORD_BYTES * 2
    while line := file.readline(most):
        if len(line) == most and not line.endswith(b"\n"):
            while (rest := file.readline(most)) and not rest.endswith(b"\n"):
                pass
            yield LeftOut("unreadable")
            continue
        line = line.strip()
        if line:
            yield _record(kind, line, None)


def read_extension(file: IO[bytes]) -> OwnReading:
    """Yield the records of the extension's export; a client id at its top stands for records that name none.

    A record that a rule of the person keeps off the server is left out.
    """
    of_file: str | None = None
    for path, value in members(file):
        if path == ("anonymousClientId",) and type(value) is str:
            of_file = value
        if len(path) != 1 or path[0] not in LISTS or value is ARRAY:
            continue
        if not isinstance(value, dict):
            yield LeftOut("unreadable")
            continue
        if value.get("sending") == {"state": "held"}:
            yield LeftOut("private")
            continue
        try:
            text = json.dumps(value, default=float, allow_nan=False).encode()
        except (ValueError, TypeError, OverflowError):
            yield LeftOut("unreadable")
            continue
        yield _record(LISTS[path[0]], text, of_file)


def _record(kind: str, text: bytes, of_file: str | None) -> OwnRecord | LeftOut:
    """Return a record from its JSON; `of_file` is the client id of records that name none."""
    try:
        record = parse(text)
    except InvalidJSON:
        return LeftOut("unreadable")
    if not isinstance(record, dict):
        return LeftOut("unreadable")
    named, start = record.get("anonymousClientId"), record.get(STARTS[kind])
    if type(named) is not str and of_file is not None:
        named = of_file
        try:
            text = json.dumps({**record, "anonymousClientId": of_file}).encode()
        except TypeError:  # a number past a double
            return LeftOut("unreadable")
    client_id = named if type(named) is str else None
    return OwnRecord(kind, client_id, without_lone_surrogates(text), start if type(start) is int else None)
