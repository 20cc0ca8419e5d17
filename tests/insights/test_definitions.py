"""Each number has one definition: the docs repeat it word for word, and the function does what it says."""

import re
from pathlib import Path

import pytest

from insights import numbers
from insights.numbers import DEFINITIONS, Visit

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "numbers.md"


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_docs_repeat_each_definition_word_for_word(name):
    said = re.sub(r"\s+", " ", DOCS.read_text(encoding="utf-8").replace("**", ""))
    assert DEFINITIONS[name] in said


@pytest.mark.parametrize("sentence", DEFINITIONS.values())
def test_a_definition_is_a_name_and_a_few_short_sentences(sentence):
    title, _, rest = sentence.partition(": ")
    assert len(title) < 25
    assert rest.endswith(".")
    assert ";" not in rest
    assert len(rest.split(". ")) <= 4
    assert all(len(part.split()) <= 35 for part in rest.split(". "))


@pytest.mark.parametrize(
    ("ended", "heartbeat", "duration", "end"),
    [
        (500, 900, 800, 500),
        (None, None, 0, 100),
        (None, None, 300, 400),
        (None, 350, 300, 400),
        (None, 450, 300, 450),
        (None, 50, 0, 100),
    ],
)
def test_a_visit_ends_at_its_end_or_at_its_last_sign_of_life(ended, heartbeat, duration, end):
    assert numbers.end_of(100, ended, heartbeat, duration) == end


@pytest.mark.parametrize(
    ("duration", "active", "counted"), [(60, 90, 60), (60, 30, 30), (0, 30, 30), (0, 900, 100), (500, 900, 100)]
)
def test_active_time_is_capped_at_the_duration(duration, active, counted):
    assert numbers.active_time(1000, 1100, duration, active) == counted


def test_active_time_lies_in_the_parts_that_are_not_away():
    visit = Visit(0, 100, 30, away=((10, 40), (50, 60)))
    assert visit.present == [(0, 10), (40, 50), (60, 100)]
    assert visit.active == [(0, 10), (40, 50), (60, 70)]
    assert numbers.active_time(0, 100, 100, 90, away_ms=40) == 60


def test_the_parts_away_lie_within_the_visit_and_are_disjoint():
    periods = [{"start": 90, "end": 200}, {"start": 0, "end": 20}, {"start": 15, "end": 30}, {"start": 40, "end": 35}]
    assert numbers.parts_away(10, 100, periods) == ((10, 30), (90, 100))
    assert numbers.parts_away(10, 100, [{"start": 50, "end": None}]) == ((50, 100),)


def test_subtracting_leaves_the_parts_outside():
    assert numbers.subtract([(0, 10), (20, 30)], [(2, 4), (8, 22), (25, 26)]) == [(0, 2), (4, 8), (22, 25), (26, 30)]


def test_the_union_counts_each_moment_once():
    assert numbers.union([(5, 9), (0, 3), (2, 4), (9, 9), (4, 5)]) == [(0, 9)]
    assert numbers.union([(0, 1), (2, 3)]) == [(0, 1), (2, 3)]


def test_gaps_are_what_the_union_leaves_free():
    assert numbers.gaps([(10, 20), (25, 30)], 0, 50, 6) == [(0, 10), (30, 50)]
    assert numbers.gaps([], 0, 50, 6) == [(0, 50)]


def test_focus_and_change_are_shares_and_nothing_where_there_is_nothing():
    assert numbers.focus(30, 120) == 0.25
    assert numbers.focus(0, 0) is None
    assert numbers.change(150, 100) == 0.5
    assert numbers.change(150, 0) is None
