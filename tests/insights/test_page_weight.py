"""A page of a whole year stays light, with every day, many categories and a year before it."""

import pytest

from insights.categories.names import BUILT_IN
from tests.insights.records import DAY, HOUR, MINUTE, store, visit

# 2024-01-01T09:00:00Z.
START = 1_704_099_600_000
MOST_BYTES = 100_000


@pytest.fixture
def two_years(alice):
    """Visits to sites of all categories on each day of 2024 and 2025."""
    categories = list(BUILT_IN)
    store(
        alice,
        *[
            visit(started_at=START + day * DAY + n * HOUR, ended_at=START + day * DAY + n * HOUR + 50 * MINUTE,
                  duration_ms=50 * MINUTE, active_duration_ms=(17 * day + 29 * n) % 50 * MINUTE,
                  domain=f"a-site-of-usual-length-{(day + 7 * n) % 40}.example",
                  category=categories[(3 * day + n) % len(categories)])
            for day in range(731) for n in range(3)
        ],
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/dashboard/year/2025", "/dashboard/your-year/2025"])
def test_a_year_weighs_less_than_100_kilobytes(client, alice, two_years, path):
    client.force_login(alice)
    page = client.get(path)
    assert page.content.count(b'<rect class="day-') == 365
    assert len(page.content) < MOST_BYTES
