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
NOT_ON_A_CLUSTER = {
    "tests/project/test_spread_tables.py::test_the_plan_for_the_migrated_tables": "the tables are spread already",
    "tests/sync/push/test_stale_statistics.py": "the coordinator's plan does not hold the worker's",
    "tests/sync/test_statements.py::test_sending_the_same_again_writes_no_row_version": "counts rows on one server",
    "tests/sync/test_statements.py::test_sending_an_older_version_writes_no_row_version": "as above",
    "tests/sync/test_statements.py::test_a_batch_writes_each_record_once_however_often_it_holds_it": "as above",
}


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
