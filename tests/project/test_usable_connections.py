"""A kept connection to PostgreSQL is used again without a question, unless the server has ended it."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from django.db.backends.postgresql import base

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that ends connections"),
]


@pytest.fixture(autouse=True)
def usable() -> Iterator[None]:
    """A new connection that was found usable just now."""
    connection.close()
    connection.ensure_connection()
    assert connection.is_usable()
    yield
    connection.close()


def end_on_the_server() -> None:
    """End the connection as an administrator does, and wait until that has come."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute(
            "SELECT pg_terminate_backend(%s::integer, 5000::bigint)", [connection.connection.info.backend_pid]
        )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The answers of the server to the question whether the connection is usable."""
    answers: list[bool] = []
    ask = base.DatabaseWrapper.is_usable

    def noted(self: base.DatabaseWrapper) -> bool:
        answers.append(ask(self))
        return answers[-1]

    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", noted)
    return answers


def test_a_connection_that_was_found_usable_is_not_asked_again(asked: list[bool]) -> None:
    assert connection.is_usable()
    assert asked == []


def test_a_connection_is_asked_again_after_a_while(asked: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "found_usable_at", connection.found_usable_at - 3600)
    assert connection.is_usable()
    assert asked == [True]


def test_a_connection_is_asked_after_an_error(asked: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "errors_occurred", True)
    assert connection.is_usable()
    assert asked == [True]


def test_a_connection_that_the_server_ended_is_not_usable(asked: list[bool]) -> None:
    end_on_the_server()
    assert not connection.is_usable()
    assert asked == [False]


def test_a_connection_that_is_closed_here_is_not_usable() -> None:
    connection.connection.close()
    assert not connection.is_usable()
