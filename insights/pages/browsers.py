"""The browsers that sync, and the first steps of a person who has none yet."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from insights import queries
from insights.pages.page_context import page, silent_browsers, visitor

REPORT_DAYS = 30
BATCHES_READ = 200


@page
def browsers(request: HttpRequest) -> HttpResponse:
    """Show the browsers that sync, and what became of their records."""
    who = visitor(request)
    since = timezone.now() - timedelta(days=REPORT_DAYS)
    sums = queries.batch_sums(who.pk, since)
    reasons: dict[int | None, dict[str, int]] = {}
    for browser_id, errors in queries.batch_errors(who.pk, since, BATCHES_READ):
        of_browser = reasons.setdefault(browser_id, {})
        for rejected in errors:
            for name, texts in rejected.get("errors", {}).items():
                for text in texts:
                    said = f"{name}: {text}"
                    of_browser[said] = of_browser.get(said, 0) + 1
    silent = {browser.pk for browser in silent_browsers(who.pk)}
    known = queries.browsers(who.pk)
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
    has_visits = queries.first_visit(who.pk) is not None
    context = {
        "nav": "",
        "has_visits": has_visits,
        "has_browser": bool(queries.browsers(who.pk)),
        "server": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "insights/start.html", context)


@page
def arrived(request: HttpRequest) -> HttpResponse:
    """Tell the page of a new person how far they are."""
    who = visitor(request)
    answer = JsonResponse({"browser": bool(queries.browsers(who.pk)), "visit": queries.first_visit(who.pk) is not None})
    patch_vary_headers(answer, ["Cookie"])
    return answer
