"""Settings that the server refuses to run with: numbered system checks, repeated when WSGI starts."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  # as Django names it
from django.core.exceptions import ImproperlyConfigured


def unsafe_settings() -> list[Error]:
    """Return one error for each setting that is unsafe with DEBUG off."""
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
                hint="Set the environment variable ALLOWED_HOSTS to the host names of this server, "
                "separated by commas, for example: sync.example.org",
                id="syncserver.E003",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        errors.append(
            Error(
                "ALLOWED_HOSTS is *, so a forged Host header would stand in links that people follow.",
                hint="Set the environment variable ALLOWED_HOSTS to the host names of this server, "
                "separated by commas, for example: sync.example.org. Probes at /healthz and /readyz need none.",
                id="syncserver.E006",
            )
        )
    if settings.PUBLIC_URL and not re.fullmatch(r"https?://[^/?#@\s]+", settings.PUBLIC_URL):
        errors.append(
            Error(
                "PUBLIC_URL is no server address.",
                hint="Set the environment variable PUBLIC_URL to the scheme and host of this server, "
                "for example: https://sync.example.org",
                id="syncserver.E007",
            )
        )
    if any(len(key) < 32 for key in (settings.JWT_SIGNING_KEY, *settings.JWT_OLD_SIGNING_KEYS)):
        errors.append(
            Error(
                "JWT_SIGNING_KEY or one of JWT_OLD_SIGNING_KEYS is too short, so sign-ins could be forged.",
                hint="Set the environment variable JWT_SIGNING_KEY to 50 or more random characters, for example "
                "the output of: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
                id="syncserver.E005",
            )
        )
    return errors


@register()
def check_rates(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report rates that cannot be parsed; otherwise the first request would fail on them."""
    rates = {
        name: getattr(settings, name) for name in ("PUSH_RATE", "READ_RATE", "TOKEN_RATE", "AUTH_RATE", "RESET_RATE")
    }
    return [
        Error(f"{name} is not a rate.", hint="Write it like 300/min or 5000/day.", id="syncserver.E004")
        for name, rate in rates.items()
        if not re.fullmatch(r"[0-9]+/(s|m|h|d)[a-z]*", rate)
    ]


@register(Tags.security, deploy=True)
def check_proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn where all clients would have the client IP of the proxy and share one rate limit."""
    if settings.TRUST_PROXY_HTTPS and settings.NUM_PROXIES is None:
        return [
            Warning(
                "NUM_PROXIES is not set, so all clients behind the proxy share ten times the AUTH_RATE of one.",
                hint="Set NUM_PROXIES to how many of your proxies append to X-Forwarded-For, usually 1.",
                id="syncserver.W001",
            )
        ]
    return []


@register()
def check_safe_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report unsafe settings as system check errors, on which migrate, runserver and check stop."""
    return list(unsafe_settings())


def require_safe_settings() -> None:
    """Raise ImproperlyConfigured if a rate cannot be parsed, or if a setting is unsafe with DEBUG off."""
    errors = [*unsafe_settings(), *check_rates(None)]
    if errors:
        raise ImproperlyConfigured(" ".join(f"{error.msg} {error.hint}" for error in errors))
