"""Numbers about the server for Prometheus, at /metrics for a program that knows METRICS_TOKEN.

Labels are routes, methods, statuses and results. None of them holds what a client wrote.
"""

import hmac
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

SECONDS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
LEAST_REFUSAL: Final = 400
REFRESH_ROUTE: Final = "/api/auth/refresh"
RECORDS: Final = (1, 3, 10, 30, 100, 300, 1_000)
_requests = Histogram(
    "syncserver_request_seconds", "Time of a request.", ["method", "route", "status"], buckets=SECONDS
)
_records = Counter("syncserver_records", "Records of pushes, by result.", ["result"])
_batches = Histogram("syncserver_batch_records", "Records of a push.", buckets=RECORDS)
_refusals = Counter("syncserver_refusals", "Refused calls by the code of the error; pages by their status.", ["code"])
_refreshes = Counter("syncserver_refreshes", "Refreshes of tokens, by result.", ["result"])
# The pool of a worker: its places are threads, each with a connection to the database.
_places = Gauge("syncserver_places", "Requests that can be worked on at the same time.", multiprocess_mode="livesum")
_begun = Gauge(
    "syncserver_requests_begun", "Requests that are worked on or wait for a place.", multiprocess_mode="livesum"
)
_clients = Gauge("syncserver_clients", "Clients that are connected.", multiprocess_mode="livesum")
_working = Gauge("syncserver_requests_at_work", "Requests that are worked on.", multiprocess_mode="livesum")


def begin() -> None:
    """Count a request that begins."""
    if settings.METRICS_TOKEN:
        _working.inc()


def end(facts: Mapping[str, Any]) -> None:
    """Count a request by the facts of its log line; without `status` it was not answered."""
    if not settings.METRICS_TOKEN:
        return
    _working.dec()
    if "status" not in facts:
        return
    _requests.labels(facts["method"], facts["route"], str(facts["status"])).observe(facts["ms"] / 1000)
    refusal = (facts["code"] or str(facts["status"])) if facts["status"] >= LEAST_REFUSAL else ""
    if refusal:
        _refusals.labels(refusal).inc()
    if facts["route"] == REFRESH_ROUTE:
        _refreshes.labels(refusal or "refreshed").inc()
    if facts["counts"]:
        _batches.observe(sum(facts["counts"].values()))
        for result, count in facts["counts"].items():
            _records.labels(result).inc(count)


def note_pool(places: int, requests_begun: int, clients: int) -> None:
    """Keep the state of this worker's pool."""
    if settings.METRICS_TOKEN:
        _places.set(places)
        _begun.set(requests_begun)
        _clients.set(clients)


class MetricsMiddleware:
    """Answers /metrics to a program with the token, and passes everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the numbers of all processes of this server."""
        if request.path_info != "/metrics" or not settings.METRICS_TOKEN or not _is_allowed(request):
            return self.get_response(request)
        registry = REGISTRY
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # of the package
        response = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
        response["Cache-Control"] = "no-store"
        return response


def _is_allowed(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
