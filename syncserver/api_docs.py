"""The API description, for programs and as a page."""

from csp import constants as csp
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.throttling import BaseThrottle


class SchemaView(SpectacularAPIView):
    """The API description as OpenAPI 3 in JSON."""

    renderer_classes = [JSONRenderer]
    throttle_classes: list[type[BaseThrottle]] = []


# Swagger UI sets styles on its elements and draws its icons from data: URLs; without this exception it shows neither.
@method_decorator(csp_update({"style-src": csp.UNSAFE_INLINE, "img-src": "data:"}), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """The API description as a page; every file of it comes from this server."""

    throttle_classes: list[type[BaseThrottle]] = []
