"""Restores the person's rules for categories from an export."""

from collections.abc import Sequence

import msgspec
from django.db import transaction

from insights.categories import stored_rules
from insights.categories.rule_text import RuleText
from sync.erasures import erasure_service
from sync.person_lock import PersonGone, lock_person


def restore(user_id: int, lines: Sequence[bytes]) -> None:
    """Add rules, as lines of JSON, for which the person has none yet; raises PersonGone.

    A rule that cannot be read, or is for a site that the person erased, is left out.
    """
    with transaction.atomic():
        # An erasure meanwhile would be missed, and the name of its site come back.
        if not lock_person(user_id):
            raise PersonGone
        is_erased = erasure_service.erased_sites(user_id)
        texts = [RuleText(data=msgspec.json.decode(line)) for line in lines]
        rules = [text.validated_data for text in texts if text.is_valid()]
        stored_rules.add_rules(user_id, [rule for rule in rules if not is_erased(rule["site"])])
