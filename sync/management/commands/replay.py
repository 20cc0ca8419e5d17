"""`manage.py replay FILE --server URL`: sends recorded requests of an extension through real HTTP."""

import getpass
import json
import os
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from sync.push.results import RESULTS

KINDS = {"/api/sync/page-visits": "page visits", "/api/sync/tab-aggregates": "tab aggregates"}
TRIES = 8


class ServerSaid(Exception):
    """An answer other than success: the status, the parsed body, and the seconds to wait if it named them."""

    def __init__(self, status: int, body: Any, wait: float) -> None:
        super().__init__(status)
        self.status = status
        self.body = body if isinstance(body, dict) else {}
        self.wait = wait

    def __str__(self) -> str:
        return f"{self.status} {self.body.get('code', '')}: {self.body.get('detail', 'not an answer of this server')}"


class Server:
    """A syncserver reached over HTTP, signed in as one person."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.access = ""

    def sign_in(self, email: str, password: str) -> None:
        """Sign in; raises ServerSaid."""
        self.access = self.post("/api/auth/login", {"email": email, "password": password})["access"]

    def post(self, path: str, body: Any) -> Any:
        """Return the parsed answer; raises ServerSaid, or urllib.error.URLError when nobody answers."""
        headers = {"Content-Type": "application/json"}
        if self.access:
            headers["Authorization"] = f"Bearer {self.access}"
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers)  # noqa: S310  # checked to be http(s)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # as above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                said = json.load(error)
            except ValueError:
                said = None
            wait = error.headers.get("Retry-After", "")
            raise ServerSaid(error.code, said, float(wait) if wait.isdecimal() else 0) from error


class Command(BaseCommand):
    """Send recorded requests and say what became of each record."""

    help = (
        "Send recorded requests of an extension to a server, one JSON object a line: "
        '{"path": "/api/sync/page-visits", "body": {…}}. Sending a recording again changes nothing.'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path, help="the recording, one request a line")
        parser.add_argument("--server", required=True, help="address of the server, such as http://127.0.0.1:8000")
        parser.add_argument("--email", help="whose records they are; asked for when absent")
        parser.add_argument(
            "--password-env",
            default="SYNC_PASSWORD",
            help="environment variable that holds the password (default: SYNC_PASSWORD); asked for when it is unset",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the recording, sign in, send it line by line."""
        if urlsplit(options["server"]).scheme not in ("http", "https"):
            raise CommandError("--server takes an address such as http://127.0.0.1:8000")
        requests = read_recording(options["file"])
        email = options["email"] or input("E-mail address: ")
        password = os.environ.get(options["password_env"]) or getpass.getpass("Password: ")
        server = Server(options["server"])
        try:
            server.sign_in(email, password)
            counts = self.send(server, requests, email, password)
        except ServerSaid as said:
            raise CommandError(f"The server answered {said}") from said
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"What answers at {server.address} is not a syncserver.") from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise CommandError(f"No answer from {server.address}: {reason}. Is the server running there?") from error
        self.stdout.write(table(counts))

    def send(
        self, server: Server, requests: list[dict[str, Any]], email: str, password: str
    ) -> dict[str, Counter[str]]:
        """Send every request and return how many records of each kind met which fate."""
        counts = {kind: Counter[str]() for kind in KINDS.values()}
        for request in tqdm(requests, desc="Sending", unit="request", disable=None):
            for attempt in range(TRIES):
                try:
                    answer = server.post(request["path"], request["body"])
                    break
                except ServerSaid as said:
                    if said.status == 401 and attempt == 0:
                        server.sign_in(email, password)
                    elif said.status in (429, 503) and attempt + 1 < TRIES:
                        time.sleep(said.wait or 2**attempt)
                    else:
                        raise
            counts[KINDS[request["path"]]].update(answer["results"])
            for rejected in answer["rejected"]:
                tqdm.write(f"rejected {rejected['id'] or 'record ' + str(rejected['index'])}: {rejected['errors']}")
        return counts


def read_recording(file: Path) -> list[dict[str, Any]]:
    """Return the requests of a recording; raises CommandError with the line that is none."""
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
                f'Line {number} of {file} is no request: it needs "body", and a "path" of {", ".join(KINDS)}.'
            )
        requests.append(request)
    if not requests:
        raise CommandError(f"There is no request in {file}.")
    return requests


def table(counts: dict[str, Counter[str]]) -> str:
    """Return the counts as lines of text, a line a kind."""
    lines = [f"{'':16}" + "".join(f"{result:>11}" for result in RESULTS)]
    lines += [f"{kind:16}" + "".join(f"{count[result]:>11}" for result in RESULTS) for kind, count in counts.items()]
    return "\n".join(lines)
