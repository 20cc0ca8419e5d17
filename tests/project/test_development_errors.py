"""In development people see the pages that production shows."""

import pytest
from django.test import Client

from tests.people import UserFactory
from tests.wire import assert_error_shape


@pytest.fixture
def client(settings):
    settings.DEBUG = True
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "syncserver.development_errors.DevelopmentErrorsMiddleware"]
    return Client()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing", "/dashboard/visit?id=7", "/account/nothing"])
def test_what_is_not_there_is_told_in_the_house_style(client, path):
    client.force_login(UserFactory())
    response = client.get(path)
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
    assert "DEBUG = True" not in response.content.decode()


@pytest.mark.django_db
def test_a_call_that_is_not_there_has_the_shape_of_an_error(client):
    assert_error_shape(client.get("/api/nothing"), 404, "not_found")
