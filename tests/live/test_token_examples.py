"""The examples of docs/tokens.md work as they stand there, on a server with two processes."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.personal_tokens.token_text import SHAPE, is_whole
from tests.live.service import PASSWORD

DOC = (Path(__file__).resolve().parent.parent.parent / "docs" / "tokens.md").read_text(encoding="utf-8")
MADE_UP = "https://sync.example.org"


def examples(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(service, token, tmp_path):
    """Run a command against the server, with a personal token of these scopes in the environment."""

    def run_with(scopes, *command):
        body = {"name": "example", "scopes": scopes, "password": PASSWORD}
        status, _, made = service.call("POST", "/api/auth/tokens", body, token)
        assert status == 201, made
        here = [part.replace(MADE_UP, f"http://127.0.0.1:{service.port}") for part in command]
        environment = {**os.environ, "SYNC_TOKEN": made["token"]}
        return subprocess.run(
            here, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run_with


def test_curl(run):
    (commands,) = examples("sh")
    done = run(["read", "write"], "sh", "-c", commands)
    assert done.stdout.count('"date":"2026-03-') == 31
    assert '"results":["created"]' in done.stdout


def test_python(run, tmp_path):
    (program,) = examples("python")
    done = run(["read"], sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "days.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["date"] for row in rows] == [f"2026-03-{day:02}" for day in range(1, 32)]


def test_the_spreadsheet_asks_for_a_call_that_exists_and_sends_the_header(run):
    (query,) = examples("m")
    (path,) = re.findall(r'RelativePath = "(.+?)"', query)
    days = dict(re.findall(r'(from|to) = "(.+?)"', query))
    assert 'Headers = [Authorization = "Bearer " & Token]' in query
    url = f"{MADE_UP}/{path}?from={days['from']}&to={days['to']}"
    done = run(["read"], "sh", "-c", f'curl -s -H "Authorization: Bearer $SYNC_TOKEN" "{url}"')
    assert '"days":[{' in done.stdout


def test_the_expression_for_scanners_is_that_of_the_server():
    (expression,) = examples("regex")
    assert expression.strip() == rf"\b{SHAPE.pattern}\b"
    (well_formed,) = set(re.findall(expression.strip(), DOC))
    assert is_whole(well_formed)
