"""The pages that belong to no app: the front page, the health probe, the API's description."""

from csp import constants as csp
from csp.decorators import csp_update
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.throttling import BaseThrottle


def home(request: HttpRequest) -> HttpResponse:
    """Show one screen of text that says where everything is."""
    return render(request, "home.html", {"registration_open": settings.REGISTRATION_OPEN})


@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 "ok" when the database answers, else 503; for a platform's probe."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database unavailable\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


class SchemaView(SpectacularAPIView):
    """The API's description, OpenAPI 3 in JSON."""

    renderer_classes = [JSONRenderer]
    throttle_classes: list[type[BaseThrottle]] = []


# Swagger UI styles its elements in place and draws its icons from data.
@method_decorator(csp_update({"style-src": csp.UNSAFE_INLINE, "img-src": "data:"}), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """The API's description as a page to read and try, from this host alone."""

    throttle_classes: list[type[BaseThrottle]] = []
