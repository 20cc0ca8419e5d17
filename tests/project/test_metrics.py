"""Numbers for Prometheus: by route, status and result, with nothing that a client wrote, and not without the token."""

import pytest
from django.test import Client
from rest_framework.settings import api_settings

from syncserver import metrics
from tests.wire import VISITS, post, push, refresh_token, send
from tests.wire_records import visit

TOKEN = "a token of the operator, which nobody guesses"


@pytest.fixture(autouse=True)
def token(settings):
    settings.METRICS_TOKEN = TOKEN


def numbers(**headers):
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    lines = (line.rpartition(" ") for line in answer.content.decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


@pytest.mark.django_db
def test_requests_and_records_are_counted(alice):
    before = numbers()
    push(alice, VISITS, [visit(), visit(url="nothing")])
    assert send("GET", "/api/auth/me").status_code == 401
    after = numbers(host="10.0.0.7:8000")

    def grown(name):
        return after.get(name, 0) - before.get(name, 0)

    assert grown('syncserver_records_total{result="created"}') == 1
    assert grown('syncserver_records_total{result="rejected"}') == 1
    assert grown('syncserver_batch_records_bucket{le="3.0"}') == 1
    labels = 'method="POST",route="/api/sync/page-visits",status="200"'
    assert grown(f"syncserver_request_seconds_count{{{labels}}}") == 1
    assert grown('syncserver_request_seconds_count{method="GET",route="/api/auth/me",status="401"}') == 1
    assert after["syncserver_requests_at_work"] == 0


@pytest.mark.django_db
def test_refusals_are_counted_by_their_code_and_refreshes_by_their_result(alice, client, monkeypatch):
    token = refresh_token(alice)
    before = numbers()
    assert send("POST", "/api/auth/refresh", {"refresh": str(token)}).status_code == 200
    assert send("POST", "/api/auth/refresh", {"refresh": "nonsense"}).status_code == 401
    assert send("GET", "/api/auth/me").status_code == 401
    assert send("GET", "/api/nothing").status_code == 404
    assert client.get("/nothing").status_code == 404
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "push", "0/min")
    assert post(VISITS, {"visits": []}, user=alice).status_code == 429
    after = numbers()
    names = [name for name in after if name.startswith(("syncserver_refusals_total", "syncserver_refreshes_total"))]
    grown = {name: after[name] - before.get(name, 0) for name in names}
    assert {name: number for name, number in grown.items() if number} == {
        'syncserver_refreshes_total{result="refreshed"}': 1,
        'syncserver_refreshes_total{result="token_invalid"}': 1,
        'syncserver_refusals_total{code="token_invalid"}': 1,
        'syncserver_refusals_total{code="not_authenticated"}': 1,
        'syncserver_refusals_total{code="not_found"}': 1,
        'syncserver_refusals_total{code="404"}': 1,
        'syncserver_refusals_total{code="throttled"}': 1,
    }


def test_the_pool_of_a_worker_is_told():
    metrics.note_pool(places=4, requests_begun=7, clients=30)
    told = numbers()
    assert [told[f"syncserver_{name}"] for name in ("places", "requests_begun", "clients")] == [4, 7, 30]


@pytest.mark.django_db
def test_no_label_holds_what_a_client_wrote(client):
    client.generic("SECRET", "/dashboard/sites/secret.example?q=secret")
    client.get("/secret")
    assert "secret" not in "".join(numbers()).lower()


@pytest.mark.django_db
@pytest.mark.parametrize("sent", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic " + TOKEN, "Bearer schön"])
def test_nobody_reads_them_without_the_token(client, settings, sent):
    assert client.get("/metrics", headers={"Authorization": sent} if sent is not None else {}).status_code == 404
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
