"""The colours of categories: seen on their background, and told apart also by people who do not see all colours.

The colours are compared in Oklab, in which equal distances look about equally different. Deficits of colour vision are
simulated by the matrices of Machado, Oliveira and Fernandes (2009) for their full severity.
"""

import math
import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

import insights
from insights.categories.names import BUILT_IN, OTHER_COLORS, color_of

CSS = (Path(insights.__file__).parent / "static/insights/insights.css").read_text(encoding="utf-8")
SEEN_BY = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
LEAST_DISTANCE = 0.075
# Those of categories that people make up are told apart from all, a little less.
LEAST_DISTANCE_OF_OTHERS = 0.065
# Neighbours in a stack touch.
LEAST_DISTANCE_OF_NEIGHBOURS = 0.125


def schemes():
    """Return, for light and dark, the background of cards and the colours 0 to 15."""
    light, dark = (part.split("}", 1)[0] for part in CSS.split("@media (prefers-color-scheme: dark) {\n  :root {")[:2])
    for text in (light, dark):
        named = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", text))
        yield linear(named["card"]), [linear(named[f"cat-{number}"]) for number in range(16)]


def linear(code):
    digits = code[1:] if len(code) == 7 else "".join(2 * digit for digit in code[1:])
    values = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    return [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]


def product(matrix, vector):
    return [sum(factor * value for factor, value in zip(row, vector, strict=True)) for row in matrix]


def oklab(color):
    cones = product(
        ((0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
         (0.0883024619, 0.2817188376, 0.6299787005)), color)  # fmt: skip
    return product(
        ((0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
         (0.0259040371, 0.7827717662, -0.8086757660)), [value ** (1 / 3) for value in cones])  # fmt: skip


def contrast(first, second):
    light, dark = sorted((product(((0.2126, 0.7152, 0.0722),), color)[0] for color in (first, second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_the_colours_of_categories_are_told_apart(eyes):
    for _, (_, *colors) in schemes():
        seen = [oklab([min(1, max(0, value)) for value in product(SEEN_BY[eyes], color)]) for color in colors]
        built_in = seen[: len(BUILT_IN)]
        assert min(math.dist(*pair) for pair in combinations(built_in, 2)) > LEAST_DISTANCE
        assert min(math.dist(*pair) for pair in combinations(seen, 2)) > LEAST_DISTANCE_OF_OTHERS
        assert min(math.dist(*pair) for pair in pairwise(built_in)) > LEAST_DISTANCE_OF_NEIGHBOURS


def test_every_colour_is_seen_on_a_card():
    for card, colors in schemes():
        assert min(contrast(card, color) for color in colors) >= 3


def test_a_category_that_a_person_made_up_has_no_colour_of_a_built_in_one():
    built_in = {color_of(category) for category in BUILT_IN}
    others = {color_of(f"{word} of mine") for word in ("Garden", "Side projects", "Genealogy", "Aquarium", "Übungen")}
    assert built_in == set(range(1, 13))
    assert others == set(OTHER_COLORS)
