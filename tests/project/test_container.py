"""Dockerfile and compose.yaml agree with the project. No test builds the image: that needs images of a registry."""

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent.parent
INSTRUCTIONS = [
    tuple(line.split(None, 1))
    for line in re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()
    if line and not line.startswith("#")
]
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVER, DATABASE = COMPOSE["services"]["server"], COMPOSE["services"]["database"]
LISTED = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


def of(kind):
    return [rest for name, rest in INSTRUCTIONS if name == kind]


def test_the_image_has_the_python_of_the_project():
    assert of("FROM") == [f"python:{(ROOT / '.python-version').read_text().strip()}-slim"]


def test_the_image_starts_as_the_procfile_does_and_is_built_as_the_docs_say():
    assert json.loads(of("CMD")[0]) == ["sh", "-c", f"{PROCFILE['release']} && exec {PROCFILE['web']}"]
    (build,) = re.findall(r"^```sh build\n(.*?)^```", (ROOT / "docs/deployment.md").read_text(), re.M | re.S)
    assert build.splitlines()[-1] in " && ".join(of("RUN")).split(" && ")


def test_each_command_of_the_image_is_one_of_the_project():
    named = re.findall(r"manage\.py (\w+)", " ".join([*of("RUN"), *of("CMD")]))
    assert set(named) == {"migrate", "collectstatic"}
    assert set(named) <= set(get_commands())
    assert (ROOT / "syncserver/wsgi.py").exists()


def test_each_file_that_is_copied_is_there():
    sources = [source for copy in of("COPY") for source in copy.split()[:-1]]
    assert sources == ["requirements.txt", "."]
    assert "-r requirements.txt" in of("RUN")[0]


def test_the_server_runs_as_somebody_who_may_change_nothing():
    user = of("USER")[0]
    assert f"useradd --system {user}" in " ".join(of("RUN"))
    names = [name for name, _ in INSTRUCTIONS]
    assert names.index("USER") > max(at for at, name in enumerate(names) if name in {"COPY", "RUN"})


@pytest.mark.parametrize("path", [".env", "db.sqlite3", "demo.sqlite3-wal", ".venv", "staticfiles", "tests"])
def test_what_is_private_or_useless_stays_out_of_the_image(path):
    patterns = (ROOT / ".dockerignore").read_text().split()
    assert any(Path(path).match(pattern.removeprefix("**/")) for pattern in patterns)


def test_the_image_holds_every_folder_that_the_server_reads():
    ignored = set((ROOT / ".dockerignore").read_text().split())
    apps = {"accounts", "sync", "insights", "portability", "syncserver", "strict_json", "extension", "docs", "samples"}
    assert not apps & ignored


def test_the_ports_are_the_default_one_of_the_server():
    port = LISTED["PORT"]
    assert of("EXPOSE") == [port]
    assert SERVER["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert SERVER["environment"]["PORT"] == port


def test_each_variable_of_compose_is_read_by_the_settings_with_the_same_default():
    assert set(SERVER["environment"]) <= set(LISTED)
    defaults = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", json.dumps(SERVER["environment"])))
    # The server has no default for the names that it answers to.
    assert defaults.pop("ALLOWED_HOSTS") == "localhost,127.0.0.1"
    assert defaults == {name: LISTED[name] for name in defaults}
    assert re.fullmatch(r"\$\{SECRET_KEY:\?.*50 or more.*\}", SERVER["environment"]["SECRET_KEY"])


def test_other_variables_reach_the_server_from_the_file_that_the_docs_name():
    assert SERVER["env_file"] == [{"path": ".env", "required": False}]


def test_the_server_finds_the_database_and_waits_for_it():
    url = urlsplit(SERVER["environment"]["DATABASE_URL"])
    said = DATABASE["environment"]
    assert COMPOSE["services"][url.hostname] is DATABASE
    assert (url.username, url.password) == (said["POSTGRES_USER"], said["POSTGRES_PASSWORD"])
    # Without POSTGRES_DB the image names the database for the user.
    assert url.path == f"/{said.get('POSTGRES_DB', url.username)}"
    assert SERVER["depends_on"]["database"]["condition"] == "service_healthy"
    # By a socket the image answers before it is set up.
    assert DATABASE["healthcheck"]["test"][:4] == ["CMD", "pg_isready", "-h", "127.0.0.1"]
    assert [volume.split(":")[0] for volume in DATABASE["volumes"]] == list(COMPOSE["volumes"])


def test_the_shell_takes_the_commands_of_the_image():
    for text in (*of("RUN"), json.loads(of("CMD")[0])[2]):
        subprocess.run(["sh", "-n", "-c", text], check=True)


def test_the_docs_name_commands_of_the_project_and_services_of_compose():
    text = (ROOT / "docs/deployment.md").read_text().partition("## With containers")[2].partition("\n## ")[0]
    assert set(re.findall(r"manage\.py (\w+)", text)) <= set(get_commands()) | {"createsuperuser"}
    assert set(re.findall(r"compose exec (\w+)", text)) == set(COMPOSE["services"])
    assert set(re.findall(r"`([A-Z_]{5,})[`=]", text)) <= set(LISTED)
