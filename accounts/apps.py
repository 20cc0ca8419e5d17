"""The accounts app, and the admin with its front door."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AccountsConfig(AppConfig):
    """Who a person is, and which browsers are signed in."""

    name = "accounts"


class StaffAdminConfig(admin_apps.AdminConfig):
    """The admin, closed to staff who have not taken the second step they need."""

    default = False  # this app's own is the one above
    default_site = "accounts.staff_second_step.StaffSite"
