"""The one door that refuses text which no database can hold: NUL, and halves of surrogate pairs."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict, UnreadablePostError

from sync.records.fields import storable
from syncserver import errors


class UnstorableText(BadRequest):
    """400: a field of the query or of a form holds such text."""

    def __init__(self, place: str, field: str) -> None:
        super().__init__(f"The {place} holds a NUL character or half of a surrogate pair. Leave it out.")
        self.field = field


class UnstorableTextMiddleware:
    """Answers 404 to such text in the path, and 400 in the query or in a form; cookies with it are dropped.

    PostgreSQL refuses a statement with such text, SQLite stores it. JSON bodies are judged by the API, field by field.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Check the path, the query and the cookies."""
        # The handlers are called here, because Django answers exceptions with a page of its own in DEBUG, also the API.
        if not storable(request.path_info):
            return errors.page_not_found(request, Http404())
        try:
            _check(request.GET, "query")
        except UnstorableText as error:
            return errors.bad_request(request, error)
        for name in [name for name, value in request.COOKIES.items() if not storable(name + value)]:
            del request.COOKIES[name]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Check the form of a page; a view that is exempt from CSRF, as the API's are, reads its body itself."""
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return
        try:
            form = request.POST
        except UnreadablePostError:
            return  # the client has gone; the check of the CSRF token says so
        _check(form, "form")


def _check(fields: QueryDict, place: str) -> None:
    for name, values in fields.lists():
        if not storable(name):
            raise UnstorableText(place, place)
        if not all(storable(str(value)) for value in values):
            raise UnstorableText(place, name)
