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
    """Shows the rows that will be erased, asks for the password, erases, and shows the rows that were erased."""

    template_name = "accounts/close.html"
    form_class = forms.OwnPasswordForm

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Continue a closing that has begun; its person is signed out already."""
        if CLOSING in request.session:
            return self._erase_more(request)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the counts of rows."""
        return super().get_context_data(**kwargs, owned=rows_in_words(account_closing.owned(person(self.request))))

    def form_valid(self, form: forms.OwnPasswordForm) -> HttpResponse:
        """Begin to erase."""
        user = person(self.request)
        number = user.pk
        try:
            done = account_closing.close(user, self.request, in_background=False)
        except account_closing.CannotClose as error:
            raise PermissionDenied(str(error)) from error
        return self._progress_page(self.request, number, done, {})

    def _erase_more(self, request: HttpRequest) -> HttpResponse:
        number = request.session[CLOSING]
        before = request.session.get(ERASED, {})
        if request.method != "POST":
            return self._counts_page(request, before, finished=False)
        return self._progress_page(request, number, account_closing.erase_more(number), before)

    def _progress_page(
        self, request: HttpRequest, number: int, done: account_closing.Closing, before: dict[str, int]
    ) -> HttpResponse:
        tables = {**before, **done.erased}
        erased = {table: before.get(table, 0) + done.erased.get(table, 0) for table in tables}
        if done.finished:
            logout(request)
        else:
            request.session[CLOSING], request.session[ERASED] = number, erased
        return self._counts_page(request, erased, finished=done.finished)

    def _counts_page(self, request: HttpRequest, erased: dict[str, int], *, finished: bool) -> HttpResponse:
        return render(request, "accounts/closed.html", {"erased": rows_in_words(erased), "finished": finished})


def rows_in_words(counts: dict[str, int]) -> list[tuple[str, str]]:
    """Return the plain words and the formatted count of each name with rows."""
    cap = account_closing.counted_to()
    return [
        (words_of(name), f"more than {cap:,}" if rows == cap + 1 else f"{rows:,}")
        for name, rows in counts.items()
        if rows
    ]
