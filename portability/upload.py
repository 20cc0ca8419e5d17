"""Takes the files of an upload into a private folder that is deleted afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

# The boundaries and the other fields of a form.
FORM_BYTES = 65_536


def is_too_large(content_length: str) -> bool:
    """Tell whether a request of this Content-Length holds more than an import may."""
    return content_length.isdigit() and int(content_length) > settings.IMPORT_MAX_BYTES + FORM_BYTES


def too_large() -> str:
    """Return the sentence that refuses a file for its size."""
    return f"A file to import has at most {settings.IMPORT_MAX_BYTES:,} bytes."


@contextmanager
def kept(file: "UploadedFile[bytes]", wal: "UploadedFile[bytes] | None") -> Iterator[Path]:
    """Yield the path of an uploaded file, with its `-wal` beside it."""
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / "h"
        _write(file, path)
        if wal is not None:
            _write(wal, path.with_name("h-wal"))
        yield path


def _write(upload: "UploadedFile[bytes]", path: Path) -> None:
    with path.open("xb") as out:
        for chunk in upload.chunks():
            out.write(chunk)
