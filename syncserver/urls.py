"""Every URL of the server."""

from django.contrib import admin
from django.urls import include, path, re_path

from syncserver import exceptions, views

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("accounts.page_urls")),
    path("", include("insights.urls")),
    path("healthz", views.health, name="health"),
    path("api/auth/", include("accounts.urls")),
    path("api/sync/", include("sync.urls")),
    path("api/insights/", include("insights.api_urls")),
    path("api/schema", views.SchemaView.as_view(), name="schema"),
    path("api/docs", views.DocsView.as_view(url_name="schema"), name="docs"),
    re_path(r"^api/", exceptions.api_not_found),
    path("admin/", admin.site.urls),
]

handler400 = exceptions.bad_request
handler403 = exceptions.permission_denied
handler404 = exceptions.page_not_found
handler500 = exceptions.server_error
