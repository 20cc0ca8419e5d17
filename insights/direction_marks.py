"""Marks that turn the direction of a text. `bdi` isolates a text in HTML; tooltips, labels and titles have no `bdi`."""

from typing import Final

# Marks, embeddings, overrides and isolates.
_MARKS: Final = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


def without_direction_marks(text: str) -> str:
    """Return a text without them."""
    return text.translate(_MARKS)
