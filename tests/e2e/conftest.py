"""Fixtures of the end-to-end tests, which run only when named: `pytest tests/e2e`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from .chromium import Chromium
from .machine import require_docs
from .proxy import Proxy
from .server import Server
from .sites import Sites


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the browsers out of a plain `pytest tests`, whose tests run in parallel and take seconds."""
    del collection_path
    return None if any("e2e" in argument for argument in config.args) else True


@pytest.fixture(scope="session")
def sites() -> Iterator[Sites]:
    require_docs()
    sites = Sites()
    yield sites
    sites.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.close()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    proxy = Proxy(server.port)
    yield proxy
    proxy.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def chromium(playwright: Playwright, tmp_path: Path) -> Iterator[Chromium]:
    browser = Chromium(playwright, tmp_path / "profile")
    yield browser
    browser.close()
