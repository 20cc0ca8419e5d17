"""Bodies nobody thought of: none is a 500, and every record of a body that is JSON has a fate."""

import gzip
import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.models import PageVisit
from tests.people import UserFactory
from tests.wire import AGGREGATES, LIST_KEY, VISITS, assert_error_shape, post
from tests.wire_records import AT_9, aggregate, visit

pytestmark = pytest.mark.django_db

ODD = [
    "visits", '"', "\\", "]", "[", "}", "{", ",", ":", '"]', "[{", '\\"', "NaN", "id", "https://a.org/", "a\u2028b",
]  # fmt: skip
texts = st.text(max_size=6) | st.text(st.characters(categories=["Cs", "Cc"]), max_size=3) | st.sampled_from(ODD)
numbers = st.sampled_from(
    [
        "0",
        "-0",
        "1",
        "1.0",
        "1.5",
        "1e2",
        "1E+2",
        "-1",
        "1e400",
        "-1e400",
        "1e-400",
        str(2**63),
        str(2**64),
        "9" * 400,
        str(AT_9),
    ]
)
literals = st.sampled_from(["null", "true", "false", "[]", "{}", '""', "[[]]", "[{}]"])


@st.composite
def json_texts(draw, depth=3):
    """Return JSON, spelled at random, keys repeated now and then."""
    kind = draw(st.integers(0, 5 if depth else 2))
    if kind == 0:
        return draw(numbers)
    if kind == 1:
        return draw(literals)
    if kind == 2:
        return json.dumps(draw(texts))
    if kind == 3:
        return "[" + ",".join(draw(st.lists(json_texts(depth=depth - 1), max_size=3))) + "]"
    if kind == 4:
        pairs = draw(st.lists(st.tuples(texts, json_texts(depth=depth - 1)), max_size=3))
        return "{" + " , ".join(f"{json.dumps(name)} : {value}" for name, value in pairs) + "}"
    record = draw(st.sampled_from([visit(id="pv_1"), visit(id="pv_2"), aggregate(tabId=1)]))
    changed = draw(st.lists(st.tuples(st.sampled_from(sorted(record)), json_texts(depth=depth - 1)), max_size=2))
    body = json.dumps(record)[:-1]
    return body + "".join(f", {json.dumps(name)}:{value}" for name, value in changed) + "}"


@pytest.mark.parametrize("path", [VISITS, AGGREGATES])
@given(
    records=st.lists(json_texts(), max_size=5),
    around=st.lists(st.tuples(texts.filter(lambda name: name != "anonymousClientId"), json_texts()), max_size=3),
    seed=st.integers(0, 99),
)
@example(records=[], around=[("\ud83d", "[]")], seed=0)
@example(records=["0", json.dumps(visit(id="pv_1")), json.dumps(aggregate(tabId=1))], around=[], seed=0)
def test_every_record_of_a_body_that_is_json_has_a_fate(path, records, around, seed):
    blank = random.Random(seed)
    key = LIST_KEY[path]
    pairs = [(name, value) for name, value in around if name != key]
    separated = "".join(
        blank.choice(["", " ", "\n\t"]) + record + blank.choice(["", "  "]) + ("," if at + 1 < len(records) else "")
        for at, record in enumerate(records)
    )
    pairs.insert(blank.randint(0, len(pairs)), (key, f"[{separated}]"))
    if not seed % 5:
        pairs.insert(0, (key, "[1, 2, 3]"))
    body = "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in pairs) + "}"
    user = UserFactory()
    response = post(path, body.encode(), user=user)
    assert response.status_code == 200, response.content[:300]
    reply = response.json()
    assert len(reply["results"]) == len(records)
    assert set(reply["results"]) <= {"created", "updated", "unchanged", "rejected"}
    refused = [index for index, fate in enumerate(reply["results"]) if fate == "rejected"]
    assert [each["index"] for each in reply["rejected"]] == refused
    assert [bool(each["errors"]) for each in reply["rejected"]] == [True] * len(refused)
    again = post(path, body.encode(), user=user).json()["results"]
    assert again == ["rejected" if fate == "rejected" else "unchanged" for fate in reply["results"]]


@given(body=st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_bytes_at_random_are_never_a_500(body):
    user = UserFactory()
    for content, extra in (
        (body, {}),
        (body, {"HTTP_CONTENT_ENCODING": "gzip"}),
        (gzip.compress(body), {"HTTP_CONTENT_ENCODING": "gzip"}),
    ):
        response = post(VISITS, content, user=user, **extra)
        assert response.status_code == 400
        assert set(response.json()) >= {"code", "detail"}


def refuse_constant(name):
    raise ValueError(name)


def records_in(body):
    """Return how many records a body holds by the standard library, None if it has no list of them, "no JSON"."""
    try:
        envelope = json.loads(body.decode(), parse_constant=refuse_constant)
    except ValueError:
        return "no JSON"
    is_push = isinstance(envelope, dict) and isinstance(envelope.get("visits"), list)
    return len(envelope["visits"]) if is_push else None


@given(data=st.data())
def test_a_good_body_with_bytes_changed_is_refused_where_it_is_no_json_or_no_batch_any_more(data):
    body = bytearray(
        json.dumps(
            {"visits": [visit(id="pv_1"), visit(id="pv_2", title="\ud83d", metadata={"a": [1, {"b": None}]})]}
        ).encode()
    )
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    response = post(VISITS, bytes(body), user=UserFactory())
    number = records_in(bytes(body))
    if isinstance(number, int):
        assert response.status_code == 200, response.content[:300]
        assert len(response.json()["results"]) == number
    else:
        assert_error_shape(response, 400, "invalid_json" if number == "no JSON" else "invalid")


@given(cut=st.integers(0, 10_000))
def test_a_good_body_cut_anywhere_is_no_json(cut):
    body = json.dumps(
        {"visits": [visit(id="pv_1", title="\ud83d 🦊", metadata={"a": [1, {"b": None}]})]}, ensure_ascii=bool(cut % 2)
    )
    content = body.encode("utf-8", "surrogatepass")
    user = UserFactory()
    response = post(VISITS, content[: cut % len(content)], user=user)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_json"
    assert not PageVisit.objects.filter(user=user).exists()
