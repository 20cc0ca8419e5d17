"""The rules for JSON numbers: a whole number is an int however it is spelled, and no number is past a double."""

import math

# A whole number of more digits is past the largest double, which has 309.
DOUBLE_DIGITS = 309
_DIGITS = b"0123456789"
_MANY_DIGITS = b"0" * DOUBLE_DIGITS
_ALL_DIGITS_ZERO = bytes.maketrans(b"123456789", b"000000000")


class PastDouble:
    """A number that JSON allows and no double can hold, such as 1e400."""


PAST_DOUBLE = PastDouble()


def parse_fraction(text: str) -> int | float | PastDouble:
    """Return the value of a number with a fraction or an exponent: an int where it is whole."""
    number = float(text)
    if number.is_integer():
        return int(number)
    return PAST_DOUBLE if math.isinf(number) else number


def parse_whole(digits: str) -> int | PastDouble:
    """Return the value of a number without fraction and exponent."""
    if len(digits.lstrip("-")) > DOUBLE_DIGITS or math.isinf(float(digits)):
        return PAST_DOUBLE
    return int(digits)


def may_hold_past_double(text: bytes) -> bool:
    """Tell whether JSON has so many digits in a row that one of its whole numbers may be past a double.

    So long a run covers one of every 309 bytes, so these are looked at first.
    """
    if len(text) < DOUBLE_DIGITS:
        return False
    sampled = text[DOUBLE_DIGITS - 1 :: DOUBLE_DIGITS]
    return sampled.translate(None, _DIGITS) != sampled and _MANY_DIGITS in text.translate(_ALL_DIGITS_ZERO)
