"""docs/deployment.md on a clean machine with systemd and Caddy: each command and file as it stands there.

It ends with a backup made while pushes come in, and restored.
"""

import json
import re

from tests.live import clean_machine, deployment_page
from tests.live.service import POSTGRESQL

KIND = "postgresql" if POSTGRESQL else "sqlite"
CLIENT = "python3 /opt/syncserver/tests/live/deployed_client.py https://sync.example.org /tried/client.json"
# As `apt install` leaves a machine: Caddy runs. Its certificates come from an authority of its own.
BEFORE = """
OWN_AUTHORITY='{\n local_certs\n skip_install_trust\n}\n'
echo 127.0.0.1 sync.example.org >> /etc/hosts
printf "$OWN_AUTHORITY localhost {\n}\n" > /etc/caddy/Caddyfile
systemctl start caddy.service
export CURL_CA_BUNDLE=/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt
export SSL_CERT_FILE=$CURL_CA_BUNDLE
"""
NEW_CLUSTER = """
read -r version name _ <<< "$(pg_lsclusters --no-header | head -n 1)"
pg_dropcluster $version $name
pg_createcluster --start $version $name
"""
CHECKED = """
caddy validate --config /etc/caddy/Caddyfile
{ printf "$OWN_AUTHORITY"; cat /etc/caddy/Caddyfile; } > /etc/caddy/new
mv /etc/caddy/new /etc/caddy/Caddyfile
"""
USED = f"""
ps -o user:20=,args= -C python > /tried/processes
curl --silent --dump-header /tried/plain --output /dev/null http://sync.example.org/
curl --fail --silent https://sync.example.org/ > /tried/page
{CLIENT} sign-up
systemctl start syncserver-daily.service
"""
PUSHED_MEANWHILE = f"""
{CLIENT} push-until during /tried/stop &
set +x
until grep -q during-100 /tried/client.json; do kill -0 $!; sleep 0.05; done
set -x
cp /tried/client.json /tried/answered.json
"""
PUSHED_AFTERWARDS = """
answered=$(wc -c < /tried/client.json)
set +x
until [ $(wc -c < /tried/client.json) -gt $((answered + 1000)) ]; do kill -0 $!; sleep 0.05; done
set -x
touch /tried/stop
wait $!
"""
READY = """
curl --fail --silent --retry 20 --retry-delay 1 --retry-all-errors https://sync.example.org/readyz
"""


def install():
    """Return the commands up to the migrated database."""
    commands = deployment_page.commands("machine")
    if not POSTGRESQL:
        return commands
    url = re.search(r"`(postgres:///[^`]+)`", deployment_page.PAGE)[1]
    # The run on SQLite installs the packages and collects the files.
    commands = re.sub(r"^.*(-m pip|collectstatic).*\n", "", commands, flags=re.MULTILINE)
    commands = commands.replace("-m venv", "-m venv --without-pip")
    commands = re.sub(r"^DATABASE_URL=.*$", f"DATABASE_URL={url}", commands, count=1, flags=re.MULTILINE)
    return NEW_CLUSTER + deployment_page.commands("postgresql") + commands


def test_every_command_from_scratch_to_a_restored_backup(tmp_path):
    clean_machine.require()
    script = [
        BEFORE,
        install(),
        *(f"cat > {path} <<'END OF FILE'\n{text}END OF FILE\n" for path, text in deployment_page.files().items()),
        CHECKED,
        deployment_page.commands("start"),
        USED,
        PUSHED_MEANWHILE,
        deployment_page.commands(f"backup-{KIND}"),
        PUSHED_AFTERWARDS,
        deployment_page.commands(f"restore-{KIND}"),
        deployment_page.commands("after-restore"),
        READY,
        f"{CLIENT} push-again > /tried/said.json",
    ]
    printed, tried = clean_machine.run(tmp_path, "".join(script))
    assert printed.count("\nok\n") == 2
    processes = (tried / "processes").read_text().splitlines()
    assert {line.split()[0] for line in processes} == {"syncserver"}
    assert len([line for line in processes if "gunicorn" in line]) == 3
    assert "Location: https://sync.example.org/" in (tried / "plain").read_text()
    styles = r"/static/syncserver/site\.css" if POSTGRESQL else r"/static/syncserver/site\.[0-9a-f]{12}\.css"
    assert re.search(styles, (tried / "page").read_text())

    said = json.loads((tried / "said.json").read_text())
    assert said["cursor"] == [410, "resync_required"]
    assert said["before"] == ["unchanged"] * 50
    answered = len(json.loads((tried / "answered.json").read_text())["pushed"]["during"])
    assert answered > 100
    assert said["during"][:answered] == ["unchanged"] * answered
    # What was pushed after the backup is not in it, and comes back whole when it is sent again.
    assert said["during"][-1] == "created"
    first_missing = said["during"].index("created")
    assert set(said["during"][first_missing:]) == {"created"}


def test_an_upgrade_consists_of_commands_that_the_installation_runs():
    others = {
        line
        for name in ("machine", f"restore-{KIND}", "after-restore")
        for line in deployment_page.commands(name).splitlines()
    }
    assert set(deployment_page.commands("upgrade").splitlines()) - others == {"git pull"}
