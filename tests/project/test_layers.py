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
WRITING = {"create", "save", "delete", "bulk_create", "update_or_create", "get_or_create", "execute"}
INSIGHTS = {
    "numbers": set(),
    "periods": set(),
    "models": set(),
    "charts": {"numbers", "periods"},
    "words": {"periods"},
    "rows": {"numbers"},
    "reports": {"rows", "models", "numbers", "periods"},
    "timeline": {"rows", "charts", "numbers", "periods"},
    "search": {"rows", "numbers"},
    "serializers": {"numbers", "periods"},
    "api": {"reports", "rows", "timeline", "search", "serializers", "numbers", "periods", "words"},
    "pages/frame": {"reports", "rows", "serializers", "periods"},
    "pages/overview": {"pages", "charts", "reports", "rows", "periods"},
    "pages/day": {"pages", "charts", "timeline", "rows", "periods"},
    "pages/site": {"pages", "charts", "reports", "rows", "numbers", "periods"},
    "pages/history": {"pages", "timeline", "search", "rows", "periods"},
    "pages/tabs": {"pages", "charts", "timeline", "rows", "periods"},
    "pages/browsers": {"pages", "rows"},
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


def test_insights_know_of_sync_the_models_alone_and_nothing_of_accounts():
    crossing = {
        (path.name, name)
        for path in modules("insights")
        for name in imports(path)
        if name.split(".")[0] in ("sync", "accounts") and not name.startswith("sync.models.")
    }
    assert crossing == set()


@pytest.mark.parametrize("module", sorted(INSIGHTS))
def test_imports_within_insights_run_one_way(module):
    names = imports(ROOT / "insights" / f"{module}.py")
    imported = {name.split(".")[1] for name in names if name.startswith("insights.")}
    assert imported <= INSIGHTS[module]


def test_every_module_of_insights_has_its_place():
    aside = {"__init__", "apps", "urls", "api_urls", "templatetags/insights", "management/commands/tally_months"}
    names = {path.relative_to(ROOT / "insights").with_suffix("").as_posix() for path in modules("insights")}
    assert {name for name in names if not name.endswith("__init__")} - aside == set(INSIGHTS)


def test_insights_write_nothing_but_their_own_table():
    written = {
        (path.name, node.func.attr)
        for path in modules("insights")
        if path.name not in ("reports.py", "tally_months.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITING
    }
    assert written == set()


def test_the_numbers_are_pure():
    for module in ("numbers", "periods", "charts"):
        names = imports(ROOT / "insights" / f"{module}.py")
        assert not any(name.startswith(("django", "sync", "rest_framework", "time.")) for name in names)


def test_the_merge_is_pure():
    assert not any(
        name.startswith(("django", "time", "datetime", "rest_framework")) for name in imports(ROOT / "sync/merge.py")
    )
