"""Insights read records and write nothing but their own tables, the month tallies and the rules for categories."""

import ast
from pathlib import Path

import insights

WRITING = {"create", "save", "delete", "update", "bulk_create", "update_or_create", "get_or_create", "execute"}
WRITERS = {"month_tallies.py": "MonthTally", "tally_months.py": "MonthTally", "stored_rules.py": "CategoryRule"}
MODULES = [path for path in Path(insights.__file__).parent.rglob("*.py") if "migrations" not in path.parts]


def writing_calls(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)} & WRITING


def test_only_the_tallies_and_the_rules_are_written():
    found = {path.name for path in MODULES if writing_calls(path)}
    assert found == set(WRITERS)


def test_the_writers_write_to_their_own_table_alone():
    for path in MODULES:
        if path.name in WRITERS:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITING:
                    assert ast.unparse(node.func).startswith(f"{WRITERS[path.name]}.objects."), ast.unparse(node)
