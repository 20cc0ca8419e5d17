"""Packs `extension/` into a zip for each browser. The same files always give the same bytes.

Each manifest is without the keys of the other browser. All other files are packed as they are.
"""

import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "extension"
DIST = ROOT / "dist"
# Files of other kinds stop the packing: a stray file in the zip would be published.
SUFFIXES = {".js", ".html", ".css", ".json", ".png"}
LONG_AGO = (1980, 1, 1, 0, 0, 0)


class StrayFile(Exception):
    """The folder of the extension holds a file that is not part of an extension."""


def for_chromium(manifest: dict[str, Any]) -> None:
    """Remove the keys of Firefox."""
    del manifest["browser_specific_settings"]
    del manifest["background"]["scripts"]


def for_firefox(manifest: dict[str, Any]) -> None:
    """Remove the keys of Chromium."""
    del manifest["minimum_chrome_version"]
    del manifest["background"]["service_worker"]


CHANGES = {"chromium": for_chromium, "firefox": for_firefox}


def files() -> list[Path]:
    """Return the files of the extension in order; raises StrayFile."""
    found = sorted(path for path in SOURCE.rglob("*") if path.is_file())
    if strays := [path for path in found if path.suffix not in SUFFIXES]:
        raise StrayFile("not part of an extension: " + ", ".join(map(str, strays)))
    return found


def pack(browser: str, target: Path) -> None:
    """Write the zip for "chromium" or "firefox"; a reader sees the old file or the new one, never a part."""
    manifest = json.loads((SOURCE / "manifest.json").read_text())
    CHANGES[browser](manifest)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as written:
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in files():
                name = path.relative_to(SOURCE).as_posix()
                content = json.dumps(manifest, indent=2).encode() if name == "manifest.json" else path.read_bytes()
                packed.writestr(zipfile.ZipInfo(name, LONG_AGO), content, zipfile.ZIP_DEFLATED)
        Path(written.name).chmod(0o644)
        Path(written.name).replace(target)


def main() -> int:
    """Write the zips for the stores into dist/ and print their names."""
    version = json.loads((SOURCE / "manifest.json").read_text())["version"]
    for browser in CHANGES:
        target = DIST / f"browsing-record-{version}-{browser}.zip"
        try:
            pack(browser, target)
        except StrayFile as stray:
            sys.stderr.write(f"{stray}\n")
            return 1
        sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
