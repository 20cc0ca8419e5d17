"""Registers the project's own system checks."""

from django.apps import AppConfig


class SyncserverConfig(AppConfig):
    """The wiring: settings checks and the shared templates."""

    name = "syncserver"

    def ready(self) -> None:
        """Register the checks."""
        from syncserver import checks  # noqa: F401, PLC0415  # importing registers them, once the settings exist
