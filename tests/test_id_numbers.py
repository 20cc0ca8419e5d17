import pytest

from id_numbers import parse_id


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_an_id(text, number):
    assert parse_id(text) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1\n", "1_0", "x", "٣", "９", "1\0", "9" * 19])
def test_any_other_text_is_none(text):
    assert parse_id(text) is None
