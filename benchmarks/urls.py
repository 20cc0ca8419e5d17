"""The server's URLs and the URLs of the reference designs."""

from django.urls import path

from benchmarks import reference
from syncserver.urls import urlpatterns as served

urlpatterns = [
    path("reference/usual/page-visits", reference.UsualVisits.as_view()),
    path("reference/usual/tab-aggregates", reference.UsualAggregates.as_view()),
    path("reference/bulk/page-visits", reference.BulkVisits.as_view()),
    path("reference/one-row", reference.OneRow.as_view()),
    *served,
]
