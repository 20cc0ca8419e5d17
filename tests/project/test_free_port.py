"""`make run` and `make demo` look for their port before they change or print anything."""

import socket
from contextlib import closing, contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from syncserver.free_port import require_free_port
from syncserver.management.commands import demo


@contextmanager
def listening(address="127.0.0.1"):
    """Yield a port on which something listens."""
    with closing(socket.create_server((address, 0))) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_is_taken_is_named_with_another_one(address):
    with (
        listening(address) as port,
        pytest.raises(CommandError, match=rf"Port {port} is taken\. Nothing was changed\. Try: make demo PORT=\d+$"),
    ):
        require_free_port(port, "make demo")


def test_a_free_port_passes():
    with listening() as port:
        pass
    require_free_port(port, "make demo")


@pytest.mark.parametrize("port", [0, -1, 65_536, 10**9])
def test_a_number_that_is_no_port_is_refused_in_a_sentence(port):
    with pytest.raises(CommandError, match=f"There is no port {port}. Nothing was changed. Try: make run PORT=8123"):
        require_free_port(port, "make run")


def test_the_port_that_is_advised_exists():
    with listening() as port, pytest.raises(CommandError) as refusal:
        require_free_port(port, "make run")
    assert 0 < int(str(refusal.value).rpartition("=")[2]) <= 65_535


@pytest.fixture
def database(settings, monkeypatch, tmp_path):
    """The database of a demo, in a folder of its own."""
    settings.BASE_DIR = tmp_path
    file = tmp_path / demo.FILE
    file.write_bytes(b"in use")
    monkeypatch.setitem(settings.DATABASES, "default", {"ENGINE": "django.db.backends.sqlite3", "NAME": file})
    return file


@pytest.mark.parametrize("command", ["demo", "develop"])
def test_a_command_whose_port_is_taken_prints_and_deletes_nothing(command, settings, database):
    settings.DEBUG = True
    said = StringIO()
    with listening() as port, pytest.raises(CommandError, match="is taken"):
        call_command(command, port=port, stdout=said)
    assert (said.getvalue(), database.read_bytes()) == ("", b"in use")


def test_a_second_demo_at_another_port_leaves_the_database_of_the_first_one(database):
    with listening() as port:
        pass
    with demo.only_demo(database), pytest.raises(CommandError, match="Another demo runs from this folder"):
        call_command("demo", port=port)
    assert database.read_bytes() == b"in use"


def test_the_demo_runs_on_its_own_database_alone(database, settings):
    settings.DATABASES["default"]["NAME"] = database.with_name("db.sqlite3")
    with pytest.raises(CommandError, match="Start it with: make demo"):
        call_command("demo", port=8001)
