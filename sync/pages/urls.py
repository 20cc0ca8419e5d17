"""URLs of the pages on which a person changes what the server keeps of their records."""

from django.urls import path

from sync.pages import browser_names

urlpatterns = [
    path("dashboard/browsers/name", browser_names.name_browser, name="name-browser-page"),
]
