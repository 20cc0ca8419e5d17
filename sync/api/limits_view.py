"""The call that tells a sender the limits."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sync import limits
from sync.server_identity import server_identity


class LimitsSerializer(serializers.Serializer[Any]):
    """The limits that a sender must keep."""

    maxRecords = serializers.IntegerField(help_text="Records in a batch.")
    maxBodyBytes = serializers.IntegerField(help_text="Bytes of a body after inflating.")
    maxRecordBytes = serializers.IntegerField(help_text="Bytes of a record as sent.")
    minSyncIntervalSeconds = serializers.IntegerField(help_text="The pace when there is little to send.")
    maxBrowsers = serializers.IntegerField(help_text="Browsers of a person.")
    serverId = serializers.CharField(
        help_text="A random id of this server's database, the same under every name of the server."
    )


LIMITS = {
    "maxRecords": limits.MAX_RECORDS,
    "maxBodyBytes": limits.MAX_BODY_BYTES,
    "maxRecordBytes": limits.MAX_RECORD_BYTES,
    "minSyncIntervalSeconds": limits.MIN_SYNC_INTERVAL_SECONDS,
    "maxBrowsers": limits.MAX_BROWSERS,
}


class LimitsView(APIView):
    """Tells the limits."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="limits",
        responses={200: LimitsSerializer},
        examples=[
            OpenApiExample("the limits", {**LIMITS, "serverId": "7d2f0a1c94b84e0d8a53c1f6e2b7490f"}, response_only=True)
        ],
    )
    def get(self, request: Request) -> Response:
        """Return the limits a sender keeps to; it reads them here and does not hard-code them."""
        return Response({**LIMITS, "serverId": server_identity().server_id})
