"""The demo looks for its port before it deletes anything, and takes no database in which somebody has an account."""

import socket

import pytest
from django.core.management import CommandError, call_command

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


@pytest.mark.django_db
def test_the_demo_takes_only_its_own_file_or_a_database_without_accounts(alice):
    with pytest.raises(CommandError, match=r"runs only on demo\.sqlite3.*--empty-database"):
        call_command("demo")
    with pytest.raises(CommandError, match="Somebody has an account in this database"):
        call_command("demo", "--empty-database")
    assert type(alice).objects.filter(pk=alice.pk).exists()
