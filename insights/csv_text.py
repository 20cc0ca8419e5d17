"""CSV that spreadsheets open without running anything."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

BLOCK_CHARACTERS = 65_536
# A spreadsheet would run such a cell as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def defused(cell: Any) -> Any:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def csv_blocks(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8, with its head; unknown values are empty cells."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(map(defused, row))
        if text.tell() >= BLOCK_CHARACTERS:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
