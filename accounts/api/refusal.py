"""Refusals of a call that say more than their text."""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException


class Refusal(APIException):
    """A call that is refused; `more` joins the error body."""

    def __init__(self, status_code: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail, code)
        self.status_code = status_code
        self.more = more


class BrowserOfExtension(Refusal):
    """403: a personal token would write to the browser of an extension; `advice` says what to do instead."""

    def __init__(self, advice: str) -> None:
        detail = f"A personal token cannot write to the browser of an extension. {advice}"
        super().__init__(status.HTTP_403_FORBIDDEN, "browser_of_extension", detail)
