from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instants import from_milliseconds, milliseconds


@given(st.integers(-(10**13), 10**14))
def test_there_and_back(ms):
    assert milliseconds(from_milliseconds(ms)) == ms


def test_a_fraction_of_a_millisecond_is_cut_off():
    assert milliseconds(datetime(1970, 1, 1, microsecond=1_999, tzinfo=UTC)) == 1


def test_any_zone_gives_the_same_instant():
    assert milliseconds(datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == 0


def test_an_instant_outside_the_calendar_is_refused():
    with pytest.raises(OverflowError):
        from_milliseconds(2**62)
