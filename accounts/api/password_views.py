"""The calls that change a password or set a forgotten one."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import account_service, emails
from accounts.api.account_view import AccountView, check_password, current_session_id, person, valid
from accounts.api.examples import example
from accounts.api.serializers import (
    ForgottenPasswordSerializer,
    NewPasswordSerializer,
    ResetSerializer,
    check_new_password,
)
from accounts.api.unauthenticated_view import ProvenView
from accounts.sessions import session_service


class PasswordView(AccountView):
    """The password."""

    @extend_schema(
        operation_id="changePassword",
        request=NewPasswordSerializer,
        responses={204: None},
        examples=[
            example(
                "both", {"currentPassword": "correct horse battery staple", "newPassword": "staple battery horse right"}
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Change the password, and end every session but the one that asks."""
        sent, user = valid(NewPasswordSerializer(data=request.data)), person(request)
        check_password(request, sent["currentPassword"], "currentPassword")
        check_new_password(sent["newPassword"], user, "newPassword")
        session_service.change_password(
            user, sent["newPassword"], current_session_id(request), request._request, by_mail=False
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetView(APIView):
    """A forgotten password."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "reset"

    @extend_schema(
        operation_id="forgotPassword",
        request=ForgottenPasswordSerializer,
        responses={202: None},
        examples=[example("an address", {"email": "alice@example.org"})],
    )
    def post(self, request: Request) -> Response:
        """Send a link to set a new password, if somebody has this address; the answer is the same if nobody has."""
        sent = valid(ForgottenPasswordSerializer(data=request.data))
        emails.send_reset_link(sent["email"], emails.server_url(request._request))
        return Response(status=status.HTTP_202_ACCEPTED)


class PasswordResetConfirmView(ProvenView):
    """A link that came by e-mail, and the next password."""

    @extend_schema(
        operation_id="resetPassword",
        request=ResetSerializer,
        responses={204: None},
        examples=[example("both", {"link": "7.d0k2hp-0f9d…", "newPassword": "staple battery horse right"})],
    )
    def post(self, request: Request) -> Response:
        """Set a new password by the text from a link, and end every session. A link works once and for an hour.

        With `endTokens` the personal tokens are revoked too.
        """
        sent = valid(ResetSerializer(data=request.data))
        user = account_service.person_of_reset_link(sent["link"])
        if user is None:
            self.count_refused(request)
            raise ValidationError({"link": [account_service.DEAD_LINK]})
        self.count_proven(f"reset of person {user.pk}")
        check_new_password(sent["newPassword"], user, "newPassword")
        session_service.change_password(
            user, sent["newPassword"], 0, request._request, by_mail=True, end_tokens=sent["endTokens"]
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
