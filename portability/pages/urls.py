"""URLs of the pages."""

from django.urls import path

from portability.pages import exports, imports

app_name = "portability"
urlpatterns = [
    path("account/import", imports.imports, name="imports"),
    path("account/import/<int:import_id>", imports.one_import, name="import"),
    path("account/import/<int:import_id>/drop", imports.drop_import, name="drop"),
    path("account/import/remove/<int:browser_id>", imports.remove_import, name="remove"),
    path("account/export", exports.export_page, name="export"),
    path("account/export/file", exports.export_file, name="export-file"),
]
