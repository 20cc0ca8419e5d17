"""The filter `grouped`, which writes a number with a comma after each three digits."""

from django import template

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """Return a number such as `1,234,567`."""
    return f"{number:,}"
