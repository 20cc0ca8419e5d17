"""The base of the calls that need no access token."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.limits.throttling import check_client_rate, check_rate


class UnauthenticatedView(APIView):
    """A call that anyone may make, within AUTH_RATE for each client IP."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "auth"


class ProvenView(UnauthenticatedView):
    """A call that brings its own proof, such as a link from an e-mail.

    A call without a good one is counted for its client, and a good one under the name of its proof. Otherwise strangers
    who share an address with a person could keep the person out.
    """

    throttle_classes = ()
    throttle_scope = "link"

    def count_refused(self, request: Request) -> None:
        """Count a call without a good proof; raises Throttled."""
        check_client_rate(self.throttle_scope, request._request)

    def count_proven(self, proof: str) -> None:
        """Count a call under a name that only the holder of its proof can use; raises Throttled."""
        check_rate(self.throttle_scope, proof)
