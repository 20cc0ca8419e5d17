"""Makes up a year of plausible browsing; the same seed and last day give the same year."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from instants import milliseconds
from sync.records.page_url import site_of_text
from syncserver.demo.sites import SITES

Content = dict[str, Any]
MINUTE: Final = 60_000


@dataclass(frozen=True, slots=True)
class DemoBrowser:
    """A browser of the demo person: its client id, its name, and the `client` object that it sends."""

    client_id: str
    label: str
    client: dict[str, str]


LAPTOP: Final = DemoBrowser(
    "demo-laptop",
    "Work laptop",
    {"browser_name": "Chromium", "browser_version": "156.0", "platform": "linux", "extension_version": "1.0.0"},
)
HOME: Final = DemoBrowser(
    "demo-home",
    "",
    {"browser_name": "Firefox", "browser_version": "153.0", "platform": "mac", "extension_version": "1.0.0"},
)
KITCHEN: Final = DemoBrowser(
    "demo-kitchen",
    "Kitchen",
    {"browser_name": "Edge", "browser_version": "156.0", "platform": "win", "extension_version": "1.0.0"},
)
BROWSERS: Final = (LAPTOP, HOME, KITCHEN)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time spent browsing without a long break, in one browser, from one instant to another."""

    browser: DemoBrowser
    start: int
    end: int
    is_work: bool


def address(domain: str, path: str) -> str:
    """Return the URL of a page of the demo."""
    return f"{'http' if domain == 'localhost' else 'https'}://{domain}{path}"


def instant(zone: ZoneInfo, day: date, hour: float) -> int:
    """Return the instant at which local clocks show this hour of a day."""
    midnight = datetime.combine(day, time(), zone)
    return milliseconds(midnight + timedelta(hours=hour))


