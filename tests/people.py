"""The cast of the tests: alice, bob, a superuser in the admin, other people, and their sessions."""

from datetime import timedelta

import factory
import pytest
from django.utils import timezone

from accounts.models import PersonalToken, Session, User
from accounts.personal_tokens.token_text import digest_of, new_token_text


class UserFactory(factory.django.DjangoModelFactory):
    """A person without a usable password, which costs no hashing; pass `password=` where one is needed."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = "Somebody"
    password = None

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(*args, **kwargs)


class SessionFactory(factory.django.DjangoModelFactory):
    """A sign-in of an extension."""

    class Meta:
        model = Session

    kind = Session.Kind.TOKENS
    label = "Firefox 153 on Linux"
    created_at = factory.LazyFunction(timezone.now)
    last_used_at = factory.SelfAttribute("created_at")
    last_client_ip = "192.0.2.1"
    expires_at = factory.LazyAttribute(lambda session: session.last_used_at + timedelta(days=90))


class PersonalTokenFactory(factory.django.DjangoModelFactory):
    """A personal token that never expires; `text` is its text, and `scopes` may be any of read, write and erase."""

    class Meta:
        model = PersonalToken
        exclude = ("text",)

    text = factory.LazyFunction(new_token_text)
    name = "Weekly report"
    scopes = "read write erase"
    prefix = factory.LazyAttribute(lambda token: token.text[:8])
    digest = factory.LazyAttribute(lambda token: digest_of(token.text))
    created_at = factory.LazyFunction(timezone.now)


def token_text(user, scopes="read write erase", **more):
    """Return the text of a new personal token of the person."""
    text = new_token_text()
    PersonalTokenFactory(user=user, text=text, scopes=scopes, **more)
    return text


def session_of(user):
    """Return a live session of the person; make one if there is none."""
    return Session.objects.of(user.pk).live().first() or SessionFactory(user=user)


@pytest.fixture
def alice(db):
    return UserFactory(email="alice@example.org", name="Alice")


@pytest.fixture
def bob(db):
    return UserFactory(email="bob@example.org", name="Bob")


def sign_in_to_admin(client, person, settings):
    """Make a person a superuser, and sign the client in as them."""
    settings.AXES_ENABLED = False  # axes reads a client IP at each sign-in, and force_login has no request
    person.is_staff = person.is_superuser = True
    person.save()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def admin(client, alice, settings):
    """A client signed in as alice, who is a superuser; her time zone is Berlin."""
    alice.time_zone = "Europe/Berlin"
    return sign_in_to_admin(client, alice, settings)
