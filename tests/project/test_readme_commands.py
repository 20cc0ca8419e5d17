"""The commands of README, run as a stranger runs them: in a fresh copy of the project, with an empty home."""

import http.cookiejar
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.live.service import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
PASSWORD = "correct horse battery staple"
# Commands that a machine without internet or without a container engine cannot run, each with what is tested instead.
NOT_RUN = {
    # test_container.py holds the files.
    "SECURE_SSL_REDIRECT=false docker compose up": "needs Docker and images of a registry",
}


def commands():
    """Return the commands of README's blocks; a line that begins with a space goes on with the one before."""
    blocks = re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [command for block in blocks for command in re.split(r"\n(?!\s|$)", block.rstrip("\n"))]


def command(beginning):
    (found,) = [each for each in commands() if each.startswith(beginning)]
    return found


class Clone:
    """A copy of the project with a home of its own. Packages are those of the tests, so that nothing is downloaded."""

    def __init__(self, folder):
        self.folder = folder / "syncserver"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)
        (self.folder / ".venv").symlink_to(sys.prefix)
        (folder / "home").mkdir()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "LANG": "C.UTF-8"}
        self.ports = {"run": free_port(), "demo": free_port()}
        self.started = []

    def shell(self, text, **environment):
        """Run a command of README to its end."""
        for target, port in (("run", 8000), ("demo", 8001)):
            text = text.replace(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{self.ports[target]}")
        return subprocess.run(
            ["bash", "-c", text],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def make(self, target, *variables):
        """Return the command line of make, which takes the packages for installed."""
        return ["make", "-o", ".venv/.run", target, f"PORT={self.ports[target]}", *variables]

    def start(self, target, *variables):
        """Start a command that serves."""
        said = (self.folder.parent / f"{target}.txt").open("w")
        self.started.append(
            subprocess.Popen(
                self.make(target, *variables),
                cwd=self.folder, env=self.environment, stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
            )
        )  # fmt: skip
        said.close()

    def link(self, target):
        """Return the link that a command printed, once something serves there."""
        said = self.folder.parent / f"{target}.txt"
        url = f"http://127.0.0.1:{self.ports[target]}"
        for _ in range(600):
            if (
                found := re.findall(rf"^{url}/account/development-sign-in/\S+$", said.read_text(), re.MULTILINE)
            ) and answers(url):
                return found[0]
            time.sleep(0.1)
        raise AssertionError(said.read_text())

    def stop(self):
        for process in self.started:
            os.killpg(process.pid, signal.SIGINT)
        for process in self.started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def answers(url):
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5):
            return True
    except OSError:
        return False


class WebBrowser:
    """Keeps cookies as browsers do: a host's cookies go to all of its ports."""

    def __init__(self):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def open(self, url, form=None):
        """Return where a page led, and its text."""
        data = urllib.parse.urlencode(form).encode() if form else None
        with self.opener.open(url, data, timeout=30) as reply:
            return urllib.parse.urlsplit(reply.url).path, reply.read().decode()

    def sign_in(self, server, email, password):
        _, page = self.open(f"{server}/account/sign-in")
        (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page))
        self.open(f"{server}/account/sign-in", {"csrfmiddlewaretoken": token, "username": email, "password": password})


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    clone = Clone(tmp_path_factory.mktemp("clone"))
    done = clone.shell(command("echo"))
    assert done.returncode == 0, done.stderr
    clone.start("run")
    clone.start("demo", "DAYS=2")
    yield clone
    clone.stop()


def test_each_command_is_run_here_or_told_why_not():
    run_here = {"make demo", "make run", "access=$(curl", "start=", "curl http://", 'echo "SECRET_KEY='}
    found = [each for each in commands() if not any(each.startswith(beginning) for beginning in run_here)]
    assert [each.partition("  ")[0] for each in found] == list(NOT_RUN)
    assert [target for target in ("run", "demo") if not command(f"make {target}")] == []


def test_the_key_that_is_made_is_long_enough(clone):
    (key,) = re.findall(r"^SECRET_KEY=(\S+)$", (clone.folder / ".env").read_text(), re.MULTILINE)
    assert len(key) >= 50


def test_both_run_side_by_side_and_each_link_opens_signed_in_once(clone):
    links = {target: clone.link(target) for target in clone.ports}
    person = WebBrowser()
    assert person.open(links["run"])[0] == "/dashboard/start"
    assert person.open(links["demo"])[0] == "/dashboard"
    # Neither sign-in has ended the other one.
    for target, name in (("run", "me@example.org"), ("demo", "Demo")):
        path, page = person.open(f"http://127.0.0.1:{clone.ports[target]}/account")
        assert path == "/account"
        assert name in page
    path, page = WebBrowser().open(links["demo"])
    assert path == "/account/sign-in"
    assert "This link is used up" in page


def test_the_demo_shows_its_days_until_now(clone):
    person = WebBrowser()
    clone.link("demo")
    said = (clone.folder.parent / "demo.txt").read_text()
    (password,) = re.findall(r"^person +demo@example.org +(\S+)$", said, re.MULTILINE)
    server = f"http://127.0.0.1:{clone.ports['demo']}"
    person.sign_in(server, "demo@example.org", password)
    _, page = person.open(f"{server}/dashboard/browsers")
    for name in ("Work laptop", "Import from Chrome or a relative (Old laptop)"):
        assert name in page


def test_the_example_of_the_api_shows_up_on_the_page_of_its_day_and_the_recorded_day_is_sent(clone):
    clone.link("run")
    day = datetime.now(UTC) - timedelta(seconds=60)
    push = command("curl http")
    done = clone.shell("\n".join((command("access=$(curl"), command("start="), push, push)))
    results = re.findall(r'"results":(\[.*?\])', done.stdout)
    assert results == ['["created"]', '["unchanged"]'], done.stdout + done.stderr
    server = f"http://127.0.0.1:{clone.ports['run']}"
    person = WebBrowser()
    person.sign_in(server, "alice@example.org", PASSWORD)
    _, page = person.open(f"{server}/dashboard/day/{day:%Y-%m-%d}")
    assert "docs.example.org" in page
    assert "1 min" in page

    (replay,) = set(re.findall(r"`(make replay [^`]+)`", README))
    said = clone.shell(f"{replay} -o .venv/.run PORT={clone.ports['run']}", SYNC_PASSWORD=PASSWORD)
    assert re.search(r"^page visits +\d+", said.stdout, re.MULTILINE), said.stdout + said.stderr
    _, page = person.open(f"{server}/dashboard/day/2025-11-03")
    assert "youtube.com" in page


def test_a_taken_port_is_said_before_anything_else(clone):
    clone.link("demo")
    done = clone.shell(" ".join(clone.make("demo")))
    assert done.returncode != 0
    assert done.stdout == ""
    assert f"Port {clone.ports['demo']} is taken. Nothing was changed. Try: make demo PORT=" in done.stderr
    assert answers(f"http://127.0.0.1:{clone.ports['demo']}")


def test_make_alone_lists_the_commands(clone):
    said = clone.shell("make").stdout
    listed = set(re.findall(r"^([a-z0-9-]+) {2,}\S", said, re.MULTILINE))
    assert {"run", "demo", "replay", "extension", "test"} <= listed
