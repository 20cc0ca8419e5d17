"""The calls about personal tokens. They take no personal token themselves."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.account_view import AccountView, check_password, person, valid
from accounts.api.examples import MADE_TOKEN, PERSONAL_TOKEN, example
from accounts.api.serializers import OwnPasswordSerializer
from accounts.api.token_serializers import (
    MadeTokenSerializer,
    NewTokenSerializer,
    TokenListSerializer,
    TokenSerializer,
)
from accounts.personal_tokens import token_service
from accounts.scopes import Scope


class TooManyTokens(PermissionDenied):
    """403: the person has as many tokens as a person can have."""

    def __init__(self) -> None:
        super().__init__(token_service.TOO_MANY, "quota_exceeded")
        self.more: dict[str, Any] = {"maxTokens": token_service.MAX_TOKENS}


class TokensView(AccountView):
    """The list of personal tokens."""

    @extend_schema(
        operation_id="tokens",
        responses={200: TokenListSerializer},
        examples=[example("one token", {"tokens": [PERSONAL_TOKEN]}, reply=True)],
    )
    def get(self, request: Request) -> Response:
        """Return the personal tokens, newest first, without their texts."""
        return Response({"tokens": TokenSerializer(token_service.tokens_of(person(request)), many=True).data})

    @extend_schema(
        operation_id="makeToken",
        request=NewTokenSerializer,
        responses={201: MadeTokenSerializer},
        examples=[
            example(
                "a token that reads",
                {
                    "name": "Weekly report",
                    "scopes": ["read"],
                    "expiresIn": "1y",
                    "password": "correct horse battery staple",
                },
            ),
            example("the token", MADE_TOKEN, reply=True, status_code=201),
        ],
    )
    def post(self, request: Request) -> Response:
        """Make a personal token. Its text is in this reply alone: the server keeps a digest."""
        sent, user = valid(NewTokenSerializer(data=request.data)), person(request)
        check_password(request, sent["password"], "password")
        scopes = [Scope(scope) for scope in sent["scopes"]]
        try:
            token, text = token_service.make(user, sent["name"], scopes, sent["expiresIn"], request._request)
        except token_service.TooManyTokens as error:
            raise TooManyTokens from error
        made = MadeTokenSerializer(token, context={"text": text}).data
        # No cache on the way may keep the text.
        return Response(made, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


class TokenView(AccountView):
    """One personal token."""

    @extend_schema(operation_id="revokeToken", request=OwnPasswordSerializer, responses={204: None})
    def delete(self, request: Request, token_id: str) -> Response:
        """Revoke a personal token for good."""
        token = token_service.own_token(person(request), token_id)
        if token is None:
            raise Http404
        sent = valid(OwnPasswordSerializer(data=request.data))
        check_password(request, sent["password"], "password")
        token_service.revoke(token, request._request, person(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
