"""The calls that sign a person up, in and out, and refresh tokens."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, user_logged_in
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import account_service, audit
from accounts.api.authentication import SessionEnded, Unauthorized
from accounts.api.examples import REFRESH, SIGN_IN, SIGN_UP, SIGNED_IN, TOKENS
from accounts.api.serializers import (
    LoginSerializer,
    RefreshSerializer,
    RegisterSerializer,
    SignedInSerializer,
    TokensSerializer,
    UserSerializer,
)
from accounts.api.unauthenticated_view import ProvenView, UnauthenticatedView
from accounts.limits.failed_sign_ins import TooManyFailures, begin_sign_in, check_sign_in_rate
from accounts.models import User
from accounts.sessions import session_service
from accounts.sessions.tokens import ExpiredTokenError, RefreshToken, TokenError


def signed_in(user: User, request: Request, label: str) -> dict[str, Any]:
    """Begin a session and return the reply of register and login."""
    return {"user": UserSerializer(user).data, **session_service.begin_with_tokens(user, request._request, label)}


class RegisterView(UnauthenticatedView):
    """Sign up."""

    @extend_schema(
        operation_id="register",
        request=RegisterSerializer,
        responses={201: SignedInSerializer},
        examples=[SIGN_UP, SIGNED_IN],
    )
    def post(self, request: Request) -> Response:
        """Create an account and sign in to it."""
        if not settings.REGISTRATION_OPEN:
            raise PermissionDenied("This server takes no new accounts.", code="registration_closed")
        serializer = RegisterSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        sent = serializer.validated_data
        try:
            user = account_service.sign_up(
                request._request,
                sent["email"],
                sent["password"],
                name=sent["name"],
                time_zone=sent["timeZone"],
            )
        except account_service.SignUpRefused as refused:
            raise ValidationError(refused.errors) from refused
        return Response(signed_in(user, request, sent["label"]), status=status.HTTP_201_CREATED)


class LoginView(UnauthenticatedView):
    """Sign in."""

    # Failures are limited, not requests.
    throttle_classes = ()

    @extend_schema(
        operation_id="login",
        request=LoginSerializer,
        responses={200: SignedInSerializer},
        examples=[SIGN_IN, SIGNED_IN],
    )
    def post(self, request: Request) -> Response:
        """Exchange an e-mail address and a password for tokens; the error does not tell which of them is wrong."""
        serializer = LoginSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        email, password = serializer.validated_data["email"], serializer.validated_data["password"]
        try:
            attempt = begin_sign_in(request._request, email, serializer.validated_data["refresh"])
        except TooManyFailures as refused:
            raise Throttled(refused.seconds, str(refused)) from refused
        user = authenticate(request._request, username=email, password=password)
        if not isinstance(user, User):
            attempt.failed()
            audit.add_failed_sign_in(request._request, email)
            raise Unauthorized("The e-mail address or the password is wrong.", code="invalid_credentials")
        attempt.succeeded()
        try:
            check_sign_in_rate(user)
        except TooManyFailures as refused:
            raise Throttled(refused.seconds, str(refused)) from refused
        # As Django's own login does: it notes the time.
        user_logged_in.send(sender=User, request=request._request, user=user)
        return Response(signed_in(user, request, serializer.validated_data["label"]))


class SessionTokenView(ProvenView):
    """A call that brings a refresh token."""

    throttle_scope = "refresh"

    def counted_token(self, request: Request) -> RefreshToken:
        """Return the token of the body; raises TokenError."""
        serializer = RefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            token = RefreshToken(serializer.validated_data["refresh"])
        except TokenError:
            self.count_refused(request)
            raise
        self.count_proven(f"session {token.session_id}")
        return token


class RefreshView(SessionTokenView):
    """Stay signed in."""

    @extend_schema(
        operation_id="refresh",
        request=RefreshSerializer,
        responses={200: TokensSerializer},
        examples=[REFRESH, TOKENS],
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair.

        A client that got no answer may send the same token again at any time. A token that is sent more than a minute
        after a later one was used counts as copied, and the session ends at once (`session_ended`).
        """
        try:
            token = self.counted_token(request)
        except ExpiredTokenError as error:
            raise Unauthorized("The refresh token has expired; sign in again.", code="token_expired") from error
        except TokenError as error:
            raise Unauthorized("This is not a valid refresh token; sign in again.", code="token_invalid") from error
        try:
            return Response(session_service.refresh(token, request._request))
        except session_service.Refused as refused:
            if refused.session is not None:
                raise SessionEnded(refused.session) from refused
            raise Unauthorized("This token belongs to nobody who may sign in.", code="token_invalid") from refused


class LogoutView(SessionTokenView):
    """Sign out."""

    @extend_schema(operation_id="logout", request=RefreshSerializer, responses={204: None}, examples=[REFRESH])
    def post(self, request: Request) -> Response:
        """Sign out; 204 for a token already dead too, so that signing out never fails."""
        with suppress(TokenError):
            session_service.sign_out(self.counted_token(request), request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)
