"""What is JSON and what is not: a body that is not is 400 and says where."""

import codecs
import json
import re

import pytest

from sync.models import PageVisit
from tests.wire import AGGREGATES, VISITS, assert_error_shape, post
from tests.wire_records import visit

GOOD = json.dumps(visit(id="good"))


def refused(alice, body):
    reply = assert_error_shape(post(VISITS, body, user=alice), 400, "invalid_json")
    assert PageVisit.objects.count() == 0
    return reply


def numbers_in(reply):
    return {int(number) for number in re.findall(r"\d+", json.dumps(reply))}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"visits": [',
        b'{"visits": []',
        b'{"visits": []}}',
        b'{"visits": []} x',
        b'{"visits": []}{"visits": []}',
        b'{"visits": [],}',
        b'{"visits": [1,]}',
        b'{"visits": [,]}',
        b'{"visits": [1 2]}',
        b"{'visits': []}",
        b"{visits: []}",
        b'{"visits" []}',
        b'{"visits": [] /* none */}',
        b'{"visits": [01]}',
        b'{"visits": [+1]}',
        b'{"visits": [.5]}',
        b'{"visits": [1.]}',
        b'{"visits": [1e]}',
        b'{"visits": [0x10]}',
        b'{"visits": [-]}',
        b'{"visits": [True]}',
        b'{"visits": [nul]}',
        b'{"visits": ["\\x41"]}',
        b'{"visits": ["\\u12"]}',
        b'{"visits": ["\n"]}',
        b'{"visits": ["\x00"]}',
        b'{"visits": ["\t"]}',
        b'{"visits": ["]}',
        b'{"visits": []}\x00',
        b'{"visits":\xa0[]}',
        b'{"visits":\x0c[]}',
        b"visits=1",
        b"<visits/>",
    ],
    ids=ascii,
)
def test_a_body_that_is_not_json_is_refused(alice, body):
    refused(alice, body)


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity", "nan", "-NaN", "inf"])
@pytest.mark.parametrize("where", ['"tabId": @', '"metadata": {"a": [@]}', '"unknown": @'])
def test_a_number_that_json_cannot_spell_is_refused(alice, name, where):
    body = f'{{"visits": [{GOOD}, {{"id": "pv", {where.replace("@", name)}}}]}}'
    refused(alice, body.encode())


def test_a_name_of_such_a_number_inside_text_is_text(alice):
    response = post(
        VISITS, {"visits": [visit(title="NaN, Infinity and -Infinity", metadata={"NaN": "NaN"})]}, user=alice
    )
    assert response.json()["results"] == ["created"]


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        (b'{"visits": [NaN]}', 12),
        (b'{"visits": [1,]}', 14),
        (b'{"visits": ["\xff"]}', 13),
        (b'{"title": "NaN", "visits": [-Infinity]}', 28),
    ],
)
def test_the_position_of_what_is_wrong_is_told(alice, body, offset):
    assert numbers_in(refused(alice, body)) & {offset, offset + 1}


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"\xc3",
        b"\xc3\x28",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\x80",
        b"\xfc\x80\x80\x80\x80\x80",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("field", [b"title", b"url", b"id", b"unknown"])
def test_a_body_that_is_not_utf_8_is_refused(alice, field, text):
    refused(alice, b'{"visits": [' + GOOD.encode() + b', {"' + field + b'": "a' + text + b'"}]}')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "latin-1"])
def test_json_in_another_encoding_is_refused(alice, encoding):
    refused(alice, json.dumps({"visits": [visit(title="ü")]}, ensure_ascii=False).encode(encoding))


def test_a_byte_order_mark_is_refused(alice):
    refused(alice, codecs.BOM_UTF8 + b'{"visits": []}')


def test_json_may_be_spaced_as_json_allows(alice):
    body = b' \t\r\n{ "visits"\n:\t[ ' + GOOD.encode() + b" \r\n, ] }".replace(b", ]", b"]") + b"\n\n"
    assert post(VISITS, body, user=alice).json()["results"] == ["created"]


def test_keys_may_be_spelled_with_escapes(alice):
    body = GOOD.replace('"id"', '"\\u0069d"').replace('"url"', '"ur\\u006c"')
    response = post(VISITS, b'{"\\u0076isits": [' + body.encode() + b"]}", user=alice)
    assert response.json()["results"] == ["created"]


