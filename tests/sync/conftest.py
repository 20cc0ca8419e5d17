import pytest


@pytest.fixture
def admin(client, alice, settings):
    """A client signed in as alice, who is a superuser; her time zone is Berlin."""
    settings.AXES_ENABLED = False  # axes reads a client IP at each sign-in, and force_login has no request
    alice.is_staff = alice.is_superuser = True
    alice.time_zone = "Europe/Berlin"
    alice.save()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client
