"""Errors: {"code", "detail", …, "errors"?: {field: [text]}} for every error under /api/, pages elsewhere."""

import logging
import sys
from typing import Any

from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import Resolver404
from django.views import csrf, defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from bounded_reading import took_too_long
from strict_json.parsing import InvalidJSON
from syncserver.outages import is_outage

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
NOTHING = "There is nothing here."
MALFORMED = "The request is malformed or too large. Go back, load the page again, and try once more."
UNAVAILABLE = {
    "code": "unavailable",
    "detail": "The database cannot be reached right now. Send the same again in a few seconds.",
}

TOO_MUCH = {
    "code": "unavailable",
    "detail": "There is too much to read within the time of one call. Ask for fewer days, or try again later.",
}


def error_response(status_code: int, code: str, detail: str, **more: Any) -> JsonResponse:
    """Return an error in the API's shape, for code outside a DRF view."""
    body = {"code": code, "detail": detail, **more}
    response = JsonResponse(body, status=status_code, json_dumps_params={"separators": (",", ":")})  # as DRF writes it
    response.error_code = code  # type: ignore[attr-defined]  # for the numbers of the server
    return response


def _texts(detail: Any) -> list[str]:
    """Return the sentences of a DRF error detail, which may be text, a list or a nested dict."""
    if isinstance(detail, dict):
        return [text for value in detail.values() for text in _texts(value)]
    if isinstance(detail, list):
        return [text for value in detail for text in _texts(value)]
    return [str(detail)]


def _body(exc: exceptions.APIException) -> dict[str, Any]:
    more = dict(getattr(exc, "more", {}))
    if isinstance(exc, exceptions.ValidationError):
        if isinstance(exc.detail, dict):
            errors = {field: _texts(value) for field, value in exc.detail.items()}
            named = "; ".join(f"{field}: {' '.join(texts)}" for field, texts in errors.items())
            return {"code": "invalid", "detail": f"Correct these fields. {named}", "errors": errors, **more}
        return {"code": "invalid", "detail": " ".join(_texts(exc.detail)), **more}
    code = exc.detail.code if isinstance(exc.detail, exceptions.ErrorDetail) else exc.default_code
    return {"code": code, "detail": " ".join(_texts(exc.detail)), **more}


def api_exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Return the answer to an exception of an API view; an unexpected exception is logged and answered with 500."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound(NOTHING)
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, InvalidJSON):
        exc = exceptions.ParseError(str(exc), "invalid_json")
    headers: dict[str, str] = {}
    if isinstance(exc, exceptions.APIException):
        if isinstance(exc, exceptions.MethodNotAllowed):
            headers["Allow"] = ", ".join(context["view"].allowed_methods)
        if auth_header := getattr(exc, "auth_header", None):
            headers["WWW-Authenticate"] = auth_header
        if (wait := getattr(exc, "wait", None)) is not None:
            headers["Retry-After"] = str(int(wait))
        body, status_code = _body(exc), exc.status_code
    elif took_too_long(exc):
        body = dict(TOO_MUCH)
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    elif is_outage(exc):
        # The database's message may contain a value of a record, so only its class is logged.
        logger.error("database unavailable: %s", type(exc.__cause__ or exc).__name__)
        body = dict(UNAVAILABLE)
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    else:
        logger.exception("unexpected error in %s", type(context["view"]).__name__)
        body = {"code": "server_error", "detail": "Something went wrong on the server. It was logged; try again later."}
        status_code = status.HTTP_500_INTERNAL_SERVER_ERROR
    set_rollback()
    response = Response(body, status=status_code, headers=headers)
    response.error_code = body["code"]  # type: ignore[attr-defined]  # as above
    return response


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 outside any view, for example to a wrong Host header."""
    if _is_api(request):
        if field := getattr(exception, "field", None):
            text = str(exception)
            return error_response(400, "invalid", f"Correct these fields. {field}: {text}", errors={field: [text]})
        return error_response(400, "bad_request", "The request cannot be served: check the host name and the headers.")
    if isinstance(exception, DisallowedHost):
        return defaults.bad_request(request, exception)
    reason = str(exception) if isinstance(exception, BadRequest) else ""
    return HttpResponse(render_to_string("400.html", {"reason": reason or MALFORMED}), status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 outside an API view."""
    if _is_api(request):
        return error_response(403, "permission_denied", "You may not do this.")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 outside an API view."""
    if _is_api(request) and not isinstance(exception, Resolver404):
        return error_response(404, "not_found", NOTHING)
    if _is_api(request):
        return api_not_found(request)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 outside an API view, or 503 where a middleware met an outage of the database."""
    if is_outage(sys.exc_info()[1]):
        return unavailable(request)
    if _is_api(request):
        return error_response(
            500, "server_error", "Something went wrong on the server. It was logged; try again later."
        )
    return defaults.server_error(request)


def unavailable(request: HttpRequest, *, is_too_much: bool = False, is_tallying: bool = False) -> HttpResponse:
    """Answer 503 to an outage of the database, or to reading that took too long.

    While months are being tallied, a page asks for itself again, without scripts too.
    """
    response: HttpResponse
    if _is_api(request):
        response = JsonResponse(TOO_MUCH if is_too_much else UNAVAILABLE, status=503)
    else:
        context = {"seconds": RETRY_AFTER_SECONDS, "is_too_much": is_too_much, "is_tallying": is_tallying}
        response = HttpResponse(render_to_string("503.html", context), status=503)
        if is_tallying:
            response["Refresh"] = str(RETRY_AFTER_SECONDS)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


@csrf_exempt
def api_not_found(request: HttpRequest) -> HttpResponse:
    """Answer 404 for a path under /api/ without an endpoint; in DEBUG, Django would show a page."""
    return error_response(404, "not_found", "There is no such endpoint. The list is at /api/docs.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that was posted without its CSRF token."""
    if _is_api(request):
        return error_response(403, "permission_denied", "You may not do this.")
    return csrf.csrf_failure(request, reason=reason)
