"""What a URL may be, what of it is stored, and what never is."""

import pytest

from sync.models import PageVisit, TabAggregate
from tests.wire import AGGREGATES, VISITS, push
from tests.wire_records import aggregate, visit


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "https://example.org/",
        "HTTPS://Example.org/Path",
        "https://example.org/a|b?c=d|e",
        "https://example.org/日本/ü?q=🦊",
        "https://example.org/a#b#c",
        "https://example.org/a b",
        "https://example.org/%zz",
        "https://example.org/?q=http://user:pw@other.net/",
        "https://example.org/@handle",
        "https://example.org/a:b@c",
        "https://example.org#a@b",
        "https://bücher.example/",
        "https://localhost:65535/",
        "http://127.0.0.1:8000/",
        "http://[::1]:8000/",
        "https://example.org./",
        "https://under_score.example.org/",
        "https://example.org/\"'<>\\^`{}",
    ],
)
def test_a_legal_url_is_stored_as_the_browser_has_it(alice, url):
    reply = push(alice, VISITS, [visit(url=url)])
    assert (reply["results"], reply["trimmed"]) == (["created"], [])
    assert PageVisit.objects.get().url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "example.org",
        "example.org/a",
        "/a",
        "//example.org/a",
        "?q",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "about:blank",
        "chrome://settings/",
        "moz-extension://0ba3/page.html",
        "view-source:https://example.org/",
        "mailto:a@example.org",
        "http://",
        "https://",
        "http:",
        "https:///path",
        "https://?q",
        "https://#f",
        "https://:8000/",
        "http://[",
        "http://[::1",
        "http://[::g]/",
        "http://[v1.x]extra/",
        "http://example.org:port/",
        "http://example.org:65536/",
        "http://example.org:-1/",
        "http://example.org:8 0/",
        "http://user:pw@/",
    ],
)
def test_a_url_that_is_not_absolute_http_or_does_not_parse_is_rejected(alice, url):
    reply = push(alice, VISITS, [visit(url=url), visit()])
    assert reply["results"] == ["rejected", "created"]
    assert list(reply["rejected"][0]["errors"]) == ["url"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("https://user:secret@example.org/a?b#c", "https://example.org/a?b#c"),
        ("https://secret@example.org/", "https://example.org/"),
        ("https://:secret@example.org/", "https://example.org/"),
        ("https://user:secret@example.org:8443/a", "https://example.org:8443/a"),
        ("https://user:sec@secret@example.org/", "https://example.org/"),
        ("https://user:secret@[::1]:8000/", "https://[::1]:8000/"),
        ("https://us%40er:secret@example.org", "https://example.org"),
        ("HTTP://secret:secret@Example.org/a@b", "HTTP://Example.org/a@b"),
        ("https://user:secret@example.org?x=a@b", "https://example.org?x=a@b"),
    ],
)
def test_credentials_are_removed_from_a_url_and_listed(alice, sent, stored):
    reply = push(alice, VISITS, [visit(url=sent)])
    assert reply["results"] == ["created"]
    assert reply["trimmed"] == [{"index": 0, "fields": ["url"]}]
    assert PageVisit.objects.get().url == stored


@pytest.mark.parametrize(
    "url",
    [
        "https:\\\\user:hunter2@example.org/",
        "https:/\\user:hunter2@example.org/",
        "https:/user:hunter2@example.org/",
        "https:user:hunter2@example.org/",
        "https:///user:hunter2@example.org/",
        "https:////user:hunter2@example.org/",
        " https://user:hunter2@example.org/",
        "\thttps://user:hunter2@example.org/",
        "ht\ntps://user:hunter2@example.org/",
        "https:/\n/user:hunter2@example.org/",
        "https://us\ner:hunter2@example.org/",
        "https://user:hunter2\t@example.org/",
        "https://user:hunter2@example.org\\",
        "https://user:hunter2＠example.org/",
    ],
)
@pytest.mark.parametrize(("path", "make", "field"), [(VISITS, visit, "url"), (AGGREGATES, aggregate, "currentUrl")])
def test_credentials_are_not_stored_however_a_browser_would_read_the_url(alice, path, make, field, url):
    push(alice, path, [make(**{field: url}, **({"domain": None} if path == VISITS else {"currentDomain": None}))])
    rows = [
        *PageVisit.objects.values_list("url", "domain"),
        *TabAggregate.objects.values_list("current_url", "current_domain"),
    ]
    assert "hunter2" not in str(rows)


def test_a_url_of_8192_characters_is_kept(alice):
    url = "https://example.org/" + "ü" * 8_172
    reply = push(alice, VISITS, [visit(url=url)])
    assert (reply["results"], reply["trimmed"]) == (["created"], [])
    assert PageVisit.objects.get().url == url


def test_a_url_of_8193_characters_is_cut(alice):
    url = "https://example.org/" + "ü" * 8_173
    reply = push(alice, VISITS, [visit(url=url)])
    assert (reply["results"], reply["trimmed"]) == (["created"], [{"index": 0, "fields": ["url"]}])
    assert PageVisit.objects.get().url == url[:8_192]


def test_a_url_is_cut_after_its_credentials_are_removed(alice):
    push(alice, VISITS, [visit(url="https://user:secret@example.org/" + "x" * 8_172)])
    assert PageVisit.objects.get().url == "https://example.org/" + "x" * 8_172


def test_credentials_longer_than_the_cut_are_not_stored(alice):
    push(alice, VISITS, [visit(url="https://user:" + "hunter2" * 2_000 + "@example.org/")])
    assert "hunter2" not in str(list(PageVisit.objects.values_list("url", flat=True)))


@pytest.mark.parametrize("host", ["a" * 254, "a" * 5_000, ("a" * 60 + ".") * 30 + "org"])
def test_a_host_too_long_to_be_one_harms_no_neighbour(alice, host):
    reply = push(alice, VISITS, [visit(url=f"https://{host}/", domain=None), visit(id="neighbour")])
    assert reply["results"][1] == "created"
    assert PageVisit.objects.filter(visit_id="neighbour").exists()
