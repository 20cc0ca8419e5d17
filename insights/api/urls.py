"""URLs under /api/insights/."""

from django.urls import path

from insights.api import category_views, views

urlpatterns = [
    path("summary", views.SummaryView.as_view(), name="api-summary"),
    path("days", views.DaysView.as_view(), name="api-days"),
    path("hours", views.HoursView.as_view(), name="api-hours"),
    path("sites", views.SitesView.as_view(), name="api-sites"),
    path("timeline", views.TimelineView.as_view(), name="api-timeline"),
    path("search", views.SearchView.as_view(), name="api-search"),
    path("search/pages", views.FoundPagesView.as_view(), name="api-search-pages"),
    path("category-rules", category_views.CategoryRulesView.as_view(), name="api-category-rules"),
    path("category-rules/<str:rule_id>", category_views.CategoryRuleView.as_view(), name="api-category-rule"),
]
