"""The base of the calls that need no access token."""

from rest_framework.permissions import AllowAny
from rest_framework.views import APIView


class UnauthenticatedView(APIView):
    """A call that anyone may make, within AUTH_RATE for each client IP."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "auth"
