"""An unknown path under /api/ gets an error in the one shape, with every method and without a CSRF token."""

import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["/api/nothing", "/api/sync/page-visits/", "/api/auth/login/", "/api/"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_unknown_path_is_not_found_in_the_error_shape(path, method):
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
