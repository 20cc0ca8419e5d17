"""The front page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def front_page(request: HttpRequest) -> HttpResponse:
    """Show one screen of text with links to the pages, the API documentation and the admin."""
    return render(request, "home.html", {"registration_open": settings.REGISTRATION_OPEN})