class Year:
    """The demo person's days up to `now`."""

    def __init__(self, zone: ZoneInfo, now: int, seed: int) -> None:
        self.zone = zone
        self.now = now
        self.random = random.Random(seed)  # noqa: S311  # made-up browsing is no secret
        self.made = 0

    def day(self, day: date) -> tuple[list[Content], list[Content]]:
        """Return the page visits and the tab aggregates of a day, by column."""
        visits: list[Content] = []
        aggregates: list[Content] = []
        stretches = [stretch for stretch in self._stretches(day) if stretch.start < self.now - MINUTE]
        if day == datetime.fromtimestamp(self.now / 1000, self.zone).date():
            stretches += self._until_now(stretches)
        for stretch in stretches:
            made, tabs = self._browse(stretch)
            visits += made
            aggregates += tabs
        return visits, aggregates

    def _until_now(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        """Return the stretch that leads today up to now, so that the demo opens on a day that goes on."""
        if any(stretch.end >= self.now for stretch in stretches):
            return []
        # Early in the morning the demo would otherwise open on an empty day.
        minutes = 25 if stretches else 150
        start = max([self.now - minutes * MINUTE, *(stretch.end + MINUTE for stretch in stretches)])
        # Before the first stretch of today, one of yesterday may still go on at home.
        return [Stretch(HOME if stretches else LAPTOP, min(start, self.now - MINUTE), self.now, is_work=False)]

    def _stretches(self, day: date) -> Iterator[Stretch]:
        chance = self.random.random
        # Two weeks of holiday in August, some days off, and more browsing in winter.
        away = day.month == 8 and 8 <= day.day <= 21
        winter = 1.15 if day.month in (11, 12, 1, 2) else 1.0
        if day.weekday() < 5 and not away and chance() > 0.06:
            start = 8.4 + chance() * 1.1
            yield self._stretch(LAPTOP, day, start, 11.9 + chance() * 0.5, is_work=True)
            yield self._stretch(LAPTOP, day, 13.1 + chance() * 0.5, 16.6 + chance() * 1.8, is_work=True)
        elif chance() > (0.75 if away else 0.25):
            yield self._stretch(HOME, day, 9.5 + chance() * 1.5, 10.6 + chance() * 2.2 * winter, is_work=False)
        if chance() > (0.7 if away else 0.22):
            start = 19.3 + chance() * 1.3
            yield self._stretch(HOME, day, start, start + (0.6 + chance() * 2.2) * winter, is_work=False)
            if chance() < 0.2:
                # For a while both browsers are in use.
                yield self._stretch(LAPTOP, day, start + 0.2, start + 0.3 + chance() * 0.5, is_work=False)
        if day.weekday() >= 5 and chance() > 0.4:
            yield self._stretch(KITCHEN, day, 17.5 + chance() * 0.5, 18.1 + chance() * 0.9, is_work=False)
        if chance() > 0.93:
            yield self._stretch(HOME, day, 23.3 + chance() * 0.4, 24.2 + chance() * 0.9, is_work=False)

    def _stretch(self, browser: DemoBrowser, day: date, start: float, end: float, *, is_work: bool) -> Stretch:
        return Stretch(browser, instant(self.zone, day, start), instant(self.zone, day, end), is_work)

    def _browse(self, stretch: Stretch) -> tuple[list[Content], list[Content]]:
        """Return the page visits and the tab aggregates of one stretch."""
        chance = self.random.random
        tabs = list(range(1, 3 + self.random.randrange(4)))
        weights = [site.at_work if stretch.is_work else site.at_leisure for site in SITES.values()]
        homes = dict(zip(tabs, self.random.choices(list(SITES), weights, k=len(tabs)), strict=True))
        visits: list[Content] = []
        at, end = stretch.start, min(stretch.end, self.now)
        tab = tabs[0]
        while at < end:
            if chance() < 0.45:
                tab = self.random.choice(tabs)
            domain = homes[tab] if chance() < 0.55 else self.random.choices(list(SITES), weights)[0]
            homes[tab] = domain
            stay = int(self.random.lognormvariate(0, 0.9) * SITES[domain].minutes * MINUTE * 0.8) + 2_000
            # The last visit ends with the stretch, so that no visit of a browser overlaps with one of its next stretch.
            if is_last := at + stay + 3_000 >= end:
                stay = end - at
            visits.append(self._visit(stretch, tab, domain, at, stay, is_open=is_last and end == self.now))
            at += stay + 200
            if chance() < 0.05 and at < self.now - 45 * MINUTE:
                # A break; none just before now, when the last visit is still open.
                at += int((3 + chance() * 28) * MINUTE)
        return visits, self._aggregates(stretch, visits, is_over=end < self.now)

    def _visit(self, stretch: Stretch, tab: int, domain: str, at: int, stay: int, *, is_open: bool) -> Content:
        self.made += 1
        path, title = self.random.choice(SITES[domain].pages)
        idle: list[dict[str, Any]] = []
        away = 0
        if stay > 5 * MINUTE and self.random.random() < 0.5:
            away = int(stay * self.random.uniform(0.1, 0.6))
            begin = at + int((stay - away) * self.random.random())
            idle = [
                {"start": begin, "end": begin + away, "reason": "idle", "durationMs": away, "resumeReason": "active"}
            ]
        active = int((stay - away) * self.random.uniform(0.6, 1.0))
        url = address(domain, path)
        return {
            "client_id": stretch.browser.client_id,
            "visit_id": f"pv_{at}_{self.made}",
            "url": url,
            "domain": site_of_text(url),
            "title": title,
            "tab_id": tab,
            "started_at": at,
            "ended_at": None if is_open else at + stay,
            "last_heartbeat_at": at + stay if is_open else None,
            "duration_ms": stay,
            "active_duration_ms": active,
            "engagement_rate": active / stay if stay else 0.0,
            "is_active": is_open,
            "idle_periods": idle,
            # As the extension that is shipped: it tells no category.
            "category": None,
            "category_confidence": None,
            "category_method": None,
            "metadata": {},
            "closed_at": None,
            "revision": 0,
        }

    def _aggregates(self, stretch: Stretch, visits: Sequence[Content], *, is_over: bool) -> list[Content]:
        found: list[Content] = []
        for tab in sorted({visit["tab_id"] for visit in visits}):
            mine = [visit for visit in visits if visit["tab_id"] == tab]
            opened, last = mine[0]["started_at"], mine[-1]["started_at"] + mine[-1]["duration_ms"]
            found.append(self._aggregate(stretch, tab, opened, last, mine, is_over=is_over))
        if visits and self.random.random() < 0.4:
            # A tab that was opened in the background and never looked at.
            opened = visits[len(visits) // 2]["started_at"] + 1
            found.append(self._aggregate(stretch, 90, opened, opened, [], is_over=is_over))
        return found

    def _aggregate(
        self, stretch: Stretch, tab: int, opened: int, last: int, visits: Sequence[Content], *, is_over: bool
    ) -> Content:
        durations: dict[str, int] = {}
        for visit in visits:
            durations[visit["domain"]] = durations.get(visit["domain"], 0) + visit["active_duration_ms"]
        if visits:
            url = visits[-1]["url"]
        else:
            domain = self.random.choice(list(SITES))
            url = address(domain, SITES[domain].pages[0][0])
        # Some tabs stay open overnight, a few for days.
        left_open = int(self.random.expovariate(1 / 90) * MINUTE) * (20 if self.random.random() < 0.05 else 1)
        closed = last + left_open
        return {
            "client_id": stretch.browser.client_id,
            "tab_id": tab,
            "started_at": opened,
            "last_active_at": last,
            "total_active_duration_ms": sum(durations.values()),
            "domain_durations": durations,
            "page_count": len(visits) or 1,
            "current_url": url,
            "current_domain": site_of_text(url),
            "statistics": {},
            "closed_at": closed if is_over and closed < self.now else None,
            "revision": 0,
        }
