"""The app of the wiring: system checks, the sign-in scheme of the API description, shared templates."""

from django.apps import AppConfig


class SyncserverConfig(AppConfig):
    """The wiring of the server."""

    name = "syncserver"

    def ready(self) -> None:
        """Register the checks and the sign-in scheme; importing the modules registers them."""
        from syncserver import checks, openapi  # noqa: F401  # both need the settings, which exist only now
