"""A program that uses a deployed server from outside: `python deployed_client.py SERVER FILE ACTION`.

FILE keeps the token, the cursor of the feed, and the ids of visits whose push was answered, by the word of the push.
"""

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SERVER, FILE = sys.argv[1], Path(sys.argv[2])
BATCH = 50
# A machine that is busy answers 503 to what reads for too long, and a client sends the same again.
TRIES = 40


def call(method, path, body=None, token=None):
    """Return (status, reply), after tries that were answered with 503."""
    for _ in range(TRIES):
        status, reply = try_once(method, path, body, token)
        if status != 503:
            break
        time.sleep(0.5)
    return status, reply


def try_once(method, path, body, token):
    """Return (status, reply)."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    content = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(SERVER + path, content, headers, method=method)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def keep(state):
    """Write FILE anew in one step, since it is read and copied meanwhile."""
    new = FILE.with_suffix(".new")
    new.write_text(json.dumps(state))
    new.replace(FILE)


def visits(ids):
    """Return visits with these ids, always the same ones."""
    return [
        {"id": each, "url": "https://docs.example.org/", "startedAt": 1_700_000_000_000, "duration": 60_000}
        for each in ids
    ]


def push(token, ids):
    """Return the results of one push."""
    status, reply = call("POST", "/api/sync/page-visits", {"visits": visits(ids), "anonymousClientId": "b1"}, token)
    assert status == 200, (status, reply)
    return reply["results"]


def sign_up():
    """Make an account and push a first batch."""
    body = {"email": "alice@example.org", "password": "correct horse battery staple"}
    status, reply = call("POST", "/api/auth/register", body)
    assert status == 201, (status, reply)
    state = {"token": reply["access"], "pushed": {"before": [f"before-{number}" for number in range(BATCH)]}}
    assert push(state["token"], state["pushed"]["before"]) == ["created"] * BATCH
    state["cursor"] = call("GET", "/api/sync/changes?limit=1000", token=state["token"])[1]["cursor"]
    keep(state)


def push_until(word, stop):
    """Push batch after batch until a file exists."""
    state = json.loads(FILE.read_text())
    state["pushed"][word] = []
    while not Path(stop).exists():
        ids = [f"{word}-{len(state['pushed'][word]) + number}" for number in range(BATCH)]
        assert push(state["token"], ids) == ["created"] * BATCH
        state["pushed"][word] += ids
        keep(state)
        time.sleep(0.01)


def push_again():
    """Print what the server says of each visit that was pushed, and of the cursor."""
    state = json.loads(FILE.read_text())
    status, reply = call("GET", f"/api/sync/changes?cursor={state['cursor']}", token=state["token"])
    said = {word: [] for word in state["pushed"]}
    for word, ids in state["pushed"].items():
        for first in range(0, len(ids), 1_000):
            said[word] += push(state["token"], ids[first : first + 1_000])
    json.dump({"cursor": [status, reply.get("code")], **said}, sys.stdout)


if __name__ == "__main__":
    {"sign-up": sign_up, "push-until": push_until, "push-again": push_again}[sys.argv[3]](*sys.argv[4:])
