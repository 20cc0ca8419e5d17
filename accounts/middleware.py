"""Shows times in the zone of the person who looks."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone


class TimeZoneMiddleware:
    """Activates the signed-in person's time zone for pages; the API speaks epoch milliseconds and needs none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request with the zone active, and leave none behind on the thread."""
        if request.path.startswith("/api/") or not request.user.is_authenticated:
            return self.get_response(request)
        try:
            zone = zoneinfo.ZoneInfo(request.user.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            # A zone the system's database has dropped since it was chosen.
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)
