"""Adds error responses, with an example of each, to every call of the API description."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension

from accounts.api import connect_views
from accounts.api.authentication import ScopeMissing
from accounts.scopes import Scope
from sync import limits

ERRORS: dict[str, dict[str, dict[str, Any]]] = {
    "400": {
        "invalid": {"code": "invalid", "detail": "Correct these fields. email: This field is required.",
                    "errors": {"email": ["This field is required."]}},
        "invalid_json": {"code": "invalid_json", "detail": "Not JSON at byte 17 (line 1, column 18): Expecting value."},
    },
    "401": {
        "not_authenticated": {"code": "not_authenticated", "detail": "Authentication credentials were not provided."},
        "token_expired": {"code": "token_expired", "detail": "The access token has expired; refresh it."},
        "token_mistyped": {"code": "token_mistyped",
                           "detail": "This personal token is mistyped or not whole. Copy it again."},
        "token_invalid": {"code": "token_invalid", "detail": "This is not a valid access token."},
        "session_ended": {"code": "session_ended", "reason": "refresh_reuse", "endedAt": 1772430000000,
                          "detail": "This browser was signed out for safety at 2026-03-02 05:40 UTC: an old token of "
                                    "it was used again, which happens when somebody has copied it. Sign in again."},
    },
    "403": {
        "https_required": {"code": "https_required",
                           "detail": "Use HTTPS: this server takes no tokens over plain HTTP."},
    },
    "404": {
        "not_found": {"code": "not_found", "detail": "There is nothing here."},
    },
    "410": {
        "resync_required": {"code": "resync_required",
                            "detail": "The server was restored from a backup. Begin anew without a cursor, replace "
                                      "what you have, and drop what the new pass does not bring."},
    },
    "413": {
        "batch_too_large": {"code": "batch_too_large",
                            "detail": "A batch holds at most 1000 records; this one holds 1200.", "maxRecords": 1000},
        "body_too_large": {"code": "body_too_large",
                           "detail": "A body holds at most 10485760 bytes after inflating; send fewer records at once.",
                           "maxBodyBytes": 10485760},
    },
    "415": {
        "unsupported_media_type": {"code": "unsupported_media_type",
                                   "detail": 'Unsupported media type "text/plain" in request.'},
    },
    "429": {
        "throttled": {"code": "throttled", "detail": "Request was throttled. Expected available in 12 seconds."},
    },
    "503": {
        "unavailable": {"code": "unavailable",
                        "detail": "The database cannot be reached right now. Send the same again in a few seconds."},
    },
}  # fmt: skip
MEANINGS = {
    "400": "The request cannot be read, or a field is wrong.",
    "401": "There is no token, or it is not valid any more.",
    "403": "The call is not allowed.",
    "404": "The id does not exist, or belongs to another person.",
    "410": "The cursor or the grant leads nowhere any more.",
    "413": "The body or the batch is too large; nothing was stored.",
    "415": "The Content-Type is not JSON, or the Content-Encoding is not gzip.",
    "429": "There were too many requests. Wait as long as Retry-After says.",
    "503": "The database is unreachable or locked. Wait as long as Retry-After says, and send the same again.",
}
ONLY_AT: dict[str, dict[str, Any]] = {
    "register": {"registration_closed": {"code": "registration_closed",
                                         "detail": "This server takes no new accounts."}},
    "login": {"invalid_credentials": {"code": "invalid_credentials",
                                      "detail": "The e-mail address or the password is wrong."}},
    "closeAccount": {"cannot_close": {"code": "cannot_close",
                                      "detail": "This is the last superuser. Make another one first: "
                                                "manage.py createsuperuser"}},
    "small body": {"body_too_large": {"code": "body_too_large", "maxBodyBytes": 65536,
                                      "detail": "The body of this call holds at most 65536 bytes."}},
    "gzip": {"invalid_gzip": {"code": "invalid_gzip", "detail": "The gzip stream is cut short."}},
    "makeToken": {"quota_exceeded": {"code": "quota_exceeded", "maxTokens": 50,
                                     "detail": "A person has at most 50 personal tokens. Revoke one of them first."}},
    "insights": {"invalid": {"code": "invalid",
                             "detail": "Correct these fields. to: “To” must be the same day as “From” or later.",
                             "errors": {"to": ["“To” must be the same day as “From” or later."]}}},
    "changes": {"invalid": {"code": "invalid",
                            "detail": "Correct these fields. limit: Ensure this value is less than or equal to 1000.",
                            "errors": {"limit": ["Ensure this value is less than or equal to 1000."]}}},
    "push": {"browser_of_extension": {"code": "browser_of_extension",
                                      "detail": "A personal token cannot write to the browser of an extension. Leave "
                                                "anonymousClientId out, or make up another one."},
             "quota_exceeded": {"code": "quota_exceeded",
                                "detail": "A person has at most 100 browsers; this batch would add another.",
                                "maxBrowsers": 100}},
    "takeConnection": {"denied": {"code": "denied", "detail": connect_views.DENIED}},
    "grant over": {"expired": {"code": "expired", "detail": connect_views.EXPIRED}},
    "createImport": {"unknown_format": {"code": "unknown_format",
                                        "detail": "This file is empty."}},
    "large file": {"body_too_large": {"code": "body_too_large",
                                      "detail": "A file to import has at most 1,073,741,824 bytes."}},
}  # fmt: skip
# The generator leaves out the body of DELETE.
PASSWORD_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["password"],
                "properties": {"password": {"type": "string", "minLength": 1, "maxLength": 1024}},
            },
            "examples": {"the password": {"value": {"password": "correct horse battery staple"}}},
        }
    },
}
RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
ERROR_SCHEMA = {
    "type": "object",
    "required": ["code", "detail"],
    "properties": {
        "code": {"type": "string", "description": "Stable; for programs."},
        "detail": {"type": "string", "description": "One sentence; for people."},
        "errors": {
            "type": "object",
            "description": "Present when fields are at fault.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "maxRecords": {"type": "integer", "description": "Of `batch_too_large`: records in a batch."},
        "maxBodyBytes": {"type": "integer", "description": "Of `body_too_large`: bytes of a body after inflating."},
        "maxBrowsers": {"type": "integer", "description": "Of `quota_exceeded`: browsers of a person."},
        "maxErasures": {"type": "integer", "description": "Of `quota_exceeded`: rules of erasures of a person."},
        "maxTokens": {"type": "integer", "description": "Of `quota_exceeded`: personal tokens of a person."},
        "scope": {
            "type": "string",
            "nullable": True,
            "description": "Of `scope_missing`: the scope that the call needs; null where no personal token is enough.",
        },
        "reason": {"type": "string", "description": "Of `session_ended`: why the server ended the session."},
        "endedAt": {"type": "integer", "description": "Of `session_ended`: when, in milliseconds since the epoch."},
    },
}


# A character that Python's str.strip() leaves, as a regular expression of JavaScript.
NOT_BLANK = r"[^\s\x1c-\x1f\x85]"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library registers subclasses
    """The bearer tokens in the API description: the access token, and a personal token by scope."""

    target_class = "accounts.api.authentication.BearerAuthentication"
    name = ["bearer", *(f"{scope.value}Token" for scope in Scope)]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Return the security schemes of OpenAPI, in the order of `name`."""
        bearer = {"type": "http", "scheme": "bearer"}
        tokens = [
            {**bearer, "bearerFormat": "ssp_…", "description": f"A personal token with the scope `{scope.value}`."}
            for scope in Scope
        ]
        return [{**bearer, "bearerFormat": "JWT", "description": "The access token of a session."}, *tokens]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Return the schemes of which a call takes any one."""
        names = ("token_scope", "other_token_scope")
        scopes: list[Scope] = [scope for name in names if (scope := getattr(auto_schema.view, name, None))]
        return [{"bearer": []}, *({f"{scope.value}Token": []} for scope in scopes)]


class TrimmedText(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # as above
    """Describes a text from which blanks are trimmed and of which something must be left."""

    target_class = "rest_framework.serializers.CharField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Return the schema of the field's values."""
        schema: dict[str, Any] = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        is_trimmed = direction == "request" and self.target.trim_whitespace
        if is_trimmed and schema.get("minLength") and "format" not in schema:
            return {"pattern": NOT_BLANK, **schema}
        return schema


