"""The filter that a URL asks for, as pages and API calls read it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest
from rest_framework import serializers

from id_numbers import ID_PATTERN
from insights.asked_page import asked_page
from insights.filters import NAMES, NO_CATEGORY, Filter, category_from_parameter
from sync.browsers import browsers_of
from sync.limits import MAX_CATEGORY, MAX_DOMAIN
from sync.models import Browser
from sync.records.page_url import site_of_text

CATEGORY_HELP = (
    f"A category, as in answers; {NO_CATEGORY} for visits without one, and ={NO_CATEGORY} for a category of that name."
)


class NumbersField(serializers.CharField):
    """Whole numbers from `lowest` to `highest`, separated by commas, as an ordered tuple without repetitions."""

    def __init__(self, lowest: int, highest: int, **options: Any) -> None:
        super().__init__(**options)
        self.lowest, self.highest = lowest, highest

    def to_internal_value(self, data: Any) -> Any:
        """Return the numbers; raises ValidationError."""
        parts = [part.strip() for part in super().to_internal_value(data).split(",")]
        numbers = {int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) <= 2}
        if len(numbers) < len(set(parts)) or not all(self.lowest <= number <= self.highest for number in numbers):
            raise serializers.ValidationError(
                f"Enter whole numbers from {self.lowest} to {self.highest}, separated by commas."
            )
        return tuple(sorted(numbers))


class FilterQuery(serializers.Serializer[Any]):
    """Which visits to take; every condition that is given must hold."""

    browser = serializers.RegexField(
        ID_PATTERN,
        required=False,
        error_messages={"invalid": "Enter the number of a browser."},
        help_text="A browser's id, from a result.",
    )
    imports = serializers.ChoiceField(
        choices=["without", "only"], required=False, help_text="Without imported visits, or only these."
    )
    # Extensions may send a category with blanks at its ends.
    category = serializers.CharField(
        required=False, max_length=MAX_CATEGORY, trim_whitespace=False, help_text=CATEGORY_HELP
    )
    site = serializers.CharField(required=False, max_length=MAX_DOMAIN, help_text="A domain.")
    weekdays = NumbersField(
        1, 7, required=False, max_length=40, help_text="Weekdays by your clock, such as 1,2: 1 is Monday."
    )
    hours = NumbersField(
        0, 23, required=False, max_length=90, help_text="Hours by your clock, such as 9,10 for 09:00 to 11:00."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Add `filter`."""
        given = {name: attrs[name] for name in NAMES if name in attrs}
        if "browser" in given:
            given["browser"] = int(given["browser"])
        if "category" in given:
            given["category"] = category_from_parameter(given["category"])
        if "site" in given:
            given["site"] = site_of_text(given["site"])
        return {**attrs, "filter": Filter(**given)}


def filter_from(given: dict[str, str]) -> tuple[Filter, dict[str, list[str]]]:
    """Return the filter of the parameters of a URL, and the errors of wrong ones, which are left out."""
    asked = {name: given[name].replace("\0", "") for name in NAMES if given.get(name)}
    if asked.get("browser") == "recorded":  # the form of this filter in links of earlier versions
        asked["imports"] = "without"
        del asked["browser"]
    query = FilterQuery(data=asked)
    errors = {} if query.is_valid() else {name: [str(text) for text in texts] for name, texts in query.errors.items()}
    if errors:
        query = FilterQuery(data={name: value for name, value in asked.items() if name not in errors})
        query.is_valid(raise_exception=True)
    return query.validated_data["filter"], errors


@dataclass(frozen=True, slots=True)
class Chosen:
    """The filter that the URL of a page chose, and the errors of the parameters that were left out."""

    filter: Filter = field(default_factory=Filter)
    errors: dict[str, list[str]] = field(default_factory=dict)


def chosen_of(request: HttpRequest) -> Chosen:
    """Return what the URL of a page chose; it is read once for each request."""
    known: Chosen | None = getattr(request, "chosen", None)
    if known is not None:
        return known
    match, parameters = asked_page(request)
    if match and match.view_name == "insights:visit" and "of" not in parameters:
        parameters.pop("browser", None)  # links of earlier versions name the visit's browser so
    chosen = Chosen(*filter_from(parameters))
    request.chosen = chosen  # type: ignore[attr-defined]  # kept for the links of the page
    return chosen


def with_query(url: str, parameters: dict[str, str]) -> str:
    """Return a URL with other values of these parameters; an empty value takes a parameter out."""
    path, _, query = url.partition("?")
    values = {**dict(parse_qsl(query)), **parameters}
    text = urlencode({name: value for name, value in values.items() if value})
    return f"{path}?{text}" if text else path


# Parameters that tell a place within a list or a kind of file; they are of no use once the list is another one.
PLACES = ("page", "after", "part", "format")


def narrowed_url(request: HttpRequest, changes: dict[str, str]) -> str:
    """Return the URL of the same page with another filter, from the beginning of its lists."""
    chosen = chosen_of(request).filter.parameters()
    return with_query(request.path, {**other_parameters(request), **chosen, **changes})


def other_parameters(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of a page that are neither a filter nor a place within a list."""
    left_out = (*NAMES, *PLACES)
    return {name: str(value) for name, value in request.GET.items() if name not in left_out and value}


def browsers_of_page(request: HttpRequest) -> list[Browser]:
    """Return the person's browsers; they are read once for each request."""
    person: Any = request.user  # never anonymous: the page asked for a sign-in
    known: list[Browser] | None = getattr(request, "browsers", None)
    if known is None:
        known = browsers_of(person.pk)
        request.browsers = known  # type: ignore[attr-defined]  # kept for the chips of the page
    return known
