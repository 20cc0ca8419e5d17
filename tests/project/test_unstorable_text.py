"""Text that no database can hold is refused at one door, on both databases: 404 in a path, 400 in a query or a form."""

import pytest
from django.test import Client

from tests.people import session_of
from tests.project.test_permissions import PATHS, example
from tests.wire import access_token, assert_error_shape, send

NUL = "%00"
PAGES = [path for path in PATHS if not path.startswith("/api/") and not path.endswith("…")]
CALLS = [path for path in PATHS if path.startswith("/api/")]
ADMIN = [
    "/admin/", "/admin/accounts/user/", "/admin/accounts/auditevent/", "/admin/accounts/session/",
    "/admin/sync/pagevisit/", "/admin/sync/tabaggregate/", "/admin/sync/browser/", "/admin/sync/syncbatch/",
]  # fmt: skip
# Names that some page reads from its query or form.
NAMES = ("q", "p", "o", "link", "next", "before", "from", "to", "day", "unit", "cursor", "browser", "site", "person",
         "id", "session", "label", "kind", "e", "domain", "visit")  # fmt: skip
# Each decodes to half of a surrogate pair by some charset that a client may name.
CHARSETS = [("unicode_escape", "%5Cud800"), ("utf-16-le", "%00%D8"), ("utf-7", "+2AA-"), ("hex", "00"), ("rot13", "x")]


def assert_refused(answer, status):
    assert answer.status_code == status, (answer.status_code, answer.content[:300])
    assert "Traceback" not in answer.content.decode()


@pytest.fixture
def staff(admin):
    admin.raise_request_exception = False
    return admin


@pytest.mark.parametrize("path", PAGES + ADMIN)
def test_in_the_query_of_a_page(staff, path):
    for name in NAMES:
        answer = staff.get(f"{example(path)}?{name}=a{NUL}b", secure=True)
        assert_refused(answer, 400)
        assert "The query holds a NUL character" in answer.content.decode()
    assert_refused(staff.get(f"{example(path)}?a{NUL}b=1", secure=True), 400)


@pytest.mark.parametrize("path", CALLS)
def test_in_the_query_of_a_call(alice, path):
    reply = send("GET", f"{example(path)}?q=a{NUL}", user=alice)
    wrong = assert_error_shape(reply, 400, "invalid")
    assert wrong["errors"] == {"q": ["The query holds a NUL character or half of a surrogate pair. Leave it out."]}
    reply = send("GET", f"{example(path)}?a{NUL}=x", user=alice)
    assert list(assert_error_shape(reply, 400, "invalid")["errors"]) == ["query"]


@pytest.mark.parametrize("path", PAGES + ADMIN)
def test_in_the_path_of_a_page(staff, path):
    for bad in (f"{example(path)}{NUL}", example(path).replace("example.org", NUL).replace("2026-03-01", NUL) + NUL):
        assert_refused(staff.get(bad, secure=True), 404)


@pytest.mark.parametrize("path", CALLS)
def test_in_the_path_of_a_call(alice, path):
    assert_error_shape(send("GET", f"{example(path)}{NUL}", user=alice), 404, "not_found")


@pytest.mark.parametrize("path", PAGES + ADMIN)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_in_a_form(staff, path, kind):
    if kind == "multipart/form-data":
        parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\na\0\r\n' for name in NAMES)
        body, kind = f"{parts}--b--\r\n".encode(), "multipart/form-data; boundary=b"
    else:
        body = "&".join(f"{name}=a{NUL}" for name in NAMES).encode()
    assert_refused(staff.post(example(path), body, content_type=kind, secure=True), 400)


@pytest.mark.parametrize("path", ["/dashboard/history?q=", "/account/reset-password?link=", "/admin/accounts/user/?q=",
                                  "/admin/accounts/session/?q=", "/dashboard/sites/"])  # fmt: skip
@pytest.mark.parametrize("text", ["%ED%A0%80", "%ED%B0%80", "%FF", "%F0%9F", "\\ud800", "%5Cud800"])
def test_bytes_that_are_no_text_are_taken_for_other_text(staff, path, text):
    assert staff.get(f"{path}{text}").status_code in {200, 404}


@pytest.mark.parametrize(("charset", "text"), CHARSETS)
@pytest.mark.parametrize("path", ["/dashboard/history", "/admin/accounts/user/", "/account/confirm-email"])
def test_no_charset_of_the_content_type_makes_other_text_of_it(staff, monkeypatch, path, charset, text):
    from syncserver.wsgi import application

    # Django's own request decodes with the charset while it is made, before any middleware.
    monkeypatch.setattr("django.test.client.WSGIRequest", application.request_class)
    asked = {"QUERY_STRING": f"q={text}&link={text}", "CONTENT_TYPE": f"text/plain; charset={charset}"}
    for method in ("GET", "POST"):
        assert staff.generic(method, path, b"", **asked).status_code < 500


@pytest.mark.parametrize("path", ["/", "/account", "/admin/", "/api/auth/me"])
def test_in_a_cookie(alice, path):
    client = Client(raise_request_exception=False)
    client.cookies.load({"other": "kept"})
    cookies = r'syncserver_session="abcdefgh\000ijklmnop"; csrftoken="\000"; syncserver_known="\000"; messages="\000"'
    session_of(alice)
    answer = client.get(path, HTTP_COOKIE=cookies, HTTP_AUTHORIZATION=f"Bearer {access_token(alice)}")
    assert answer.status_code in {200, 302}


@pytest.mark.parametrize(("path", "status"), [(f"/api/sync/erasures/{NUL}", 404), (f"/api/sync/limits?q={NUL}", 400)])
def test_of_a_call_is_answered_as_json_in_development_too(settings, path, status):
    settings.DEBUG = True
    assert_error_shape(send("GET", path), status)
