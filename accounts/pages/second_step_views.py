"""The pages on which staff set up and take the second step of signing in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from segno import make_qr

from accounts import second_step
from accounts.models import RecoveryCode, User
from accounts.pages import forms
from accounts.pages.next_page import wanted_page
from accounts.pages.signed_in import person

WRONG_CODE = "This code is wrong or used up. Codes change every 30 seconds. After several wrong ones, wait a little."


def staff_member(request: HttpRequest) -> User:
    """Return the staff member who is signed in; raises PermissionDenied for others."""
    if not person(request).is_staff:
        raise PermissionDenied
    return person(request)


def verified_staff_member(request: HttpRequest) -> User:
    """Return the staff member who has taken the second step; raises PermissionDenied for others."""
    if not second_step.is_verified(request):
        raise PermissionDenied
    return staff_member(request)


@never_cache
@login_required
def second_step_page(request: HttpRequest) -> HttpResponse:
    """Set up the second step, take it, or show that it is taken."""
    user = staff_member(request)
    if second_step.device_of(user) is None:
        return _set_up(request, user)
    if second_step.is_verified(request):
        left = RecoveryCode.objects.filter(user=user).count()
        return render(request, "accounts/second_step_taken.html", {"left": left})
    form = forms.CodeForm(request.POST or None)
    if form.is_valid():
        if second_step.take_second_step(request, user, form.cleaned_data["code"]):
            return redirect(wanted_page(request, "account"))
        form.add_error("code", WRONG_CODE)
    return render(request, "accounts/second_step.html", {"form": form, "next": request.GET.get("next", "")})


def _set_up(request: HttpRequest, user: User) -> HttpResponse:
    form = forms.CodeForm(request.POST or None)
    if form.is_valid():
        codes = second_step.finish_enrolling(request, user, form.cleaned_data["code"])
        if codes:
            return render(
                request, "accounts/recovery_codes.html", {"codes": codes, "next": wanted_page(request, "account")}
            )
        form.add_error("code", WRONG_CODE)
    device = second_step.enrolling(user)
    secret = device.config_url.partition("secret=")[2].partition("&")[0]
    drawn = make_qr(device.config_url, error="m").svg_inline(svgclass="qr", omitsize=True, border=2)
    context = {
        "form": form,
        "qr": mark_safe(drawn),  # noqa: S308  # drawn by the package from our own address
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "next": request.GET.get("next", ""),
    }
    return render(request, "accounts/second_step_set_up.html", context)


@require_POST
@login_required
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes and show them once."""
    user = verified_staff_member(request)
    context = {"codes": second_step.new_recovery_codes(user), "next": reverse("account")}
    return render(request, "accounts/recovery_codes.html", context)


@require_POST
@login_required
def remove_second_step(request: HttpRequest) -> HttpResponse:
    """Forget the authenticator."""
    user = verified_staff_member(request)
    second_step.remove(request, user)
    messages.success(request, "The second step is removed.")
    return redirect("second-step")
