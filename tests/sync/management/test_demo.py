"""The demo looks for its port before it deletes anything, and has cookies of its own."""

import socket

import pytest
from django.core.management import CommandError

from sync.management.commands.demo import require_free_port


def test_a_port_that_is_taken_is_named_with_another_one():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is taken. Nothing was changed. Try: make demo PORT="):
            require_free_port(port, "make demo")


def test_a_free_port_passes():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    require_free_port(port, "make demo")
