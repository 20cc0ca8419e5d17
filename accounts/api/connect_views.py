"""The calls by which an extension signs in without a password."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.examples import CONNECT, GRANT, SIGNED_IN, VERIFIER, example
from accounts.api.refusal import Refusal
from accounts.api.serializers import (
    ConnectSerializer,
    GrantSerializer,
    SignedInSerializer,
    UserSerializer,
    VerifierSerializer,
    WaitingSerializer,
)
from accounts.api.unauthenticated_view import ProvenView, UnauthenticatedView
from accounts.emails import server_url
from accounts.sessions import connecting

UNKNOWN = "This server made no such grant. Begin again with POST /api/auth/connect."
WRONG_VERIFIER = "This is not the verifier of the challenge that began the grant."
EXPIRED = "The grant is older than ten minutes, or its tokens were taken already. Begin again."
DENIED = "The person did not allow it."


class ConnectView(UnauthenticatedView):
    """Begin to sign in without a password."""

    # Apart from failed sign-ins: starts are no failures, and must not use up what a shared client IP has of them.
    throttle_scope = "start"

    @extend_schema(
        operation_id="connect",
        request=ConnectSerializer,
        responses={201: GrantSerializer},
        examples=[CONNECT, example("a grant", GRANT, reply=True, status_code=201)],
    )
    def post(self, request: Request) -> Response:
        """Begin to sign in: a signed-in person answers on `page`, where the same number stands.

        It lasts ten minutes and is good for one answer and one sign-in. Nothing is stored before the answer.
        """
        serializer = ConnectSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        sent = serializer.validated_data
        grant_id, grant = connecting.start(request._request, sent["challenge"], sent["label"])
        begun = {
            "id": grant_id,
            "number": grant.number,
            "expiresAt": grant.expires_at,
            "page": server_url(request._request) + reverse("connect-page", args=[grant_id]),
        }
        return Response(begun, status=status.HTTP_201_CREATED)


class TakeView(ProvenView):
    """Ask for the answer."""

    # An extension asks every two seconds.
    throttle_scope = "connect"

    @extend_schema(
        operation_id="takeConnection",
        request=VerifierSerializer,
        responses={200: SignedInSerializer, 202: WaitingSerializer},
        examples=[
            VERIFIER,
            SIGNED_IN,
            example("nobody has answered", {"expiresAt": GRANT["expiresAt"]}, reply=True, status_code=202),
        ],
    )
    def post(self, request: Request, grant_id: str) -> Response:
        """Take the tokens once the person has allowed it; 202 until then, so ask again every two seconds.

        A person who said no is 403 `denied`. A grant that is over, or whose tokens were taken, is 410 `expired`.
        """
        serializer = VerifierSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            grant = connecting.own_grant(grant_id, serializer.validated_data["verifier"])
        except connecting.UnknownGrant as error:
            self.count_refused(request)
            raise Refusal(status.HTTP_404_NOT_FOUND, "not_found", UNKNOWN) from error
        except connecting.WrongVerifier as error:
            self.count_refused(request)
            raise ValidationError({"verifier": [WRONG_VERIFIER]}) from error
        self.count_proven(f"grant {grant.challenge}")
        try:
            taken = connecting.take(grant_id, grant, request._request)
        except connecting.Expired as error:
            raise Refusal(status.HTTP_410_GONE, "expired", EXPIRED) from error
        except connecting.Denied as error:
            raise Refusal(status.HTTP_403_FORBIDDEN, "denied", DENIED) from error
        if taken is None:
            return Response({"expiresAt": grant.expires_at}, status=status.HTTP_202_ACCEPTED)
        user, tokens = taken
        return Response({"user": UserSerializer(user).data, **tokens})
