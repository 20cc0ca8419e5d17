"""The probes of a platform, answered before every other middleware: whatever the Host, and by plain HTTP."""

from collections.abc import Callable

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from syncserver.outages import is_outage

READ = ("GET", "HEAD")


class HealthMiddleware:
    """Answers /healthz while the process lives, and /readyz while the database answers and has every migration."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # Migrations are never taken back while a server runs, so they are looked for until all are there.
        self.is_migrated = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe; pass everything else on."""
        if request.path_info == "/healthz" and request.method in READ:
            return _answer("ok")
        if request.path_info == "/readyz" and request.method in READ:
            return self._ready()
        return self.get_response(request)

    def _ready(self) -> HttpResponse:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            if not self.is_migrated:
                executor = MigrationExecutor(connection)
                self.is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except Exception as error:
            if not (is_outage(error) or isinstance(error, Error)):
                raise
            return _answer("the database does not answer", 503)
        return _answer("ok") if self.is_migrated else _answer("the database lacks a migration", 503)


def _answer(text: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    if status == 503:
        response["Retry-After"] = "5"
    return response
