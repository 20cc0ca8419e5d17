"""URLs under /api/sync/."""

from django.urls import path

from sync.api.erasure_views import ErasuresView, ErasureView
from sync.api.limits_view import LimitsView
from sync.feed.views import BrowsersView, ChangesView, StatusView
from sync.push import views

urlpatterns = [
    path("page-visits", views.PageVisitsView.as_view(), name="push-page-visits"),
    path("tab-aggregates", views.TabAggregatesView.as_view(), name="push-tab-aggregates"),
    path("erasures", ErasuresView.as_view(), name="erasures"),
    path("erasures/<str:erasure_id>", ErasureView.as_view(), name="erasure"),
    path("changes", ChangesView.as_view(), name="changes"),
    path("status", StatusView.as_view(), name="sync-status"),
    path("browsers", BrowsersView.as_view(), name="name-browser"),
    path("limits", LimitsView.as_view(), name="limits"),
]
