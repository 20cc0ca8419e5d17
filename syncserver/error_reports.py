"""Reports of unexpected errors to a Sentry of the operator, where SENTRY_DSN names one.

A report holds the types of the errors and the lines of this program that they passed, and nothing of the request, of a
record or of a person: the message of an error may hold a value of a record.
"""

from typing import Any, Final

KEPT: Final = ("event_id", "timestamp", "level", "platform", "logger", "transaction", "release", "environment", "sdk")
KEPT_OF_FRAMES: Final = ("filename", "abs_path", "module", "function", "lineno", "context_line", "in_app")


def start(dsn: str) -> None:
    """Begin to report errors."""
    import sentry_sdk  # noqa: PLC0415  # most servers report nowhere, and it takes long to load

    sentry_sdk.init(
        dsn=dsn,
        before_send=without_private_parts,  # type: ignore[arg-type]  # the event is a plain dict
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
    )


def without_private_parts(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """Return an event with what is known to be harmless."""
    kept: dict[str, Any] = {name: event[name] for name in KEPT if name in event}
    if "logentry" in event:
        kept["logentry"] = {"message": event["logentry"].get("message", "")}
    errors = event.get("exception", {}).get("values", [])
    kept["exception"] = {"values": [_error(error) for error in errors]}
    return kept


def _error(error: dict[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", [])
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "stacktrace": {"frames": [{name: frame.get(name) for name in KEPT_OF_FRAMES} for frame in frames]},
    }
