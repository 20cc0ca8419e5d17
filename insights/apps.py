"""The app of what a person sees of their records."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Insights: read-only over sync.models, owning no truth of its own."""

    name = "insights"

    def ready(self) -> None:
        """Name the rows that an erasure of a person counts."""
        from accounts.owned_rows import name_rows
        from insights.models import MonthTally

        name_rows(MonthTally, "monthTallies", "month tallies")
