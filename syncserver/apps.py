"""The app of the wiring: system checks and shared templates."""

from django.apps import AppConfig


class SyncserverConfig(AppConfig):
    """The wiring of the server."""

    name = "syncserver"

    def ready(self) -> None:
        """Register the system checks and the sign-in scheme of the API description, by importing them."""
