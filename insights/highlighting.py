"""Marks the words of a search in the text in which they were found."""

import unicodedata
from collections.abc import Iterator, Sequence

from insights.folded_text import fold
from insights.numbers import union


def split_at_words(text: str, words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it is one of the folded words."""
    pieces = list(_letters(text)) if words else []
    folded = [_folded_letter(piece, before) for before, piece in zip(["", *pieces], pieces, strict=False)]
    whole = "".join(folded)
    if whole.strip() != fold(text) or not whole:
        # Letters that only fold together would have no place of their own in the text.
        if text:
            yield text, False
        return
    # The place in the text of each character of `whole`, and of its end.
    begins: list[int] = []
    ends: list[int] = []
    at = 0
    for piece, letters in zip(pieces, folded, strict=True):
        begins += [at] * len(letters)
        at += len(piece)
        ends += [at] * len(letters)
    spans = []
    for word in words:
        found = whole.find(word)
        while found >= 0:
            spans.append((begins[found], ends[found + len(word) - 1]))
            found = whole.find(word, found + len(word))
    at = 0
    for low, high in union(spans):
        if low > at:
            yield text[at:low], False
        yield text[low:high], True
        at = high
    if at < len(text):
        yield text[at:], False


def _letters(text: str) -> Iterator[str]:
    """Yield each letter together with the marks that follow it."""
    start = 0
    for place in range(1, len(text)):
        if unicodedata.category(text[place]) not in {"Mn", "Me", "Cf"} and text[place] not in "ﾞﾟ":
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _folded_letter(letter: str, before: str) -> str:
    if letter[0].isspace():
        # White space counts once, and marks on it are left out as they are by `fold`.
        return "" if before[:1].isspace() else f" {fold(letter[1:])}"
    return fold(letter)
