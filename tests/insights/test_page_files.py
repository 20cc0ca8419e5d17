"""What is on a page, as CSV and JSON."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest

from insights.pages import page_files
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import AT_9, aggregate, visit

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = "from=2025-11-03&to=2025-11-04"
PAGES = [
    f"/dashboard/range?{DAYS}", "/dashboard/day/2025-11-03?", f"/dashboard/sites/stackoverflow.com?{DAYS}",
    f"/dashboard/tabs?{DAYS}", "/dashboard/history?site=stackoverflow.com",
]  # fmt: skip


@pytest.fixture
def signed_in(client, alice, bob, settings):
    settings.AXES_ENABLED = False
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    push(alice, VISITS, [visit(title="=1+1", startedAt=AT_9), visit(title="B", startedAt=AT_9 + 60_000)])
    push(alice, AGGREGATES, [aggregate(tabId=1)])
    push(bob, VISITS, [visit(url="https://bob.example/")])
    return client


def rows(client, page):
    """Return the rows of a page's CSV, which must be those of its JSON."""
    text = client.get(f"{page}&format=csv", secure=True)
    assert text["Content-Type"].startswith("text/csv")
    assert ".csv" in text["Content-Disposition"]
    found = list(csv.DictReader(io.StringIO(text.content.decode(), newline="")))
    values = json.loads(client.get(f"{page}&format=json", secure=True).content)
    assert [list(value) for value in values] == [list(row) for row in found]
    assert "bob.example" not in text.content.decode()
    return found


@pytest.mark.parametrize("page", PAGES)
def test_each_page_links_to_its_files_and_has_rows(signed_in, page):
    html = signed_in.get(page, secure=True).content.decode()
    assert "format=csv" in html
    assert "format=json" in html
    assert rows(signed_in, page)


def test_the_numbers_are_those_of_the_page(signed_in):
    found = rows(signed_in, PAGES[0])
    assert [(row["part"], row["name"], row["visits"]) for row in found] == [
        ("total", "2025-11-03 to 2025-11-04", "2"), ("day", "2025-11-03", "2"), ("day", "2025-11-04", "0"),
        ("site", "stackoverflow.com", "2"),
    ]  # fmt: skip


def test_a_cell_is_no_formula(signed_in):
    assert [row["title"] for row in rows(signed_in, PAGES[4])] == ["B", "'=1+1"]


def test_an_unknown_format_is_the_page(signed_in):
    assert "<html" in signed_in.get(f"{PAGES[0]}&format=xls", secure=True).content.decode()


def test_a_picture_of_the_chart_names_no_site_and_no_title(signed_in):
    page = signed_in.get("/dashboard/day/2025-11-03?site=stackoverflow.com", secure=True).content.decode()
    assert "format=svg" in page
    answer = signed_in.get("/dashboard/day/2025-11-03?site=stackoverflow.com&format=svg", secure=True)
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"] == 'attachment; filename="active-time-2025-11-03-2025-11-03.svg"'
    picture = answer.content.decode()
    assert "Monday, 3 November 2025" in picture
    assert "some of the visits" in picture
    assert "<rect" in picture
    assert "stackoverflow" not in picture
    ElementTree.fromstring(picture)


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_file_that_would_be_too_large_asks_for_fewer_days(signed_in, kind, monkeypatch):
    page = f"/dashboard/pages?{DAYS}&format={kind}"
    assert signed_in.get(page, secure=True).status_code == 200
    monkeypatch.setattr(page_files, "MOST_FILE_BYTES", 100)
    answer = signed_in.get(page, secure=True)
    assert answer.status_code == 503
    assert "fewer days" in answer.content.decode()


def test_a_file_without_rows_is_an_empty_list(signed_in):
    page = "/dashboard/pages?from=2020-01-01&to=2020-01-02&format=json"
    assert signed_in.get(page, secure=True).json() == []
