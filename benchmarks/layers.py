"""Measures the time of one push by layer: `python -m benchmarks.layers`, with DATABASE_URL at a prepared database.

The server's own WSGI application runs in this process, with clocks around the functions named below. The time of a
layer excludes the layers inside it, and is the median of the batches. Prints JSON: {name of the batches: {layer: ms}}.
"""

import io
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any

BATCHES = 30
WARM_UP = 5
SIZE = 500


class Clock:
    """Adds up the time of each layer, less that of the layers inside it."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inside = [0.0]

    def around(self, owner: Any, name: str, layer: str) -> None:
        """Replace a function by one that counts its time towards a layer."""
        timed = getattr(owner, name)

        @wraps(timed)
        def counted(*args: Any, **kwargs: Any) -> Any:
            return self.run(layer, lambda: timed(*args, **kwargs))

        setattr(owner, name, counted)

    def run(self, layer: str, work: Callable[[], Any]) -> Any:
        """Call the function and count its time towards a layer."""
        self._inside.append(0.0)
        start = time.perf_counter()
        try:
            return work()
        finally:
            seconds = time.perf_counter() - start
            self.spent[layer] += seconds - self._inside.pop()
            self._inside[-1] += seconds


def main() -> None:
    """Send fresh batches, the same again, and new ones mixed with changed ones; print the time of each layer."""
    import django

    django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from rest_framework.views import APIView

    from benchmarks.clients import VISITS, tokens
    from benchmarks.data import Source, batches, changed
    from sync.push import record_sql, service, views

    clock = Clock()
    for owner, name, layer in (
        (APIView, "initial", "authenticate, throttle"),
        (views, "read_body", "read the body"),
        (views, "split", "split into records"),
        (views.BulkSerializer, "is_valid", "read and judge the records"),
        (service, "bulk_update_or_create", "merge: keys, digests, fates"),
        (service, "lock_active_person", "lock the person"),
        (service, "browsers_of_push", "the person's browsers"),
        (record_sql, "read", "read the stored versions"),
        (service, "_write", "write the rows"),
        (service, "_log_batch", "log the batch"),
        (connection, "_commit", "commit"),
    ):
        clock.around(owner, name, layer)
    application, token = get_wsgi_application(), tokens(1)[0]

    def send(body: bytes) -> dict[str, float]:
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": VISITS, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Bearer {token}", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }  # fmt: skip

        def call() -> None:
            answer = application(environ, lambda status, _: statuses.append(status))
            list(answer)
            answer.close()

        statuses: list[str] = []
        clock.spent.clear()
        clock.run("Django, DRF, the reply", call)
        if not statuses[0].startswith("200"):
            raise SystemExit(f"{VISITS} answered {statuses[0]}.")
        return dict(clock.spent)

    source, count = Source(1), (BATCHES + WARM_UP) * SIZE
    visits = source.visits(count)
    halves = zip(source.visits(count // 2), changed(visits[: count // 2]), strict=True)
    sent = list(batches(visits, SIZE, "visits"))
    mixed = list(batches([visit for pair in halves for visit in pair], SIZE, "visits"))
    result = {}
    for what, bodies in (("fresh", sent), ("sent again", sent), ("half new, half changed", mixed)):
        rounds = [send(body) for body in bodies][WARM_UP:]
        layers = {name for spent in rounds for name in spent}
        medians = {name: 1000 * statistics.median(spent.get(name, 0.0) for spent in rounds) for name in layers}
        result[what] = dict(sorted(medians.items(), key=lambda layer: -layer[1]))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
