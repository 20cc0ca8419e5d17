"""The bars of a timeline. A day may have thousands, and a template takes three times as long for each."""

from urllib.parse import urlencode

from django import template
from django.template.context import Context
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from insights import folded_text, number_format
from insights.categories import names
from insights.templatetags.filter_links import with_filters
from insights.templatetags.insights import clock_times, shown_title
from insights.timeline_chart import DrawnVisit, Lane

register = template.Library()


@register.simple_tag(takes_context=True)
def lane_bars(context: Context, lane: Lane) -> SafeString:
    """Render the visits of a lane as links, each with its boxes and a title."""
    page = with_filters(context, "insights:visit")
    page += "&" if "?" in page else "?"
    return mark_safe("\n".join(_link(drawn, page, lane.y) for drawn in lane.visits))  # noqa: S308  # escaped below


def _link(drawn: DrawnVisit, page: str, y: int) -> str:
    listed = drawn.listed
    url = page + urlencode({"of": listed.browser_id, "id": listed.visit_id})
    color = names.color_of(listed.visit.category)
    boxes = "".join(
        f'<rect class="{box.kind}" x="{box.x}" y="{y}" width="{box.width}" height="18" />' for box in drawn.boxes
    )
    title = escape(_title(drawn))
    return f'<a class="cat-{color}" href="{escape(url)}" tabindex="-1">{boxes}<title>{title}</title></a>'


def _title(drawn: DrawnVisit) -> str:
    listed, visit = drawn.listed, drawn.listed.visit
    where = folded_text.readable_site(visit.domain)
    if visit.category:
        where += f" · {names.name_of(visit.category)}"
    active = number_format.active_duration(visit.active_ms)
    if visit.duration_ms is not None:
        active += f" of {number_format.duration(visit.duration_ms)}"
    return f"{clock_times(visit)} {shown_title(listed.title, listed.url)}\n{where}\n{active}"
