"""Speaks the wire: real bytes through Django's test client, one call a function."""

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from django.test import Client

from accounts.sessions.tokens import AccessToken, RefreshToken
from tests.people import session_of

VISITS = "/api/sync/page-visits"
AGGREGATES = "/api/sync/tab-aggregates"
CHANGES = "/api/sync/changes"
LIST_KEY = {VISITS: "visits", AGGREGATES: "aggregates"}
SAMPLE_DAY = Path(__file__).resolve().parent.parent / "samples" / "extension-day.jsonl"


def access_token(user, **claims):
    """Return an access token of a session of the person, the claims replaced by those given."""
    token = AccessToken()
    # Kept with the person, so that a call a test counts the statements of looks none up.
    user.session_here = getattr(user, "session_here", None) or session_of(user)
    token.bind(user.session_here)
    token.set_exp(lifetime=timedelta(hours=1))
    for name, value in claims.items():
        token[name] = value
    return str(token)


def refresh_token(user):
    """Return the first refresh token of a session of the person."""
    token = RefreshToken()
    token.bind(session_of(user))
    token["gen"] = 1
    return token


def send(method, path, body=b"", *, user=None, token=None, content_type="application/json", **extra):
    """Send `body` (bytes as they are, anything else as JSON) and return the response."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    if user is not None:
        token = access_token(user)
    if token is not None:
        extra["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    client = Client(raise_request_exception=False)
    # Without a body Django's client says nothing of a type; a browser that sends an empty one does.
    extra |= {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(content))}
    return client.generic(method, path, content, content_type=content_type, secure=True, **extra)


def post(path, body=b"", **more):
    return send("POST", path, body, **more)


def push(user, path, records, /, **top):
    """Push a batch and return the reply, which must be a 200 with a fate for each record."""
    response = post(path, {LIST_KEY[path]: records, **top}, user=user)
    assert response.status_code == 200, response.content[:500]
    reply = response.json()
    assert len(reply["results"]) == len(records)
    return reply


def page_of_changes(user, **query):
    """Return one page of the feed."""
    response = send("GET", f"{CHANGES}?{urlencode(query)}", user=user)
    assert response.status_code == 200, response.content[:500]
    return response.json()


def changes(user, cursor="", **query):
    """Return all changes of a person after a cursor, and the last cursor."""
    found, more = [], True
    while more:
        page = page_of_changes(user, cursor=cursor, **query)
        found += page["changes"]
        cursor, more = page["cursor"], page["more"]
    return found, cursor


def followed(user, path):
    """Return all of a person's records of a kind as the feed has them."""
    member = LIST_KEY[path].removesuffix("s")
    return [change[member] for change in changes(user, kinds=path.rpartition("/")[2])[0]]


def recorded_day():
    """Return the requests of the recorded day: [(path, body), …]."""
    lines = SAMPLE_DAY.read_text(encoding="utf-8").splitlines()
    return [(request["path"], request["body"]) for request in map(json.loads, lines)]


def assert_error_shape(response, status, code=None):
    """Hold a response against §4 of the contract; None is any code, where the contract names none."""
    assert response.status_code == status, response.content[:500]
    assert response["Content-Type"].split(";")[0] == "application/json"
    reply = response.json()
    assert isinstance(reply["code"], str)
    assert reply["code"] == code or (code is None and reply["code"]), reply
    assert isinstance(reply["detail"], str)
    assert reply["detail"].strip()
    for field, texts in reply.get("errors", {}).items():
        assert isinstance(field, str)
        assert texts
        assert all(isinstance(text, str) and text for text in texts)
    if status in (429, 503):
        assert int(response["Retry-After"]) >= 1
    return reply