def _scope(operation: dict[str, Any]) -> Scope | None:
    """Return the scope that a refusal of a personal token names; None where a call takes no such token."""
    return next((scope for scope in Scope if {f"{scope.value}Token": []} in operation.get("security", [])), None)


def _statuses(path: str, operation: dict[str, Any]) -> list[str]:
    """Return the error statuses of a call."""
    statuses = ["403", "503"]
    if "requestBody" in operation:
        statuses += ["400", "413", "415", "429"]
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        statuses += ["404"]
    if ("/auth/" in path and operation["operationId"] != "me") or path.startswith(("/api/imports", "/api/export")):
        statuses += ["429"]
    if operation["operationId"] == "nameBrowser":
        statuses += ["404"]
    if operation["operationId"] in {"changes", "takeConnection"}:
        statuses += ["410"]
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        statuses += ["400"]
    if {"bearer": []} in operation.get("security", []):
        statuses += ["401"]
    if _scope(operation):
        statuses += ["429"]
    if operation["operationId"] == "login" or operation["operationId"] == "refresh":
        statuses += ["401"]
    return sorted(set(statuses))


def _examples(operation: dict[str, Any], status: str) -> dict[str, Any]:
    operation_id = operation["operationId"]
    examples: dict[str, Any] = dict(ERRORS[status])
    if status == "403" and {"bearer": []} in operation.get("security", []):
        missing = ScopeMissing(_scope(operation))
        examples |= {"scope_missing": {"code": "scope_missing", "detail": str(missing.detail), **missing.more}}
    if status == "401" and operation_id == "login":
        examples = ONLY_AT["login"]
    elif status == "400" and operation_id.startswith("insights"):
        examples = ONLY_AT["insights"]
    elif status == "400" and operation_id == "changes":
        examples = ONLY_AT["changes"]
    elif status == "410" and operation_id == "takeConnection":
        examples = ONLY_AT["grant over"]
    elif status == "403" and operation_id in {"register", "makeToken", "closeAccount", "takeConnection"}:
        examples |= ONLY_AT[operation_id]
    elif status == "400" and operation_id == "createImport":
        examples |= ONLY_AT["createImport"]
    elif status == "413" and operation_id == "createImport":
        examples = ONLY_AT["large file"]
    elif status == "403" and (operation_id.startswith("push") or operation_id == "runImport"):
        examples |= ONLY_AT["push"]
    elif status == "413" and not operation_id.startswith("push"):
        examples = ONLY_AT["small body"]
    elif status == "400":
        examples |= ONLY_AT["gzip"] if operation_id.startswith("push") else {}
    return {name: {"value": value} for name, value in examples.items()}


def describe_errors(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the error responses of every call and the size of a batch."""
    schemas = result["components"]["schemas"]
    schemas["Error"] = ERROR_SCHEMA
    # The generator leaves out the maximum length of a list of serializers.
    schemas["PageVisitPushRequest"]["properties"]["visits"]["maxItems"] = limits.MAX_RECORDS
    schemas["TabAggregatePushRequest"]["properties"]["aggregates"]["maxItems"] = limits.MAX_RECORDS
    # An erasure takes no unknown names: a misspelt condition would erase more than was meant.
    schemas["EraseRequest"]["additionalProperties"] = schemas["AskedRuleRequest"]["additionalProperties"] = False
    schemas["AskedRuleRequest"]["minProperties"] = 1
    for path in ("/api/auth/me", "/api/auth/tokens/{token_id}"):
        result["paths"][path]["delete"]["requestBody"] = PASSWORD_BODY
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status in _statuses(path, operation):
                response: dict[str, Any] = {
                    "description": MEANINGS[status],
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/Error"},
                            "examples": _examples(operation, status),
                        }
                    },
                }
                if status in ("429", "503"):
                    response["headers"] = RETRY_AFTER
                operation["responses"][status] = response
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result
