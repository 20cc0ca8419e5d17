"""The pages that list, make and revoke personal tokens."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts.models import PersonalToken
from accounts.pages import forms
from accounts.pages.own_password_page import OwnPasswordPage
from accounts.pages.signed_in import person
from accounts.personal_tokens import token_service
from accounts.scopes import Scope

# The key under which the cookie session keeps the id of the form that made the last token.
LAST_FORM = "token_form"


class TokensPage(OwnPasswordPage):
    """Lists the tokens, makes one, and shows its text in the answer to the form."""

    template_name = "accounts/tokens.html"
    form_class = forms.TokenForm
    success_url = reverse_lazy("own-tokens")

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Forbid every cache to keep the text of a token."""
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the tokens."""
        tokens = token_service.tokens_of(person(self.request))
        most = token_service.MAX_TOKENS
        return super().get_context_data(**kwargs, tokens=tokens, most=most, has_room=len(tokens) < most)

    def form_valid(self, form: forms.TokenForm) -> HttpResponse:
        """Make the token and show it. It is stored nowhere, so a redirect could not show it."""
        sent = form.cleaned_data
        if sent["form_id"] and sent["form_id"] == self.request.session.get(LAST_FORM):
            messages.error(self.request, "This token was made already, and a token is shown only once.")
            return redirect(self.get_success_url())
        scopes = [Scope(scope) for scope in sent["scopes"]]
        try:
            token, text = token_service.make(
                person(self.request), sent["name"], scopes, sent["expires_in"], self.request
            )
        except token_service.TooManyTokens as error:
            form.refuse({"name": [str(error)]})
            return self.form_invalid(form)
        # A browser that reloads this page sends the form once more.
        self.request.session[LAST_FORM] = sent["form_id"]
        return render(self.request, "accounts/token_made.html", {"token": token, "text": text})


class RevokeTokenPage(OwnPasswordPage):
    """Asks for the password and revokes a token."""

    template_name = "accounts/revoke_token.html"
    form_class = forms.OwnPasswordForm
    success_url = reverse_lazy("own-tokens")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the token."""
        return super().get_context_data(**kwargs, token=self._own())

    def form_valid(self, form: forms.OwnPasswordForm) -> HttpResponse:
        """Revoke it."""
        token = self._own()
        token_service.revoke(token, self.request, person(self.request).pk)
        messages.success(self.request, f"“{token.name}” is revoked. No program can use it any more.")
        return super().form_valid(form)

    def _own(self) -> PersonalToken:
        token = token_service.own_token(person(self.request), self.kwargs["token_id"])
        if token is None:
            raise Http404
        return token
