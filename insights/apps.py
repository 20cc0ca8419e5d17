"""The app of what a person sees of their records."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Insights: read-only over sync.models, owning no truth of its own."""

    name = "insights"
