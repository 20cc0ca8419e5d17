"""Each setting, URL, make target, file, page and button that README names is there.

`test_readme_commands.py` runs its commands. A code span or a quotation of README that no rule below knows fails a test.
"""

import json
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from sync.push.service import RESULTS

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
DOCUMENTS = ("README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
# Pages and buttons of the browsers themselves.
OF_BROWSERS = {
    "chrome://extensions", "about:debugging#/runtime/this-firefox", "Developer mode", "Load unpacked",
    "Load Temporary Add-on…",
}  # fmt: skip
OF_DJANGO = {"save(user=…)", "update_or_create"}
FOLDERS_WITH_ROOMS = ("", "sync/", "syncserver/")


def without_blocks(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


SPANS = sorted(set(re.findall(r"`([^`\n]+)`", without_blocks(README))))
QUOTED = sorted(set(re.findall(r'(?<![\[={:])"([^"`\n{}]+)"', re.sub(r"`[^`\n]+`", "", without_blocks(README)))))


def is_target(words):
    """Tell whether make knows the target and reads the variables."""
    target, *variables = words.split()
    known = re.search(rf"^{target}:.*## ", MAKEFILE, re.MULTILINE)
    return bool(known) and all(is_make_variable(variable) for variable in variables)


def is_make_variable(text):
    return f"$({text.partition('=')[0]})" in MAKEFILE


def is_setting(text):
    name = text.partition("=")[0]
    return bool(re.search(rf"^(# )?{name}=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def is_page(path):
    try:
        resolve(path)
    except Resolver404:
        return False
    return not path.startswith("/api/") or "not_found" not in resolve(path).func.__name__


def is_python(name):
    module, _, attribute = name.rpartition(".")
    return hasattr(import_module(module), attribute)


def is_a_recorded_request(text):
    """Tell whether the recorded day has the members that the text shows."""
    names = set(re.findall(r'"(\w+)": …', text))
    first, *_ = (ROOT / "samples/extension-day.jsonl").read_text().split("\n", 1)
    return names == set(json.loads(first))


def is_true(span):
    """Tell whether a code span of README names something that is there; None where no rule knows it."""
    if span in OF_BROWSERS | OF_DJANGO:
        found = True
    elif span == "make":
        found = ".DEFAULT_GOAL := help" in MAKEFILE
    elif span.startswith("make "):
        found = is_target(span.removeprefix("make "))
    elif span.startswith("manage.py "):
        found = span.removeprefix("manage.py ") in get_commands()
    elif span.startswith("docker compose"):
        found = (ROOT / "compose.yaml").exists()
    elif span.startswith("http://127.0.0.1:8000"):
        found = is_page(span.removeprefix("http://127.0.0.1:8000") or "/")
    elif re.fullmatch(r"[A-Z_]+(=\S+)?", span):
        found = is_setting(span) or is_make_variable(span)
    elif span.startswith("/"):
        found = is_page(span)
    elif span.startswith("{"):
        found = is_a_recorded_request(span)
    elif span in RESULTS:
        found = True
    elif re.fullmatch(r"\w+(\.\w+){2,}", span):
        found = is_python(span)
    elif "/" in span or "." in span or (ROOT / span).exists():
        found = any((ROOT / folder / span).exists() for folder in FOLDERS_WITH_ROOMS)
    else:
        found = None
    return found


@pytest.mark.parametrize("span", SPANS)
def test_what_a_code_span_names_is_there(span):
    assert is_true(span), f"README names `{span}`, which is not there, or which no rule of this file can look for"


@pytest.mark.parametrize("span", ["make nothing", "NO_SUCH_SETTING=1", "/no/page", "no/file.py", "sync.limits.NOTHING"])
def test_the_rules_find_what_is_missing(span):
    assert not is_true(span)


def texts_of_people():
    files = [*ROOT.glob("*/templates/**/*.html"), *(ROOT / "extension/src/pages").glob("*.html")]
    return "\n".join(path.read_text() for path in files)


@pytest.mark.parametrize("words", QUOTED)
def test_a_button_that_is_quoted_is_on_a_page_of_ours_or_of_the_browser(words):
    assert words in OF_BROWSERS or re.search(rf">\s*{re.escape(words)}\s*<", texts_of_people()), words


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_linked_file_exists(document):
    text = (ROOT / document).read_text()
    links = set(re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", without_blocks(text)))
    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_knows_each_target_that_a_document_names(document):
    text = (ROOT / document).read_text()
    named = set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z][a-z0-9-]*)", text))
    assert [target for target in named if not is_target(target)] == []


def test_each_picture_has_a_text_for_those_who_do_not_see_it():
    pictures = re.findall(r"!\[([^]]*)\]\(", README)
    assert len(pictures) >= 4
    assert all(pictures)


def test_the_urls_are_those_at_which_the_commands_serve():
    ports = {
        target: subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for target in ("run", "demo", "replay")
    }
    assert "--port 8000" in ports["run"]
    assert "--port 8001" in ports["demo"]
    assert "http://127.0.0.1:8000" in ports["replay"]
    assert set(re.findall(r"http://127\.0\.0\.1:(\d+)", README)) == {"8000", "8001"}


def test_the_python_that_is_asked_for_is_the_one_that_make_asks_for():
    (wanted,) = re.findall(r"Python (3\.\d+) or later", README)
    assert f"sys.version_info < {tuple(map(int, wanted.split('.')))}" in MAKEFILE
    assert f"Python {wanted} or later is needed" in MAKEFILE


def test_make_takes_another_python_and_advises_it_for_the_command_that_was_typed():
    said = subprocess.run(
        ["make", "-n", "run", "PYTHON=python3.12", "VENV=no-such-folder"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "make run PYTHON=python3.12" in said
    assert "python3.12 -m venv no-such-folder" in said


def test_a_python_that_is_too_old_or_missing_is_answered_with_advice(tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in (old, tmp_path / "none"):
        done = subprocess.run(
            ["make", "demo", f"PYTHON={python}", f"VENV={tmp_path}/venv"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert "Python 3.11 or later is needed. Name one that you have, such as: make demo PYTHON=" in done.stdout
        assert not (tmp_path / "venv").exists()


def test_the_recorded_day_is_of_the_day_that_is_named():
    lines = (ROOT / "samples/extension-day.jsonl").read_text().splitlines()
    starts = [visit["startedAt"] for line in lines for visit in json.loads(line)["body"].get("visits", [])]
    # 3 November 2025 in UTC, and the hour and a half of the night after it.
    assert min(starts) // 86_400_000 == 20_395
    assert max(starts) // 86_400_000 <= 20_396
    assert "3 November 2025" in README


def test_the_map_of_the_code_names_each_folder_of_code():
    (table,) = re.findall(r"^\| folder \|.*?(?=\n\n)", README, re.MULTILINE | re.DOTALL)
    rows = set(re.findall(r"^\| `(\w+)/`", table, re.MULTILINE))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in tracked.splitlines() if "/" in line and not line.startswith(".")}
    assert rows == folders - {"docs", "scripts"}


def test_a_failure_of_pip_stops_make(tmp_path):
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python"
    python.write_text("#!/bin/sh\necho Collecting nothing\nexit 3\n")
    python.chmod(0o755)
    done = subprocess.run(
        ["make", f"{tmp_path}/.run", f"VENV={tmp_path}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert not (tmp_path / ".run").exists()
