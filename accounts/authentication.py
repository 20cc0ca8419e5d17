"""Bearer tokens: who sends an API request."""

from typing import Any

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed as NoSuchPerson
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, Token


class BearerAuthentication(JWTAuthentication):
    """Accepts `Authorization: Bearer <access>`; what claims to be one and is not is 401, with a code that says why."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        """Return (person, token), or None without a header; raises AuthenticationFailed."""
        try:
            return super().authenticate(request)
        except NoSuchPerson as error:
            if "bad_authorization_header" in str(error.get_codes()):
                raise AuthenticationFailed("Send it as Authorization: Bearer <access>.", "token_invalid") from error
            raise AuthenticationFailed("This token belongs to nobody who may sign in.", "token_invalid") from error
        except (ValueError, OverflowError) as error:  # for a claim that is no number
            raise AuthenticationFailed("This token belongs to nobody who may sign in.", "token_invalid") from error

    def get_validated_token(self, raw_token: bytes) -> Token:
        """Return the verified access token; raises AuthenticationFailed with `token_expired` or `token_invalid`."""
        try:
            return AccessToken(raw_token)  # type: ignore[arg-type]  # the library takes bytes
        except ExpiredTokenError as error:
            raise AuthenticationFailed("The access token has expired; refresh it.", "token_expired") from error
        except TokenError as error:
            raise AuthenticationFailed("This is not a valid access token.", "token_invalid") from error
