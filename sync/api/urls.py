"""URLs under /api/sync/."""

from django.urls import path

from sync.api.limits_view import LimitsView
from sync.push import views

urlpatterns = [
    path("page-visits", views.PageVisitsView.as_view(), name="push-page-visits"),
    path("tab-aggregates", views.TabAggregatesView.as_view(), name="push-tab-aggregates"),
    path("limits", LimitsView.as_view(), name="limits"),
]
