"""The call that lists the events of the account."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.api.account_view import AccountView, person
from accounts.api.examples import EVENT, example
from accounts.api.serializers import (
    EventListSerializer,
    EventSerializer,
)
from id_numbers import parse_id


class EventsView(AccountView):
    """The events of the account."""

    @extend_schema(
        operation_id="events",
        parameters=[OpenApiParameter("before", str, description="The `next` of the previous page.")],
        responses={200: EventListSerializer},
        examples=[example("one sign-in", {"events": [EVENT], "next": None}, reply=True)],
    )
    def get(self, request: Request) -> Response:
        """Return events of the account, newest first: sign-ins, failed sign-ins, changes, and access of staff."""
        before = request.query_params.get("before", "")
        number = parse_id(before)
        if before and number is None:
            raise ValidationError({"before": ["Send the `next` of the previous page."]})
        events, following = audit.page_of_events(person(request), number)
        return Response(
            {"events": EventSerializer(events, many=True).data, "next": str(following) if following else None}
        )
