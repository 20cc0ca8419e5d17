"""Values that the description of the account calls shows as examples."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

PERSON = {
    "id": "7",
    "email": "alice@example.org",
    "name": "Alice",
    "timeZone": "Europe/Berlin",
    "dateJoined": 1772353800000,
}
PAIR = {"access": "eyJhbGciOiJIUzI1NiIsInR5…", "refresh": "eyJhbGciOiJIUzI1NiIsInR5…"}
SIGN_UP = OpenApiExample(
    "sign up",
    {
        "email": "alice@example.org",
        "password": "correct horse battery staple",
        "name": "Alice",
        "timeZone": "Europe/Berlin",
    },
    request_only=True,
)
SIGN_IN = OpenApiExample(
    "sign in", {"email": "alice@example.org", "password": "correct horse battery staple"}, request_only=True
)
SIGNED_IN = OpenApiExample("signed in", {"user": PERSON, **PAIR}, response_only=True)
REFRESH = OpenApiExample("a refresh token", {"refresh": PAIR["refresh"]}, request_only=True)
TOKENS = OpenApiExample("a new pair", PAIR, response_only=True)
# The verifier and the challenge of RFC 7636, appendix B.
CONNECT = OpenApiExample(
    "an extension asks",
    {"challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "label": "Firefox 153 on Linux"},
    request_only=True,
)
VERIFIER = OpenApiExample(
    "the verifier", {"verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}, request_only=True
)
GRANT = {
    "id": "WyJFOU1lbGhvYTJPd3ZGckVNVEpn…",
    "number": "0472",
    "expiresAt": 1772354400000,
    "page": "https://sync.example.org/account/connect/WyJFOU1lbGhvYTJPd3ZGckVNVEpn…",
}
SESSION = {
    "id": "12",
    "kind": "tokens",
    "label": "Firefox 153 on Linux",
    "isCurrent": True,
    "createdAt": 1772353800000,
    "lastUsedAt": 1772440200000,
    "lastAddress": "192.0.2.1",
    "expiresAt": 1780216200000,
    "endedAt": None,
    "endReason": None,
}
STOLEN = {
    **SESSION,
    "id": "9",
    "label": "Chrome 148 on Windows",
    "isCurrent": False,
    "endedAt": 1772430000000,
    "endReason": "refresh_reuse",
}
EVENT = {"id": "31", "at": 1772353800000, "kind": "sign_in", "by": "you", "address": "192.0.2.1", "detail": "tokens"}
PERSONAL_TOKEN = {
    "id": "3",
    "name": "Weekly report",
    "scopes": ["read"],
    "prefix": "ssp_4Tfq",
    "createdAt": 1772353800000,
    "expiresAt": 1803889800000,
    "lastUsedOn": "2026-03-02",
    "lastAddress": "192.0.2.1",
}
MADE_TOKEN = {**PERSONAL_TOKEN, "lastUsedOn": None, "lastAddress": None, "token": "ssp_4Tfq…"}


def example(name: str, value: Any, *, reply: bool = False, status_code: int = 200) -> OpenApiExample:
    """Return an example of a body or of a reply."""
    return OpenApiExample(name, value, request_only=not reply, response_only=reply, status_codes=[str(status_code)])
