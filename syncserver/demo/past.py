"""Makes up the history of a browser that the demo's person no longer has, as the file that Google Takeout gives.

Such a file tells when a page was opened and not for how long, so its visits have no known time.
"""

import json
import random
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from syncserver.demo.sites import SITES
from syncserver.demo.year import MINUTE, address, instant

# The days before today on which the browser was first and last used.
FIRST_DAYS_AGO: Final = 560
LAST_DAYS_AGO: Final = 150


def takeout(zone: ZoneInfo, today: date, seed: int) -> str:
    """Return the JSON text of the history."""
    chosen = random.Random(seed)  # noqa: S311  # made-up browsing is no secret
    weights = [site.at_leisure for site in SITES.values()]
    visits: list[dict[str, object]] = []
    for ago in range(FIRST_DAYS_AGO, LAST_DAYS_AGO, -1):
        day = today - timedelta(days=ago)
        at = instant(zone, day, 18.5 + 3 * chosen.random())
        for _ in range(chosen.choice((0, 0, 4, 7, 9, 12, 16))):
            domain = chosen.choices(list(SITES), weights)[0]
            path, title = chosen.choice(SITES[domain].pages)
            url = address(domain, path)
            visits.append({"page_transition": "LINK", "title": title, "url": url, "time_usec": at * 1000})
            at += int(MINUTE * (0.2 + 5 * chosen.random()))
    return json.dumps({"Browser History": visits})
