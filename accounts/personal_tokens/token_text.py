"""The text of a personal token: `ssp_`, 32 random base62 characters, and 6 that are a checksum of all before them.

The checksum tells a typing error without a look at the database. It keeps no secret.
"""

import hashlib
import re
import secrets
import string
import zlib
from typing import Final

PREFIX: Final = "ssp_"
ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH: Final = 32
CHECKSUM_LENGTH: Final = 6
# Secret scanners are given the same expression in docs/tokens.md.
SHAPE: Final = re.compile(r"ssp_[0-9A-Za-z]{38}", re.ASCII)
# The length of the start that is stored, by which people recognise a token.
SHOWN_LENGTH: Final = 8


def new_token_text() -> str:
    """Return the text of a new token, with 190 random bits."""
    start = PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return start + checksum(start)


def checksum(start: str) -> str:
    """Return the CRC-32 of an ASCII text as six base62 digits, the most significant first."""
    number = zlib.crc32(start.encode("ascii"))
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def is_whole(text: str) -> bool:
    """Tell whether a text has the shape of a token and the right checksum."""
    return SHAPE.fullmatch(text) is not None and checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]


def digest_of(text: str) -> str:
    """Return the SHA-256 of a token in hexadecimal. A plain hash is enough: nobody can guess 190 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()
