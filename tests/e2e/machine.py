"""Names the programs that a test needs; without one, it is skipped with advice, and fails under CI."""

import os
import shutil
import socket
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
EXTENSION = REPOSITORY / "extension"
SCREENSHOTS = REPOSITORY / "tests" / "screenshots"
PYTHON_DOCS = Path("/usr/share/doc/python3-doc/html")
POSTGRES_DOCS = Path("/usr/share/doc/postgresql-doc-15/html")


def require(found: object, package: str) -> None:
    if found:
        return
    message = f"needs the Debian package {package}: apt install {package}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def require_program(name: str, package: str) -> str:
    path = shutil.which(name)
    require(path, package)
    return str(path)


def require_docs() -> None:
    require((PYTHON_DOCS / "index.html").exists(), "python3-doc")
    require((POSTGRES_DOCS / "index.html").exists(), "postgresql-doc-15")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
