"""Bearer tokens of the API: access tokens of a session, and personal tokens."""

from typing import Any

from django.db import connection
from django.utils import timezone
from rest_framework import status
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.models import PersonalToken, Session, User
from accounts.personal_tokens import token_service, token_text
from accounts.scopes import Scope
from accounts.sessions import session_service
from accounts.sessions.tokens import AccessToken, ExpiredTokenError, TokenError

# For every request of the API; built by the ORM it took half a millisecond more.
PERSON_OF_LIVE_SESSION = (
    f"SELECT u.* FROM {User._meta.db_table} AS u JOIN {Session._meta.db_table} AS s ON s.user_id = u.id "  # noqa: S608  # table names alone
    "WHERE s.id = %s AND u.id = %s AND u.is_active AND s.revoked_at IS NULL AND s.expires_at > %s"
)


class Unauthorized(APIException):
    """The answer 401, also of calls that need no access token."""

    status_code = status.HTTP_401_UNAUTHORIZED
    auth_header = 'Bearer realm="api"'


class SessionEnded(Unauthorized):
    """401: the session was ended before its time; `more` says why and when."""

    def __init__(self, session: Session) -> None:
        said = session_service.end_explanation(session)
        super().__init__(said["detail"], "session_ended")
        self.more = said["more"]


class ScopeMissing(PermissionDenied):
    """403: the personal token has not the scope of the call; `more` names the scope, null where none is enough."""

    def __init__(self, needed: Scope | None) -> None:
        detail = (
            f"This call needs a personal token with the scope “{needed.value}”."
            if needed
            else "No personal token is good for this call. Sign in and send the access token."
        )
        super().__init__(detail, "scope_missing")
        self.more = {"scope": needed.value if needed else None}


class BearerAuthentication(BaseAuthentication):
    """Accepts `Authorization: Bearer <token>`; a bad token is 401 with a code for the reason."""

    def authenticate_header(self, request: Request) -> str:
        """Return the WWW-Authenticate header of a 401."""
        return Unauthorized.auth_header

    def authenticate(self, request: Request) -> tuple[User, AccessToken | PersonalToken] | None:
        """Return (person, token), or None without such a header.

        Raises AuthenticationFailed or SessionEnded, and ScopeMissing for a good personal token that is not good here.
        """
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Send the header as: Authorization: Bearer <access>.", "token_invalid")
        if parts[1].startswith(token_text.PREFIX.encode()):
            return self._by_personal_token(parts[1], request)
        try:
            token = AccessToken(parts[1])  # type: ignore[arg-type]  # the library takes bytes
        except ExpiredTokenError as error:
            raise AuthenticationFailed("The access token has expired; refresh it.", "token_expired") from error
        except TokenError as error:
            raise AuthenticationFailed("This is not a valid access token.", "token_invalid") from error
        return self._person(token), token

    def _person(self, token: AccessToken) -> User:
        """Return the person, read together with the session; raises when either is no more."""
        now = timezone.now()
        whose = [token.session_id, token.user_id, connection.ops.adapt_datetimefield_value(now)]
        person: User
        for person in User.objects.raw(PERSON_OF_LIVE_SESSION, whose):
            return person
        session = Session.objects.select_related("user").filter(pk=token.session_id, user_id=token.user_id).first()
        if session is None or not session.user.is_active or session.is_live(now):
            raise AuthenticationFailed("This token belongs to nobody who may sign in.", "token_invalid")
        raise SessionEnded(session)

    def _by_personal_token(self, sent: bytes, request: Request) -> tuple[User, PersonalToken]:
        text = sent.decode("ascii", "replace")
        if not token_text.is_whole(text):
            raise AuthenticationFailed("This personal token is mistyped or not whole. Copy it again.", "token_mistyped")
        token = token_service.find(text)
        if token is None:
            raise AuthenticationFailed("This personal token is not good, or not any more.", "token_invalid")
        token_service.note_use(token, request._request)
        # Here and not in a permission, so that a view with permissions of its own takes no token by accident.
        view: Any = request.parser_context["view"] if request.parser_context else None
        needed: Scope | None = getattr(view, "token_scope", None)
        other: Scope | None = getattr(view, "other_token_scope", None)
        if not any(scope and token.may(scope) for scope in (needed, other)):
            raise ScopeMissing(needed)
        return token.user, token
