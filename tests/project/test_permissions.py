"""Who may call what: docs/permissions.md is made from the URL configuration, and each line of it is tried."""

import os
import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from accounts.models import PersonalToken
from accounts.personal_tokens.token_text import digest_of, new_token_text
from accounts.sessions.tokens import AccessToken, RefreshToken
from tests.people import SessionFactory, UserFactory, token_text
from tests.wire import assert_error_shape, send

DOC = Path(__file__).resolve().parent.parent.parent / "docs" / "permissions.md"
HEAD = """# Who may call what

Made from the URL configuration by `tests/project/test_permissions.py`, which also tries each line; after a change of
the URLs `WRITE_DOCS=1 make permissions` writes it anew. "The person" is who is signed in: by a token under `/api/`, by
a cookie elsewhere. Nobody is shown another person's objects: they are answered as those that do not exist, with 404.

The last column is the scope of a personal token that is enough for the call (docs/tokens.md); "none" is a call that no
personal token opens. Pages and the admin take none.

| path | methods | who | personal token |
|---|---|---|---|
"""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
EXAMPLES = {
    "session_id": "7",
    "import_id": "7",
    "browser_id": "7",
    "token_id": "7",
    "grant_id": "none",
    "erasure_id": "7",
    "user_id": "7",
    "token": "none",
    "day": "2026-03-01",
    "domain": "example.org",
    "unit": "day",
}
ANYONE, PERSON, STAFF = "anyone", "the person", "staff"
SCOPES = ("read", "write", "erase")
NO_TOKEN, NOT_NEEDED = "none", "not needed"


def patterns(resolver, prefix=""):
    """Return [(path, callback)] of every URL but those inside the admin and the one that answers 404."""
    found = []
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            found += [] if path.startswith("^") else [(f"/{path}", entry.callback)]
        elif entry.app_name == "admin":
            found.append((f"/{path}…", admin.site.index))
        else:
            found += patterns(entry, path)
    return found


PATHS = sorted({path for path, _ in patterns(get_resolver())})


