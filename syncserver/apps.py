"""Registers the project's own system checks."""

from django.apps import AppConfig


class SyncserverConfig(AppConfig):
    """The wiring: settings checks and the shared templates."""

    name = "syncserver"

    def ready(self) -> None:
        """Register the checks and the API description's sign-in scheme: importing does it, once the settings exist."""
