"""The browsers of a person with their sign-ins, and the first steps of a new person."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from accounts.pages.signed_in import current_session_id, person
from accounts.sessions import session_service
from insights import queries
from insights.pages.page_context import page, silent_browsers, viewer_of
from sync.browsers import browsers_of
from sync.feed.status import record_counts
from sync.models import PageVisit, TabAggregate

REPORT_DAYS = 30
BATCHES_READ = 200


@page
def browsers(request: HttpRequest) -> HttpResponse:
    """Show the browsers, how many of their records were stored or rejected, and every sign-in.

    With `counts` in the query, the page also tells how many records of each browser there are, which takes longer.
    """
    viewer = viewer_of(request)
    since = timezone.now() - timedelta(days=REPORT_DAYS)
    results = queries.results_by_browser(viewer.pk, since)
    reasons: dict[int | None, dict[str, int]] = {}
    for browser_id, errors in queries.batch_errors(viewer.pk, since, BATCHES_READ):
        of_browser = reasons.setdefault(browser_id, {})
        for rejected in errors:
            for name, texts in rejected.get("errors", {}).items():
                for text in texts:
                    reason = f"{name}: {text}"
                    of_browser[reason] = of_browser.get(reason, 0) + 1
    silent = {browser.pk for browser in silent_browsers(viewer.pk)}
    known = browsers_of(viewer.pk)
    sessions = session_service.sessions_to_show(person(request))
    live = {session.pk: session for session in sessions if session.revoked_at is None}
    of_browsers = {browser.last_session_id for browser in known}
    counts = None
    if "counts" in request.GET:
        counts = record_counts(PageVisit, viewer.pk), record_counts(TabAggregate, viewer.pk)
    context = {
        "nav": "browsers",
        "browsers": [
            {
                "browser": browser,
                "results": results.get(browser.pk),
                "reasons": sorted(reasons.get(browser.pk, {}).items(), key=lambda item: -item[1]),
                "is_silent": browser.pk in silent,
                "session": live.get(browser.last_session_id or 0),
                "counts": [count.get(browser.pk, 0) for count in counts] if counts else None,
            }
            for browser in known
        ],
        "has_counts": counts is not None,
        "here": current_session_id(request),
        "other_sessions": [session for pk, session in live.items() if pk not in of_browsers],
        "stolen": [session for session in sessions if session.revoked_at is not None],
        "silent": [browser for browser in known if browser.pk in silent],
        "days": REPORT_DAYS,
    }
    return render(request, "insights/browsers.html", context)


@page
def start(request: HttpRequest) -> HttpResponse:
    """Show a new person how to sync their first visit."""
    viewer = viewer_of(request)
    has_visits = queries.first_started_at(viewer.pk) is not None
    context = {
        "nav": "",
        "has_visits": has_visits,
        "has_browser": bool(browsers_of(viewer.pk)),
        "server": f"{request.scheme}://{request.get_host()}",
        "is_firefox": "Firefox/" in request.headers.get("User-Agent", ""),
        "chromium_store": settings.EXTENSION_CHROMIUM_URL,
        "firefox_store": settings.EXTENSION_FIREFOX_URL,
    }
    return render(request, "insights/start.html", context)


@page
def arrived(request: HttpRequest) -> HttpResponse:
    """Tell the first-steps page whether a browser and a visit have arrived."""
    viewer = viewer_of(request)
    answer = JsonResponse(
        {"browser": bool(browsers_of(viewer.pk)), "visit": queries.first_started_at(viewer.pk) is not None}
    )
    patch_vary_headers(answer, ["Cookie"])
    return answer
