import pytest

from tests.factories import UserFactory


@pytest.fixture
def alice(db):
    return UserFactory(email="alice@example.org", name="Alice")


@pytest.fixture
def bob(db):
    return UserFactory(email="bob@example.org", name="Bob")


@pytest.fixture
def cheap_hashing(settings):
    """For tests that sign in often and are not about how passwords are hashed."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
