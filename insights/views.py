"""The pages of a signed-in person: their records and nobody else's, in their time zone, without any script needed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_low
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from insights import charts, reports, rows, timeline
from insights.api import dumped, loaded, milliseconds_now
from insights.numbers import Hour, totals
from insights.periods import HOUR_MS, Period, Unit, period_of, today
from insights.rows import Stay
from insights.search import Query, search, words_of
from insights.serializers import EARLIEST_DAY, LATEST_DAY, PeriodQuery
from insights.timeline import lanes, silences

UNITS: dict[Unit, str] = {"day": "Day", "week": "Week", "month": "Month", "year": "Year"}
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
PAGE_SIZE = 50
TOP_SITES = 12
SITE_PAGES = 25
TABS_SHOWN = 10
SILENT_DAYS = 7
REPORT_DAYS = 30
BATCHES_READ = 200
# More days than this are shown by month.
MOST_DAY_BARS = 400
FEWEST_CALENDAR_DAYS = 60


def page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a view a page: read-only, for the person signed in, kept by no cache."""
    return require_safe(never_cache(login_required(view)))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks, and when."""

    pk: int
    zone: ZoneInfo
    now: int

    @property
    def today(self) -> date:
        """The day it is for them."""
        return today(self.zone, self.now)


def visitor(request: HttpRequest) -> Visitor:
    """Return who asks for a page."""
    person: Any = request.user  # login_required let only people in
    return Visitor(person.pk, reports.zone_of(person.time_zone), milliseconds_now())


def day_of(text: str) -> date:
    """Return the day a URL names, which may be a year, or a year and a month, alone; raises Http404."""
    try:
        day = date.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    except ValueError as error:
        raise Http404 from error
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise Http404
    return day


def period_url(period: Period) -> str:
    """Return the address of a period's page."""
    if period.unit == "range":
        asked = urlencode({"from": period.first.isoformat(), "to": period.last.isoformat()})
        return f"{reverse('insights:range')}?{asked}"
    text = {"year": f"{period.first:%Y}", "month": f"{period.first:%Y-%m}"}.get(period.unit, period.first.isoformat())
    return reverse("insights:period", args=[period.unit, text])


def period_query(period: Period) -> str:
    """Return what says the same period to the other pages."""
    return urlencode({"from": period.first.isoformat(), "to": period.last.isoformat()})


def period_name(period: Period, now_day: date) -> str:
    """Return what people call a period."""
    first, last = period.first, period.last
    if period.unit == "day" or first == last:
        name = f"{first:%A}, {first.day} {first:%B %Y}"
        return f"Today, {name}" if first == now_day else name
    if period.unit == "month":
        return f"{first:%B %Y}"
    if period.unit == "year":
        return f"{first:%Y}"
    start = f"{first.day} {first:%B}" + (f" {first:%Y}" if first.year != last.year else "")
    return f"{start} – {last.day} {last:%B %Y}"


@dataclass(frozen=True, slots=True)
class Step:
    """A link to another period."""

    name: str
    url: str
    is_current: bool = False


def period_links(who: Visitor, period: Period) -> dict[str, Any]:
    """Return what leads from one period to others."""
    anchor = who.today if period.first <= who.today <= period.last else period.first
    before, after = period.previous, period.following
    return {
        "units": [
            Step(name, period_url(period_of(who.zone, unit, anchor)), unit == period.unit)
            for unit, name in UNITS.items()
        ],
        "before": Step(period_name(before, who.today), period_url(before)) if before.first >= EARLIEST_DAY else None,
        "after": Step(period_name(after, who.today), period_url(after)) if after.first <= who.today else None,
        "now": None if period.first <= who.today <= period.last else reverse("insights:overview"),
        "name": period_name(period, who.today),
        "query": period_query(period),
    }


def asked_period(who: Visitor, request: HttpRequest, fallback: Period) -> tuple[Period, dict[str, list[str]]]:
    """Return the period that ?from and ?to name, with what is wrong with them; the fallback if they are wrong."""
    sent = {name: value for name in ("from", "to") if (value := request.GET.get(name))}
    if not sent:
        return fallback, {}
    asked = PeriodQuery(data=sent, context={"zone": who.zone, "now": who.now})
    if not asked.is_valid():
        return fallback, {field: [str(text) for text in texts] for field, texts in asked.errors.items()}
    period: Period = asked.validated_data["period"]
    return period, {}


@page
def overview(request: HttpRequest, unit: Unit = "day", day: str = "") -> HttpResponse:
    """Show a day, week, month or year."""
    who = visitor(request)
    if not day and rows.first_visit(who.pk) is None:
        return redirect("insights:start")
    return show_period(request, who, period_of(who.zone, unit, day_of(day) if day else who.today))


