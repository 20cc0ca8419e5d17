"""Runs the tests of the server on a real Citus cluster, where CITUS_TEST_URL names one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
URL = os.environ.get("CITUS_TEST_URL", "")
SUITE = ["tests/accounts", "tests/sync", "tests/insights", "tests/portability", "tests/project", "tests/live"]
# Tests of a single PostgreSQL, each with the reason.
CRASH, STATEMENTS = "tests/live/test_crash.py::test_", "tests/sync/push/test_statements.py::test_"
SIZES = "tests/sync/admin/test_first_page.py::TestSizes::test_"
NOT_ON_A_CLUSTER = {
    "tests/project/test_spread_tables.py::test_the_plan_for_the_migrated_tables": "the tables are spread already",
    "tests/live/test_chaos.py": "some of its faults are triggers, which Citus refuses",
    f"{CRASH}a_person_locked_by_another_transaction_is_unavailable_and_nothing_is_stored": "locks all people at once",
    f"{CRASH}a_connection_that_the_database_ends_is_unavailable_and_nothing_is_stored": "as above",
    f"{CRASH}a_push_waits_for_a_short_lock": "as above",
    f"{SIZES}name_tables_with_their_rows_and_bytes": "a cluster tells no sizes to a transaction that has written",
    f"{SIZES}count_rows_to_a_bound": "as above",
    "tests/sync/push/test_stale_statistics.py": "the coordinator's plan does not hold the worker's",
    f"{STATEMENTS}sending_the_same_again_writes_no_row_version": "counts rows on one server",
    f"{STATEMENTS}sending_an_older_version_writes_no_row_version": "as above",
    f"{STATEMENTS}a_batch_writes_each_record_once_however_often_it_holds_it": "as above",
}


@pytest.mark.parametrize("test", NOT_ON_A_CLUSTER)
def test_a_test_that_is_left_out_on_a_cluster_is_there(test):
    path, _, place = test.partition("::")
    name = place.rpartition("::")[2]
    assert f"def {name or 'test_'}" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.skipif(
    not URL,
    reason="CITUS_TEST_URL is not set. It names a database on the coordinator of a Citus cluster with its workers "
    "registered, and a superuser whom all nodes let in",
)
@pytest.mark.timeout(3_600)
def test_the_suite_passes_on_a_cluster():
    environment = {name: value for name, value in os.environ.items() if name != "CITUS_TEST_URL"}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "tests.citus_cluster", "-p", "no:cacheprovider"]
    command += [f"--deselect={test}" for test in NOT_ON_A_CLUSTER]
    done = subprocess.run(
        [*command, *SUITE],
        check=False,
        cwd=ROOT,
        env=environment | {"DATABASE_URL": URL},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20_000:]
