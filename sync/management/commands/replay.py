"""`manage.py replay FILE --server URL`: sends recorded requests of an extension over HTTP."""

import getpass
import json
import os
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.personal_tokens.token_text import is_whole
from sync.push.service import RESULTS

KINDS = {"/api/sync/page-visits": "page visits", "/api/sync/tab-aggregates": "tab aggregates"}
TRIES = 8


class ErrorReply(Exception):
    """A reply other than success: the status, the parsed body, and the seconds of Retry-After or 0."""

    def __init__(self, status: int, body: Any, wait: float) -> None:
        super().__init__(status)
        self.status = status
        self.body = body if isinstance(body, dict) else {}
        self.wait = wait

    def __str__(self) -> str:
        return f"{self.status} {self.body.get('code', '')}: {self.body.get('detail', 'not a reply of a syncserver')}"


class Server:
    """A syncserver, called by a person's access token or personal token; `token` is sent with each call."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.token = ""

    def sign_in(self, email: str, password: str) -> None:
        """Sign in; raises ErrorReply."""
        self.token = self.post("/api/auth/login", {"email": email, "password": password})["access"]

    def post(self, path: str, body: Any) -> Any:
        """Return the parsed reply; raises ErrorReply, or urllib.error.URLError when no server is there."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers)  # noqa: S310  # checked to be http(s)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # as above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                content = json.load(error)
            except ValueError:
                content = None
            wait = error.headers.get("Retry-After", "")
            raise ErrorReply(error.code, content, float(wait) if wait.isdecimal() else 0) from error


class Command(BaseCommand):
    """Send recorded requests and count the results of their records."""

    help = (
        "Send recorded requests of an extension to a server, one JSON object a line: "
        '{"path": "/api/sync/page-visits", "body": {…}}. Sending a recording again changes nothing.'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file, `--server`, `--email`, `--password-env` and `--token-env`."""
        parser.add_argument("file", type=Path, help="the recording, one request a line")
        parser.add_argument("--server", required=True, help="URL of the server, such as http://127.0.0.1:8000")
        parser.add_argument("--email", help="e-mail address of the person to sign in; asked for when absent")
        parser.add_argument(
            "--password-env",
            default="SYNC_PASSWORD",
            help="environment variable that holds the password (default: SYNC_PASSWORD); asked for when it is unset",
        )
        parser.add_argument(
            "--token-env",
            metavar="VARIABLE",
            help="environment variable that holds a personal token with the scope write; nobody is signed in then",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the recording, sign in and send it line by line; raises CommandError with the reason of a failure."""
        if urlsplit(options["server"]).scheme not in ("http", "https"):
            raise CommandError("--server takes a URL such as http://127.0.0.1:8000")
        requests = read_recording(options["file"])
        server = Server(options["server"])
        sign_in = None
        if options["token_env"]:
            server.token = token_in(options["token_env"])
        else:
            email = options["email"] or input("E-mail address: ")
            password = os.environ.get(options["password_env"]) or getpass.getpass("Password: ")
            sign_in = partial(server.sign_in, email, password)
        try:
            if sign_in:
                sign_in()
            counts = self.send(server, requests, sign_in)
        except ErrorReply as error:
            raise CommandError(f"The server answered {error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"The server at {server.url} is not a syncserver.") from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise CommandError(f"No answer from {server.url}: {reason}. Is the server running there?") from error
        self.stdout.write(table(counts))

    def send(
        self, server: Server, requests: list[dict[str, Any]], sign_in: Callable[[], None] | None
    ) -> dict[str, Counter[str]]:
        """Send every request and return the number of records by kind and result; `sign_in` renews an access token."""
        counts = {kind: Counter[str]() for kind in KINDS.values()}
        for request in tqdm(requests, desc="Sending", unit="request", disable=None):
            for attempt in range(TRIES):
                try:
                    reply = server.post(request["path"], request["body"])
                    break
                except ErrorReply as error:
                    if error.status == 401 and attempt == 0 and sign_in:
                        sign_in()
                    elif error.status in (429, 503) and attempt + 1 < TRIES:
                        time.sleep(error.wait or 2**attempt)
                    else:
                        raise
            counts[KINDS[request["path"]]].update(reply["results"])
            for rejected in reply["rejected"]:
                tqdm.write(f"rejected {rejected['id'] or 'record ' + str(rejected['index'])}: {rejected['errors']}")
        return counts


def token_in(variable: str) -> str:
    """Return the personal token of an environment variable; raises CommandError where that holds none."""
    token = os.environ.get(variable, "").strip()
    if not is_whole(token):
        raise CommandError(f"{variable} holds no personal token, or one that is mistyped. A token begins with ssp_.")
    return token


def read_recording(file: Path) -> list[dict[str, Any]]:
    """Return the requests of a recording; raises CommandError with the number of a line that holds none."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"Cannot read {file}: {error}") from error
    requests = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            request = json.loads(line)
        except ValueError as error:
            raise CommandError(f"Line {number} of {file} is not JSON: {error}") from error
        if not isinstance(request, dict) or request.get("path") not in KINDS or "body" not in request:
            raise CommandError(
                f'Line {number} of {file} is not a request. It needs "body" and a "path" of {", ".join(KINDS)}.'
            )
        requests.append(request)
    if not requests:
        raise CommandError(f"{file} holds no request.")
    return requests


def table(counts: dict[str, Counter[str]]) -> str:
    """Return the counts as text, one line for each kind."""
    lines = [f"{'':16}" + "".join(f"{result:>11}" for result in RESULTS)]
    lines += [f"{kind:16}" + "".join(f"{count[result]:>11}" for result in RESULTS) for kind, count in counts.items()]
    return "\n".join(lines)
