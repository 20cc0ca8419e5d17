"""Looks whether a port of this machine can be served on, before a command changes anything."""

import errno
import socket

from django.core.management.base import CommandError

LAST_PORT = 65_535


def require_free_port(port: int, command: str) -> None:
    """Raise CommandError, with a command that uses another port, when this one cannot be served on."""
    if not 0 < port <= LAST_PORT:
        raise CommandError(f"There is no port {port}. Nothing was changed. Try: {command} PORT=8123")
    with socket.socket() as probe:
        probe.settimeout(1)
        # Some systems let a server bind one address while another one serves on all of them.
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise CommandError(_refusal(port, "is taken", command))
    with socket.socket() as listener:
        # As servers do: a port whose last connections are still closing is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            reason = "is taken" if error.errno == errno.EADDRINUSE else "may not be used by you"
            raise CommandError(_refusal(port, reason, command)) from error


def _refusal(port: int, reason: str, command: str) -> str:
    other = port + 10 if 1024 <= port <= LAST_PORT - 10 else 8123
    return f"Port {port} {reason}. Nothing was changed. Try: {command} PORT={other}"
