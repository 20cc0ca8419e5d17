import time

import pytest

from portability.page_patterns import matcher


@pytest.mark.parametrize(
    ("pattern", "url", "site", "expected"),
    [
        ("bank.example", "https://bank.example/", "bank.example", True),
        ("bank.example", "https://my.bank.example/x", "my.bank.example", True),
        ("*.bank.example", "https://my.bank.example/x", "my.bank.example", True),
        ("www.bank.example", "https://bank.example/", "bank.example", True),
        ("bank.example", "https://notbank.example/", "notbank.example", False),
        ("bank.example", "https://a.example/?u=bank.example", "a.example", False),
        ("a.example/private/*", "https://a.example/private/1", "a.example", True),
        ("https://a.example/private/*", "http://a.example/PRIVATE/1", "a.example", True),
        ("a.example/private/*", "https://a.example/public", "a.example", False),
        ("*token=*", "https://a.example/?token=1", "a.example", True),
        ("a.example/x", "https://a.example/x", "a.example", True),
        ("a.example/x", "https://a.example/xy", "a.example", False),
        ("a/*a", "https://a/", "a", False),
        (" ", "https://a.example/", "a.example", False),
    ],
)
def test_a_pattern_names_a_site_or_a_url(pattern, url, site, expected):
    assert matcher([pattern])(url, site) is expected


def test_many_stars_take_no_long_time():
    began = time.monotonic()
    assert not matcher(["a/" + "*a" * 200 + "b"])("https://a/" + "a" * 8000, "a")
    assert time.monotonic() - began < 1
