"""The app of the wiring: system checks, the sign-in scheme of the API description, shared templates."""

from django.apps import AppConfig


class SyncserverConfig(AppConfig):
    """The wiring of the server."""

    name = "syncserver"

    def ready(self) -> None:
        """Register the checks and the sign-in scheme, which importing does; begin to report errors where asked to."""
        from django.conf import settings

        from syncserver import checks, error_reports, openapi  # noqa: F401  # they need the settings, which exist only now

        if settings.SENTRY_DSN:
            error_reports.start(settings.SENTRY_DSN)
