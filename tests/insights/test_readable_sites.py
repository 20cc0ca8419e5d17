"""A site is shown in its own letters on every page, whether its visits have titles or not."""

import html
import re

import pytest

from sync.models import Browser
from tests.insights.records import AT_9, MINUTE, aggregate, store, visit

SITE, LETTERS = "xn--bcher-kva.example", "bücher.example"
URL = f"https://www.{SITE}/K%C3%A4se"
DAYS = "from=2025-11-03&to=2025-11-03"
PAGES = [
    "/dashboard/day/2025-11-03", "/dashboard/week/2025-11-03", "/dashboard/year/2025", "/dashboard/your-year/2025",
    "/dashboard/timeline/2025-11-03", f"/dashboard/history?{DAYS}", "/dashboard/history?q=example&url=",
    f"/dashboard/history?q=k%C3%A4se&site={SITE}", f"/dashboard/sites?{DAYS}", f"/dashboard/pages?{DAYS}",
    f"/dashboard/sites/{SITE}?{DAYS}", f"/dashboard/tabs?{DAYS}", f"/dashboard/forget?site={SITE}",
    f"/dashboard/categories/choose?of={SITE}&path=/K%C3%A4se", f"/dashboard/day/2025-11-03?site={SITE}", "visit",
    "forget",
]  # fmt: skip


def text_of(page):
    return html.unescape(re.sub(r"<(script|style).*?</\1>|<wbr>|<[^>]+>", "", page, flags=re.DOTALL))


@pytest.mark.django_db
@pytest.mark.parametrize("title", ["", "\u202e ", "A title"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_shows_the_ascii_form(client, alice, title, path):
    visits = [
        visit(visit_id=f"pv_{number}", domain=SITE, url=URL, title=title, started_at=AT_9 + number * 20 * MINUTE)
        for number in range(3)
    ]
    tabs = [aggregate(current_url=URL, current_domain=SITE, domain_durations={SITE: MINUTE}) for _ in range(2)]
    store(alice, *visits, *tabs)
    browser = Browser.objects.get(user=alice).pk
    links = {
        "visit": f"/dashboard/visit?of={browser}&id=pv_1",
        "forget": f"/dashboard/forget?browser={browser}&id=pv_1",
    }
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    answer = client.get(links.get(path, path))
    assert answer.status_code == 200
    # The page of a visit has the stored URL too, to be copied.
    shown = text_of(answer.content.decode()).replace(URL, "")
    assert "xn--" not in shown
    assert LETTERS in shown or path in ("/dashboard/year/2025", "forget")
