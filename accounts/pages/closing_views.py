"""The page that closes the account."""

from typing import Any

from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts import account_closing
from accounts.owned_rows import words_of
from accounts.pages import forms
from accounts.pages.own_password_page import OwnPasswordPage
from accounts.pages.signed_in import person

CLOSING, ERASED = "closing", "erased"


class ClosePage(OwnPasswordPage):
    """Close the account: asks for the password, says what will be erased, erases it, and says what that was."""

    template_name = "accounts/close.html"
    form_class = forms.OwnPasswordForm

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Go on with a closing that was begun, whose person can no longer be signed in."""
        if CLOSING in request.session:
            return self._go_on(request)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Count what is there."""
        return super().get_context_data(**kwargs, owned=said(account_closing.owned(person(self.request))))

    def form_valid(self, form: forms.OwnPasswordForm) -> HttpResponse:
        """Erase for some seconds."""
        user = person(self.request)
        number = user.pk
        try:
            done = account_closing.close(user, self.request, in_background=False)
        except account_closing.CannotClose as error:
            raise PermissionDenied(str(error)) from error
        return self._shown(self.request, number, done, {})

    def _go_on(self, request: HttpRequest) -> HttpResponse:
        number = request.session[CLOSING]
        before = request.session.get(ERASED, {})
        if request.method != "POST":
            return self._page(request, before, finished=False)
        return self._shown(request, number, account_closing.erase_more(number), before)

    def _shown(
        self, request: HttpRequest, number: int, done: account_closing.Closing, before: dict[str, int]
    ) -> HttpResponse:
        tables = {**before, **done.erased}
        erased = {table: before.get(table, 0) + done.erased.get(table, 0) for table in tables}
        if done.finished:
            logout(request)
        else:
            request.session[CLOSING], request.session[ERASED] = number, erased
        return self._page(request, erased, finished=done.finished)

    def _page(self, request: HttpRequest, erased: dict[str, int], *, finished: bool) -> HttpResponse:
        return render(request, "accounts/closed.html", {"erased": said(erased), "finished": finished})


def said(counts: dict[str, int]) -> list[tuple[str, str]]:
    """Return each table that holds anything, with its count in words."""
    cap = account_closing.counted_to()
    return [
        (words_of(name), f"more than {cap:,}" if rows == cap + 1 else f"{rows:,}")
        for name, rows in counts.items()
        if rows
    ]
