"""The API description, for programs and as a page."""

import threading
from typing import Any

from csp import constants as csp
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.throttling import BaseThrottle

# One at a time: what makes it keeps its state in the module.
_making = threading.Lock()
_made: list[Any] = []


class OnceGenerator(SchemaGenerator):
    """Makes the description once for a process: it takes some tenths of a second, and anybody may ask for it."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """Return the description, which is the same for everybody."""
        with _making:
            if not _made:
                _made.append(super().get_schema(request, public))  # type: ignore[no-untyped-call]  # of the package
        return _made[0]


class SchemaView(SpectacularAPIView):
    """The API description as OpenAPI 3 in JSON."""

    generator_class = OnceGenerator
    renderer_classes = [JSONRenderer]
    throttle_classes: list[type[BaseThrottle]] = []


# Swagger UI sets styles on its elements and draws its icons from data: URLs; without this exception it shows neither.
@method_decorator(csp_update({"style-src": csp.UNSAFE_INLINE, "img-src": "data:"}), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """The API description as a page; every file of it comes from this server."""

    throttle_classes: list[type[BaseThrottle]] = []
