"""Plain HTTP in production: pages redirect to HTTPS, the API refuses, and a proxy never causes a redirect loop."""

import pytest

REFUSAL = {"code": "https_required", "detail": "Use HTTPS: this server takes no tokens over plain HTTP."}


@pytest.fixture
def https_required(settings):
    settings.SECURE_SSL_REDIRECT = True


@pytest.mark.usefixtures("https_required")
class TestPlainHTTP:
    def test_a_page_is_redirected(self, client):
        answer = client.get("/")
        assert (answer.status_code, answer["Location"]) == (301, "https://testserver/")

    def test_the_api_is_refused_in_the_error_shape_and_not_redirected(self, client):
        answer = client.post("/api/auth/login", {"email": "a"}, content_type="application/json")
        assert (answer.status_code, answer.json()) == (403, REFUSAL)

    @pytest.mark.parametrize(("path", "status"), [("/", 500), ("/api/sync/limits", 403)])
    def test_behind_a_proxy_that_is_not_trusted_the_operator_is_told_instead_of_a_loop(self, client, path, status):
        answer = client.get(path, headers={"X-Forwarded-Proto": "https"})
        assert answer.status_code == status
        assert "TRUST_PROXY_HTTPS=true" in answer.content.decode()

    def test_behind_a_trusted_proxy_the_page_is_served(self, client, settings):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        assert client.get("/", headers={"X-Forwarded-Proto": "https"}).status_code == 200

    def test_https_is_served(self, client):
        assert client.get("/", secure=True).status_code == 200
