"""Registers the project's own system checks and the sign-in scheme of the API's description."""

from django.apps import AppConfig


class SyncserverConfig(AppConfig):
    """The wiring: settings checks and the shared templates."""

    name = "syncserver"

    def ready(self) -> None:
        """Register the checks and the sign-in scheme; importing the modules registers them."""
        from syncserver import checks, openapi  # noqa: F401, PLC0415  # both need the settings, which exist only now
