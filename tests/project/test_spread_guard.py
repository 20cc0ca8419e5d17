"""The guard itself: which statements it finds, and that the product's own do reach it."""

import pytest

from sync.models import PageVisit
from tests.spread_guard import ROOT, complaints

GOOD = [
    "SELECT counter FROM sync_syncstate WHERE user_id = %s FOR UPDATE",
    'SELECT "sync_pagevisit"."id" FROM "sync_pagevisit" WHERE ("sync_pagevisit"."user_id" = %s AND "x" = \'user_id\')',
    "DELETE FROM sync_browser WHERE user_id IN (%s)",
    "SELECT id FROM sync_pagevisit WHERE user_id = %s AND id IN (SELECT U0.id FROM sync_pagevisit U0 "
    "WHERE U0.user_id = %s)",
    "UPDATE sync_pagevisit AS t SET seq = %s FROM json_to_recordset(%s) AS r(id bigint) WHERE t.id = r.id "
    "AND t.user_id = %s",
    "INSERT INTO sync_syncbatch (user_id, kind) VALUES (%s, %s)",
    "SELECT 1 FROM accounts_user WHERE id = %s AND is_active",
    "SAVEPOINT x",
]
BAD = {
    "SELECT s.counter FROM sync_syncstate AS s JOIN accounts_user AS u ON u.id = s.user_id WHERE s.user_id = %s "
    "FOR UPDATE OF s": "names accounts_user",
    'SELECT * FROM "sync_browser" INNER JOIN "accounts_user" ON ("a" = "b")': "names accounts_user",
    "UPDATE sync_pagevisit AS t SET seq = %s FROM json_to_recordset(%s) AS r(id bigint) WHERE t.id = r.id "
    "AND t.user_id + 0 = %s": "does not say user_id",
    "SELECT * FROM sync_pagevisit AS t WHERE t.user_id = (SELECT %s::bigint)": "does not say user_id",
    "SELECT * FROM sync_pagevisit": "does not say user_id",
    "SELECT id FROM sync_pagevisit WHERE user_id = %s AND id IN (SELECT id FROM sync_pagevisit)": "does not say",
    "DELETE FROM sync_pagevisit AS t USING accounts_user AS u WHERE t.user_id = %s": "names accounts_user",
    'SELECT 1 FROM "sync_browser", "accounts_user" WHERE "sync_browser"."user_id" = %s': "names accounts_user",
    "SELECT 1 FROM sync_browser, sync_pagevisit WHERE sync_browser.user_id = %s": "does not say user_id",
    "SELECT * FROM sync_browser WHERE user_id IN (%s, %s)": "does not say user_id",
    'UPDATE "insights_monthtally" SET "user_id" = %s, "tally" = %s WHERE "id" = %s': "sets user_id",
    "UPDATE insights_monthtally SET tally = %s WHERE id = %s": "does not say user_id",
    "INSERT INTO sync_syncbatch (kind) VALUES (%s)": "without user_id",
}


@pytest.mark.parametrize("sql", GOOD)
def test_a_statement_about_one_person_is_left_alone(sql):
    assert complaints(sql) == ()


@pytest.mark.parametrize("sql", BAD)
def test_a_statement_that_citus_refuses_or_sends_everywhere_is_found(sql):
    assert BAD[sql] in " ".join(text for _, text in complaints(sql))


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_statement_of_the_product_is_found_where_it_is_run(spread_guard, alice):
    source = "def read(model):\n    return list(model.objects.filter(visit_id='pv'))"
    space = {}
    exec(compile(source, str(ROOT / "insights" / "queries.py"), "exec"), space)
    space["read"](PageVisit)
    assert [found.partition(": ")[0] for found in spread_guard.found] == ["insights/queries.py"]
    spread_guard.found.clear()
