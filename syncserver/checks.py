"""What must be set before the server may run outside DEBUG: numbered system checks, and the same at WSGI start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured


def unsafe_settings() -> list[Error]:
    """Return one error for each setting that is unsafe with DEBUG off; empty when all is well."""
    if settings.DEBUG:
        return []
    errors = []
    key = settings.SECRET_KEY
    if not settings.SECRET_KEY_IS_SET:
        errors.append(
            Error(
                "SECRET_KEY is not set.",
                hint="Set the environment variable SECRET_KEY to 50 or more random characters, for example "
                "the output of: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
                id="syncserver.E001",
            )
        )
    elif key == settings.DEVELOPMENT_SECRET_KEY or key.startswith("django-insecure") or len(key) < 32:
        errors.append(
            Error(
                "SECRET_KEY is a default or too short, so sign-ins could be forged.",
                hint="Set the environment variable SECRET_KEY to 50 or more random characters, for example "
                "the output of: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
                id="syncserver.E002",
            )
        )
    if not settings.ALLOWED_HOSTS:
        errors.append(
            Error(
                "ALLOWED_HOSTS is not set.",
                hint="Set the environment variable ALLOWED_HOSTS to the names this server answers to, "
                "separated by commas, for example: sync.example.org",
                id="syncserver.E003",
            )
        )
    return errors


@register()
def check_safe_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report unsafe settings as system check errors, so that migrate, runserver and check stop on them."""
    return list(unsafe_settings())


def require_safe_settings() -> None:
    """Raise ImproperlyConfigured with what to set, if a setting is unsafe with DEBUG off."""
    errors = unsafe_settings()
    if errors:
        raise ImproperlyConfigured(" ".join(f"{error.msg} {error.hint}" for error in errors))
