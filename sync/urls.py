"""URLs under /api/sync/."""

from django.urls import path

urlpatterns: list = []
