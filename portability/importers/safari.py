"""Safari's `History.db`."""

from decimal import Decimal

from portability.importers.found import FoundVisit, LeftOut, Reading, is_page
from portability.importers.sqlite_file import SqliteFile

# Safari counts seconds from 2001-01-01.
EPOCH_SECONDS = 978_307_200
LARGEST_SECONDS = 10**11


def fits(file: SqliteFile) -> bool:
    """Tell whether the file is such a database."""
    return file.has("history_items", "id", "url") and file.has("history_visits", "history_item", "visit_time")


def read(file: SqliteFile) -> Reading:
    """Yield a result for each row of `history_visits`."""
    defaults = {"title": "NULL", "redirect_destination": "NULL", "load_successful": "1", "synthesized": "0"}
    columns = [f"v.{name}" if file.has("history_visits", name) else other for name, other in defaults.items()]
    sql = (
        f"SELECT v.visit_time, i.url, {', '.join(columns)} FROM history_visits AS v "  # noqa: S608  # literals
        "LEFT JOIN history_items AS i ON i.id = v.history_item"
    )
    for seconds, url, title, redirected_to, is_loaded, is_synthesized in file.rows(sql):
        if (
            type(seconds) not in (int, float)
            or type(url) is not str
            or not -LARGEST_SECONDS < seconds < LARGEST_SECONDS
        ):
            yield LeftOut("unreadable")
            continue
        # By way of the text: a float times a thousand may fall into the millisecond before.
        start_us = round((Decimal(repr(seconds)) + EPOCH_SECONDS) * 1000) * 1000
        if not is_page(url):
            yield LeftOut("otherScheme")
        elif redirected_to is not None:
            yield LeftOut("redirectHop", start_us, url)
        elif is_loaded == 0 or is_synthesized == 1:
            yield LeftOut("subframe", start_us, url)
        else:
            yield FoundVisit(start_us, url, title if type(title) is str else "")
