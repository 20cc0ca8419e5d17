"""How large a body and a record may be, plain and gzipped, and which media are read."""

import gzip
import json
import tracemalloc
import zlib

import pytest

from sync.models import PageVisit
from tests.wire import AGGREGATES, VISITS, assert_error_shape, post
from tests.wire_records import aggregate, visit

MEBIBYTE = 1_048_576
LIMIT = 10 * MEBIBYTE
RECORD_LIMIT = 262_144


def body_of(size, *records):
    """Return a body of exactly `size` bytes, filled up with blanks after the records."""
    body = json.dumps({"visits": list(records)}).encode()
    return body[:-1] + b" " * (size - len(body)) + b"}"


def record_of(size, **fields):
    """Return a record of exactly `size` bytes, filled up in a field the server ignores."""
    record = json.dumps({**visit(**fields), "syncStatus": ""}).encode()
    return record[:-2] + b"x" * (size - len(record)) + b'"}'


def push_records(alice, *records, path=VISITS, key=b"visits"):
    response = post(path, b'{"' + key + b'": [' + b",".join(records) + b"]}", user=alice)
    assert response.status_code == 200, response.content[:300]
    return response.json()


# Bodies


def test_a_body_of_10_mib_is_read(alice):
    response = post(VISITS, body_of(LIMIT, visit()), user=alice)
    assert response.status_code == 200
    assert response.json()["results"] == ["created"]


@pytest.mark.parametrize("size", [LIMIT + 1, 11 * MEBIBYTE, 21 * MEBIBYTE], ids=["and a byte", "11 MiB", "past twice"])
def test_a_larger_body_is_too_large(alice, size):
    reply = assert_error_shape(post(VISITS, body_of(size, visit()), user=alice), 413, "body_too_large")
    assert "10485760" in json.dumps(reply).replace(",", "")
    assert PageVisit.objects.count() == 0


def test_a_body_between_djangos_own_limit_and_ours_is_read(alice):
    assert post(VISITS, body_of(3 * MEBIBYTE, visit()), user=alice).status_code == 200


# gzip


def gzipped(alice, body, encoding="gzip"):
    return post(VISITS, body, user=alice, HTTP_CONTENT_ENCODING=encoding)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "Gzip"])
def test_a_gzipped_body_is_read(alice, encoding):
    response = gzipped(alice, gzip.compress(json.dumps({"visits": [visit()]}).encode()), encoding)
    assert response.status_code == 200
    assert response.json()["results"] == ["created"]


def test_a_body_sent_as_identity_is_read_as_it_is(alice):
    assert gzipped(alice, json.dumps({"visits": [visit()]}).encode(), "identity").json()["results"] == ["created"]


@pytest.mark.parametrize("cut", [1, 4, 8, 9, 100])
def test_a_truncated_gzip_stream_is_refused(alice, cut):
    whole = gzip.compress(json.dumps({"visits": [visit() for _ in range(20)]}).encode())
    assert gzipped(alice, whole[:-cut]).status_code == 400
    assert PageVisit.objects.count() == 0


@pytest.mark.parametrize(
    "tail", [b"\0", b"x" * 100, b"\0" * 70_000, gzip.compress(b"", mtime=0), gzip.compress(b" ", mtime=0)], ids=len
)
def test_bytes_after_a_gzip_stream_are_refused(alice, tail):
    assert gzipped(alice, gzip.compress(json.dumps({"visits": [visit()]}).encode()) + tail).status_code == 400
    assert PageVisit.objects.count() == 0


@pytest.mark.parametrize("size", [4_096, 8_192, 65_536, 131_072])
def test_a_byte_after_a_gzip_stream_that_fills_a_whole_read_is_refused(alice, size):
    stream = gzip.compress(json.dumps({"visits": [visit()]}).encode())
    # A gzip header may carry a file name, here one that fills the stream up to `size` bytes.
    stream = stream[:3] + b"\x08" + stream[4:10] + b"x" * (size - len(stream) - 1) + b"\0" + stream[10:]
    assert len(stream) == size
    assert gzipped(alice, stream + b"\0").status_code == 400
    assert gzipped(alice, stream).json()["results"] == ["created"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x1f",
        b"\x1f\x8b",
        b'{"visits": []}',
        zlib.compress(b'{"visits": []}'),
        zlib.compress(b'{"visits": []}')[2:-4],
        b"\x1f\x8b\x08\x00" + b"\xff" * 50,
        gzip.compress(b'{"visits": []}', mtime=0)[:-8] + b"\0" * 8,
    ],
    ids=["empty", "a byte", "magic", "plain", "zlib", "deflate", "damaged", "wrong checksum"],
)
def test_a_body_that_is_not_gzip_is_refused(alice, body):
    response = gzipped(alice, body)
    assert response.status_code == 400
    assert set(response.json()) >= {"code", "detail"}


def test_what_is_inside_gzip_must_be_json(alice):
    assert_error_shape(gzipped(alice, gzip.compress(b"{")), 400, "invalid_json")


def test_the_limit_counts_the_inflated_body(alice):
    assert gzipped(alice, gzip.compress(body_of(LIMIT, visit()))).status_code == 200
    assert_error_shape(gzipped(alice, gzip.compress(body_of(LIMIT + 1, visit()))), 413, "body_too_large")


