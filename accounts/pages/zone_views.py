"""The answer to the offer to switch to the browser's time zone, which is made once for each zone."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.pages.next_page import page_before
from accounts.pages.signed_in import person
from accounts.time_zones import known_time_zones

# The cookie that keeps the zone which the person declined, so that this browser does not offer it again.
DECLINED = "declined_zone"
A_YEAR = 365 * 24 * 3600


@require_POST
@login_required
def switch_zone(request: HttpRequest) -> HttpResponse:
    """Store the browser's zone for the account, or remember in this browser that the person keeps theirs."""
    response = redirect(page_before(request, "insights:overview"))
    zone = request.POST.get("browser_zone", "")
    if zone not in known_time_zones():
        return response
    if request.POST.get("answer") == "switch":
        user = person(request)
        user.time_zone = zone
        user.save(update_fields=["time_zone"])
    else:
        response.set_cookie(
            DECLINED, zone.replace("/", "|"), max_age=A_YEAR, secure=request.is_secure(), httponly=False, samesite="Lax"
        )
    return response
