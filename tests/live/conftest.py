import pytest

from tests.live.service import Database, Service


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    database = Database(tmp_path_factory.mktemp("database"))
    yield database
    database.drop()


@pytest.fixture(scope="module")
def service(database, tmp_path_factory):
    service = Service(database.url, tmp_path_factory.mktemp("service") / "gunicorn.log")
    service.start()
    yield service
    service.stop()


@pytest.fixture
def token(service):
    return service.register()
