"""HEAD is answered as GET, without the body, of which gunicorn would write a warning each time."""

import pytest
from django.test import RequestFactory

from syncserver.utf8_request import Utf8Handler

pytestmark = pytest.mark.django_db


def reply(method: str, path: str) -> tuple[str, bytes]:
    """Return the status and the body of a reply."""
    statuses: list[str] = []
    environ = RequestFactory().generic(method, path, headers={"host": "localhost"}).environ
    response = Utf8Handler()(environ, lambda status, _headers: statuses.append(status))
    body = b"".join(response)
    response.close()
    return statuses[0], body


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/", "/robots.txt", "/api/schema", "/api/nowhere"])
def test_the_reply_to_head_is_that_to_get_without_its_body(path: str) -> None:
    status, body = reply("GET", path)
    assert body
    assert reply("HEAD", path) == (status, b"")
