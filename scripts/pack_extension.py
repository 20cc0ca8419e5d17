"""Pack `extension/` into one zip for each store. The same files give the same bytes.

Keys that only the other browser reads are removed from each store's manifest. All other files are packed unchanged.
"""

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "extension"
# Only files of these types may be packed: a stray file would be published.
SUFFIXES = {".js", ".html", ".css", ".json", ".png"}
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def for_chromium(manifest: dict[str, Any]) -> None:
    """Remove Firefox's keys."""
    del manifest["browser_specific_settings"]
    del manifest["background"]["scripts"]


def for_firefox(manifest: dict[str, Any]) -> None:
    """Remove Chromium's keys."""
    del manifest["minimum_chrome_version"]
    del manifest["background"]["service_worker"]


def main() -> int:
    """Write the zips into dist/ and print their names; return the exit status."""
    files = sorted(path for path in SOURCE.rglob("*") if path.is_file())
    if strays := [path for path in files if path.suffix not in SUFFIXES]:
        sys.stderr.write("not part of an extension: " + ", ".join(map(str, strays)) + "\n")
        return 1
    (ROOT / "dist").mkdir(exist_ok=True)
    for store, change in (("chromium", for_chromium), ("firefox", for_firefox)):
        manifest = json.loads((SOURCE / "manifest.json").read_text())
        change(manifest)
        target = ROOT / "dist" / f"browsing-record-{manifest['version']}-{store}.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in files:
                name = path.relative_to(SOURCE).as_posix()
                content = json.dumps(manifest, indent=2).encode() if name == "manifest.json" else path.read_bytes()
                packed.writestr(zipfile.ZipInfo(name, LONG_AGO), content, zipfile.ZIP_DEFLATED)
        sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
