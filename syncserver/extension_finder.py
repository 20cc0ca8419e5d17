"""Offers the packed extension as static files: extension/browsing-record-chromium.zip and …-firefox.zip."""

from collections.abc import Iterable
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

from syncserver import extension_packing
from syncserver.extension_packing import CHANGES, DIST

FOLDER = DIST / "static"
NAMES = {f"extension/browsing-record-{browser}.zip": browser for browser in CHANGES}


class ExtensionFinder(BaseFinder):
    """Packs the extension when static files are collected, and in development when its zip is asked for."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Return no messages: there is nothing to set."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the path of a zip, newly packed where a source is newer."""
        if path not in NAMES:
            return []
        packed(path)
        found = str(FOLDER / path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        """Yield each zip with the storage that holds it."""
        storage = FileSystemStorage(FOLDER)
        for path in NAMES:
            packed(path)
            yield path, storage


def packed(path: str) -> None:
    """Pack a zip unless it is newer than all of its sources."""
    target = FOLDER / path
    newest = max(source.stat().st_mtime for source in extension_packing.files())
    if not target.exists() or target.stat().st_mtime < newest:
        extension_packing.pack(NAMES[path], target)
