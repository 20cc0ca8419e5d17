"""Shows people the pages of production in development too; Django's own would be a yellow list of URLs."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotFound

from syncserver.errors import page_not_found


class DevelopmentErrorsMiddleware:
    """Replaces Django's technical 404 by ours. A 500 keeps its traceback, which its developer needs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        response = self.get_response(request)
        # Pages of ours that are a 404 by themselves are of another class.
        return page_not_found(request, Http404()) if isinstance(response, HttpResponseNotFound) else response
