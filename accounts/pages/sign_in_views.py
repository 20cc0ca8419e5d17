"""The pages that sign a person up, in and out."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import (
    LoginView,
    LogoutView,
)
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from accounts import account_service
from accounts.limits.slowed_sign_in_form import with_wait
from accounts.pages import forms
from accounts.pages.next_page import next_of, wanted_page
from accounts.pages.rate_limited_page import RateLimitedPage

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignUpPage(RateLimitedPage, FormView):  # type: ignore[type-arg]  # takes no parameter at run time
    """Make an account and sign in to it."""

    template_name = "accounts/sign_up.html"
    form_class = forms.SignUpForm

    @method_decorator((never_cache, sensitive_post_parameters()))
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the form, unless somebody is signed in."""
        if request.user.is_authenticated:
            return redirect(wanted_page(request, "account"))
        if not settings.REGISTRATION_OPEN:
            return render(request, "accounts/sign_up_closed.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: forms.SignUpForm) -> HttpResponse:
        """Make the person and lead them to the page that they wanted."""
        asked = form.cleaned_data
        try:
            user = account_service.sign_up(
                self.request, asked["email"], asked["password"], name=asked["name"], time_zone=asked["time_zone"]
            )
        except account_service.SignUpRefused as refused:
            form.refuse(refused.errors)
            return self.form_invalid(form)
        login(self.request, user, BACKEND)
        return redirect(wanted_page(self.request, settings.LOGIN_REDIRECT_URL))


class SignInPage(LoginView):
    """Sign in. Failures are limited, not requests."""

    template_name = "accounts/sign_in.html"
    authentication_form = forms.SignInForm
    redirect_authenticated_user = True
    extra_context = {"registration_open": settings.REGISTRATION_OPEN}

    def get_redirect_url(self) -> str:  # type: ignore[override]  # the stubs are of a later Django
        """Return the page that the person wanted. Django's own method fails for the URL of this page."""
        return next_of(self.request)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show the form, with status 429 where the try was refused."""
        return with_wait(form, super().form_invalid(form))


class SignOut(LogoutView):
    """Sign out of these pages."""
