"""URLs under /api/insights/."""

from django.urls import path

from insights import api

urlpatterns = [
    path("summary", api.SummaryView.as_view(), name="api-summary"),
    path("days", api.DaysView.as_view(), name="api-days"),
    path("hours", api.HoursView.as_view(), name="api-hours"),
    path("sites", api.SitesView.as_view(), name="api-sites"),
    path("timeline", api.TimelineView.as_view(), name="api-timeline"),
    path("search", api.SearchView.as_view(), name="api-search"),
]
