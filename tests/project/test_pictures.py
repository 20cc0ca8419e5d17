"""The pictures of README and of the pages: each exists in both colour schemes and shows a page that exists."""

import ast
import re
from pathlib import Path

import pytest
from django.urls import resolve

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = ROOT / "syncserver/static/syncserver/pictures"
SCRIPT = ast.parse((ROOT / "scripts/take_pictures.py").read_text())
TABLES = {
    node.targets[0].id: ast.literal_eval(node.value)
    for node in SCRIPT.body
    if isinstance(node, ast.Assign) and node.targets[0].id in ("PAGES", "STEPS", "SCHEMES")
}
FILES = {f"{name}-{scheme}.png" for name in (*TABLES["PAGES"], *TABLES["STEPS"]) for scheme in TABLES["SCHEMES"]}


def test_the_command_takes_each_picture_that_is_kept_and_no_other():
    assert {path.name for path in PICTURES.iterdir()} == FILES


@pytest.mark.parametrize("path", [path for path, _, _ in TABLES["PAGES"].values()])
def test_the_page_of_a_picture_still_exists(path):
    assert resolve(path)


def test_readme_and_templates_show_pictures_that_exist():
    texts = [ROOT / "README.md", *ROOT.glob("*/templates/**/*.html")]
    named = {name for text in texts for name in re.findall(r"pictures/([\w-]+\.png)", text.read_text())}
    steps = {
        name for text in texts for name in re.findall(r'_step_picture.html" with name="([\w-]+)"', text.read_text())
    }
    assert named <= FILES
    assert steps == set(TABLES["STEPS"])
