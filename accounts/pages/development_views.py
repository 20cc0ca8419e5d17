"""The link that opens signed in: in development only, once."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.pages.sign_in_views import BACKEND


class LinkTokenGenerator(PasswordResetTokenGenerator):
    """Makes tokens that end with the next sign-in of the person, because they contain the time of the last one."""

    key_salt = "accounts.development_link"


TOKENS = LinkTokenGenerator()
DEAD_LINK = "This link is used up or older than an hour. Stop the server and start it again for a new one, or sign in."


def sign_in_link(user: User, server: str) -> str:
    """Return a URL that signs the person in once, within an hour, while DEBUG is true."""
    return server + reverse("development-sign-in", args=[user.pk, TOKENS.make_token(user)])


@require_GET
@never_cache
def development_sign_in(request: HttpRequest, user_id: int, token: str) -> HttpResponse:
    """Sign a person in by the link of `manage.py develop` or `demo`; 404 unless DEBUG is true."""
    if not settings.DEBUG:
        raise Http404
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not TOKENS.check_token(user, token):
        # The sign-in page leads a person who is signed in to their days.
        if not request.user.is_authenticated:
            messages.error(request, DEAD_LINK)
        return redirect("sign-in")
    login(request, user, BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)
