"""An older version of this project, whose database lacks the newest migrations, from the history of the repository."""

import os
import re
import subprocess
from pathlib import Path

from tests.live.service import ROOT

MIGRATION = re.compile(r"\w+/migrations/\d{4}_\w+\.py")
NO_HISTORY = "The history of the repository holds no older version; a shallow clone has none."


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, timeout=60).stdout


def migrations_of(commit):
    return set(MIGRATION.findall(git("ls-tree", "-r", "--name-only", commit).decode()))


def older_commit():
    """Return the newest commit with a part of our migrations, or that of CHAOS_OLDER; None without a history."""
    if asked := os.environ.get("CHAOS_OLDER"):
        return asked
    here = {str(path.relative_to(ROOT)) for path in ROOT.glob("*/migrations/0*.py")}
    try:
        commits = git("rev-list", "HEAD").decode().split()
    except (OSError, subprocess.CalledProcessError):
        return None
    return next((commit for commit in commits if migrations_of(commit) < here), None)


def older_version(folder):
    """Return the folder of an older version, and its commit; None without a history."""
    commit = older_commit()
    if commit is None:
        return None
    Path(folder).mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=git("archive", commit), check=True, timeout=60)
    return Path(folder), commit
