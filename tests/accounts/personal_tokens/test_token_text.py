"""The text of a personal token: its shape, its checksum, and that a typing error is told."""

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.personal_tokens.token_text import ALPHABET, checksum, digest_of, is_whole, new_token_text

RANDOM = st.text(ALPHABET, min_size=32, max_size=32)


def whole(random):
    return f"ssp_{random}{checksum('ssp_' + random)}"


def number_of(digits):
    """Return the number of base62 digits, read by another way than they are written."""
    return sum(ALPHABET.index(digit) * 62**place for place, digit in enumerate(reversed(digits)))


def test_a_new_token_has_the_shape_that_scanners_look_for():
    texts = {new_token_text() for _ in range(100)}
    assert len(texts) == 100
    assert all(re.fullmatch(r"ssp_[0-9A-Za-z]{38}", text) and is_whole(text) for text in texts)


@pytest.mark.parametrize(
    ("random", "digits"),
    [("0" * 32, "45lvKb"), ("abcdefghijklmnopqrstuvwxyzABCDEF", "0YEmHr")],
)
def test_the_checksum_is_the_same_for_ever(random, digits):
    assert checksum(f"ssp_{random}") == digits


@given(RANDOM)
def test_the_checksum_is_crc32_of_all_before_it_in_base62(random):
    assert number_of(whole(random)[-6:]) == zlib.crc32(f"ssp_{random}".encode())
    assert is_whole(whole(random))


@given(RANDOM, st.integers(4, 41), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_told(random, place, other):
    text = whole(random)
    wrong = text[:place] + other + text[place + 1 :]
    assert is_whole(wrong) is (wrong == text)


@given(RANDOM, st.integers(4, 40))
def test_two_neighbours_in_the_wrong_order_are_told(random, place):
    text = whole(random)
    wrong = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert is_whole(wrong) is (wrong == text)


@given(RANDOM, st.integers(0, 41))
def test_a_token_that_is_cut_is_told(random, length):
    assert not is_whole(whole(random)[:length])


@given(st.text())
def test_any_other_text_is_no_token(text):
    assert not is_whole(text)
    assert not is_whole(f"ssp_{text}")


@pytest.mark.parametrize("around", ["{}\n", " {}", "{} ", "x{}", "{}0"])
def test_nothing_may_stand_around_it(around):
    assert not is_whole(around.format(whole("0" * 32)))


def test_digits_of_other_scripts_are_none():
    assert not is_whole("ssp_" + "٣" * 38)


def test_the_digest_is_sha256():
    assert digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
