"""URLs of imports and the export, under /api/."""

from django.urls import path

from portability.api import views

urlpatterns = [
    path("imports", views.ImportsView.as_view(), name="api-imports"),
    path("imports/<int:import_id>", views.ImportView.as_view(), name="api-import"),
    path("imports/<int:import_id>/run", views.RunView.as_view(), name="api-import-run"),
    path("export", views.ExportView.as_view(), name="api-export"),
]
