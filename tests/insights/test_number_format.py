"""Numbers as text."""

import json
from pathlib import Path

import pytest

from insights import number_format

# The tests of the extension read the same cases, so that popup and dashboard agree.
CASES = json.loads((Path(__file__).parents[1] / "duration_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_a_duration_reads_as_in_the_popup(case):
    assert number_format.duration(case["ms"]) == case["text"]
