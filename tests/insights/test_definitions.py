"""Each number has one definition: the docs repeat it word for word, and the function does what it says."""

import re
from pathlib import Path

import pytest

from insights import numbers
from insights.numbers import DEFINITIONS, Part, Visit

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "numbers.md"


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_docs_repeat_each_definition_word_for_word(name):
    said = re.sub(r"\s+", " ", DOCS.read_text(encoding="utf-8").replace("**", ""))
    assert DEFINITIONS[name] in said


@pytest.mark.parametrize("sentence", DEFINITIONS.values())
def test_a_definition_is_a_name_and_one_sentence(sentence):
    title, _, rest = sentence.partition(": ")
    assert len(title) < 25
    assert rest.endswith(".")
    assert ". " not in rest


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


def test_parts_of_a_visit_add_up_to_the_millisecond():
    visit = Visit(0, 7, 5)
    parts = [numbers.part(visit, at, at + 2) for at in range(0, 8, 2)]
    assert parts == [Part(1, 2, 1), Part(1, 2, 0), Part(2, 2, 0), Part(1, 1, 0)]


def test_a_visit_without_duration_counts_where_it_began():
    assert list(numbers.parts(Visit(10, 10, 0), [0, 10, 20], 30)) == [(1, Part(0, 0, 1))]


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
