"""The admin of this server, with numbers about it on the first page."""

from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse

from accounts.staff_site import StaffSite


class RecordsStaffSite(StaffSite):
    """The admin, whose first page shows what came in, what was rejected, what is silent, and how large it all is."""

    index_template = "admin/sync/first_page.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the lists, and the numbers that this member of staff may see."""
        from sync.admin import first_page  # noqa: PLC0415  # it registers with this site, so it cannot load before it

        numbers = first_page.numbers(request)
        return super().index(request, {"numbers": numbers, **(extra_context or {})})
