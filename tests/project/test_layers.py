"""Imports run one way: views → serializers → services → merge, models → limits; nobody imports syncserver."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("accounts", "sync", "insights")
# What each module of sync may import from sync, beside itself.
SYNC = {
    "limits": set(),
    "merge": set(),
    "body": {"limits"},
    "models": {"limits"},
    "fields": {"limits"},
    "statements": {"models", "merge"},
    "services": {"models", "merge", "limits", "statements"},
    "everyday": {"fields", "merge", "limits"},
    "serializers": {"services", "fields", "everyday", "limits"},
    "erasure": {"models"},
    "views": {"serializers", "services", "fields", "body", "limits"},
}


def imports(path: Path) -> set[str]:
    """Return the dotted names a module imports, `from a import b` as a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def modules(app: str) -> list[Path]:
    return [path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]


@pytest.mark.parametrize("app", [app for app in APPS if (ROOT / app).is_dir()])
def test_no_app_imports_the_wiring(app):
    guilty = [path.name for path in modules(app) if any(name.startswith("syncserver") for name in imports(path))]
    assert guilty == []


def test_accounts_know_nothing_of_sync_and_sync_nothing_of_accounts_or_insights():
    crossing = {
        (app, name)
        for app, others in (("accounts", ("sync", "insights")), ("sync", ("accounts", "insights")))
        for path in modules(app)
        for name in imports(path)
        if name.split(".")[0] in others
    }
    assert crossing == set()


@pytest.mark.parametrize("module", sorted(SYNC))
def test_imports_within_sync_run_one_way(module):
    imported = {name.split(".")[1] for name in imports(ROOT / "sync" / f"{module}.py") if name.startswith("sync.")}
    assert imported <= SYNC[module]


def test_the_merge_is_pure():
    assert not any(
        name.startswith(("django", "time", "datetime", "rest_framework")) for name in imports(ROOT / "sync/merge.py")
    )
