"""The e-mails the server sends: one-time links that work for an hour, and a notice."""

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.after_response import run_after_response
from accounts.limits.rate_counts import count_hit
from accounts.models import User, email_key
from id_numbers import parse_id

# E-mails of one kind to one e-mail address in an hour. More would let somebody flood a person's mailbox. Each kind is
# counted alone: anybody may ask for links that set a new password, and these must not keep other e-mails away.
EMAILS_AN_HOUR = 5
HOUR = 3600


class ConfirmationLinks(PasswordResetTokenGenerator):
    """Links that confirm an e-mail address. Each field below, when it changes, ends the links sent before."""

    key_salt = "accounts.letters.AddressLinks"  # an older name, kept so that links sent before an upgrade work

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{user.pk} {user.email} {user.pending_email} {user.email_confirmed_at} {user.password} {timestamp}"


confirmation_links = ConfirmationLinks()


def can_be_sent() -> bool:
    """Tell whether this server sends e-mail at all."""
    return settings.EMAIL_BACKEND != "django.core.mail.backends.dummy.EmailBackend"


def server_url(request: HttpRequest) -> str:
    """Return PUBLIC_URL, or the URL that the request reached this server by; ALLOWED_HOSTS has checked its host."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def link_for(user: User, links: PasswordResetTokenGenerator) -> str:
    """Return the value of a link: the person's id and a token."""
    return f"{user.pk}.{links.make_token(user)}"


def person_of_link(link: str, links: PasswordResetTokenGenerator) -> User | None:
    """Return the active person of a link; None when the link is forged, older than an hour, or was used."""
    number, _, token = link.partition(".")
    user_id = parse_id(number)
    user = None if user_id is None else User.objects.filter(pk=user_id, is_active=True).first()
    return user if user is not None and links.check_token(user, token) else None


def send_reset_link(email: str, site: str) -> None:
    """Send a link that sets a new password, if somebody has this e-mail address.

    It runs after the response, so that neither the answer nor its time tells whether somebody has the address.
    """
    if can_be_sent():
        run_after_response(_send_reset_link, email, site)


def _send_reset_link(email: str, site: str) -> None:
    user = User.objects.by_email(email).filter(is_active=True).first()
    if user is not None:
        link = f"{site}{reverse('reset-password')}?link={link_for(user, default_token_generator)}"
        _send("reset", user.email, {"link": link, "user": user})


def send_confirmation_link(user: User, site: str) -> None:
    """Send a link that confirms the wanted address of a person, or else their present one."""
    if can_be_sent():
        run_after_response(_send_confirmation_link, user.pk, site)


def _send_confirmation_link(user_id: int, site: str) -> None:
    user = User.objects.get(pk=user_id)
    address = user.pending_email or user.email
    # Following the link would fail, and an e-mail would tell the other person of the attempt.
    if user.pending_email and User.objects.filter(email=address).exists():
        return
    link = f"{site}{reverse('confirm-email')}?link={link_for(user, confirmation_links)}"
    _send("confirm", address, {"link": link, "user": user, "is_change": bool(user.pending_email)})


def send_change_notice(old: str, new: str, site: str) -> None:
    """Tell the old address that the account has a new one."""
    if can_be_sent():
        run_after_response(_send, "changed", old, {"new": new, "site": site})


def _send(name: str, address: str, context: dict[str, object]) -> None:
    """Send an e-mail from a template, at most EMAILS_AN_HOUR of it to one address. The first line is the subject."""
    count, _ = count_hit(f"{email_key(address)} {name}", HOUR)
    if count > EMAILS_AN_HOUR:
        return
    subject, _, body = render_to_string(f"accounts/emails/{name}.txt", context).partition("\n")
    send_mail(subject.strip(), body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [address])
