"""The short cut for everyday visits says of every input what the serializer says, which shares no check with it."""

import json
from functools import partial

import msgspec
import pytest
from hypothesis import example, find, given, settings
from hypothesis import strategies as st

from sync import limits
from sync.push import service
from sync.push.request_body import InvalidJSON, parse_batch, parse_json
from sync.push.serializers import PageVisitSerializer
from sync.records import everyday
from tests.wire_records import AT_9, bare_visit, visit

NOW = 1_763_863_200_000
LATEST = NOW + limits.CLOCK_LEEWAY_MS
EVERYDAY = PageVisitSerializer.everyday()

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


def said(body, read=None):
    """Return what becomes of the records of a body, in a form that compares."""
    try:
        batch = parse_batch(body, "visits", read)
    except InvalidJSON as error:
        return str(error)
    return judged(batch.records, batch.sizes, batch.envelope.get("anonymousClientId"))


def judged(records, sizes, sender):
    """Return what becomes of parsed records, in a form that compares."""
    context = {"now": NOW, "anonymous_client_id": "b1", "sizes": sizes}
    serializer = PageVisitSerializer(data=records, many=True, context=context)
    assert serializer.is_valid()
    stored = [
        (content["client_id"], msgspec.json.encode(service.PAGE_VISITS.table.values_of(content)))
        for content in serializer.validated_data
    ]
    return stored, serializer.accepted, serializer.rejected, serializer.trimmed, sender


def short_cut(body):
    return said(body, partial(EVERYDAY.read, latest=LATEST))


@settings(max_examples=600)
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
def test_the_short_cut_and_the_serializer_agree_on_every_body(body):
    assert short_cut(body) == said(body)


def whole(body):
    """Return what becomes of the records of a body parsed in one go by the standard library."""
    try:
        envelope = parse_json(body)
    except InvalidJSON as error:
        return str(error)
    return judged(envelope["visits"], [], envelope.get("anonymousClientId"))


@settings(max_examples=600)
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
    one_by_one, at_once = said(body), whole(body)
    if not isinstance(at_once, str):
        # A whole number past a double is refused either way, in other words.
        one_by_one, at_once = fields_of_errors(one_by_one), fields_of_errors(at_once)
    assert one_by_one == at_once


def fields_of_errors(fates):
    stored, accepted, rejected, trimmed, sender = fates
    return stored, accepted, [(each["index"], each["id"], sorted(each["errors"])) for each in rejected], trimmed, sender


@pytest.mark.parametrize("make", [visit, bare_visit])
def test_an_everyday_visit_takes_the_short_cut(make):
    record = {"duration": 0, **make()}
    assert EVERYDAY.read(json.dumps(record).encode(), LATEST) is not None


@pytest.mark.parametrize("digits", [308, 309, 310, 400, 617, 618, 1_000])
@pytest.mark.parametrize("before", range(0, 320, 40))
def test_a_number_past_a_double_is_noticed_wherever_it_stands(digits, before):
    record = {**visit(), "metadata": {"a": "x" * before, "b": 10 ** (digits - 1) * 9}}
    body = json.dumps({"visits": [record], "anonymousClientId": "b1"}).encode()
    assert short_cut(body) == said(body)


@pytest.mark.parametrize(
    ("name", "fault"),
    [("_MAX_HOST", 300), ("_number", float), ("_holds_many_digits", lambda text: False)],
)
def test_the_comparison_finds_a_planted_difference(monkeypatch, name, fault):
    body = (
        {
            "_MAX_HOST": json.dumps({"visits": [{**visit(), "url": "https://" + "a" * 254, "domain": "a.org"}]}),
            "_number": json.dumps({"visits": [{**visit(), "metadata": {"a": 2.0}}]}),
            "_holds_many_digits": json.dumps({"visits": [{**visit(), "metadata": {"a": 10**400}}]}),
        }[name]
        .encode()
        .replace(b"}]}", b'}],"anonymousClientId":"b1"}')
    )
    assert short_cut(body) == said(body)
    monkeypatch.setattr(everyday, name, fault)
    planted = everyday.EverydayVisits(PageVisitSerializer().fields, PageVisitSerializer.aliases)
    assert said(body, partial(planted.read, latest=LATEST)) != said(body)


def test_the_search_finds_a_planted_difference_by_itself():
    class Wider(everyday.EverydayVisits):
        """Believes every end."""

        def read(self, data, latest):
            return super().read(data, latest * 2)

    planted = Wider(PageVisitSerializer().fields, PageVisitSerializer.aliases)
    assert find(
        bodies(),
        lambda body: said(body, partial(planted.read, latest=LATEST)) != said(body),
        settings=settings(max_examples=5_000, database=None),
    )
