"""The chart of a period as a picture to share: `?format=svg`. It names no site, no page and no browser."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from insights.charts import Chart
from insights.filter_query import chosen_of
from insights.filters import hours_in_words, weekdays_in_words
from insights.numbers import Totals

FORMAT = "svg"


def chart_picture(request: HttpRequest, name: str, file_name: str, chart: Chart, totals: Totals) -> HttpResponse | None:
    """Return the picture of a chart as a file; None where the page itself was asked for."""
    if request.GET.get("format") != FORMAT:
        return None
    context = {"name": name, "chart": chart, "totals": totals, "of": _of(request)}
    answer = HttpResponse(render_to_string("insights/picture.svg", context), content_type="image/svg+xml")
    answer["Content-Disposition"] = f'attachment; filename="{file_name}.svg"'
    return answer


def _of(request: HttpRequest) -> str:
    """Return what the filter leaves, without the names that tell where a person was."""
    chosen = chosen_of(request).filter
    words = [weekdays_in_words(chosen.weekdays), hours_in_words(chosen.hours)]
    if chosen.without("weekdays").without("hours").parameters():
        words.append("some of the visits")
    return ", ".join(word for word in words if word)
