"""Access and refresh tokens: SimpleJWT's, bound to a session, and verified with retired keys too."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import (
    ExpiredTokenError,
    TokenBackendError,
    TokenBackendExpiredToken,
    TokenError,
)

from accounts.models import Session
from id_numbers import parse_id

__all__ = ["AccessToken", "ExpiredTokenError", "RefreshToken", "TokenError", "tokens_of"]


class KeyRing(TokenBackend):
    """Signs with one key and verifies with it and those before it; the algorithm, issuer and audience are fixed."""

    def __init__(self, keys: Sequence[str], **more: Any) -> None:
        super().__init__(signing_key=keys[0], **more)
        self.verifying = [self._prepare_key(key) for key in keys]

    def decode(self, token: Any, verify: bool = True, verify_expiry: bool = True) -> dict[str, Any]:
        """Return the claims; raises TokenBackendExpiredToken, or TokenBackendError."""
        for key in self.verifying:
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    key,
                    algorithms=[self.algorithm],
                    audience=self.audience,
                    issuer=self.issuer,
                    options={
                        "require": ["exp", "jti", "iss", "aud"],
                        "verify_signature": verify,
                        "verify_exp": verify and verify_expiry,
                        # The check would refuse a token from a server whose clock is a second ahead.
                        "verify_iat": False,
                    },
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.ExpiredSignatureError as error:
                raise TokenBackendExpiredToken("Token is expired") from error
            except (jwt.InvalidTokenError, ValueError, OverflowError) as error:
                raise TokenBackendError("Token is invalid") from error
            return claims
        raise TokenBackendError("Token is signed by an unknown key")


@cache
def _ring(keys: tuple[str, ...], algorithm: str, audience: str, issuer: str) -> KeyRing:
    return KeyRing(keys, algorithm=algorithm, audience=audience, issuer=issuer)


def key_ring() -> KeyRing:
    """Return the keys of the settings; the first one signs."""
    jwt_settings = settings.SIMPLE_JWT
    keys = (jwt_settings["SIGNING_KEY"], *settings.JWT_OLD_SIGNING_KEYS)
    return _ring(keys, jwt_settings["ALGORITHM"], jwt_settings["AUDIENCE"], jwt_settings["ISSUER"])


class SessionToken(tokens.Token):
    """A token of one session: `user_id` and `sid` name the person and the session."""

    @property
    def token_backend(self) -> KeyRing:
        """Return the keys of this server."""
        return key_ring()

    def verify(self) -> None:
        """Raise TokenError unless the claims name a person and a session by numbers a database can hold."""
        try:
            super().verify()
        except (ValueError, OverflowError, OSError) as error:
            raise TokenError("Token has an impossible time") from error
        _ = self.user_id, self.session_id

    @property
    def user_id(self) -> int:
        """Return the person's number."""
        return self._number("user_id")

    @property
    def session_id(self) -> int:
        """Return the session's number."""
        return self._number("sid")

    def _number(self, claim: str) -> int:
        text = self.payload.get(claim)
        number = parse_id(text) if isinstance(text, str) else None
        if number is None:
            raise TokenError(f"Token has no usable {claim}")
        return number

    def bind(self, session: Session) -> None:
        """Set the claims that name the session and its person."""
        self["user_id"], self["sid"] = str(session.user_id), str(session.pk)


class AccessToken(SessionToken):
    """Opens the API for some minutes, while its session lasts."""

    token_type = "access"  # noqa: S105  # a kind, no secret
    lifetime = tokens.AccessToken.lifetime


class RefreshToken(SessionToken):
    """Good for one refresh: `gen` is its generation within the session."""

    token_type = "refresh"  # noqa: S105  # as above
    lifetime = tokens.RefreshToken.lifetime

    def verify(self) -> None:
        """Raise TokenError unless the claims also hold a generation."""
        super().verify()
        generation = self.payload.get("gen")
        if type(generation) is not int or not 0 < generation < 2**31 or not isinstance(self.payload["jti"], str):
            raise TokenError("Token has no usable generation")

    @property
    def generation(self) -> int:
        """Return the generation: 1 for the token of the sign-in, one more for each refresh."""
        generation: int = self.payload["gen"]
        return generation

    @property
    def mark(self) -> str:
        """Return 16 hex characters that tell this token from its siblings. The token cannot be made from them."""
        return hashlib.sha256(self.payload["jti"].encode()).hexdigest()[:16]


def session_named_by(refresh: str, user_id: int) -> int | None:
    """Return the session of a refresh token of this person, expired or ended as it may be; None for any other text."""
    try:
        claims = key_ring().decode(refresh, verify_expiry=False)
        is_theirs = claims.get("token_type") == RefreshToken.token_type and claims.get("user_id") == str(user_id)
        return parse_id(claims["sid"]) if is_theirs else None
    except (TokenBackendError, KeyError, TypeError):
        return None


def tokens_of(session: Session, now: datetime) -> dict[str, str]:
    """Return a fresh pair of a session, the refresh token of its next generation."""
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token.bind(session)
    refresh["gen"] = session.generation + 1
    refresh.set_exp(from_time=now, lifetime=session.expires_at - now)
    return {"access": str(access), "refresh": str(refresh)}
