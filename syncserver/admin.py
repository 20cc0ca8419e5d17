"""Joins the two halves of a person's admin: accounts knows the person, sync what they own, neither the other."""

from django.contrib import admin

from accounts.admin import PersonAdmin
from accounts.models import User
from sync.admin.erasable_person import ErasableAdmin


@admin.register(User)
class FullPersonAdmin(ErasableAdmin, PersonAdmin):
    """A person: to find, to change, and to erase with all they own."""
