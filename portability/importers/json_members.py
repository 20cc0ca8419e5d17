"""Reads JSON of any size as a stream, and tells each member without keeping the whole."""

from collections.abc import Iterator
from typing import IO, Any, Final

import ijson

from portability.importers.found import UnknownFormat

DEEPEST = 100
LONGEST_TEXT = 4 * 1024 * 1024
MOST_VALUES = 20_000
BOM = b"\xef\xbb\xbf"
# Stands for the beginning of an array, and for an item that is too large to be a record.
ARRAY: Final = object()
TOO_LARGE: Final = object()

Path = tuple[str, ...]


class _Guarded:
    """Passes the bytes of a file on, and refuses a text or a number that would fill the memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._since_quote = 0
        self._is_first = True

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(min(size, 65_536) if size > 0 else 65_536 * (size != 0))
        if self._is_first and block:
            self._is_first = False
            block = block.removeprefix(BOM) or self._file.read(65_536)
        place = block.rfind(b'"')
        self._since_quote = len(block) - place if place >= 0 else self._since_quote + len(block)
        if self._since_quote > LONGEST_TEXT:
            raise UnknownFormat("This JSON holds a value of more than 4 MiB, which no export of a browser has.")
        return block


def members(file: IO[bytes]) -> Iterator[tuple[Path, Any]]:
    """Yield (path, value) for each value that is no object, and for each item of an array, whole; raises UnknownFormat.

    A path holds the names on the way. An array is announced by ARRAY; an item of more than 20,000 values is TOO_LARGE.
    Numbers with a fraction are Decimals.
    """
    try:
        yield from _members(ijson.basic_parse(_Guarded(file)))
    except (ijson.JSONError, ValueError, RecursionError) as error:
        raise UnknownFormat("This file begins as JSON, but it is damaged or cut short.") from error


def _members(events: Iterator[tuple[str, Any]]) -> Iterator[tuple[Path, Any]]:
    names: list[str] = []
    for event, value in events:
        if event == "map_key":
            names[-1] = value
        elif event == "start_map":
            names.append("")
            _check_depth(len(names))
        elif event == "end_map":
            names.pop()
        elif event == "start_array":
            path = tuple(names)
            yield path, ARRAY
            for item in _items(events):
                yield path, item
        else:
            yield tuple(names), value


def _items(events: Iterator[tuple[str, Any]]) -> Iterator[Any]:
    """Yield the items of an array whose beginning was read, up to its end."""
    for event, value in events:
        if event == "end_array":
            return
        yield _whole(events, {} if event == "start_map" else []) if event.startswith("start") else value


def _whole(events: Iterator[tuple[str, Any]], whole: Any) -> Any:
    """Return the object or array whose beginning was read, or TOO_LARGE."""
    open_containers: list[Any] = [whole]
    keys: list[Any] = [None]
    values = 0
    for event, value in events:
        if event == "map_key":
            keys[-1] = value
            continue
        if event in {"end_map", "end_array"}:
            open_containers.pop()
            keys.pop()
            if not open_containers:
                return whole if values <= MOST_VALUES else TOO_LARGE
            continue
        values += 1
        is_container = event in {"start_map", "start_array"}
        child: Any = ({} if event == "start_map" else []) if is_container else value
        if values <= MOST_VALUES:
            around = open_containers[-1]
            if type(around) is dict:
                around[keys[-1]] = child
            else:
                around.append(child)
        if is_container:
            open_containers.append(child)
            keys.append(None)
            _check_depth(len(keys))
    raise UnknownFormat("This JSON ends in the middle.")


def _check_depth(depth: int) -> None:
    if depth > DEEPEST:
        raise UnknownFormat(f"This JSON is nested deeper than {DEEPEST} levels, which no export of a browser is.")
