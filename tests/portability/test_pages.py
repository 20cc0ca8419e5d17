import io

import pytest

from portability.models import Import, StagedBatch
from sync.models import Browser, PageVisit
from tests.portability import sample_files as sample
from tests.portability.sample_files import AT_9_US, FINAL
from tests.sync.erasures.erasing import erase, rows_with
from tests.wire import VISITS, push
from tests.wire_records import visit

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/account/import"


@pytest.fixture
def signed_in(client, alice, settings):
    settings.AXES_ENABLED = False
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def upload(tmp_path):
    visits = [
        ("https://a.example/", "<script>A", AT_9_US, FINAL, 0),
        ("https://b.example/", "B", AT_9_US, FINAL, 0),
        ("https://b.example/", "B", AT_9_US, FINAL | 8, 0),
    ]
    file = io.BytesIO(sample.chromium(tmp_path / "h", visits).read_bytes())
    file.name = "History"
    return file


def test_from_the_file_to_the_result_and_away_again(signed_in, alice, upload):
    push(alice, VISITS, [visit(url="https://own.example/")])
    preview = signed_in.post(PAGE, {"file": upload}, secure=True, follow=True)
    path = preview.redirect_chain[-1][0]
    text = preview.content.decode()
    assert "reloads of a page" in text
    assert "&lt;script&gt;A" in text
    assert "Import 2 visits" in text
    assert PageVisit.objects.count() == 1
    assert path in signed_in.get(PAGE, secure=True).content.decode()
    done = signed_in.post(path, {"leave_out": "b.example\n\n"}, secure=True, follow=True).content.decode()
    assert "visits added" in done
    assert "left out by your patterns" in done
    assert "Go on" not in done
    browser = Browser.objects.get(kind="import")
    removal = f"{PAGE}/remove/{browser.pk}"
    assert removal in signed_in.get(PAGE, secure=True).content.decode()
    assert signed_in.get(removal, secure=True).status_code == 200
    assert "was removed" in signed_in.post(removal, secure=True, follow=True).content.decode()
    assert list(PageVisit.objects.values_list("domain", flat=True)) == ["own.example"]
    assert removal not in signed_in.get(PAGE, secure=True).content.decode()
    upload.seek(0)
    path = signed_in.post(PAGE, {"file": upload}, secure=True)["Location"]
    assert "visits that you erased before" in signed_in.post(path, {}, secure=True, follow=True).content.decode()


def test_an_import_that_was_interrupted_goes_on_with_the_page(signed_in, upload, monkeypatch):
    path = signed_in.post(PAGE, {"file": upload}, secure=True)["Location"]
    monkeypatch.setattr("portability.pages.imports.SECONDS_A_PAGE", 0.0)
    text = signed_in.post(path, {}, secure=True, follow=True).content.decode()
    assert "Import 2 visits" in text  # no time for a single batch
    monkeypatch.undo()
    assert "visits added" in signed_in.post(path, {}, secure=True, follow=True).content.decode()


def test_an_erasure_discards_what_waits_to_be_imported_and_what_names_its_site(signed_in, alice, bob, upload):
    finished = signed_in.post(PAGE, {"file": upload}, secure=True)["Location"]
    signed_in.post(finished, {"leave_out": "b.example"}, secure=True)
    upload.seek(0)
    waiting = signed_in.post(PAGE, {"file": upload}, secure=True)["Location"]
    erase(bob, {"domain": "a.example"})
    assert signed_in.get(waiting, secure=True).status_code == 200
    erase(alice, {"domain": "b.example"})
    assert signed_in.get(waiting, secure=True).status_code == 404
    assert StagedBatch.objects.count() == 0
    assert rows_with("b.example") == []
    upload.seek(0)
    again = signed_in.post(PAGE, {"file": upload}, secure=True)["Location"]
    text = signed_in.post(again, {}, secure=True, follow=True).content.decode()
    assert "visits that you erased before" in text
    assert list(PageVisit.objects.values_list("domain", flat=True)) == ["a.example"]


def test_dropping_forgets_the_file(signed_in, upload):
    path = signed_in.post(PAGE, {"file": upload}, secure=True)["Location"]
    assert "was dropped" in signed_in.post(f"{path}/drop", secure=True, follow=True).content.decode()
    assert not Import.objects.exists()


def test_a_file_that_is_not_taken_is_said_on_the_page(signed_in, settings):
    file = io.BytesIO(b"hello")
    file.name = "x"
    response = signed_in.post(PAGE, {"file": file}, secure=True)
    assert response.status_code == 400
    assert "not the history of a browser" in response.content.decode()
    assert signed_in.post(PAGE, {}, secure=True).status_code == 400
    settings.IMPORT_MAX_BYTES = 10
    assert signed_in.post(PAGE, {"label": "x" * 100_000}, secure=True).status_code == 413


def test_the_upload_needs_the_token_of_the_form(alice, upload):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(PAGE, {"file": upload}, secure=True).status_code == 403
    assert not Import.objects.exists()


def test_nobody_reaches_the_import_of_another_person(signed_in, bob, upload, tmp_path):
    from portability import staging

    theirs = staging.stage(bob.pk, sample.chromium(tmp_path / "b", [("https://bob.example/", "", AT_9_US, FINAL, 0)]))
    source = Browser.objects.create(user=bob, client_id="import:chromium", kind="import")
    for path in (f"{PAGE}/{theirs.pk}", f"{PAGE}/remove/{source.pk}"):
        assert signed_in.get(path, secure=True).status_code == 404
        assert signed_in.post(path, secure=True).status_code == 404
    assert signed_in.post(f"{PAGE}/{theirs.pk}/drop", secure=True).status_code == 404
    assert Import.objects.count() == 1


def test_only_imports_can_be_removed(signed_in, alice):
    push(alice, VISITS, [visit()])
    assert signed_in.post(f"{PAGE}/remove/{Browser.objects.get().pk}", secure=True).status_code == 404


def test_the_export_is_downloaded_by_a_button(signed_in):
    assert "Download everything" in signed_in.get("/account/export", secure=True).content.decode()
    response = signed_in.post("/account/export/file", secure=True)
    assert b"".join(response.streaming_content).startswith(b"PK")
