"""What a person's programs do beside the browsers: erase sites, import a file, and follow the feed all the time."""

import http.client
import itertools
import os
import random
import secrets
import signal
import subprocess
import threading
import time
from contextlib import suppress

from tests.live.test_following import run_follower
from tests.portability import sample_files as sample
from tests.portability.sample_files import AT_9_US, FINAL, MINUTE_US
from tests.wire import VISITS
from tests.wire_records import bare_visit

IMPORTED_SITE = "imported.test"
IMPORTED = 1_500
# Enough for some steps of an erasure.
ARCHIVED, ARCHIVE_SITE, KEPT_SITE = 4_000, "archive.test", "kept.test"
CALL_SECONDS = 120


class Programs:
    """The programs of one person, each a thread; they go on until `end`, and then bring to an end what they began."""

    def __init__(self, servers, person, sites, folder, seed):
        self.servers, self.sites, self.folder, self.dice = servers, sites, folder, random.Random(seed)
        self.failures, self.erased, self.passes, self.imports = [], [], 0, 0
        self.is_over = threading.Event()
        folder.mkdir()
        self.history = sample.chromium(
            folder / "History",
            [(f"https://{IMPORTED_SITE}/{n}", "", AT_9_US - n * MINUTE_US, FINAL, 0) for n in range(IMPORTED)],
        ).read_bytes()
        status, _, signed_in = servers[0].call("POST", "/api/auth/login", person)
        assert status == 200, signed_in
        self.number = int(signed_in["user"]["id"])
        asked = {"name": "programs", "scopes": ["read", "write", "erase"], "password": person["password"]}
        status, _, made = servers[0].call("POST", "/api/auth/tokens", asked, signed_in["access"])
        assert status == 201, made
        self.token = made["token"]
        self.threads = [
            threading.Thread(target=self._guarded, args=(work,), daemon=True)
            for work in (self._erase, self._import, self._follow)
        ]

    def start(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(CALL_SECONDS)
        assert self.failures == []
        assert not any(thread.is_alive() for thread in self.threads)

    def call(self, method, path, body=None, good=(200, 201), again=(503,), **headers):
        """Call one server or another until one of the good statuses comes; return it and the reply."""
        until = time.monotonic() + CALL_SECONDS
        answer = None
        while time.monotonic() < until:
            with suppress(OSError, http.client.HTTPException):
                answer = self.dice.choice(self.servers).call(method, path, body, self.token, 30, **headers)
                if answer[0] in good:
                    return answer[0], answer[2]
                assert answer[0] in again, answer
            time.sleep(0.1)
        raise AssertionError(f"{method} {path} was never answered: {answer}")

    def final_records(self):
        """Return the records that the follower has after one more pass, as `stored` gives them."""
        kept = run_follower(self.servers[0], self.token, self.folder)
        return {key: (record["revision"], record.get("title", record.get("pageCount"))) for key, record in kept.items()}

    def _guarded(self, work):
        try:
            work()
        except BaseException as error:
            self.failures.append(f"{work.__name__}: {error!r}")
            raise

    def _erase(self):
        while not self.is_over.wait(0.5 + 8 * self.dice.random() ** 2):
            site = self.dice.choice(self.sites)
            self.erase(site)

    def erase(self, site):
        """Erase a site; a call that was lost is made again, which erases again."""
        _, reply = self.call("POST", "/api/sync/erasures", {"rule": {"domain": site}})
        self.erased.append((site, reply["erasure"]["at"]))
        while not reply["done"]:
            _, reply = self.call("GET", f"/api/sync/erasures/{reply['erasure']['id']}")

    def _import(self):
        boundary = secrets.token_hex(16)
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="History"\r\n\r\n'.encode()
        body = part + self.history + f"\r\n--{boundary}--\r\n".encode()
        is_done = False
        while not (is_done and self.is_over.wait(3)):
            # Older versions told a person whose erasure drops an import amid its upload that they are gone.
            kind = f"multipart/form-data; boundary={boundary}"
            _, found = self.call("POST", "/api/imports", body, again=(503, 401), Content_Type=kind)
            status = 200
            while status == 200 and not found["done"]:
                # An erasure drops what waits to be stored: the file may hold the site.
                status, found = self.call("POST", f"/api/imports/{found['id']}/run", {}, (200, 404))
            is_done = status == 200
            self.imports += is_done

    def _follow(self):
        while not self.is_over.wait(0.3):
            with suppress(subprocess.CalledProcessError):
                run_follower(self.dice.choice(self.servers), self.token, self.folder)
                self.passes += 1


class Archive(Programs):
    """A person with many visits of one site, which are erased while the workers are killed."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.numbers = itertools.count()
        self.pushed, self.kept = 0, 0

    def an_erasure_is_killed(self, faults):
        started_at = int(time.time() * 1000)
        for _ in range(ARCHIVED // 1_000):
            made = [next(self.numbers) for _ in range(1_000)]
            visits = [
                bare_visit(
                    id=f"pv_{n}", url=f"https://{ARCHIVE_SITE if n % 9 else KEPT_SITE}/{n}", startedAt=started_at
                )
                for n in made
            ]
            self.call("POST", VISITS, {"visits": visits})
            self.pushed += len(made)
            self.kept += sum(n % 9 == 0 for n in made)
        server = self.dice.choice(self.servers)
        asking = threading.Thread(target=self._ask, args=(server,))
        asking.start()
        time.sleep(0.01 + 0.1 * self.dice.random())
        for child in faults.children(server):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        asking.join()
        self.erase(ARCHIVE_SITE)

    def _ask(self, server):
        with suppress(OSError, http.client.HTTPException):
            server.call("POST", "/api/sync/erasures", {"rule": {"domain": ARCHIVE_SITE}}, self.token, 30)
