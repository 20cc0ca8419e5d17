"""URLs of the pages."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from insights import views


class UnitConverter(StringConverter):
    """A kind of period."""

    regex = "day|week|month|year"


register_converter(UnitConverter, "unit")

app_name = "insights"
urlpatterns = [
    path("dashboard", views.overview, name="overview"),
    path("dashboard/range", views.any_range, name="range"),
    path("dashboard/timeline", views.day_timeline, name="timeline"),
    path("dashboard/timeline/<str:day>", views.day_timeline, name="timeline"),
    path("dashboard/sites/<str:domain>", views.site, name="site"),
    path("dashboard/history", views.history, name="history"),
    path("dashboard/visit", views.visit, name="visit"),
    path("dashboard/tabs", views.tabs, name="tabs"),
    path("dashboard/browsers", views.browsers, name="browsers"),
    path("dashboard/start", views.start, name="start"),
    path("dashboard/start/arrived", views.arrived, name="arrived"),
    path("dashboard/<unit:unit>", views.overview, name="unit"),
    path("dashboard/<unit:unit>/<str:day>", views.overview, name="period"),
]
