"""The sync app."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """The copy of what browsers recorded."""

    name = "sync"
