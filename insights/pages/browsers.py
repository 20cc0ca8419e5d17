"""The browsers that sync, and the first steps of a new person."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from insights import queries
from insights.filter_query import browsers_of_page
from insights.pages.page_context import page, silent_browsers, viewer_of
from sync.browsers import browsers_of

REPORT_DAYS = 30
BATCHES_READ = 200


@page
def browsers(request: HttpRequest) -> HttpResponse:
    """Show the browsers that sync, and how many of their records were stored or rejected."""
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
    known = browsers_of_page(request)
    silent = {browser.pk for browser in silent_browsers(known)}
    context = {
        "nav": "browsers",
        "browsers": [
            {
                "browser": browser,
                "results": results.get(browser.pk),
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
