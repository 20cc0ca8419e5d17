"""Finds visits slowly and obviously, in its own words: what a search must find. It imports nothing from `insights`."""

import unicodedata
from datetime import datetime
from urllib.parse import unquote, urlsplit

# Marks without which people type; by the names that Unicode gives them.
MARKS = ("COMBINING ", "HEBREW POINT ", "ARABIC FATHA", "ARABIC KASRA", "ARABIC DAMMA", "ARABIC SUKUN", "ARABIC SHADDA")


def plain(text):
    """Return a text without case and accents."""
    letters = []
    for letter in unicodedata.normalize("NFKD", text.lower().upper().casefold()):
        name = unicodedata.name(letter, "")
        is_kana = name.startswith("COMBINING KATAKANA")
        if not name.startswith(MARKS) or is_kana:
            letters.append({"ł": "l", "ø": "o", "ı": "i", "’": "'"}.get(letter, letter))
    return unicodedata.normalize("NFC", "".join(letters))


def host_in_letters(url):
    """Return the host of a URL in its own letters, without www."""
    host = urlsplit(url).hostname or ""
    labels = [label[4:].encode().decode("punycode") if label.startswith("xn--") else label for label in host.split(".")]
    return ".".join(labels).removeprefix("www.")


def has(visit, text):
    """Tell whether a word or phrase stands in the title or the URL of a visit."""
    url = plain(unquote(visit["url"].replace(urlsplit(visit["url"]).hostname, host_in_letters(visit["url"]))))
    spaced = url.replace("_", " ").replace("-", " ").replace("+", " ")
    return plain(text) in plain(visit["title"]) or plain(text) in url or (" " in text and plain(text) in spaced)


def is_found(visit, zone, wanted=(), unwanted=(), sites=(), after=None, before=None, categories=()):
    """Tell whether a search finds a visit. Sites are hosts in letters; `before` is the first day that is left out."""
    day = datetime.fromtimestamp(visit["started_at"] / 1000, zone).date()
    host = host_in_letters(visit["url"])
    return (
        all(has(visit, text) for text in wanted)
        and not any(has(visit, text) for text in unwanted)
        and (not sites or any(host == site or host.endswith("." + site) for site in sites))
        and (not categories or visit["category"] in categories)
        and (after is None or day >= after)
        and (before is None or day < before)
    )
