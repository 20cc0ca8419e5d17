"""The e-mails the server sends: one-time links that work for an hour, and a notice."""

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.after_response import later
from accounts.limits.throttling import count_hit
from accounts.models import User, letter_key, normalize_email
from id_numbers import parse_id

# Letters to one address in an hour; more would be somebody else's doing.
LETTERS_AN_HOUR = 5
HOUR = 3600


class AddressLinks(PasswordResetTokenGenerator):
    """Links that confirm an address; whatever they change makes them worthless."""

    key_salt = "accounts.letters.AddressLinks"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{user.pk} {user.email} {user.pending_email} {user.email_confirmed_at} {user.password} {timestamp}"


address_links = AddressLinks()


def can_be_sent() -> bool:
    """Tell whether this server sends e-mail at all."""
    return settings.EMAIL_BACKEND != "django.core.mail.backends.dummy.EmailBackend"


def site_of(request: HttpRequest) -> str:
    """Return the address that this server was reached at, which ALLOWED_HOSTS has checked."""
    return f"{request.scheme}://{request.get_host()}"


def link_for(user: User, links: PasswordResetTokenGenerator) -> str:
    """Return what a link carries: whose it is, and the proof."""
    return f"{user.pk}.{links.make_token(user)}"


def reader_of(link: str, links: PasswordResetTokenGenerator) -> User | None:
    """Return the active person whose link this is; None when it is forged, older than an hour, or was used."""
    number, _, token = link.partition(".")
    user_id = parse_id(number)
    user = None if user_id is None else User.objects.filter(pk=user_id, is_active=True).first()
    return user if user is not None and links.check_token(user, token) else None


def offer_reset(email: str, site: str) -> None:
    """Send a link to set a new password, if somebody has this address; the caller is told nothing, nor kept waiting."""
    if can_be_sent():
        later(_offer_reset, email, site)


def _offer_reset(email: str, site: str) -> None:
    user = User.objects.filter(email=normalize_email(email), is_active=True).first()
    if user is not None:
        link = f"{site}{reverse('reset-password')}?link={link_for(user, default_token_generator)}"
        _send("reset", user.email, {"link": link, "user": user})


def ask_confirmation(user: User, site: str) -> None:
    """Send a link that confirms the address a person has, or the one they want."""
    if can_be_sent():
        later(_ask_confirmation, user.pk, site)


def _ask_confirmation(user_id: int, site: str) -> None:
    user = User.objects.get(pk=user_id)
    address = user.pending_email or user.email
    # Nobody learns here that somebody else has the address; the change itself would fail.
    if user.pending_email and User.objects.filter(email=address).exists():
        return
    link = f"{site}{reverse('confirm-email')}?link={link_for(user, address_links)}"
    _send("confirm", address, {"link": link, "user": user, "is_change": bool(user.pending_email)})


def tell_of_change(old: str, new: str, site: str) -> None:
    """Tell the old address that the account has a new one."""
    if can_be_sent():
        later(_send, "changed", old, {"new": new, "site": site})


def _send(name: str, address: str, context: dict[str, object]) -> None:
    """Send a letter whose first line is its subject, unless this address has had enough of them."""
    count, _ = count_hit(letter_key(address), HOUR)
    if count > LETTERS_AN_HOUR:
        return
    subject, _, body = render_to_string(f"accounts/letters/{name}.txt", context).partition("\n")
    send_mail(subject.strip(), body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [address])
