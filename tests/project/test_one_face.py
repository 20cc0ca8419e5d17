"""One name and one palette: the pages of the server and the extension look like one thing."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extension"
# A colour by its name in the extension, and by its name on the server.
COLOURS = {
    "paper": "page",
    "card": "card",
    "box": "box",
    "ink": "ink",
    "soft": "quiet",
    "line": "line",
    "brand": "press",
    "brand-ink": "on-press",
    "good": "good",
    "bad": "bad",
    "warn": "warn-line",
    "warn-paper": "warn",
    **{f"level-{number}": f"level-{number}" for number in range(5)},
    **{f"cat-{number}": f"cat-{number}" for number in range(13)},
}


def server_palette() -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours of the server's pages by name, on light and on dark paper."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for path in ("syncserver/static/syncserver/site.css", "insights/static/insights/insights.css"):
        text = (ROOT / path).read_text()
        for found, head in ((light, r"^:root \{"), (dark, r"^@media \(prefers-color-scheme: dark\) \{\s*:root \{")):
            [block, *_] = re.findall(head + "([^}]*)", text, re.MULTILINE)
            found.update(re.findall(r"--([\w-]+):\s*(#\w+)", block))
    return light, dark


def test_the_extension_has_the_colours_of_the_server():
    light, dark = server_palette()
    text = (EXTENSION / "src/pages/shared.css").read_text()
    mine = {name: colours for name, *colours in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", text)}
    assert {name: mine[name] for name in COLOURS} == {
        name: [light[servers], dark[servers]] for name, servers in COLOURS.items()
    }


def test_the_extension_has_the_name_of_the_site():
    [name] = re.findall(r"^SITE_NAME=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    manifest = json.loads((EXTENSION / "manifest.json").read_text())
    assert [manifest["name"], manifest["action"]["default_title"]] == [name, name]
    popup = (EXTENSION / "src/pages/popup.html").read_text()
    assert f"<title>{name}</title>" in popup
    assert f"<h1>{name}</h1>" in popup


def test_no_template_spells_the_name_out():
    templates = [path for path in ROOT.glob("*/templates/**/*.html") if ".venv" not in path.parts]
    assert len(templates) > 30
    assert [path.name for path in templates if re.search(r"· syncserver|>\s*syncserver\b", path.read_text())] == []


@pytest.mark.django_db
def test_the_pages_show_the_name_that_the_operator_gave(client, settings):
    settings.SITE_NAME = "Tom & Ann"
    page = client.get("/").content.decode()
    assert "<title>Tom &amp; Ann: your browsing, day by day</title>" in page
    assert "Tom & Ann" not in page
    assert "· Tom &amp; Ann</title>" in client.get("/account/sign-in").content.decode()
    assert "· Tom &amp; Ann</title>" in client.get("/nowhere").content.decode()
