"""The insights app: pages and API calls about a person's own records."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Reads sync.models and writes nothing but month tallies, which can be made anew from the visits."""

    name = "insights"
