"""`manage.py replay` reads recordings, and reports a faulty file or server in one sentence."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from sync.management.commands.replay import read_recording
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
