"""The insights app: pages and API calls about a person's own records."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Reads sync.models; writes month tallies, which can be made anew from the visits, and rules for categories."""

    name = "insights"

    def ready(self) -> None:
        """Name the rows that an erasure of a person counts, and register how tallies of erased visits go."""
        from accounts.owned_rows import name_rows
        from insights import month_tallies
        from insights.categories import stored_rules
        from insights.models import CategoryRule, MonthTally
        from sync.erasures import derived_rows

        name_rows(MonthTally, "monthTallies", "month tallies")
        name_rows(CategoryRule, "categoryRules", "rules for categories")
        derived_rows.register(month_tallies.forget_months)
        derived_rows.register_settings(stored_rules.forget_sites)