@page
def any_range(request: HttpRequest) -> HttpResponse:
    """Show the days from one to another."""
    who = visitor(request)
    fallback = Period(who.zone, who.today - timedelta(days=29), who.today)
    period, errors = asked_period(who, request, fallback)
    if not errors and period.unit != "range":
        return redirect(period_url(period))
    return show_period(request, who, period, errors)


def show_period(
    request: HttpRequest, who: Visitor, period: Period, errors: dict[str, list[str]] | None = None
) -> HttpResponse:
    """Show the numbers of a period."""
    found = reports.report(who.pk, period, who.now)
    days = reports.days(found.tally, period)
    is_day = period.first == period.last
    shown = day_hours(found.tally.hours, period) if is_day else days_or_months(days)
    sites = reports.top_sites(found.tally, TOP_SITES)
    active = found.totals.active
    context = {
        "links": period_links(who, period),
        "period": period,
        "errors": errors or {},
        "totals": found.totals,
        "previous": found.previous,
        "is_day": is_day,
        "is_running": period.start <= who.now < period.end,
        "chart": chart(shown),
        "calendar": charts.calendar(days) if FEWEST_CALENDAR_DAYS <= len(days) <= MOST_DAY_BARS else None,
        "week": None if is_day else week_table(reports.week_hours(found.tally)),
        "sites": [(domain, site, charts.share(site.active, sites[0][1].active or 1),
                   site.active / active if active else None) for domain, site in sites],
        "sites_left": found.totals.sites - len(sites),
        "categories": category_shares(reports.categories(found.tally), active),
        "last": rows.latest_stays(who.pk, period.start, period.end, 8) if is_day else [],
        "silent": silent_browsers(who.pk),
    }  # fmt: skip
    return render(request, "insights/overview.html", {**context, "nav": "overview"})


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over a scale, and the same as a table."""

    bars: list[charts.Bar]
    lines: list[charts.Line]
    unit: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a chart shows: a value by label; `unit` is what one bar stands for."""

    values: list[tuple[str, Hour]]
    every: int
    unit: str
    days: list[date] | None = None


def chart(shown: Shown) -> Chart:
    """Return the bars of some values."""
    highest = max((hour.active for _, hour in shown.values), default=0)
    return Chart(charts.bars(shown.values, shown.every, shown.days), charts.lines(highest), shown.unit)


def day_hours(hours: dict[int, Hour], period: Period) -> Shown:
    """Return the hours of a day, those that clocks skip left out."""
    _, labels = period.hours
    distinct = list(dict.fromkeys(labels))
    return Shown([(f"{label % 24:02}", hours.get(label, Hour())) for label in distinct], 3, "hour")


