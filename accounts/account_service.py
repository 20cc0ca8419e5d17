"""Changes of a person to their own account, for API and pages."""

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit, emails
from accounts.limits.failed_sign_ins import begin_in_session
from accounts.models import ASKED_AGAIN, User
from accounts.time_zones import known_time_zones

DEAD_LINK = (
    "This link does not work: it is older than an hour, was used already, or is incomplete. Ask for another one."
)
TAKEN = "There is an account with this e-mail address already. Sign in instead."


class SignUpRefused(Exception):
    """No account was made; `errors` holds sentences by field, `email` or `password`."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__()
        self.errors = errors


class WrongPassword(Exception):
    """The password is wrong."""


def password_problems(password: str, *, email: str = "", name: str = "") -> list[str]:
    """Return the reasons why a password is too weak for a new account of this e-mail address and name."""
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        return list(error.messages)
    return []


def sign_up(request: HttpRequest, email: str, password: str, *, name: str = "", time_zone: str = "") -> User:
    """Make an account and send a link that confirms its address; raises SignUpRefused.

    `email` is valid and normalised. A `time_zone` that this server does not know becomes DEFAULT_TIME_ZONE.
    The caller begins the session, by tokens or by a cookie.
    """
    errors: dict[str, list[str]] = {}
    if User.objects.by_email(email).exists():
        errors["email"] = [TAKEN]
    if problems := password_problems(password, email=email, name=name):
        errors["password"] = problems
    if errors:
        raise SignUpRefused(errors)
    zone = time_zone if time_zone in known_time_zones() else settings.DEFAULT_TIME_ZONE
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, time_zone=zone)
            audit.add_own_event(audit.Kind.REGISTERED, request, user)
    except IntegrityError as error:  # somebody signed up with the same address at the same moment
        raise SignUpRefused({"email": [TAKEN]}) from error
    emails.send_confirmation_link(user, emails.server_url(request))
    return user


def check_own_password(user: User, password: str, request: HttpRequest, session_id: int) -> None:
    """Raise WrongPassword for a wrong password, TooManyFailures after too many of this session."""
    attempt = begin_in_session(request, user, session_id)
    if not user.check_password(password):
        attempt.failed()
        audit.add_own_event(audit.Kind.SIGN_IN_FAILED, request, user, detail=ASKED_AGAIN)
        raise WrongPassword
    attempt.succeeded()


def request_email_change(user: User, email: str, request: HttpRequest) -> None:
    """Send a link to a valid, normalised address, which becomes the person's when it is followed."""
    user.pending_email = "" if email == user.email else email
    user.save(update_fields=["pending_email"])
    emails.send_confirmation_link(user, emails.server_url(request))


def confirm_email(link: str, request: HttpRequest) -> User | None:
    """Confirm the e-mail address of a link and change to it.

    Return the person, or None when the link is not good or somebody else has the address.
    """
    user = emails.person_of_link(link, emails.confirmation_links)
    if user is None:
        return None
    old = user.email
    user.email = user.pending_email or old
    user.pending_email, user.email_confirmed_at = "", timezone.now()
    kind = audit.Kind.EMAIL_CHANGED if user.email != old else audit.Kind.EMAIL_CONFIRMED
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "pending_email", "email_confirmed_at"])
            audit.add_own_event(kind, request, user)
    except IntegrityError:
        return None
    if user.email != old:
        emails.send_change_notice(old, user.email, emails.server_url(request))
    return user


def person_of_reset_link(link: str) -> User | None:
    """Return the person of a link that sets a new password; None when it is not good."""
    return emails.person_of_link(link, default_token_generator)