def test_a_gzip_bomb_is_too_large_and_never_inflated_whole(alice):
    squeeze = zlib.compressobj(9, wbits=31)
    zeros = bytes(MEBIBYTE)
    bomb = b"".join(squeeze.compress(zeros) for _ in range(500)) + squeeze.flush()
    gzipped(alice, gzip.compress(b'{"visits": []}'))
    tracemalloc.start()
    response = gzipped(alice, bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert_error_shape(response, 413, "body_too_large")
    assert peak < 60 * MEBIBYTE


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "x", "identity, gzip, gzip"])
def test_another_content_encoding_is_unsupported(alice, encoding):
    assert_error_shape(gzipped(alice, gzip.compress(b'{"visits": []}'), encoding), 415, "unsupported_media_type")


# Media types


@pytest.mark.parametrize(
    "media", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
def test_json_is_read_however_its_media_type_is_spelled(alice, media):
    response = post(VISITS, {"visits": [visit()]}, user=alice, content_type=media)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "text/plain;charset=UTF-8", "text/html", "application/x-www-form-urlencoded",
     "multipart/form-data", "multipart/form-data; boundary=x", "application/octet-stream", "application/jsonp", "json",
     ";", "/", "application/json/x", "application", "text/json\u00fc"],
)  # fmt: skip
@pytest.mark.parametrize("path", [VISITS, AGGREGATES])
def test_another_media_type_is_unsupported(alice, path, media):
    response = post(path, {"visits": []}, user=alice, content_type=media)
    assert_error_shape(response, 415, "unsupported_media_type")


# Records


def test_a_record_of_262144_bytes_is_kept(alice):
    reply = push_records(alice, record_of(RECORD_LIMIT))
    assert reply["results"] == ["created"]


def test_a_record_of_262145_bytes_is_rejected_alone(alice):
    reply = push_records(alice, record_of(1_500), record_of(RECORD_LIMIT + 1, id="large"), record_of(1_500))
    assert reply["results"] == ["created", "rejected", "created"]
    (refused,) = reply["rejected"]
    assert (refused["index"], refused["id"]) == (1, "large")
    assert "262144" in json.dumps(refused["errors"]).replace(",", "")


def test_an_aggregate_of_262145_bytes_is_rejected_alone(alice):
    good = json.dumps(aggregate()).encode()
    large = good[:-1] + b', "x": "' + b"x" * (RECORD_LIMIT + 1 - len(good) - 9) + b'"}'
    assert len(large) == RECORD_LIMIT + 1 - len(good) - 9 + len(good) + 9
    reply = push_records(alice, json.dumps(aggregate()).encode(), large, path=AGGREGATES, key=b"aggregates")
    assert reply["results"] == ["created", "rejected"]


@pytest.mark.parametrize("over", [0, 1])
def test_blanks_inside_a_record_count(alice, over):
    record = json.dumps(visit()).encode()
    record = record[:-1] + b" " * (RECORD_LIMIT + over - len(record)) + b"}"
    assert push_records(alice, record)["results"] == [["created", "rejected"][over]]


@pytest.mark.parametrize("over", [0, 1])
def test_escapes_inside_a_record_count_as_they_are_spelled(alice, over):
    record = json.dumps({**visit(), "title": "@"}).encode()
    room = RECORD_LIMIT + over - len(record) + 1
    record = record.replace(b'"@"', b'"' + b"\\u0061" * (room // 6) + b"b" * (room % 6) + b'"')
    assert len(record) == RECORD_LIMIT + over
    assert push_records(alice, record)["results"] == [["created", "rejected"][over]]


@pytest.mark.parametrize("over", [0, 1])
def test_a_record_is_counted_in_bytes(alice, over):
    record = json.dumps({**visit(), "title": "@"}).encode()
    room = RECORD_LIMIT + over - len(record) + 1
    record = record.replace(b'"@"', b'"' + "é".encode() * (room // 2) + b"b" * (room % 2) + b'"')
    assert len(record) == RECORD_LIMIT + over
    assert push_records(alice, record)["results"] == [["created", "rejected"][over]]


@pytest.mark.parametrize("over", [0, 1])
def test_a_record_beside_one_with_a_lone_surrogate_is_counted_as_well(alice, over):
    odd = json.dumps(visit(title="\ud83d")).encode()
    assert push_records(alice, odd, record_of(RECORD_LIMIT + over))["results"] == [
        "created",
        ["created", "rejected"][over],
    ]


def test_blanks_between_records_belong_to_none(alice):
    blanks = b" \n" * RECORD_LIMIT
    reply = push_records(alice, blanks + record_of(1_500) + blanks, blanks + record_of(1_500) + blanks)
    assert reply["results"] == ["created", "created"]


@pytest.mark.parametrize("record", [b'"' + b"x" * RECORD_LIMIT + b'"', b"[" + b"0," * RECORD_LIMIT + b"0]"])
def test_a_large_record_that_is_no_object_is_rejected_alone(alice, record):
    assert push_records(alice, record_of(1_500), record)["results"] == ["created", "rejected"]