def days_or_months(days: Sequence[tuple[date, Hour]]) -> Shown:
    """Return the days of a period, or its months when there are very many days."""
    if len(days) > MOST_DAY_BARS:
        months: dict[date, Hour] = {}
        for day, hour in days:
            months.setdefault(day.replace(day=1), Hour()).add(hour)
        every = max(1, len(months) // 12)
        return Shown([(f"{day:%b %Y}", hour) for day, hour in months.items()], every, "month")
    dates = [day for day, _ in days]
    if len(days) <= 7:
        return Shown([(f"{day:%a} {day.day}", hour) for day, hour in days], 1, "day", dates)
    every = 1 if len(days) <= 10 else max(2, round(len(days) / 9))
    named = [(f"{day.day} {day:%b}", hour) for day, hour in days]
    if len(days) <= 31 and days[0][0].month == days[-1][0].month:
        named = [(f"{day.day}", hour) for day, hour in days]
        every = 3
    return Shown(named, every, "day", dates)


def week_table(matrix: list[list[Hour]]) -> list[tuple[str, list[tuple[int, int, int]]]]:
    """Return weekday, then hour, active time and level of colour of each of its hours."""
    levels = charts.levels([hour.active for hours in matrix for hour in hours])
    return [
        (name, [(number, hour.active, levels[row * 24 + number]) for number, hour in enumerate(matrix[row])])
        for row, name in enumerate(WEEKDAYS)
    ]


def category_shares(categories: Sequence[tuple[str, int]], active: int) -> list[tuple[str, int, str, float]]:
    """Return name, active time, length of the bar and share of each category; nothing when none was sent."""
    if not any(name for name, _ in categories):
        return []
    most = categories[0][1]
    return [(name, value, charts.share(value, most), value / active) for name, value in categories[:10]]


def silent_browsers(user_id: int) -> list[Any]:
    """Return the browsers that have not pushed for long, though they did in the last half year."""
    now = timezone.now()
    return [
        browser
        for browser in rows.browsers(user_id)
        if timedelta(days=SILENT_DAYS) < now - browser.last_push_at < timedelta(days=183)
    ]


@page
def day_timeline(request: HttpRequest, day: str = "") -> HttpResponse:
    """Show a day visit by visit, by browser and tab."""
    who = visitor(request)
    period = period_of(who.zone, "day", day_of(day) if day else who.today)
    starts, labels = period.hours
    stays = rows.stays(who.pk, period.start, period.end)
    hour = asked_hour(request, labels)
    start, end = period.start, period.end
    if hour is not None:
        start = starts[labels.index(hour)]
        last = len(labels) - 1 - labels[::-1].index(hour)
        end = starts[last + 1] if last + 1 < len(starts) else period.end
    names = {browser.pk: browser for browser in rows.browsers(who.pk)}
    shown = [stay for stay in stays if stay.visit.start < end and (stay.visit.end > start or stay.visit.start >= start)]
    quiet = silences(shown, start, end, who.now)
    browsers = [
        (names.get(found.browser_id), [(lane, [mark(stay, start, end) for stay in lane.stays]) for lane in found.lanes])
        for found in lanes(shown)
    ]
    context = {
        "nav": "timeline",
        "period": period,
        "name": period_name(period, who.today),
        "before": period.previous.first,
        "after": period.following.first if period.following.first <= who.today else None,
        "hour": None if hour is None else hour % 24,
        "hours": [(label % 24, label == hour) for label in dict.fromkeys(labels)],
        "ticks": ticks(start, end, starts, labels, zoomed=hour is not None),
        "browsers": browsers,
        "groups": groups(shown, quiet, period, start, end),
        "gaps": [(charts.place(gap, start, end), gap) for gap in quiet],
        "names": names,
        "start": start,
        "end": end,
    }
    return render(request, "insights/timeline.html", context)


def asked_hour(request: HttpRequest, labels: Sequence[int]) -> int | None:
    """Return the label of the hour a page is zoomed to; None for the whole day."""
    text = request.GET.get("hour", "")
    if not text.isdecimal():
        return None
    return next((label for label in labels if label % 24 == int(text[:2])), None)


@dataclass(frozen=True, slots=True)
class Mark:
    """A visit on a time axis, and the parts of it spent away."""

    stay: Stay
    x: str
    width: str
    away: list[tuple[str, str]]


def mark(stay: Stay, start: int, end: int) -> Mark:
    """Return where a visit lies on an axis."""
    x, width = charts.place((stay.visit.start, stay.visit.end), start, end)
    away = [charts.place(span, start, end) for span in stay.away if span[1] > start and span[0] < end]
    return Mark(stay, x, width, away)


def ticks(
    start: int, end: int, starts: Sequence[int], labels: Sequence[int], *, zoomed: bool
) -> list[tuple[str, str, bool]]:
    """Return place, text and weight of the marks of a time axis: three hours apart, or ten minutes."""
    if zoomed:
        label = next(label for at, label in zip(starts, labels, strict=True) if at == start)
        step = 10 * 60_000
        return [
            (
                charts.percent((at - start) * 100 / (end - start)),
                f"{label % 24:02}:{(at - start) // 60_000 % 60:02}",
                True,
            )
            for at in range(start, end, step)
        ]
    return [
        (charts.percent((at - start) * 100 / (end - start)), f"{label % 24:02}:00", label % 6 == 0)
        for at, label in zip(starts, labels, strict=True)
        if label % 3 == 0
    ]


@dataclass(frozen=True, slots=True)
class Group:
    """An hour of a day in the list below the axis: its visits and the gaps that begin in it, in order."""

    label: str
    entries: list[tuple[int, Stay | None, int]]
    visits: int
    active: int
    # Until when nothing more was recorded, when that is beyond the hour; else None.
    silent_until: int | None


def groups(
    stays: Sequence[Stay], quiet: Sequence[tuple[int, int]], period: Period, start: int, end: int
) -> list[Group]:
    """Return the hours in which something begins; a visit from before counts where the axis begins."""
    found: dict[int, list[tuple[int, Stay | None, int]]] = {}
    for stay in stays:
        found.setdefault(period.hour_of(max(stay.visit.start, start)), []).append((stay.visit.start, stay, 0))
    for low, high in quiet:
        found.setdefault(period.hour_of(low), []).append((low, None, high))
    grouped = []
    for label in sorted(found):
        entries = sorted(found[label], key=lambda entry: entry[0])
        inside = [entry[1] for entry in entries if entry[1] is not None]
        _, last, until = entries[-1]
        silent = until if last is None and period.hour_of(min(until, period.end - 1)) != label else None
        active = sum(stay.visit.active for stay in inside)
        grouped.append(Group(f"{label % 24:02}:00", entries, len(inside), active, silent))
    return grouped


@page
def site(request: HttpRequest, domain: str) -> HttpResponse:
    """Show one site over time."""
    who = visitor(request)
    fallback = Period(who.zone, who.today - timedelta(days=89), who.today)
    period, errors = asked_period(who, request, fallback)
    first = rows.edge_of_site(who.pk, domain, last=False)
    if first is None:
        raise Http404
    only = Q(domain=domain)
    found = reports.tally_visits(who.pk, period, only=only)
    actives = [
        visit.active
        for visit in rows.visits(who.pk, period.start, period.end, only)
        if period.start <= visit.start < period.end
    ]
    days = reports.days(found, period)
    summed = totals(found)
    context = {
        "nav": "",
        "domain": domain,
        "period": period,
        "name": period_name(period, who.today),
        "spans": site_spans(who),
        "current": "?" + period_query(period),
        "errors": errors,
        "totals": summed,
        "typical": median_low(actives) if actives else None,
        "first": first,
        "last": rows.edge_of_site(who.pk, domain, last=True),
        "chart": chart(days_or_months(days)),
        "week": week_table(reports.week_hours(found)),
        "pages": rows.pages_of_site(who.pk, domain, period.start, period.end, SITE_PAGES),
        "category": found.sites[domain].category if domain in found.sites else "",
    }
    return render(request, "insights/site.html", context)


def site_spans(who: Visitor) -> list[Step]:
    """Return the stretches of days a site's page offers."""
    return [
        Step(name, "?" + period_query(Period(who.zone, who.today - timedelta(days=days - 1), who.today)))
        for days, name in ((7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "A year"))
    ]


@page
def history(request: HttpRequest) -> HttpResponse:
    """Show the history, newest first, and what of it matches a search."""
    who = visitor(request)
    asked = {name: request.GET.get(name, "").strip().replace("\0", "")[:253] for name in
             ("q", "site", "from", "to", "browser", "category")}  # fmt: skip
    errors: list[str] = []
    instants: dict[str, int | None] = {}
    for name in ("from", "to"):
        try:
            day = day_of(asked[name]) if len(asked[name]) == 10 else None
        except Http404:
            day = None
        if asked[name] and day is None:
            errors.append(f"“{asked[name]}” is no day. Enter it as 2025-11-03.")
        bounds = Period(who.zone, day, day) if day else None
        instants[name] = None if bounds is None else bounds.start if name == "from" else bounds.end
    browsers = rows.browsers(who.pk)
    cursor = None
    if request.GET.get("after"):
        try:
            cursor = loaded(request.GET["after"])
        except signing.BadSignature as error:
            raise Http404 from error
    query = Query(
        words=words_of(asked["q"]),
        domain=asked["site"].lower(),
        start=instants["from"],
        end=instants["to"],
        browser_id=int(asked["browser"]) if asked["browser"].isdecimal() and len(asked["browser"]) < 19 else None,
        category=asked["category"],
    )
    began = time.perf_counter()
    found = search(who.pk, query, PAGE_SIZE, cursor)
    following = dumped(found.following)
    kept = {name: value for name, value in asked.items() if value}
    days: dict[date, list[Stay]] = {}
    for stay in found.stays:
        days.setdefault(today(who.zone, stay.visit.start), []).append(stay)
    context = {
        "nav": "history",
        "asked": asked,
        "errors": errors,
        "is_narrow": bool(kept),
        "words": query.words,
        "days": [(day, period_name(period_of(who.zone, "day", day), who.today), stays) for day, stays in days.items()],
        "count": len(found.stays),
        "older": f"?{urlencode({**kept, 'after': following})}" if following else "",
        "newest": f"?{urlencode(kept)}" if cursor else "",
        "is_cut_short": found.is_cut_short,
        "reached": found.following.started_at if found.following else None,
        "milliseconds": round((time.perf_counter() - began) * 1000),
        "browsers": browsers,
        "names": {browser.pk: browser for browser in browsers},
        "categories": rows.categories(who.pk, who.now - 90 * 24 * HOUR_MS, who.now),
    }
    return render(request, "insights/history.html", context)


@page
def visit(request: HttpRequest) -> HttpResponse:
    """Show one visit with all that is known of it."""
    who = visitor(request)
    browser_id = request.GET.get("browser", "")
    if not browser_id.isdecimal() or len(browser_id) > 18:
        raise Http404
    record = rows.one_visit(who.pk, int(browser_id), request.GET.get("id", "").replace("\0", ""))
    if record is None:
        raise Http404
    stay = rows.stay_of(record)
    start, end = stay.visit.start, max(stay.visit.end, stay.visit.start + 1)
    context = {
        "nav": "",
        "record": record,
        "stay": stay,
        "mark": mark(stay, start, end),
        "away": sum(high - low for low, high in stay.away),
        "browser": next((browser for browser in rows.browsers(who.pk) if browser.pk == stay.browser_id), None),
        "day": today(who.zone, start),
        "metadata": sorted((name, value) for name, value in record.metadata.items() if isinstance(value, (str, int))),
    }
    return render(request, "insights/visit.html", context)


LIFETIMES = [
    ("under a minute", 60_000),
    ("1 to 10 minutes", 600_000),
    ("10 to 60 minutes", HOUR_MS),
    ("1 to 8 hours", 8 * HOUR_MS),
    ("8 to 24 hours", 24 * HOUR_MS),
    ("over a day", None),
]


@page
def tabs(request: HttpRequest) -> HttpResponse:
    """Show what became of the tabs that were opened in a period."""
    who = visitor(request)
    fallback = Period(who.zone, who.today - timedelta(days=29), who.today)
    period, errors = asked_period(who, request, fallback)
    found = [timeline.tab_life(tab) for tab in rows.tabs(who.pk, period.start, period.end)]
    counts = [0] * len(LIFETIMES)
    for life in found:
        counts[next(n for n, (_, limit) in enumerate(LIFETIMES) if limit is None or life.lifetime < limit)] += 1
    unread = [life for life in found if life.is_unread]
    context = {
        "nav": "tabs",
        "period": period,
        "name": period_name(period, who.today),
        "spans": site_spans(who),
        "current": "?" + period_query(period),
        "errors": errors,
        "count": len(found),
        "lifetimes": [
            (name, count, charts.share(count, max(counts))) for (name, _), count in zip(LIFETIMES, counts, strict=True)
        ],
        "longest": sorted(found, key=lambda life: -life.lifetime)[:TABS_SHOWN],
        "switched": sorted((life for life in found if life.pages > 1), key=lambda life: -life.pages)[:TABS_SHOWN],
        "unread": unread[:TABS_SHOWN],
        "unread_count": len(unread),
        "names": {browser.pk: browser for browser in rows.browsers(who.pk)},
    }
    return render(request, "insights/tabs.html", context)


@page
def browsers(request: HttpRequest) -> HttpResponse:
    """Show the browsers that sync, and what became of their records."""
    who = visitor(request)
    since = timezone.now() - timedelta(days=REPORT_DAYS)
    sums = rows.batch_sums(who.pk, since)
    reasons: dict[int | None, dict[str, int]] = {}
    for browser_id, errors in rows.batch_errors(who.pk, since, BATCHES_READ):
        of_browser = reasons.setdefault(browser_id, {})
        for rejected in errors:
            for name, texts in rejected.get("errors", {}).items():
                for text in texts:
                    said = f"{name}: {text}"
                    of_browser[said] = of_browser.get(said, 0) + 1
    silent = {browser.pk for browser in silent_browsers(who.pk)}
    known = rows.browsers(who.pk)
    context = {
        "nav": "browsers",
        "browsers": [
            {
                "browser": browser,
                "sums": sums.get(browser.pk),
                "reasons": sorted(reasons.get(browser.pk, {}).items(), key=lambda item: -item[1]),
                "is_silent": browser.pk in silent,
            }
            for browser in known
        ],
        "silent": [browser for browser in known if browser.pk in silent],
        "days": REPORT_DAYS,
    }
    return render(request, "insights/browsers.html", context)


@page
def start(request: HttpRequest) -> HttpResponse:
    """Lead a new person to their first synced visit."""
    who = visitor(request)
    has_visits = rows.first_visit(who.pk) is not None
    context = {
        "nav": "",
        "has_visits": has_visits,
        "has_browser": bool(rows.browsers(who.pk)),
        "server": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "insights/start.html", context)


@page
def arrived(request: HttpRequest) -> HttpResponse:
    """Tell the page of a new person how far they are."""
    who = visitor(request)
    answer = JsonResponse({"browser": bool(rows.browsers(who.pk)), "visit": rows.first_visit(who.pk) is not None})
    patch_vary_headers(answer, ["Cookie"])
    return answer
