"""Each command of README exists, and its requests do what the text says."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from django.contrib.auth import get_user

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([a-z][a-z0-9-]*)", README, re.MULTILINE))))
def test_make_knows_the_command(target):
    assert re.search(rf"^{target}:.*## ", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_a_linked_file_exists(path):
    assert (ROOT / path).exists()


def test_the_curl_example_shows_up_on_the_page_of_today(client, django_user_model):
    register, visits = re.findall(r"curl (?:.|\n)*?-d ('(?:.|\n)*?)\n(?=curl|```)", README)
    sent = [subprocess.run(["bash", "-c", f"printf %s {text}"], capture_output=True, text=True, check=True).stdout
            for text in (register, visits)]  # fmt: skip
    reply = client.post("/api/auth/register", sent[0], content_type="application/json")
    assert reply.status_code == 201
    assert abs(json.loads(sent[1])["visits"][0]["startedAt"] / 1000 - time.time()) < 120
    headers = {"Authorization": f"Bearer {reply.json()['access']}"}
    reply = client.post("/api/sync/page-visits", sent[1], content_type="application/json", headers=headers)
    assert reply.json()["results"] == ["created"]
    person = django_user_model.objects.get()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert get_user(client) == person
    page = client.get("/dashboard").content.decode()
    assert "docs.example.org" in page
    assert "1 min" in page


def test_make_names_the_command_with_another_python():
    said = subprocess.run(
        ["make", "-n", "run", "PYTHON=python3.12", "VENV=no-such-folder"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "make run PYTHON=python3.12" in said
    assert "python3.12 -m venv no-such-folder" in said


def test_run_and_demo_have_ports_of_their_own():
    ports = [
        subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for target in ("run", "demo")
    ]
    assert "--port 8000" in ports[0]
    assert "--port 8001" in ports[1]
