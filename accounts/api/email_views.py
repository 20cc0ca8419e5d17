"""The calls about the e-mail address."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import account_service
from accounts.api.account_view import AccountView, check_password, person, valid
from accounts.api.examples import example
from accounts.api.serializers import (
    EmailStateSerializer,
    LinkSerializer,
    NewEmailSerializer,
)
from accounts.api.unauthenticated_view import ProvenView
from accounts.models import User


class EmailView(AccountView):
    """The e-mail address."""

    @extend_schema(
        operation_id="email",
        responses={200: EmailStateSerializer},
        examples=[
            example(
                "not yet changed",
                {"email": "alice@example.org", "isConfirmed": True, "pendingEmail": "alice@example.com"},
                reply=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return the e-mail address, whether it is confirmed, and the new one that waits for confirmation."""
        return Response(self._state(person(request)))

    @extend_schema(
        operation_id="changeEmail",
        request=NewEmailSerializer,
        responses={202: EmailStateSerializer},
        examples=[
            example("another address", {"email": "alice@example.com", "password": "correct horse battery staple"}),
            example(
                "a link is on its way",
                {"email": "alice@example.org", "isConfirmed": True, "pendingEmail": "alice@example.com"},
                reply=True,
                status_code=202,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Send a link to another e-mail address, or again to the present one; the address changes when it is followed.

        The answer is the same whether or not somebody else has the address.
        """
        sent, user = valid(NewEmailSerializer(data=request.data)), person(request)
        check_password(request, sent["password"], "password")
        account_service.request_email_change(user, sent["email"], request._request)
        return Response(self._state(user), status=status.HTTP_202_ACCEPTED)

    def _state(self, user: User) -> dict[str, Any]:
        return {
            "email": user.email,
            "isConfirmed": user.email_confirmed_at is not None,
            "pendingEmail": user.pending_email or None,
        }


class EmailConfirmView(ProvenView):
    """A link that came by e-mail."""

    @extend_schema(
        operation_id="confirmEmail",
        request=LinkSerializer,
        responses={204: None},
        examples=[example("a link", {"link": "7.d0k2hp-0f9d…"})],
    )
    def post(self, request: Request) -> Response:
        """Confirm an e-mail address by the text from its link, which works once and for an hour."""
        sent = valid(LinkSerializer(data=request.data))
        if account_service.confirm_email(sent["link"], request._request) is None:
            self.count_refused(request)
            raise ValidationError({"link": [account_service.DEAD_LINK]})
        return Response(status=status.HTTP_204_NO_CONTENT)
