"""Bearer tokens: who sends an API request, and by which session."""

from django.utils import timezone
from rest_framework import status
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from accounts import sessions
from accounts.models import Session, User
from accounts.tokens import AccessToken, ExpiredTokenError, TokenError


class Unauthorized(APIException):
    """401 from any call, also one that needs no access token itself."""

    status_code = status.HTTP_401_UNAUTHORIZED
    auth_header = 'Bearer realm="api"'


class SessionEnded(Unauthorized):
    """401: the session was ended before its time; `more` says why and when."""

    def __init__(self, session: Session) -> None:
        said = sessions.words(session)
        super().__init__(said["detail"], "session_ended")
        self.more = said["more"]


class BearerAuthentication(BaseAuthentication):
    """Accepts `Authorization: Bearer <access>`; what claims to be one and is not is 401, with a code that says why."""

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return Unauthorized.auth_header

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return (person, token), or None without such a header; raises AuthenticationFailed or SessionEnded."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0] != b"Bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Send the header as: Authorization: Bearer <access>.", "token_invalid")
        try:
            token = AccessToken(parts[1])  # type: ignore[arg-type]  # the library takes bytes
        except ExpiredTokenError as error:
            raise AuthenticationFailed("The access token has expired; refresh it.", "token_expired") from error
        except TokenError as error:
            raise AuthenticationFailed("This is not a valid access token.", "token_invalid") from error
        return self._person(token), token

    def _person(self, token: AccessToken) -> User:
        """Return the person, read together with the session; raises when either is no more."""
        sessions_of_both = Session.objects.select_related("user").defer("uses")
        session = sessions_of_both.filter(pk=token.session_id, user_id=token.user_id).first()
        if session is None or not session.user.is_active:
            raise AuthenticationFailed("This token belongs to nobody who may sign in.", "token_invalid")
        if not session.is_live(timezone.now()):
            raise SessionEnded(session)
        user: User = session.user
        return user
