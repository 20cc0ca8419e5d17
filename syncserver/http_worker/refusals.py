"""The answers to requests that gunicorn's parser refuses, before Django sees them."""

from typing import Final

# By status: the code of the API, and what a person or a program can do.
REFUSALS: Final = {
    400: ("bad_request", "The request is no valid HTTP: check its first line and its headers."),
    414: ("uri_too_long", "The URL is too long: the first line of a request has at most 4,094 bytes."),
    417: ("bad_request", "The header Expect asks for something that this server does not do."),
    431: ("headers_too_large", "The headers are too large. In a browser, delete the cookies of this server."),
    501: ("bad_request", "The body has a transfer coding that this server does not read. Send it in chunks or whole."),
}
OTHER: Final = ("server_error", "Something went wrong on the server. It was logged; try again later.")


class Refusal:
    """Stands for the client while gunicorn writes its own page of an error, and writes the server's instead."""

    def __init__(self) -> None:
        self._said = b""

    def sendall(self, data: bytes) -> None:
        """Take what gunicorn writes."""
        self._said += data

    def gettimeout(self) -> float:
        """Say that nothing blocks, as the client's socket does."""
        return 0.0

    def setblocking(self, flag: bool) -> None:
        """Do nothing."""

    def answer(self, *, is_api: bool) -> bytes:
        """Return an error of the API, or a page, with gunicorn's status; nothing where gunicorn wrote nothing."""
        # gunicorn loads this module before the settings.
        from django.http import HttpResponse  # noqa: PLC0415
        from django.template.loader import render_to_string  # noqa: PLC0415

        from syncserver.errors import error_response  # noqa: PLC0415

        if not self._said:
            return b""
        status_line = self._said.partition(b"\r\n")[0]
        status = int(status_line.split()[1])
        code, text = REFUSALS.get(status, OTHER)
        response: HttpResponse
        if is_api:
            response = error_response(status, code, text)
        elif status >= 500:
            response = HttpResponse(render_to_string("500.html"), status=status)
        else:
            response = HttpResponse(render_to_string("400.html", {"reason": text}), status=status)
        headers = (
            f"Connection: close\r\nContent-Type: {response['Content-Type']}\r\n"
            f"Content-Length: {len(response.content)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        )
        return status_line + b"\r\n" + headers.encode() + b"\r\n" + response.content
