"""The README of an export, which names every file and column."""

from portability.exports.files import DAY_COLUMNS, VISIT_COLUMNS
from sync.records.page_visit import PAGE_VISIT
from sync.records.record_kind import RecordKind
from sync.records.tab_aggregate import TAB_AGGREGATE

_HEAD = """This archive holds everything that this syncserver stores about you, as it was at one moment.

All instants are milliseconds since 1970-01-01 00:00 UTC unless the name says otherwise; durations are milliseconds.
An unknown time is null in JSON and an empty cell in CSV; it is not 0.

manifest.json         format, version, the moment of the export and the numbers of records
page-visits.jsonl     every page visit, one JSON object a line, exact
tab-aggregates.jsonl  the totals over the life of each tab, one JSON object a line, exact
page-visits.csv       the same visits for a spreadsheet. A cell that begins with = + - @, a tab or a carriage return
                      has a ' before it, so that no spreadsheet runs it as a formula
days.csv              the numbers of each day of your clock; empty where too many visits of a day overlap to be
                      added up
browsers.json         your browsers, imports and programs: the sources of the records
account.json          profile, rules for categories, sign-ins and events of the account

Import page-visits and all else again at /account/import or with: manage.py import_history FILE --email YOU
"""


def readme(title_of_days: str) -> str:
    """Return the text; `title_of_days` names the time zone of days.csv."""
    parts = [_HEAD]
    for name, kind in (("page-visits.jsonl", PAGE_VISIT), ("tab-aggregates.jsonl", TAB_AGGREGATE)):
        parts += [f"\n{name}\n  browser: the anonymousClientId of the browser it comes from\n", _fields(kind)]
    parts.append(f"\npage-visits.csv\n  {', '.join(VISIT_COLUMNS)}\n  startedAtUtc is startedAt as a date and time.\n")
    parts.append(f"\ndays.csv (days of {title_of_days})\n  {', '.join(DAY_COLUMNS)}\n")
    parts.append(
        "  activeMs: active time. timeMs: time on pages, added up. clockMs: the same with each instant counted once.\n"
    )
    return "".join(parts)


def _fields(kind: RecordKind) -> str:
    return "".join(f"  {field.wire}{': ' if field.help else ''}{field.help}\n" for field in kind.fields)
