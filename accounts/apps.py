"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who a person is, and which browsers are signed in."""

    name = "accounts"
