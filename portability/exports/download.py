"""An export as the answer to a request."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.http import HttpResponseBase, StreamingHttpResponse

from accounts.limits.long_requests import long_request
from accounts.models import User
from portability.exports.archive import export


def download(person: User) -> HttpResponseBase:
    """Return the export of a person as a download; raises Throttled beside other long requests of the person."""
    blocks = _counted(person)
    # The first block is made here, so that a database that is away is told as an error and not in the middle.
    answer = StreamingHttpResponse(_joined(next(blocks), blocks), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="syncserver-export-{datetime.now(UTC):%Y-%m-%d}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer


def _counted(person: User) -> Iterator[bytes]:
    with long_request(person.pk):
        yield from export(person)


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
