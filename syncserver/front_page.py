"""The front page for people, and the page for operators."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render


def front_page(request: HttpRequest) -> HttpResponse:
    """Show what a person gets here; lead a person who is signed in to their days."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "home.html", {"registration_open": settings.REGISTRATION_OPEN})


def operators_page(request: HttpRequest) -> HttpResponse:
    """Show operators and programmers where the admin and the API are."""
    return render(request, "operators.html", {"registration_open": settings.REGISTRATION_OPEN})
