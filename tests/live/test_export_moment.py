"""An export holds one state of the records, while other processes of the server push and erase."""

import http.client
import io
import json
import socket
import zipfile
from contextlib import closing

from tests.wire import VISITS
from tests.wire_records import AT_9, visit

RECORDS = 4_000


def record(number, **more):
    # Many different characters, which zlib cannot shrink to a few packets.
    title = "".join(chr(0x4E00 + (number * 7919 + place * 104729) % 20_000) for place in range(900))
    return visit(id=f"v{number:04}", startedAt=AT_9 + number, title=title, **more)


def test_what_changes_meanwhile_is_not_in_it(service, token):
    for start in range(0, RECORDS, 500):
        batch = [record(number) for number in range(start, start + 500)]
        assert service.call("POST", VISITS, {"visits": batch}, token)[0] == 200
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        # The buffers on the way must not hold the whole export.
        connection.sock = socket.socket()
        connection.sock.settimeout(60)
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.sock.connect(("127.0.0.1", service.port))
        connection.request("GET", "/api/export", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        first = response.read(1_000)
        # The export is under way: the server cannot send the rest before it is read.
        changed = record(RECORDS - 1, revision=1, url="https://changed.example/")
        assert service.call("POST", VISITS, {"visits": [changed]}, token)[2]["results"] == ["updated"]
        rule = {"ids": [{"browser": "", "id": f"v{RECORDS - 2:04}"}]}
        erased = service.call("POST", "/api/sync/erasures", {"rule": rule}, token)[2]["erased"]
        assert erased["pageVisits"] == 1
        content = first + response.read()
    assert len(content) > 6_000_000
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lines = [json.loads(line) for line in archive.read("page-visits.jsonl").decode().splitlines()]
        counts = json.loads(archive.read("manifest.json"))["counts"]
    assert [line["id"] for line in lines] == [f"v{number:04}" for number in range(RECORDS)]
    assert counts["pageVisits"] == RECORDS
    assert not any(line["url"] == "https://changed.example/" for line in lines)
