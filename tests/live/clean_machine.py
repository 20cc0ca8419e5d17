"""A machine of its own for commands that a person types as root: systemd in a container, without a network.

It has this machine's files, and keeps its changes to itself. The packages of Python are those of the tests.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.live.deployment_page import project_files
from tests.live.service import ROOT

NEEDED = ("systemd-nspawn", "caddy", "sqlite3", "curl")
# /tried is shared with the test. What begins in /tried/bin stands for the network: `apt` finds all installed, `git`
# brings the files of this project.
UNIT = """
[Unit]
Requires=basic.target
After=basic.target
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
Environment=PATH=/tried/bin:/usr/local/tests-python/bin:/usr/sbin:/usr/bin:/sbin:/bin
Environment=HOME=/root PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_QUIET=1
ExecStart=/bin/bash -ex /tried/script
StandardOutput=append:/tried/log
StandardError=append:/tried/log
"""
STUBS = {
    "apt": "#!/bin/sh\n",
    "git": '#!/bin/sh\n[ "$1" = pull ] || tar -xf /tried/project.tar -C "$3"\n',
}
# The Python of the tests may lie in a home folder, which the service cannot read. `python3 -m venv` makes the links
# of the packages' folder anew.
BEFORE = """
PS4='+ $EPOCHREALTIME '
echo /usr/local/tests-python/lib > /etc/ld.so.conf.d/000-tests-python.conf
ldconfig
rm /opt/syncserver/.venv/bin/python*
"""
START = """
set -e
mount -t tmpfs tmpfs {layers}
cd {layers}
mkdir upper work {name}
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work {name}
mkdir -p {name}/opt/syncserver/.venv
cp {tried}/tried.service {name}/etc/systemd/system/
exec systemd-nspawn --quiet --register=no --keep-unit --private-network --directory={layers}/{name} \
  --bind={tried}:/tried --bind-ro={python}:/usr/local/tests-python --overlay={packages}::/opt/syncserver/.venv \
  --boot systemd.unit=tried.service
"""


def require():
    """Skip the test where no container can be made; under CI a missing program is a failure."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        reason = f"{', '.join(missing)} is missing (Debian: apt install systemd-container caddy sqlite3 curl)."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    if os.geteuid() != 0:
        pytest.skip("Only root can make a container with systemd.")


def run(folder, script, seconds=280):
    """Run commands on a new machine, in its own /opt/syncserver; return what they printed, and the shared folder."""
    tried, layers = folder / "tried", folder / "layers"
    (tried / "bin").mkdir(parents=True)
    layers.mkdir()
    for name, text in STUBS.items():
        (tried / "bin" / name).write_text(text)
        (tried / "bin" / name).chmod(0o755)
    with tarfile.open(tried / "project.tar", "w") as archive:
        for name in project_files():
            archive.add(ROOT / name, name)
    (tried / "tried.service").write_text(UNIT)
    (tried / "script").write_text(f"{BEFORE}{script}\necho all commands ran\n")
    start = START.format(
        layers=shlex.quote(str(layers)),
        tried=shlex.quote(str(tried)),
        # The name of the container.
        name=f"tried-{os.getpid()}",
        python=Path(sys.base_prefix).resolve(),
        packages=Path(sys.prefix).resolve(),
    )
    done = subprocess.run(
        ["unshare", "--mount", "bash", "-c", start],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    log = tried / "log"
    if not log.exists():
        # Root in a container of its own may be forbidden to mount, which no package changes.
        pytest.skip(f"This machine starts no container: {done.stdout}{done.stderr}")
    printed = log.read_text()
    assert printed.endswith("all commands ran\n"), printed[-6_000:]
    return printed, tried
