"""Every URL of the server."""

from django.contrib import admin
from django.urls import include, path, re_path

from syncserver import errors
from syncserver.api_docs import DocsView, SchemaView
from syncserver.front_page import front_page, operators_page
from syncserver.well_known import favicon, manifest, robots

urlpatterns = [
    path("", front_page, name="home"),
    path("operators", operators_page, name="operators"),
    path("", include("accounts.pages.urls")),
    path("", include("sync.pages.urls")),
    path("", include("insights.pages.urls")),
    path("favicon.ico", favicon),
    path("robots.txt", robots),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("", include("portability.pages.urls")),
    path("api/auth/", include("accounts.api.urls")),
    path("api/sync/", include("sync.api.urls")),
    path("api/insights/", include("insights.api.urls")),
    path("api/", include("portability.api.urls")),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", DocsView.as_view(url_name="schema"), name="docs"),
    re_path(r"^api/", errors.api_not_found),
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
