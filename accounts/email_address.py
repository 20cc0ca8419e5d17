"""The one spelling in which an e-mail address is stored and compared, and the check of a new one."""

import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

MAX_EMAIL_LENGTH: Final = 254
INVALID: Final = "This is not an e-mail address. One looks like alice@example.org."
TOO_LONG: Final = f"An e-mail address has at most {MAX_EMAIL_LENGTH} characters."
DOTLESS_I: Final = "ı"

_check_form = EmailValidator(INVALID)


def normalize_email(email: str) -> str:
    """Return an address in NFKC and lower case without surrounding blanks.

    NFKC makes `ſ` an s and full-width letters plain ones, which else would be accounts of their own. Lower case and not
    `casefold()`: that makes `straße.de` another domain, and Cherokee letters capitals, which PostgreSQL's check of the
    column refuses.
    """
    folded = unicodedata.normalize("NFKC", email).lower()
    # Normalise again: lower() splits some characters, and NFKC turns some into blanks, which strip() removes.
    return unicodedata.normalize("NFKC", folded).strip()


def check_email(email: str) -> None:
    """Raise ValidationError unless `email` may become the address of an account.

    Django's validator takes `ı`, `İ`, `ſ` and `K` for letters of the local part, because it ignores case. In a domain
    only `ı` is refused: in capitals it cannot be told from i.
    """
    address = normalize_email(email)
    if len(address) > MAX_EMAIL_LENGTH:
        raise ValidationError(TOO_LONG, code="max_length")
    local, _, domain = address.rpartition("@")
    if not local.isascii() or DOTLESS_I in domain:
        raise ValidationError(INVALID, code="invalid")
    _check_form(address)
