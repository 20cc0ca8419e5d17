"""What an odd body may cost: one walk, and no more memory than a few copies of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from strict_json.parsing import InvalidJSON
from sync import limits
from sync.push import batch
from tests.wire_records import visit

ROOT = Path(__file__).resolve().parents[3]


def test_records_with_many_brackets_are_not_each_walked_with_the_whole_body(monkeypatch):
    walks = []
    monkeypatch.setattr(batch, "check_depth", walks.append)
    periods = [{"start": 1_762_160_400_000 + n, "reason": "idle"} for n in range(120)]
    records = [visit(idlePeriods=periods) for _ in range(50)]
    assert len(batch.split(json.dumps({"visits": records}).encode(), "visits").records) == 50
    assert walks == []


def test_the_first_of_two_fields_of_one_name_is_judged_too():
    deep = b"[" * 500 + b"]" * 500
    with pytest.raises(InvalidJSON):
        batch.split(b'{"a":' + deep + b',"a":1,"visits":[]}', "visits")
    with pytest.raises(InvalidJSON):
        batch.split(b'{"a":"\xff","a":1,"visits":[]}', "visits")


@pytest.mark.parametrize(
    ("end", "wanted"), [(b'\\ud800"', "0 records"), (b'","y":NaN', "not JSON")], ids=["surrogate", "NaN"]
)
def test_a_text_of_ten_mebibytes_is_parsed_in_a_few_copies_of_memory(tmp_path, end, wanted):
    text = b"a" * (limits.MAX_BODY_BYTES - 100) + end
    outcome, peak = parsing(tmp_path, b'{"x":"' + text + b',"visits":[]}')
    assert outcome == wanted
    assert peak < 250_000


@pytest.mark.parametrize("record", [b"0", b"{}", b"[]", b'""', b'"\\ud800"'])
@pytest.mark.parametrize("end", [b"", b',"\\ud800"'], ids=["", "surrogate"])
def test_a_list_of_very_many_small_records_is_counted_and_not_read(tmp_path, record, end):
    count = (limits.MAX_BODY_BYTES - 100) // (len(record) + 1)
    many = b",".join([record] * count) + end
    outcome, peak = parsing(tmp_path, b'{"visits":[' + many + b"]}")
    assert outcome == f"at least {limits.MAX_RECORDS + 1} records"
    assert peak < 150_000


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        (b'"client":%s,"visits":[]', "0 records"),
        (b'"anonymousClientId":%s,"visits":[]', "0 records"),
        (b'"visits":[%s]', "1 records"),
    ],
)
def test_a_value_of_ten_mebibytes_of_empty_lists_is_not_made(tmp_path, field, wanted):
    value = b"[" + b",".join([b"[]"] * 3_400_000) + b"]"
    outcome, peak = parsing(tmp_path, b"{" + field % value + b"}")
    assert outcome == wanted
    assert peak < 150_000


def test_a_long_number_beside_very_many_records_does_not_have_them_read(tmp_path):
    body = b'{"client":' + b"1" * 5_000 + b',"visits":[' + b",".join([b"[]"] * 3_400_000) + b"]}"
    outcome, peak = parsing(tmp_path, body)
    assert outcome == f"at least {limits.MAX_RECORDS + 1} records"
    assert peak < 150_000


def parsing(folder, sent):
    """Parse a body in a process of its own; return what came of it and the most memory of the process, in KiB."""
    file = folder / "body.json"
    file.write_bytes(sent)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from strict_json.parsing import InvalidJSON; from sync.push.batch import split\n"
        f"read = Path({str(file)!r}).read_bytes()\n"
        "try:\n"
        "    batch = split(read, 'visits')\n"
        '    outcome = f\'{"" if batch.is_exact else "at least "}{batch.number} records\'\n'
        "except InvalidJSON: outcome = 'not JSON'\n"
        # On Linux the peak of getrusage begins with that of the process that forked this one.
        "status = Path('/proc/self/status')\n"
        "peak = [line.split()[1] for line in status.read_text().splitlines() if line.startswith('VmHWM')] "
        "if status.exists() else [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]\n"
        "print(outcome, peak[0], sep='|')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    outcome, peak = done.stdout.split("|")
    return outcome, int(peak) // (1024 if sys.platform == "darwin" else 1)
