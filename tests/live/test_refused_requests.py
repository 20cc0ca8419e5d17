"""Requests that gunicorn's parser refuses get the error shape of the API, or a page of the house."""

import http.client
import json
import socket
from contextlib import closing

import pytest

API, PAGE = "/api/sync/limits", "/account"
END = "Host: 127.0.0.1\r\n\r\n"
REFUSED = {
    "a URL that is too long": ("GET {}?x=" + "a" * 5_000 + " HTTP/1.1\r\n" + END, 414, "uri_too_long"),
    "a header that is too long": ("GET {} HTTP/1.1\r\nX: " + "a" * 9_000 + "\r\n" + END, 431, "headers_too_large"),
    "too many headers": ("GET {} HTTP/1.1\r\n" + "X: a\r\n" * 101 + END, 431, "headers_too_large"),
    "a header without a name": ("GET {} HTTP/1.1\r\nHost : a\r\n" + END, 400, "bad_request"),
    "another version": ("GET {} HTTP/9.9\r\n" + END, 400, "bad_request"),
    "a length that is no number": ("POST {} HTTP/1.1\r\nContent-Length: many\r\n" + END, 400, "bad_request"),
    "an unknown coding": ("POST {} HTTP/1.1\r\nTransfer-Encoding: made-up\r\n" + END, 501, "bad_request"),
}


def answer_to(service, text):
    with closing(socket.create_connection(("127.0.0.1", service.port), 20)) as connection:
        connection.sendall(text.encode())
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, response.headers, response.read().decode()


@pytest.mark.parametrize(("text", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_what_gunicorn_refuses(service, text, status, code):
    found, headers, content = answer_to(service, text.replace("{}", API))
    assert (found, headers["Cache-Control"], headers["Content-Type"]) == (status, "no-store", "application/json")
    reply = json.loads(content)
    assert reply.keys() == {"code", "detail"}
    assert reply["code"] == code
    found, headers, content = answer_to(service, text.replace("{}", PAGE))
    assert (found, headers["Cache-Control"], headers["Content-Type"]) == (
        status,
        "no-store",
        "text/html; charset=utf-8",
    )
    assert "site.css" in content
    assert "made-up" not in content


def test_what_is_no_http_gets_a_page(service):
    assert answer_to(service, "\x16\x03\x01\x02\r\n\r\n")[0] == 400
