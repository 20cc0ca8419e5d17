"""A record is judged alike at once and field by field, and alone and as a part of the whole body."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strict_json.numbers import PAST_DOUBLE
from strict_json.parsing import InvalidJSON, parse, without_lone_surrogates
from sync import limits
from sync.push.batch import split
from sync.push.serializers import PageVisitSerializer
from sync.records.page_visit import PAGE_VISIT
from sync.records.record_kind import RecordKind
from tests.wire_records import AT_9, bare_visit, visit

NOW = 1_763_863_200_000
LATEST = NOW + limits.CLOCK_LEEWAY_MS

instants = st.sampled_from(
    [
        AT_9,
        AT_9 + 1,
        NOW,
        LATEST,
        LATEST + 1,
        limits.EARLIEST_MS,
        limits.EARLIEST_MS - 1,
        0,
        -1,
        float(AT_9),
    ]
)
durations = st.sampled_from([0, 1, 1.0, 0.5, -1, limits.MAX_DURATION_MS, limits.MAX_DURATION_MS + 1, LATEST - AT_9])
texts = st.text(max_size=6) | st.sampled_from(["", " ", "é", "\x00", "\ud800", "😀", "\\", "\\u0041", "\n", "x" * 65])
hosts = st.sampled_from(
    ["example.org", "www.example.org", "WWW.example.org", "www.", "www.a", "www.www.a", "a_b.org", "-", "..", "a..b",
     "münchen.de", "127.0.0.1", "[::1]", "[::g]", "", "a b", "a" * 254, "www." + "a" * 249, "www." + "a" * 250,
     "a" * 253, "u:p@example.org", "u@h", "u:12@h", "a%41.org", "1", ".org"]
)  # fmt: skip
urls = st.one_of(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["http://", "https://", "HTTPS://", "httpss://", "ftp://", "https:/", "//", ""]),
        hosts,
        st.sampled_from(["", ":", ":0", ":80", ":65535", ":65536", ":99999", ":123456", ":x", ":8 "]),
        st.sampled_from(["", "/", "/a|b#c#d", "?q", "#", "\\a", "/é", "/" + "x" * 8_200, " ", "\n", "/\x00", "@h/"]),
    ),
    texts,
)
numbers = st.sampled_from([0, 1, 0.5, 1.0, -0.0, 1.5, -0.1, 1e-320, 2**53, 2**63, 2**64, 10**308, 10**309, 10**400])
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.integers(-(2**70), 2**70) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
periods = st.fixed_dictionaries(
    {"start": instants, "reason": texts},
    optional={"end": instants | st.none(), "durationMs": durations | st.none(), "resumeReason": texts | st.none(),
              "more": json_values},
)  # fmt: skip
FIELDS = {
    "id": texts | st.sampled_from(["pv_1", "x" * 128, "x" * 129]),
    "visitId": texts,
    "url": urls,
    "startedAt": instants,
    "timestamp": instants,
    "tabId": numbers | st.sampled_from([-1, limits.MAX_INTEGER, limits.MAX_INTEGER + 1]),
    "domain": hosts,
    "title": texts | st.sampled_from(["x" * 1_024, "x" * 1_025, "é" * 1_024]),
    "endedAt": instants,
    "duration": durations,
    "durationSeconds": durations,
    "isActive": st.booleans() | numbers,
    "activeDuration": durations,
    "engagementRate": numbers,
    "idlePeriods": st.lists(periods, max_size=3),
    "lastHeartbeat": instants,
    "category": texts,
    "categoryConfidence": numbers,
    "categoryMethod": texts,
    "metadata": st.dictionaries(texts, json_values, max_size=3)
    | st.sampled_from([{"k": "x" * (limits.MAX_METADATA_BYTES - 8)}, {"k": "x" * (limits.MAX_METADATA_BYTES - 7)}]),
    "closedAt": instants,
    "anonymousClientId": texts | st.sampled_from(["x" * 64]),
    "revision": numbers | st.sampled_from([limits.MAX_REVISION, limits.MAX_REVISION + 1]),
    "unknown": json_values,
}


@st.composite
def records(draw):
    """Return a visit of which a few fields are other values, near the limits and past them, or null, or left out."""
    record = draw(st.sampled_from([visit, bare_visit]))()
    for name in draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True)):
        match draw(st.integers(0, 9)):
            case 0:
                record.pop(name, None)
            case 1:
                record[name] = draw(json_values)
            case _:
                record[name] = draw(FIELDS[name])
    return record


@st.composite
def bodies(draw):
    """Return the body of a push as a sender may spell it: with escapes or without, in one line or many."""
    batch = {"visits": draw(st.lists(records(), max_size=3)), "anonymousClientId": "b1"}
    indent, ascii_only = draw(st.sampled_from([None, None, 1])), draw(st.booleans())
    text = json.dumps(batch, ensure_ascii=ascii_only, indent=indent, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def one(visit):
    """Return the body of a push of one visit, `%s` in its JSON standing for a url and a start."""
    return b'{"visits":[{' + visit.replace(b"%s", b'"url":"https://a.org","startedAt":%d' % AT_9) + b"}]}"


def fates(body):
    """Return the results of the records of a body, so that they can be compared."""
    try:
        batch = split(body, "visits")
    except InvalidJSON as error:
        return str(error)
    return judged(batch.records, batch.envelope.get("anonymousClientId"))


def judged(records, sender):
    """Return the results of records, so that they can be compared."""
    serializer = PageVisitSerializer(data=records, many=True, context={"now": NOW, "anonymous_client_id": "b1"})
    assert serializer.is_valid()
    return repr(serializer.validated_data), serializer.accepted, serializer.rejected, serializer.trimmed, sender


@given(body=bodies())
@example(body=one(b'"id":"a","id":7,%s'))
@example(body=one(b'"id":7,"id":"a",%s,"duration":0'))
@example(body=one(b'"id":"a",%s.0,"duration":1e1'))
@example(
    body=b'{"visits":[{"id":"a","url":"https://a.org","startedAt":%d,"duration":0,"metadata":{"a":1e400}}]}' % AT_9
)
@example(body=one(b'"id":"a",%s,"duration":0,"x":1e400'))
@example(body=one(b'"id":"a",%s,"duration":0,"engagementRate":-0.0,"categoryConfidence":-0.0'))
@example(body=one(b'"id":"a",%s,"duration":0,"x":"\xff"'))
@example(body=one(b'"id":"a",%s,"duration":0,"x":"\\ud800"'))
def test_a_record_is_judged_alike_at_once_and_field_by_field(body):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecordKind, "_read_at_once", lambda kind, text, judgement: None)
        by_field = fates(body)
    assert fates(body) == by_field


def whole(body):
    """Return the results of the records of a body that is parsed as a whole."""
    try:
        envelope = parse(body)
    except InvalidJSON as error:
        return str(error)
    texts = [json.dumps(record, default=past_double).replace(PAST, "1e400") for record in envelope["visits"]]
    return judged([without_lone_surrogates(text.encode()) for text in texts], envelope.get("anonymousClientId"))


PAST = '"a number past a double"'


def past_double(value):
    assert value is PAST_DOUBLE
    return json.loads(PAST)


@given(body=bodies())
@example(body=one(b'"id":"a",%s,"x":"\\ud800","url":"https://b.org/\\ud83d\\ude00"'))
@example(body=one(b'"id":"a\\ud83d",%s'))
@example(body=one(b'"id":"a",%s,"metadata":{"a":"\\\\ud800","b":"\\\\\\ud800"}'))
@example(body=b'{"visits":[0,"\\ud800",null,[],{}],"anonymousClientId":"\\ud83d\\ude00","client":{"a":"\\udfff"}}')
@example(body=b'{"visits":["\\ud800"],"x":["\\ud801"]}')
@example(body=b'{"visits":["\\ud800"],"visits":["\\ud801"]}')
@example(body=b'{"visits":[],"x":"\\ud800"}')
@example(body=b'{"visits":["\\ud800",{"a":NaN}]}')
@example(body=b'{"visits":[' + b"[" * 99 + b"]" * 99 + b',"\\ud800"]}')
@example(body=b'{"visits":[' + b"[" * 98 + b"]" * 98 + b"]}")
@example(body=b'{"visits":[' + b"[" * 99 + b"]" * 99 + b"]}")
@example(body=one(b'"id":"a",%s,"engagementRate":1' + b"0" * 308))
@example(body=one(b'"id":"a",%s,"engagementRate":1' + b"0" * 309))
@example(body=one(b'"id":"a",%s,"duration":-1' + b"0" * 308))
@example(body=one(b'"id":"a",%s,"metadata":{"a":-1' + b"0" * 308 + b"}"))
@example(body=one(b'"id":"a",%s,"tabId":' + b"9" * 5_000))
@example(body=b'{"visits":[{"id":"a","tabId":1e400}],"client":' + b"9" * 5_000 + b"}")
@example(body=b'{"visits":[{"id":"a","metadata":{"a":1e400}}],"anonymousClientId":' + b"9" * 5_000 + b"}")
@example(body=b'{"visits":[{"id":"right","x":"\\ud800"}],"\\ud076isits":[{"id":"wrong"}]}')
@example(body=b'{"old":[{"id":"a","x":"\\ud800"}],"visits":[{"id":"a","x":"\\ud800"}]}')
@example(body=b'{"visits":["\xc3\xa9"],"x":"\xff"}')
@example(body=b'{"visits":["\xc3\xa9" , "\xc3"]}')
def test_records_parsed_one_by_one_and_a_body_parsed_whole_agree(body):
    assert fates(body) == whole(body)


@pytest.mark.parametrize("make", [visit, bare_visit])
def test_a_visit_with_nothing_to_mend_is_read_at_once(monkeypatch, make):
    monkeypatch.setattr(RecordKind, "_read_by_field", None)
    content, trimmed = PAGE_VISIT.read(json.dumps(make()).encode(), LATEST, "b1")
    assert (content.client_id, trimmed) == ("b1", [])


@pytest.mark.parametrize("digits", [308, 309, 310, 400, 617, 618, 1_000])
@pytest.mark.parametrize("before", range(0, 320, 40))
def test_a_number_past_a_double_is_noticed_wherever_it_stands(digits, before):
    record = {**visit(), "metadata": {"a": "x" * before, "b": 10 ** (digits - 1)}}
    (_, accepted, *_) = fates(json.dumps({"visits": [record]}).encode())
    assert accepted == ([0] if digits <= 309 else [])
