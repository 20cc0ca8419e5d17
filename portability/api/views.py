"""The calls for imports and for the export."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.refusal import BrowserOfExtension, Refusal
from accounts.limits.long_requests import long_request
from accounts.models import PersonalToken, User
from accounts.scopes import Scope
from portability.api.serializers import ImportSerializer, RunSerializer, UploadSerializer, import_fields
from portability.exports.download import download
from portability.importers.found import REASONS, UnknownFormat
from portability.models import Import
from portability.staging import discard, stage, staged_import
from portability.storing import FATES, PatternsAreFixed, choose, run
from portability.upload import is_too_large, kept, too_large
from sync import limits
from sync.browsers import has_extension_among
from sync.person_lock import PersonGone

EXAMPLE = {
    "id": "7",
    "family": "chromium",
    "label": "",
    "span": {"from": 1762160400000, "to": 1762246800000},
    "rows": 2500,
    "counts": {**dict.fromkeys(("kept", *REASONS), 0), "kept": 2000, "reload": 500},
    "notes": [],
    "stored": None,
    "done": False,
}
DONE = {**EXAMPLE, "stored": {**dict.fromkeys(FATES, 0), "created": 2000}, "done": True}


class FormParser(MultiPartParser):
    """Reads an upload; files go to disk while they arrive."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return fields and files; raises ParseError, or Refusal where there is too much."""
        if is_too_large(stream.META.get("CONTENT_LENGTH", "")):
            raise Refusal(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "body_too_large", too_large())
        try:
            return super().parse(stream, media_type, parser_context)
        except SuspiciousOperation:
            raise ParseError("The form holds too many fields, or a field that is too long.") from None


def _import_of(request: Request, import_id: int) -> Import:
    found = staged_import(_person(request).pk, import_id) if import_id <= limits.MAX_INTEGER else None
    if found is None:
        raise Http404
    return found


def _person(request: Request) -> User:
    person: Any = request.user  # never anonymous: IsAuthenticated has run
    return person  # type: ignore[no-any-return]  # as above


class ImportsView(APIView):
    """Takes a file to import."""

    throttle_scope = "push"
    token_scope = Scope.WRITE
    parser_classes = [FormParser]

    @extend_schema(
        operation_id="createImport",
        request={"multipart/form-data": UploadSerializer},
        responses={201: ImportSerializer},
        examples=[OpenApiExample("a History", EXAMPLE, response_only=True, status_codes=["201"])],
    )
    def post(self, request: Request) -> Response:
        """Read a file and tell what was found in it; no visit is stored yet.

        The file is recognised by its content. Call `run` to store the visits.
        """
        sent = UploadSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        asked = sent.validated_data
        try:
            with long_request(_person(request).pk), kept(asked["file"], asked.get("wal")) as path:
                found = stage(_person(request).pk, path, asked["label"])
                if isinstance(request.auth, PersonalToken) and has_extension_among(found.user_id, found.named):
                    discard(found)
                    raise BrowserOfExtension(
                        "This export holds records of a browser that this account has already, and only its extension "
                        "or you may change those. Import the file at /account/import, or into an account that does not "
                        "have the browser."
                    )
        except UnknownFormat as error:
            raise Refusal(status.HTTP_400_BAD_REQUEST, "unknown_format", str(error)) from error
        return Response(import_fields(found), status=status.HTTP_201_CREATED)


class ImportView(APIView):
    """One import."""

    throttle_scope = "push"
    token_scope = Scope.WRITE

    @extend_schema(
        operation_id="getImport",
        responses={200: ImportSerializer},
        examples=[OpenApiExample("a History", DONE, response_only=True)],
    )
    def get(self, request: Request, import_id: int) -> Response:
        """Return an import and how much of it is stored."""
        return Response(import_fields(_import_of(request, import_id)))

    @extend_schema(operation_id="dropImport", responses={204: None})
    def delete(self, request: Request, import_id: int) -> Response:
        """Forget an import and what is not stored of it; visits that are stored stay."""
        discard(_import_of(request, import_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RunView(APIView):
    """Stores the visits of an import."""

    throttle_scope = "push"
    token_scope = Scope.WRITE

    @extend_schema(
        operation_id="runImport",
        request=RunSerializer,
        responses={200: ImportSerializer},
        examples=[
            OpenApiExample("a pattern", {"leaveOut": ["bank.example"]}, request_only=True),
            OpenApiExample("done", DONE, response_only=True),
        ],
    )
    def post(self, request: Request, import_id: int) -> Response:
        """Store visits for at most 10 s and tell how many so far; call it again until `done`."""
        found = _import_of(request, import_id)
        sent = RunSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            if "leaveOut" in sent.validated_data:
                choose(found, sent.validated_data["leaveOut"])
            with long_request(found.user_id):
                run(found)
        except PatternsAreFixed as error:
            raise ValidationError({"leaveOut": ["Send the patterns with the first run only."]}) from error
        except PersonGone as error:
            raise Http404 from error
        return Response(import_fields(found))


class ExportView(APIView):
    """The export."""

    throttle_scope = "account"
    token_scope = Scope.READ

    @extend_schema(operation_id="exportAll", responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponseBase:
        """Return all that the person has, of one moment, as a ZIP; its README names every file and column."""
        return download(_person(request))
