"""The visits that an import of the browser's own history file would make, to hold those of the extension against."""

import json
import shutil
from collections import Counter
from pathlib import Path

from portability.importers.recognition import recognised
from portability.importers.records import client_id, records

from .server import Server

OF_IMPORTS = """
    SELECT v.visit_id, v.url, v.title, v.started_at, v.ended_at, v.duration_ms, v.active_duration_ms, b.client_id, b.kind
    FROM sync_pagevisit v JOIN sync_browser b ON b.id = v.browser_id AND b.user_id = v.user_id
    JOIN accounts_user u ON u.id = v.user_id WHERE u.email = '{email}' AND b.kind = 'import'
"""


def of_file(path: Path, folder: Path) -> dict[str, tuple[str, str]]:
    """Return URL and title by id of the visits in a history file, which the browser may have open."""
    copy = folder / "h"
    shutil.copyfile(path, copy)
    wal = path.with_name(path.name + "-wal")
    if wal.exists():
        shutil.copyfile(wal, folder / "h-wal")
    with recognised(copy) as source:
        assert source.found
        found = records(source.family, source.found(), client_id(source.family), Counter())
        made = [json.loads(text) for _, text in found]
    return {visit["id"]: (visit["url"], visit["title"]) for visit in made}


def of_server(server: Server, email: str) -> dict[str, tuple[str, str]]:
    """Return URL and title by id of the imported visits; their times must be unknown."""
    rows = server.rows(OF_IMPORTS.format(email=email))
    for row in rows:
        assert (row["ended_at"], row["duration_ms"], row["active_duration_ms"]) == (None, None, None)
    return {row["visit_id"]: (row["url"], row["title"]) for row in rows}
