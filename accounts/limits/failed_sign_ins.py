"""Limits on failed sign-ins.

Failures are counted, by account and client. A client that has signed in to the account before, and a live session whose
password is asked for again, have a count of their own, which nobody else can raise. Beyond the limit one try in
SLOT_SECONDS is checked. Nothing is ever locked, and a try that was refused counts for nothing.
"""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from accounts.limits.client_ip import client_names, is_told_apart
from accounts.limits.known_client import has_cookie, known_device
from accounts.limits.rate_counts import count_hit, forget_hits, hits
from accounts.limits.throttling import check_client_rate, check_rate, take_back_client_hit
from accounts.models import User, failures_key
from accounts.sessions.tokens import session_named_by

# Beyond the limit, one try in this many seconds is checked.
SLOT_SECONDS: Final = 30
# Failures on one account from all unknown clients, as a multiple of the limit of one client.
ACCOUNT_TIMES: Final = 10


class TooManyFailures(Exception):
    """The try is refused before its password is checked; `seconds` is the time to wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = int(seconds) + 1
        super().__init__(f"There were too many failed attempts. Wait {self.seconds} seconds and try again.")


@dataclass(frozen=True)
class Attempt:
    """A try that is within the limits. The caller says how it ended by one call of `failed` or `succeeded`."""

    account: str
    client: str
    is_known: bool
    request: HttpRequest

    def failed(self) -> None:
        """Count the failure."""
        count_hit(self.client, _window())
        if not self.is_known:
            count_hit(self.account, _window())

    def succeeded(self) -> None:
        """Forget the failures of this client. They were those of one who knows the password."""
        forget_hits(self.client, _window())
        if not self.is_known:
            take_back_client_hit("auth", self.request)


def begin_sign_in(request: HttpRequest, email: str, refresh: str = "") -> Attempt:
    """Begin to sign in to an account; raises TooManyFailures.

    `refresh` is a token of an earlier session of the client, which makes it known even if the session has ended.
    """
    account = failures_key(email)
    known = _known_client(request, email, refresh)
    if known:
        attempt = Attempt(account, f"{account} {known}", True, request)
        _check_client(attempt)
        return attempt
    attempt = Attempt(account, f"{account} {client_names(request)[0][0]}", False, request)
    _check_account(attempt)
    _check_client(attempt)
    try:
        check_client_rate("auth", request)
    except Throttled as error:
        raise TooManyFailures(getattr(error, "wait", 0.0)) from error
    return attempt


def check_sign_in_rate(user: User) -> None:
    """Count a sign-in of a person, of which each leaves rows; raises TooManyFailures beyond AUTH_RATE."""
    try:
        check_rate("auth", f"person {user.pk}")
    except Throttled as error:
        raise TooManyFailures(getattr(error, "wait", 0.0)) from error


def begin_in_session(request: HttpRequest, user: User, session_id: int) -> Attempt:
    """Begin to check the password of the person of a live session; raises TooManyFailures."""
    account = failures_key(user.email)
    attempt = Attempt(account, f"{account} session {session_id}", True, request)
    _check_client(attempt)
    return attempt


def _check_client(attempt: Attempt) -> None:
    if hits([attempt.client], _window())[0] >= settings.LOGIN_FAILURE_LIMIT:
        _take_slot(attempt.client)


def _check_account(attempt: Attempt) -> None:
    """Raise TooManyFailures while the account is tried from everywhere.

    The first try of a client is checked all the same, so a person who types the right password gets in. Clients that
    cannot be told apart have no first try: a forged X-Forwarded-For would make another client of each.
    """
    by_client, by_all = hits([attempt.client, attempt.account], _window())
    if by_all >= settings.LOGIN_FAILURE_LIMIT * ACCOUNT_TIMES and (by_client or not is_told_apart()):
        _take_slot(attempt.account)


def _take_slot(key: str) -> None:
    count, remaining = count_hit(f"{key} slot", SLOT_SECONDS)
    if count > 1:
        raise TooManyFailures(remaining)


def _known_client(request: HttpRequest, email: str, refresh: str) -> str:
    """Return the name of a client that has signed in to the account before, or an empty string."""
    if not refresh and not has_cookie(request):
        return ""
    user_id = User.objects.by_email(email).values_list("pk", flat=True).first()
    if user_id is None:
        return ""
    if device := known_device(request, user_id):
        return f"device {device}"
    session_id = session_named_by(refresh, user_id)
    return f"session {session_id}" if session_id else ""


def _window() -> int:
    minutes: int = settings.LOGIN_FAILURE_MINUTES
    return minutes * 60
