"""gunicorn's own log lines, through the filter and the format of all others (syncserver/log_format.py)."""

import os
import sys
from logging import Handler
from typing import Any

from gunicorn import glogging

from syncserver.log_format import ClientTextFilter, JsonFormatter, LineFormatter
from syncserver.request_facts import ROUTE, method_of


class Logger(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """Writes gunicorn's lines as the server writes its own: one line an event, and nothing of what a client sent."""

    def setup(self, cfg: Any) -> None:
        """Set the handlers up, each with our filter and format."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                _as_ours(handler)

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """Return the parts of an access line by name; those that a client writes stay out of any format."""
        parts: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        method, route = method_of(parts["m"]), environ.get(ROUTE, "-")
        named = {name: "-" for name in parts if name.startswith("{") and name != f"{{{ROUTE}}}e"}
        hidden = {"m": method, "r": f"{method} {route} {parts['H']}", "U": route, "q": "", "f": "-", "a": "-", "u": "-"}
        return parts | named | hidden


def _as_ours(handler: Handler) -> None:
    handler.addFilter(ClientTextFilter())
    is_json = os.environ.get("LOG_FORMAT") == "json"
    handler.setFormatter(JsonFormatter() if is_json else LineFormatter())
    if is_json and getattr(handler, "stream", None) is sys.stderr:
        handler.setStream(sys.stdout)  # type: ignore[attr-defined]  # a handler of a stream
