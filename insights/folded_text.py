"""Text as a search compares it, the same for every database: without case, accents and percent-encoding."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import can_ada

from sync.records.page_url import site_of_text

# Marks that people leave out when they type: accents, Hebrew points, Arabic vowels, the nukta of Hindi, tatweel, and
# format characters that nobody sees. Vowel signs and tones of other scripts make other words, so they stay.
_LEFT_OUT: Final = (
    (0xAD, 0xAD), (0x300, 0x36F), (0x483, 0x487), (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5),
    (0x5C7, 0x5C7), (0x610, 0x61A), (0x61C, 0x61C), (0x640, 0x640), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC),
    (0x6DF, 0x6E4), (0x6E7, 0x6E8), (0x6EA, 0x6ED), (0x93C, 0x93C), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2069), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F),
    (0xFEFF, 0xFEFF), (0xE0100, 0xE01EF),
)  # fmt: skip
# Letters that Unicode does not take apart, and signs that keyboards lack.
_REPLACED: Final = {
    "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th",
    "\u06a9": "\u0643", "\u06cc": "\u064a", "\u0649": "\u064a",
    "‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "‐": "-", "–": "-", "—": "-", "−": "-",
}  # fmt: skip
_FOLDING: Final[dict[int, str | None]] = {
    **{code: None for low, high in _LEFT_OUT for code in range(low, high + 1)},
    **{ord(letter): other for letter, other in _REPLACED.items()},
}
_ENCODED: Final = re.compile(r"(?:%[0-9a-fA-F]{2})+")
# Characters that would break or turn a line stay encoded.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def fold(text: str) -> str:
    """Return text in the form in which it is compared; white space becomes single blanks."""
    if text.isascii():
        lower = text.lower()
        return lower.strip(" ") if lower.isprintable() and "  " not in lower else " ".join(lower.split())
    taken_apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(unicodedata.normalize("NFC", taken_apart.translate(_FOLDING)).split())


def _decoded(found: re.Match[str]) -> str:
    text = bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "surrogateescape")
    if text.isprintable():
        return text
    return "".join(
        f"%{ord(letter) - 0xDC00:02X}"
        if "\udc80" <= letter <= "\udcff"
        else "".join(f"%{byte:02X}" for byte in letter.encode())
        if unicodedata.category(letter) in _UNSEEN
        else letter
        for letter in text
    )


def without_percents(text: str) -> str:
    """Return text with its percent-encoded letters decoded; other bytes stay encoded."""
    return _ENCODED.sub(_decoded, text) if "%" in text else text


@lru_cache(maxsize=4096)
def readable_site(site: str) -> str:
    """Return a site in its own letters, such as münchen.de for xn--mnchen-3ya.de; as it is where it has none."""
    if "xn--" not in site:
        return site
    try:
        letters: str = can_ada.idna_decode(site.encode())  # type: ignore[arg-type]  # its stub says str, and it takes bytes
    except (RuntimeError, ValueError):
        return site
    # A name that a browser would read as another site, or that shows nothing, is of no use to people.
    return letters if site_of_text(letters) == site else site


def readable_url(url: str) -> str:
    """Return a URL with host and path in their own letters."""
    if "xn--" in url:
        scheme, mark, rest = url.partition("://")
        host = re.match(r"[^/?#:\\]*", rest)
        if mark and host:
            url = f"{scheme}://{_readable_host(host[0])}{rest[host.end() :]}"
    return without_percents(url)


def _readable_host(host: str) -> str:
    name = host.lower()
    prefix = "www." if name.startswith("www.") else ""
    return prefix + readable_site(name.removeprefix("www."))
