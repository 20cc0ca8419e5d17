"""Middleware of the pages: ties the cookie to a session row, and shows times in the person's zone."""

import zoneinfo
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts import audit
from accounts.limits import known_client
from accounts.limits.client_ip import client_ip_to_store
from accounts.models import Session
from accounts.sessions import session_service

# The key under which Django's cookie session keeps the id of the session row.
SIGN_IN = "sign_in"
TOUCHED_EVERY = timedelta(minutes=10)


def is_page(request: HttpRequest) -> bool:
    """Tell whether a cookie may sign this request in."""
    return not request.path.startswith("/api/")


class SignInMiddleware:
    """Ties the cookie of the pages and the admin to a session row, for every form that signs in or out.

    A session that was ended elsewhere is signed out at the next page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, for nobody if the session has ended."""
        if not is_page(request):
            return self.get_response(request)
        held = self._held(request)
        response = self.get_response(request)
        if held is not None and request.session.get(SIGN_IN) != held.pk:
            reason = Session.Reason.SIGNED_OUT
            if Session.objects.live().filter(pk=held.pk).end(reason):
                audit.add_session_ends(reason, request, held.user_id)
        if request.user.is_authenticated and SESSION_KEY in request.session and SIGN_IN not in request.session:
            begun = session_service.begin(request.user, Session.Kind.COOKIE, request)
            Session.objects.filter(pk=begun.pk).update(expires_at=request.session.get_expiry_date())
            request.session[SIGN_IN] = begun.pk
            known_client.remember(request, response, begun.user_id)
        return response

    def _held(self, request: HttpRequest) -> Session | None:
        """Return the session the cookie belongs to, after signing out one that has ended."""
        if not request.user.is_authenticated or SIGN_IN not in request.session:
            return None
        now = timezone.now()
        theirs = Session.objects.of(request.user.pk).filter(pk=request.session[SIGN_IN])
        session: Session | None = theirs.defer("uses").first()
        if session is None or not session.is_live(now):
            logout(request)
            return None
        if now - session.last_used_at > TOUCHED_EVERY:
            theirs.update(last_used_at=now, last_client_ip=client_ip_to_store(request))
        return session


class TimeZoneMiddleware:
    """Activates the signed-in person's time zone for pages; the API speaks epoch milliseconds and needs none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request with the zone active, and leave none behind on the thread."""
        if not is_page(request) or not request.user.is_authenticated:
            return self.get_response(request)
        try:
            zone = zoneinfo.ZoneInfo(request.user.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            # The system has dropped this zone since the person chose it.
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)
