"""An import that is killed at any moment goes on, and each visit is stored once."""

import random
import signal
import subprocess
import sys
import time

import pytest

from tests.live.service import PASSWORD, ROOT, Database, Service
from tests.portability import sample_files as sample
from tests.portability.sample_files import AT_9_US, FINAL, MINUTE_US

VISITS = 9_000
EMAIL = "carol@example.org"
DEADLINE_SECONDS = 60


@pytest.fixture
def service(tmp_path):
    database = Database(tmp_path)
    service = Service(database.url, tmp_path / "gunicorn.log")
    service.manage(
        "shell", "--no-imports", "-c",
        f"from accounts.models import User; User.objects.create_user(email='{EMAIL}', password='{PASSWORD}')",
    )  # fmt: skip
    service.database = database
    yield service
    database.drop()


@pytest.fixture
def history(tmp_path):
    visits = [(f"https://a.example/{n}", "", AT_9_US - n * MINUTE_US, FINAL, 0) for n in range(VISITS)]
    return sample.chromium(tmp_path / "History", visits)


def killed(service, history, condition):
    """Begin the import, kill it once the condition is true, and return whether it was killed in time."""
    command = [sys.executable, "manage.py", "import_history", str(history), "--email", EMAIL]
    process = subprocess.Popen(command, cwd=ROOT, env=service.environment, stdout=subprocess.DEVNULL)
    end = time.monotonic() + DEADLINE_SECONDS
    while process.poll() is None and not condition():
        assert time.monotonic() < end
        time.sleep(0.005)
    process.kill()
    return process.wait() == -signal.SIGKILL


def test_each_visit_is_stored_once_however_often_the_import_is_killed(service, history):
    count = service.database.count
    source = random.Random(VISITS)
    kills = killed(service, history, lambda: count("portability_stagedbatch") >= source.randint(1, 5))
    assert kills
    assert count("sync_pagevisit") == 0
    for start in (0, 4_000):
        least = start + source.randint(1, 3_000)
        kills += killed(service, history, lambda least=least: count("sync_pagevisit") >= least)
    said = service.manage("import_history", str(history), "--email", EMAIL)
    assert kills >= 2
    assert count("sync_pagevisit") == VISITS
    urls = service.database.select("SELECT count(DISTINCT url) AS n FROM sync_pagevisit")
    assert urls[0]["n"] == VISITS
    told = [
        int(line.split()[0].replace(",", ""))
        for line in said.splitlines()
        if line.strip().endswith(("added", "already"))
    ]
    assert sum(told) == VISITS
