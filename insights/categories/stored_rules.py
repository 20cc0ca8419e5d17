"""Reads and writes a person's rules for categories."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from django.db import transaction

from insights.categories.resolver import PathRule, Resolver
from insights.models import CategoryRule
from sync.person_lock import PersonGone, lock_person

MOST_RULES: Final = 1_000
TOO_MANY: Final = f"A person has at most {MOST_RULES:,} rules for categories. Delete one that you do not need first."


class TooManyRules(Exception):
    """The person has MOST_RULES rules already."""


def rules_of(user_id: int) -> list[CategoryRule]:
    """Return the person's rules by site and path."""
    return list(CategoryRule.objects.filter(user_id=user_id).order_by("site", "path"))


def resolver_of(user_id: int) -> Resolver:
    """Return what tells the categories of a person's visits; one query."""
    rules = rules_of(user_id)
    return Resolver(
        {rule.site: rule.category for rule in rules if not rule.path},
        [PathRule(rule.site, rule.path, rule.category) for rule in rules if rule.path],
    )


def save_rule(user_id: int, site: str, path: str, category: str) -> CategoryRule:
    """Store a rule, in place of one for the same site and path. Raises TooManyRules, and PersonGone."""
    with transaction.atomic():
        if not lock_person(user_id):
            raise PersonGone
        mine = CategoryRule.objects.filter(user_id=user_id)
        kept = mine.filter(site=site, path=path).first()
        if kept is not None:
            CategoryRule.objects.filter(user_id=user_id, pk=kept.pk).update(category=category)
            kept.category = category
            return kept
        if mine.count() >= MOST_RULES:
            raise TooManyRules
        return CategoryRule.objects.create(user_id=user_id, site=site, path=path, category=category)


def add_rules(user_id: int, rules: Iterable[Mapping[str, str]]) -> None:
    """Store rules by site, path and category, up to MOST_RULES, where the person has none yet. Raises PersonGone."""
    with transaction.atomic():
        if not lock_person(user_id):
            raise PersonGone
        known = {(rule.site, rule.path) for rule in rules_of(user_id)}
        new = {(rule["site"], rule["path"]): rule["category"] for rule in rules}
        missing = [CategoryRule(user_id=user_id, site=site, path=path, category=category)
                   for (site, path), category in new.items() if (site, path) not in known]  # fmt: skip
        CategoryRule.objects.bulk_create(missing[: max(MOST_RULES - len(known), 0)])


def delete_rule(user_id: int, number: int) -> bool:
    """Delete a rule; return whether the person had it."""
    with transaction.atomic():
        if not lock_person(user_id):
            return False
        return bool(CategoryRule.objects.filter(user_id=user_id, pk=number).delete()[0])


def forget_sites(user_id: int, is_erased: Callable[[str], bool]) -> None:
    """Delete the rules for sites that are erased; the caller holds the person's lock."""
    erased = [rule.pk for rule in rules_of(user_id) if is_erased(rule.site)]
    CategoryRule.objects.filter(user_id=user_id, pk__in=erased).delete()
