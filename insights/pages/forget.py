"""The page that erases a site, a time or one visit: it shows the count before, and the next page the count after."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from rest_framework.exceptions import Throttled

from accounts.limits.throttling import check_rate
from bounded_reading import ReadingTookTooLong
from id_numbers import parse_id
from insights import queries
from insights.asked_page import asked_page, url_before
from insights.direction_marks import without_direction_marks
from insights.filter_query import chosen_of, with_query
from insights.filters import NAMES
from insights.folded_text import readable_site
from insights.pages.page_context import Viewer, form_page, period_name, viewer_of
from insights.period_query import PeriodQuery, period_url
from insights.periods import HOUR_MS, Period, date_at, period_of
from instants import from_milliseconds
from sync.browsers import browsers_of
from sync.erasures import erasure_service
from sync.erasures.erasure_service import Conditions, Counts
from sync.models import Erasure
from sync.person_lock import PersonGone
from sync.records.page_url import site_of_domain


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks to forget: the title of the page, what goes in words, and the page to see afterwards.

    `fields` are the form's own, by which the same is asked again when it is sent. `site` is the site that goes, if any.
    """

    title: str
    words: str
    conditions: Conditions
    after: str
    fields: Mapping[str, str] = field(default_factory=dict)
    site: str = ""
    is_time: bool = False


@form_page
def forget(request: HttpRequest) -> HttpResponse:
    """Show how many records an erasure would concern; erase them when the form is sent."""
    viewer = viewer_of(request)
    asked = asked_for(viewer, request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        try:
            check_rate("erase", f"person {viewer.pk}")
            erasure = erasure_service.erase(viewer.pk, asked.conditions)
        except PersonGone as error:
            raise Http404 from error
        except Throttled:
            messages.error(request, "Nothing was erased: you erased very often within a minute. Wait a minute.")
            return redirect(page_after(request, asked))
        except erasure_service.TooManyErasures as error:
            messages.error(request, str(error.detail))
            return redirect(page_after(request, asked))
        # Without a name: a message may be kept in the cookie, or in the table of sessions.
        messages.success(request, sentence_after(erasure))
        return redirect(page_after(request, asked))
    counts = counted(viewer, asked.conditions)
    context = {
        "nav": "",
        "asked": asked,
        "counts": in_words(counts) if counts else "more than can be counted in a moment",
        "button": in_words(counts) if counts else "it all",
        "is_nothing": counts == Counts(0, 0),
        "before": url_before(request),
    }
    return render(request, "insights/forget.html", context)


def counted(viewer: Viewer, conditions: Conditions) -> Counts | None:
    """Return how much an erasure would erase; None where it is more than can be counted in the time of a page."""
    try:
        return erasure_service.preview(viewer.pk, conditions)
    except ReadingTookTooLong:
        return None


def page_after(request: HttpRequest, asked: Asked) -> str:
    """Return the page before, with its filter; another one in place of a page that is gone with what was erased."""
    chosen = chosen_of(request).filter
    if chosen.site == asked.site:
        chosen = chosen.without("site")
    match = asked_page(request).match
    is_gone = (
        match is None or match.view_name == "insights:visit" or (asked.site and match.view_name == "insights:site")
    )
    url = asked.after if is_gone else url_before(request)
    return with_query(url, {**dict.fromkeys(NAMES, ""), **chosen.parameters()})


def asked_for(viewer: Viewer, given: Mapping[str, str]) -> Asked:
    """Return what a query string or a form asks to forget; raises Http404."""
    if given.get("site"):
        return _site(given["site"])
    if given.get("last") == "hour" or given.get("since"):
        return _since(viewer, given.get("since") or str(viewer.now - HOUR_MS))
    if given.get("from"):
        return _days(viewer, given)
    return _visit(viewer, given)


def sentence_after(erasure: Erasure) -> str:
    """Return what was erased, for the person."""
    counts = in_words(Counts(erasure.page_visits, erasure.tab_aggregates))
    if erasure.is_done:
        return f"Erased: {counts}."
    return f"Erased so far: {counts}. The rest is being erased; this may take some minutes."


def in_words(counts: Counts) -> str:
    """Return counts as text, such as “12 page visits and 1 tab”."""
    visits = f"{counts.page_visits:,} page visit{'' if counts.page_visits == 1 else 's'}"
    if not counts.tab_aggregates:
        return visits
    return f"{visits} and totals of {counts.tab_aggregates:,} tab{'' if counts.tab_aggregates == 1 else 's'}"


def _site(text: str) -> Asked:
    domain = site_of_domain(text.replace("\0", ""))
    if domain is None:
        raise Http404
    return Asked(
        f"Forget {readable_site(domain)}",
        f"every page of {readable_site(domain)} and of its subdomains",
        Conditions(domain=domain),
        reverse("insights:overview"),
        {"site": domain},
        site=domain,
    )


def _since(viewer: Viewer, text: str) -> Asked:
    since = parse_id(text)
    if since is None or not 0 <= since <= viewer.now:
        raise Http404
    began = from_milliseconds(since).astimezone(viewer.zone)
    return Asked(
        "Forget the last hour",
        f"everything that began at {began:%H:%M} on {period_name(_day(viewer, since), viewer.today)}, or later",
        Conditions(starts_at=since),
        reverse("insights:overview"),
        {"since": str(since)},
        is_time=True,
    )


def _days(viewer: Viewer, given: Mapping[str, str]) -> Asked:
    days = {name: given[name] for name in ("from", "to") if given.get(name)}
    query = PeriodQuery(data=days, context={"zone": viewer.zone, "now": viewer.now})
    if not query.is_valid():
        raise Http404
    period: Period = query.validated_data["period"]
    name = period_name(period, viewer.today)
    is_day = period.first == period.last
    return Asked(
        f"Forget {'this day' if is_day else 'these days'}",
        f"everything that began on {name}" if is_day else f"everything that began in {name}",
        Conditions(starts_at=period.starts_at, ends_at=period.ends_at),
        period_url(period_of(viewer.zone, "day", period.first) if is_day else period),
        {"from": period.first.isoformat(), "to": period.last.isoformat()},
        is_time=True,
    )


def _visit(viewer: Viewer, given: Mapping[str, str]) -> Asked:
    browser_id = parse_id(given.get("browser", ""))
    visit_id = given.get("id", "").replace("\0", "")
    record = None if browser_id is None else queries.stored_visit(viewer.pk, browser_id, visit_id)
    browser = next((each for each in browsers_of(viewer.pk) if each.pk == browser_id), None)
    if record is None or browser is None:
        raise Http404
    began = from_milliseconds(record.started_at).astimezone(viewer.zone)
    day = _day(viewer, record.started_at)
    title = without_direction_marks(record.title).strip() or readable_site(record.domain)
    return Asked(
        "Forget this visit",
        f"the visit to “{title}” at {began:%H:%M} on {period_name(day, viewer.today)}",
        Conditions(ids=((browser.client_id, visit_id),)),
        reverse("insights:timeline", args=[day.first.isoformat()]),
        {"browser": str(browser_id), "id": visit_id},
    )


def _day(viewer: Viewer, instant: int) -> Period:
    return period_of(viewer.zone, "day", date_at(viewer.zone, instant))
