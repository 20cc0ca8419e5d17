"""`manage.py replay` reads recordings, and reports a faulty file or server in one sentence."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from sync.management.commands.replay import read_recording
from sync.models import Browser
from tests.people import UserFactory, token_text
from tests.wire_records import visit


def test_a_title_with_a_line_separator_is_no_new_line(tmp_path):
    file = tmp_path / "day.jsonl"
    request = {"path": "/api/sync/page-visits", "body": {"visits": [visit(title="one\u2028two\u0085three")]}}
    file.write_text(json.dumps(request, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_recording(file) == [request]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "holds no request"),
        ("{}\n", "Line 1"),
        ('{"path": "/api/sync/page-visits", "body": {}}\nnot json\n', "Line 2"),
        ('{"path": "/elsewhere", "body": {}}\n', "is not a request"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_the_line(tmp_path, content, sentence):
    file = tmp_path / "day.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=sentence):
        read_recording(file)


def test_nobody_at_the_address_is_said_in_a_sentence(tmp_path, monkeypatch):
    file = tmp_path / "day.jsonl"
    file.write_text('{"path": "/api/sync/page-visits", "body": {"visits": []}}', encoding="utf-8")
    monkeypatch.setenv("SYNC_PASSWORD", "x")
    with pytest.raises(CommandError, match="Is the server running there"):
        call_command("replay", file, server="http://127.0.0.1:9", email="alice@example.org")


@pytest.mark.parametrize("held", [None, "", "ssp_mistyped"])
def test_a_variable_without_a_whole_token_is_said_before_anything_is_sent(tmp_path, monkeypatch, held):
    file = tmp_path / "day.jsonl"
    file.write_text('{"path": "/api/sync/page-visits", "body": {"visits": []}}', encoding="utf-8")
    monkeypatch.delenv("SYNC_TOKEN", raising=False)
    if held is not None:
        monkeypatch.setenv("SYNC_TOKEN", held)
    with pytest.raises(CommandError, match="SYNC_TOKEN holds no personal token"):
        call_command("replay", file, server="http://127.0.0.1:9", token_env="SYNC_TOKEN")


@pytest.mark.django_db(transaction=True)
def test_a_personal_token_stands_in_for_the_password(tmp_path, monkeypatch, live_server, capsys):
    alice = UserFactory(email="alice@example.org")
    request = {"path": "/api/sync/page-visits", "body": {"visits": [visit(), visit()], "anonymousClientId": "list"}}
    file = tmp_path / "day.jsonl"
    file.write_text(json.dumps(request) + "\n", encoding="utf-8")
    monkeypatch.setenv("SYNC_TOKEN", token_text(alice, "write"))
    call_command("replay", file, server=live_server.url, token_env="SYNC_TOKEN")
    assert capsys.readouterr().out.splitlines()[1].split() == ["page", "visits", "2", "0", "0", "0", "0"]
    assert Browser.objects.get().kind == "program"
    monkeypatch.setenv("SYNC_TOKEN", token_text(alice, "read"))
    with pytest.raises(CommandError, match="scope_missing"):
        call_command("replay", file, server=live_server.url, token_env="SYNC_TOKEN")
