"""docs/deployment.md for a PaaS with buildpacks: build, release and web from a copy of the files, over real HTTP."""

import http.client
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.live import deployment_page
from tests.live.service import PASSWORD, ROOT, Database, free_port
from tests.wire import VISITS
from tests.wire_records import visit

pytestmark = pytest.mark.postgresql
INHERITED = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ} | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PIP_NO_INDEX": "1",
    # Buildpacks set this. Otherwise Python would write compiled files into the folder, which is read-only here.
    "PYTHONDONTWRITEBYTECODE": "1",
}
# What a router sends.
ROUTED = {"Host": "sync.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
# A root user may write to a file whatever its permissions.
READ_ONLY = "mount --bind {0} {0} && mount -o remount,bind,ro {0} && cd {0} && "


class Platform:
    """Builds a copy of the project, then runs processes of its Procfile on read-only files."""

    def __init__(self, folder, database):
        self.app = folder / "app"
        self.folder = folder
        self.port = free_port()
        for name in deployment_page.project_files():
            (self.app / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.app / name)
        self.sh(deployment_page.commands("build"))
        if os.geteuid() != 0:
            subprocess.run(["chmod", "-R", "a-w", self.app], check=True)
        self.variables = dict(line.split("=", 1) for line in deployment_page.commands("variables").splitlines())
        command = re.fullmatch(r"<the output of: (.*)>", self.variables["SECRET_KEY"])[1]
        self.variables["SECRET_KEY"] = self.sh(command).strip()
        self.variables |= {"DATABASE_URL": database.url, "PORT": str(self.port)}

    def sh(self, commands):
        """Run commands of the build, which has no variables; return what they print."""
        done = subprocess.run(
            ["sh", "-e", "-c", commands], cwd=self.app, env=INHERITED, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout

    def start(self, name, **changes):
        """Start a process of the Procfile, without variables that are changed to None; return it and its log."""
        line = re.search(rf"^{name}: (.*)$", (self.app / "Procfile").read_text(), re.MULTILINE)[1]
        variables = {key: value for key, value in (self.variables | changes).items() if value is not None}
        # The Procfile listens on every interface; a test stays on this machine.
        variables["GUNICORN_CMD_ARGS"] = f"--bind 127.0.0.1:{variables['PORT']}"
        command = ["sh", "-c", f"exec {line}"]
        if os.geteuid() == 0:
            command = ["unshare", "--mount", "sh", "-c", f"{READ_ONLY.format(self.app)} exec {line}"]
        log = self.folder / f"{name}-{secrets.token_hex(4)}.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                command, cwd=self.app, env=INHERITED | variables, stdout=file, stderr=file, start_new_session=True
            )
        return process, log

    def call(self, method, path, body=None, headers=ROUTED, **more):
        """Return (status, headers, content)."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            content = None if body is None else json.dumps(body)
            more = {name.replace("_", "-"): value for name, value in more.items()}
            connection.request(method, path, content, {"Content-Type": "application/json"} | headers | more)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    folder = tmp_path_factory.mktemp("platform")
    database = Database.empty(folder)
    yield Platform(folder, database)
    database.drop()


@pytest.fixture(scope="module")
def web(platform):
    release, log = platform.start("release")
    assert release.wait(60) == 0, log.read_text()
    process, log = platform.start("web")
    # As the health check of a platform: by plain HTTP, to the address of the process.
    for _ in range(600):
        with suppress(OSError):
            if platform.call("GET", "/readyz", headers={"Host": "10.0.0.7"})[0] == 200:
                break
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    yield process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def test_a_sign_up_and_a_push_arrive(platform, web):
    assert platform.call("GET", "/healthz", headers={"Host": "10.0.0.7"})[0] == 200
    body = {"email": "alice@example.org", "password": PASSWORD}
    status, _, content = platform.call("POST", "/api/auth/register", body)
    assert status == 201, content
    token = {"Authorization": f"Bearer {json.loads(content)['access']}"}
    for results in (["created"], ["unchanged"]):
        status, _, content = platform.call("POST", VISITS, {"visits": [visit(id="pv_1")]}, **token)
        assert (status, json.loads(content)["results"]) == (200, results)


def test_pages_have_the_files_of_the_build(platform, web):
    status, headers, content = platform.call("GET", "/")
    assert status == 200
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    styles = re.search(r'href="(/static/syncserver/site\.[0-9a-f]{12}\.css)"', content.decode())[1]
    status, headers, _ = platform.call("GET", styles)
    assert (status, headers["Cache-Control"]) == (200, "max-age=315360000, public, immutable")
    assert platform.call("GET", "/static/extension/browsing-record-chromium.zip")[2].startswith(b"PK")


def test_plain_http_is_led_to_https_or_refused(platform, web):
    plain = {**ROUTED, "X-Forwarded-Proto": "http"}
    status, headers, _ = platform.call("GET", "/account/sign-in", headers=plain)
    assert (status, headers["Location"]) == (301, "https://sync.example.org/account/sign-in")
    status, _, content = platform.call("GET", "/api/sync/limits", headers=plain)
    assert (status, json.loads(content)["code"]) == (403, "https_required")


def test_nothing_starts_without_what_it_needs(platform):
    wrong = {
        "SECRET_KEY is not set.": {"SECRET_KEY": None},
        "ALLOWED_HOSTS is not set.": {"ALLOWED_HOSTS": None},
        "ALLOWED_HOSTS is *": {"ALLOWED_HOSTS": "*"},
        "PUBLIC_URL is no server address.": {"PUBLIC_URL": "sync.example.org"},
    }
    started = [
        (sentence, *platform.start(name, **changes))
        for sentence, changes in wrong.items()
        for name in ("release", "web")
    ]
    for sentence, process, log in started:
        assert process.wait(60) != 0, sentence
        said = log.read_text()
        assert sentence in said
        assert "Set the environment variable" in said
        assert "Traceback" not in said


def test_a_process_that_is_told_to_end_ends_well(platform, web):
    os.killpg(web.pid, signal.SIGTERM)
    assert web.wait(30) == 0