def test_of_a_key_twice_in_an_object_the_last_counts_or_the_record_is_refused(alice):
    body = f'{{"visits": [{GOOD[:-1]}, "title": "second"}}, {json.dumps(visit())}]}}'
    reply = post(VISITS, body.encode(), user=alice).json()
    assert reply["results"][1] == "created"
    titles = list(PageVisit.objects.filter(visit_id="good").values_list("title", flat=True))
    assert titles == (["second"] if reply["results"][0] == "created" else [])


# Depth


def nested(levels, opening="[", closing="]"):
    """Return a body whose deepest bracket is at `levels`; four of them are the way to a field of metadata."""
    inner = opening * (levels - 4) + ("0" if opening != "[" else "") + closing * (levels - 4)
    return f'{{"visits": [{GOOD[:-1]}, "metadata": {{"a": {inner or 0}}}}}]}}'.encode()


def test_a_body_of_100_levels_is_read(alice):
    response = post(VISITS, nested(100), user=alice)
    assert response.status_code == 200, response.content
    assert response.json()["results"] == ["created"]


@pytest.mark.parametrize("levels", [101, 1_000, 100_000])
def test_a_body_of_more_levels_is_refused(alice, levels):
    refused(alice, nested(levels))


def test_a_body_of_100_levels_of_objects_is_read(alice):
    assert post(VISITS, nested(100, '{"a":', "}"), user=alice).json()["results"] == ["created"]


def test_a_body_of_101_levels_of_objects_is_refused(alice):
    refused(alice, nested(101, '{"a":', "}"))


def test_a_body_too_deep_is_told_where(alice):
    body = nested(101)
    offset = body.index(b"[" * 97) + 96
    assert numbers_in(refused(alice, body)) & {offset, offset + 1}


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_a_body_of_100_000_brackets_is_refused(alice, body):
    refused(alice, body)


def test_an_ignored_field_too_deep_is_refused_as_well(alice):
    refused(alice, f'{{"visits": [{GOOD}], "other": {"[" * 100}{"]" * 100}}}'.encode())


@pytest.mark.parametrize("text", ["[" * 5_000, "{" * 5_000, "]}" * 5_000, '\\"[' * 5_000, "\\\\" * 500 + "[" * 500])
def test_brackets_inside_text_are_no_levels(alice, text):
    body = GOOD[:-1] + f', "syncStatus": "{text}"}}'
    response = post(VISITS, f'{{"visits": [{body}]}}'.encode(), user=alice)
    assert response.status_code == 200, response.content
    assert response.json()["results"] == ["created"]


BRACKETS_INSIDE_TEXT = [
    ('["]",', ',"["]'),
    ('{"}":', ',"{":0}'),
    ('["[]",', ',"[]"]'),
    ('["\\"]",', ',"\\"["]'),
    ('{"a]":"]","b":', ',"[[":0}'),
]


def nested_with_text(levels, opening, closing):
    """Return a body whose deepest bracket is at `levels`."""
    inner = opening * (levels - 1) + "0" + closing * (levels - 1)
    return f'{{"visits": [{GOOD}], "other": {inner}}}'.encode()


@pytest.mark.parametrize(("opening", "closing"), BRACKETS_INSIDE_TEXT)
def test_brackets_inside_text_add_no_levels(alice, opening, closing):
    response = post(VISITS, nested_with_text(100, opening, closing), user=alice)
    assert response.json()["results"] == ["created"]


@pytest.mark.parametrize("levels", [101, 150, 1_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), BRACKETS_INSIDE_TEXT)
def test_brackets_inside_text_do_not_hide_levels(alice, opening, closing, levels):
    refused(alice, nested_with_text(levels, opening, closing))


def test_many_shallow_brackets_are_no_levels(alice):
    body = GOOD[:-1] + f', "syncStatus": [{",".join(["[]", "{}"] * 20_000)}]}}'
    assert post(VISITS, f'{{"visits": [{body}]}}'.encode(), user=alice).json()["results"] == ["created"]


def test_aggregates_are_read_by_the_same_rules(alice):
    assert_error_shape(post(AGGREGATES, b'{"aggregates": [NaN]}', user=alice), 400, "invalid_json")
