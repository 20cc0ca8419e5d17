"""The template tag `site_name`. A tag needs no context: the page of a server error is rendered without one."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def site_name() -> str:
    """Return the name of this site that people see."""
    return str(settings.SITE_NAME)
