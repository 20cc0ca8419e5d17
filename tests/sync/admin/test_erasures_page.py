"""Staff see that something was erased, and not what."""

import pytest

from sync.models import Erasure, SyncState
from tests.sync.erasures.erasing import erase
from tests.wire import VISITS, push
from tests.wire_records import bare_visit


@pytest.mark.django_db(transaction=True)
def test_the_list_and_the_page_of_an_erasure_tell_counts_and_no_condition(admin, bob):
    push(bob, VISITS, [bare_visit(url="https://clinic.example/")], anonymousClientId="laptop-of-bob")
    erase(bob, {"domain": "clinic.example", "browser": "laptop-of-bob", "from": 1_234_567})
    row = Erasure.objects.get()
    secrets = ["clinic.example", bytes(row.domain_hash).hex(), "laptop-of-bob", "1234567", "1,234,567"]
    secrets.append(bytes(SyncState.objects.get(user=bob).erasure_key).hex())
    for url in (
        "/admin/sync/erasure/",
        f"/admin/sync/erasure/?person={bob.pk}",
        f"/admin/sync/erasure/{row.pk}/change/",
        f"/admin/sync/syncstate/{bob.pk}/change/",
    ):
        page = admin.get(url, secure=True)
        assert page.status_code == 200
        text = page.content.decode()
        assert [secret for secret in secrets if secret in text] == []


@pytest.mark.django_db(transaction=True)
def test_no_erasure_is_changed_or_deleted_by_staff(admin, bob):
    erase(bob, {"everything": True})
    row = Erasure.objects.get()
    for url in (f"/admin/sync/erasure/{row.pk}/delete/", "/admin/sync/erasure/add/"):
        assert admin.post(url, {"post": "yes"}, secure=True).status_code == 403
    assert Erasure.objects.get() == row