def example(path):
    """Return an address the path matches."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: EXAMPLES[match[1]], path.replace("…", ""))


def methods_of(path):
    callback = dict(patterns(get_resolver()))[path]
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if view is not None:
        return [method for method in METHODS if hasattr(view, method.lower())]
    client = Client(raise_request_exception=False)
    return [m for m in ("GET", "POST") if client.generic(m, example(path), b"", secure=True).status_code != 405]


def signed_in_client(person):
    client = Client(raise_request_exception=False)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def who(path, method, person):
    """Return who may call it, by trying as nobody and as a person who is no staff."""
    address = example(path)
    if path.startswith("/api/"):
        return PERSON if send(method, address, b"{}").status_code == 401 else ANYONE
    nobody = Client(raise_request_exception=False).generic(method, address, b"", secure=True)
    if nobody.status_code != 302 or "sign-in?next=" not in nobody["Location"]:
        return STAFF if nobody.status_code == 302 and "/login/" in nobody["Location"] else ANYONE
    return STAFF if signed_in_client(person).generic(method, address, b"", secure=True).status_code == 403 else PERSON


def is_scope_missing(response):
    return response.status_code == 403 and response.json()["code"] == "scope_missing"


def scope(path, method, whom, person):
    """Return the scope that is enough for a call, by trying each."""
    if not path.startswith("/api/"):
        return ""
    if whom == ANYONE:
        return NOT_NEEDED
    texts = {name: token_text(person, name) for name in SCOPES}
    enough = [name for name in SCOPES if not is_scope_missing(send(method, example(path), b"{}", token=texts[name]))]
    return " or ".join(enough) or NO_TOKEN


@pytest.mark.django_db
def test_the_page_of_permissions_has_a_line_for_each_url(cheap_hashing):
    lines = []
    for path in PATHS:
        by = {}
        for method in methods_of(path):
            whom = who(path, method, UserFactory())
            by.setdefault((whom, scope(path, method, whom, UserFactory())), []).append(method)
        lines += [f"| `{path}` | {', '.join(methods)} | {whom} | {needed} |" for (whom, needed), methods in by.items()]
    text = HEAD + "\n".join(lines) + "\n"
    if os.environ.get("WRITE_DOCS"):
        DOC.write_text(text, encoding="utf-8")
    assert DOC.read_text(encoding="utf-8") == text


def listed():
    """Return [(method, path, who, scope)] as the page has it."""
    row = r"^\| `(\S+)` \| ([A-Z, ]+) \| (.+) \| (.*) \|$"
    rows = re.findall(row, DOC.read_text(encoding="utf-8"), re.MULTILINE)
    return [(method, path, whom, needed) for path, methods, whom, needed in rows for method in methods.split(", ")]


API_OF_THE_PERSON = [(m, p) for m, p, whom, _ in listed() if p.startswith("/api/") and whom == PERSON]
PAGES_OF_THE_PERSON = [(m, p) for m, p, whom, _ in listed() if not p.startswith("/api/") and whom != ANYONE]
SCOPE_OF_CALL = {(m, p): needed for m, p, whom, needed in listed() if p.startswith("/api/") and whom == PERSON}


def wrong_tokens(alice, bob):
    """Return each kind of token that is no good, by what is wrong with it."""

    def token(kind, session, **claims):
        made = kind()
        made.bind(session)
        made["gen"] = 1
        for name, value in claims.items():
            made[name] = value
        return str(made)

    live, ended = SessionFactory(user=alice), SessionFactory(user=alice, revoked_at="2026-03-01T00:00Z")
    over = SessionFactory(user=alice, expires_at="2026-03-01T00:00Z")
    gone = UserFactory(email="another@example.org", is_active=False)
    good = token(AccessToken, live)
    head, payload, signature = good.split(".")
    revoked = token_text(alice)
    PersonalToken.objects.filter(digest=digest_of(revoked)).delete()
    return {
        "a personal token that is over": token_text(alice, expires_at=timezone.now()),
        "a personal token that was revoked": revoked,
        "a personal token of a deactivated person": token_text(gone),
        "an unknown personal token": new_token_text(),
        "a mistyped personal token": token_text(alice)[:-1] + "!",
        "the digest of a personal token": digest_of(token_text(alice)),
        "a refresh token": token(RefreshToken, live),
        "expired": token(AccessToken, live, exp=1_700_000_000),
        "of an ended session": token(AccessToken, ended),
        "of a session that is over": token(AccessToken, over),
        "of no session": token(AccessToken, live, sid="999999"),
        "of somebody else's session": token(AccessToken, live, user_id=str(bob.pk)),
        "of a deactivated person": token(AccessToken, SessionFactory(user=gone)),
        "another payload": f"{head}.{token(AccessToken, SessionFactory(user=bob)).split('.')[1]}.{signature}",
        "unsigned": f"eyJhbGciOiJub25lIn0.{payload}.",
        "garbage": "garbage",
        "empty": "",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), API_OF_THE_PERSON)
def test_a_call_of_the_person_is_401_to_nobody_and_with_each_kind_of_wrong_token(alice, bob, method, path):
    assert_error_shape(send(method, example(path), b"{}"), 401, "not_authenticated")
    for kind, token in wrong_tokens(alice, bob).items():
        response = send(method, example(path), b"{}", token=token)
        assert response.status_code == 401, kind
        assert set(response.json()) >= {"code", "detail"}, kind


@pytest.mark.django_db
@pytest.mark.parametrize("held", SCOPES)
@pytest.mark.parametrize(("method", "path"), API_OF_THE_PERSON)
def test_a_personal_token_opens_the_calls_of_its_scope_and_no_other(alice, method, path, held):
    response = send(method, example(path), b"{}", token=token_text(alice, held))
    needed = SCOPE_OF_CALL[method, path]
    if held in needed.split(" or "):
        assert response.status_code not in {401, 403}
    else:
        reply = assert_error_shape(response, 403, "scope_missing")
        named = needed.split(" or ")[0]
        assert reply["scope"] == (None if needed == NO_TOKEN else named)
        assert needed == NO_TOKEN or f"“{named}”" in reply["detail"]


def test_no_personal_token_opens_a_call_about_the_account():
    assert {needed for (_, path), needed in SCOPE_OF_CALL.items() if path.startswith("/api/auth/")} == {NO_TOKEN}


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), API_OF_THE_PERSON)
def test_a_cookie_opens_no_call_of_the_api(alice, method, path):
    response = signed_in_client(alice).generic(method, example(path), b"{}", "application/json", secure=True)
    assert_error_shape(response, 401, "not_authenticated")


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), PAGES_OF_THE_PERSON)
def test_a_token_opens_no_page(alice, method, path):
    session = SessionFactory(user=alice)
    token = AccessToken()
    token.bind(session)
    for each in (token, token_text(alice)):
        response = Client().generic(method, example(path), b"", secure=True, HTTP_AUTHORIZATION=f"Bearer {each}")
        assert response.status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_somebody_else_s_object_is_answered_as_one_that_does_not_exist(alice, bob, method):
    hers = SessionFactory(user=alice)
    answers = [send(method, f"/api/auth/sessions/{number}", {"label": "x"}, user=bob) for number in (hers.pk, 999_999)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
