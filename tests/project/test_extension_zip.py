"""The server hands out its own extension, packed for each browser, from static files."""

import io
import json
import os
import re
import zipfile
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from syncserver import extension_packing

ZIPS = {"chromium": "extension/browsing-record-chromium.zip", "firefox": "extension/browsing-record-firefox.zip"}


@pytest.mark.parametrize("browser", ZIPS)
def test_the_zip_holds_every_file_of_the_extension_and_the_manifest_of_its_browser(browser):
    with zipfile.ZipFile(finders.find(ZIPS[browser])) as packed:
        names = packed.namelist()
        manifest = json.loads(packed.read("manifest.json"))
    assert names == [path.relative_to(extension_packing.SOURCE).as_posix() for path in extension_packing.files()]
    assert ("service_worker" in manifest["background"]) == (browser == "chromium")
    assert ("browser_specific_settings" in manifest) == (browser == "firefox")


def test_a_zip_older_than_a_source_is_packed_anew():
    path = finders.find(ZIPS["chromium"])
    os.utime(path, (1, 1))
    with Path(path).open("ab") as file:
        file.write(b"stale")
    os.utime(path, (1, 1))
    fresh = Path(finders.find(ZIPS["chromium"])).read_bytes()
    assert not fresh.endswith(b"stale")
    assert zipfile.is_zipfile(io.BytesIO(fresh))


def test_collecting_static_files_collects_the_zips(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    assert all((tmp_path / name).is_file() for name in ZIPS.values())


def test_a_stray_file_stops_the_packing(tmp_path, monkeypatch):
    (tmp_path / "notes.txt").write_text("private")
    monkeypatch.setattr(extension_packing, "SOURCE", tmp_path)
    with pytest.raises(extension_packing.StrayFile, match=r"notes\.txt"):
        extension_packing.files()


class TestStartPage:
    @pytest.fixture
    def page(self, client, alice, settings):
        settings.AXES_ENABLED = False
        client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
        return lambda agent="": client.get("/dashboard/start", headers={"User-Agent": agent}).content.decode()

    def test_it_offers_the_zips_of_this_server(self, page):
        text = page()
        assert all(name in text for name in ZIPS.values())

    def test_it_opens_the_steps_of_the_browser_that_asks(self, page):
        opened = re.compile(r"<details open>\s*<summary>(\w+)")
        assert opened.findall(page("Mozilla/5.0 Chrome/156.0")) == ["Chromium"]
        assert opened.findall(page("Mozilla/5.0 Gecko/20100101 Firefox/153.0")) == ["Firefox"]

    @pytest.mark.parametrize("browser", ZIPS)
    def test_each_browser_has_three_pictures_with_texts(self, page, browser):
        shown = re.findall(r'pictures/([\w-]+)-light\.png"[^>]*?alt="([^"]+)"', page())
        names = [name for name, _ in shown]
        assert [name for name in names if name.startswith(browser) or name == "connect"] == [
            f"{browser}-1", f"{browser}-2", "connect",
        ]  # fmt: skip

    def test_it_links_to_the_stores_that_the_operator_sets(self, page, settings):
        settings.EXTENSION_CHROMIUM_URL = "https://store.example.org/chromium"
        settings.EXTENSION_FIREFOX_URL = "https://store.example.org/firefox"
        text = page()
        assert "https://store.example.org/chromium" in text
        assert "https://store.example.org/firefox" in text
        assert not any(name in text for name in ZIPS.values())

    def test_without_scripts_a_link_looks_again(self, page):
        text = page()
        assert "Look again" in text
        assert "http-equiv" not in text
