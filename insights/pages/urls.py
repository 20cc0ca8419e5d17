"""URLs of the pages."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from insights.pages import (
    browsers,
    categories,
    forget,
    history,
    lists,
    overview,
    retention,
    site,
    tabs,
    timeline,
    your_year,
)


class UnitConverter(StringConverter):
    """The unit of a period."""

    regex = "day|week|month|year"


class DomainConverter(StringConverter):
    """A domain, with any character: older rows hold domains as browsers sent them."""

    regex = r"[\s\S]+"


register_converter(UnitConverter, "unit")
register_converter(DomainConverter, "domain")

app_name = "insights"
urlpatterns = [
    path("dashboard", overview.overview, name="overview"),
    path("dashboard/range", overview.any_range, name="range"),
    path("dashboard/timeline", timeline.day_timeline, name="timeline"),
    path("dashboard/timeline/<str:day>", timeline.day_timeline, name="timeline"),
    path("dashboard/sites", lists.sites, name="sites"),
    path("dashboard/pages", lists.pages, name="pages"),
    path("dashboard/sites/<domain:domain>", site.site, name="site"),
    path("dashboard/history", history.history, name="history"),
    path("dashboard/visit", history.visit, name="visit"),
    path("dashboard/tabs", tabs.tabs, name="tabs"),
    path("dashboard/browsers", browsers.browsers, name="browsers"),
    path("dashboard/categories", categories.rules, name="categories"),
    path("dashboard/categories/choose", categories.choose, name="category"),
    path("dashboard/categories/delete", categories.delete, name="delete-category-rule"),
    path("dashboard/forget", forget.forget, name="forget"),
    path("account/retention", retention.retention_page, name="retention"),
    path("dashboard/start", browsers.start, name="start"),
    path("dashboard/start/arrived", browsers.arrived, name="arrived"),
    path("dashboard/your-year", your_year.your_year, name="your-year"),
    path("dashboard/your-year/<int:year>", your_year.your_year, name="your-year"),
    path("dashboard/<unit:unit>", overview.overview, name="unit"),
    path("dashboard/<unit:unit>/<str:day>", overview.overview, name="period"),
]
