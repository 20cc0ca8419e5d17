"""The commands and files of docs/deployment.md."""

import re

from tests.live.service import ROOT

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(name):
    """Return the commands of all blocks with this name, in their order."""
    found = [text for language, of_block, text in BLOCK.findall(PAGE) if (language, of_block) == ("sh", name)]
    assert found, name
    return "".join(found)


def files():
    """Return {path: text} of all files that the page shows."""
    return {path: text for language, path, text in BLOCK.findall(PAGE) if language != "sh"}


def project_files():
    """Return the paths of the project's own files, without what its commands made."""
    import subprocess

    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in names.split("\0") if name and (ROOT / name).exists()]
