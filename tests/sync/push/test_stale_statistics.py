"""The plans of a push and of an erasure, when the statistics are from before the person's first push.

A plan that walks the person's rows instead of looking keys up took 25 s instead of 3 ms for 500 keys.
"""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insights import queries
from insights.filters import Selection
from sync.erasures import person_erasure
from sync.models import HAS_IDLE_PERIODS, Browser, PageVisit
from sync.push import record_sql
from sync.records.page_visit import PAGE_VISIT
from tests.people import UserFactory
from tests.wire_records import AT_9

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ROWS = 50_000
# A year of a person, in one statement: the test is about plans and not about pushes.
FILL = """
    INSERT INTO sync_pagevisit (user_id, browser_id, visit_id, url, domain, title, started_at, engagement_rate,
        is_active, idle_periods, metadata, revision, digest, seq, received_at, updated_at)
    SELECT %s, %s, 'pv_' || n, 'https://example.org/' || n, 'example.org', repeat('t', 300),
        %s + n::bigint * 31536000000 / %s, 0, false,
        CASE n %% 3 WHEN 0 THEN '[{"start": 1}]'::jsonb ELSE '[]' END, '{}', 0, '\\x0100', 1, 0, 0
    FROM generate_series(1, %s) AS n
"""


def fill(rows):
    user = UserFactory()
    browser = Browser.objects.create(user=user, client_id="c")
    with connection.cursor() as cursor:
        cursor.execute(FILL, [user.pk, browser.pk, AT_9, rows, rows])
    return user, browser


@pytest.fixture
def newcomer():
    """A person with half of the table, who pushed after the last ANALYZE."""
    for _ in range(10):
        fill(ROWS // 10)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sync_pagevisit")
    return fill(ROWS)


def indexes_of(sql, parameters):
    """Return the names of the indexes that the plan of a statement uses, and whether it reads the whole table."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    found = set()

    def walk(node):
        if "Index Name" in node:
            found.add(node["Index Name"])
        elif node["Node Type"] == "Seq Scan":
            found.add(f"all of {node['Relation Name']}")
        for child in node.get("Plans", ()):
            walk(child)

    walk(plan[0]["Plan"])
    return found


def test_the_versions_stored_are_looked_up_by_their_key(newcomer):
    user, browser = newcomer
    digests, keys = json.dumps(["0100"] * 500), json.dumps([f"pv_{n}" for n in range(500)])
    sql = record_sql._read_sql(PAGE_VISIT)
    assert indexes_of(sql, [digests, keys, user.pk, browser.pk]) == {"sync_pagevisit_key"}


def test_changed_rows_are_looked_up_by_their_id(newcomer):
    user, _ = newcomer
    ids = PageVisit.objects.filter(user=user).values_list("pk", flat=True)[:500]
    changed = json.dumps([{"id": pk, "digest": "0100", "title": "new"} for pk in ids])
    sql = record_sql._update_sql(PAGE_VISIT, ("title",))
    assert indexes_of(sql, [2, 0, changed, user.pk]) == {"sync_pagevisit_pkey"}


def test_erased_rows_are_looked_up_by_their_id(newcomer):
    user, _ = newcomer
    with CaptureQueriesContext(connection) as captured:
        next(person_erasure._delete_rows_of(PageVisit, "user", user.pk))
    sql = next(query["sql"] for query in captured if query["sql"].startswith("DELETE"))
    assert PageVisit.objects.filter(user=user).count() == ROWS - person_erasure.ROWS_A_STEP
    assert indexes_of(sql.replace("%", "%%"), []) == {"sync_pagevisit_pkey"}


def test_a_month_is_read_from_the_reading_index(newcomer):
    user, _ = newcomer
    found = queries.overlapping(user.pk, AT_9, AT_9 + 30 * queries.DAY_MS)[1]
    sql, parameters = found.values_list(*queries.VISIT_COLUMNS).order_by("started_at").query.sql_with_params()
    assert indexes_of(sql, parameters) == {"sync_pagevisit_user_reading"}


def test_the_idle_periods_of_one_browser_are_read_by_time(newcomer):
    user, browser = newcomer
    of_browser = Selection(browsers=(browser.pk,)).condition
    found = queries.overlapping(user.pk, AT_9, AT_9 + 365 * queries.DAY_MS)[1].filter(of_browser, HAS_IDLE_PERIODS)
    sql, parameters = found.values_list("idle_periods").order_by("started_at").query.sql_with_params()
    assert indexes_of(sql, parameters) == {"sync_pagevisit_user_idle"}
