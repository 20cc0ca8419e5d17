"""The totals of each person in the list of people, read in a few statements for the whole page."""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from django.db import connection, models
from django.db.models import Count, Max

from accounts.models import User
from sync.admin import value_display
from sync.models import Browser, PageVisit, TabAggregate

# Records of a person are counted up to this number: a page shows a hundred people.
COUNTED: Final = 10_000
ATTRIBUTE: Final = "totals_for_staff"


class Totals(NamedTuple):
    """The totals of a person as text."""

    last_push: str = value_display.NOTHING
    browsers: str = value_display.NOTHING
    page_visits: str = value_display.NOTHING
    tab_aggregates: str = value_display.NOTHING


def of(person: User) -> Totals:
    """Return the totals that were attached to a person."""
    totals: Totals = getattr(person, ATTRIBUTE, Totals())
    return totals


def attach(people: Sequence[User], viewed: Collection[type[models.Model]]) -> None:
    """Give each person their totals, of the tables that are viewed."""
    ids = [person.pk for person in people]
    browsers: dict[int, Any] = {}
    if Browser in viewed:
        rows = Browser.objects.filter(user_id__in=ids).order_by().values_list("user_id")
        browsers = {user: (number, last) for user, number, last in rows.annotate(Count("pk"), Max("last_push_at"))}
    visits = _counted(PageVisit, ids) if PageVisit in viewed else {}
    aggregates = _counted(TabAggregate, ids) if TabAggregate in viewed else {}
    for person in people:
        number, last = browsers.get(person.pk, (0, None))
        totals = Totals(
            "never" if last is None else value_display.timestamp(last),
            f"{number:,}",
            _text(visits.get(person.pk, 0)),
            _text(aggregates.get(person.pk, 0)),
        )
        setattr(person, ATTRIBUTE, totals)


def _counted(model: type[models.Model], ids: Sequence[int]) -> dict[int, int]:
    """Return the number of rows of each person, COUNTED + 1 for any greater number.

    A GROUP BY would count all rows of everybody on the page.
    """
    if not ids:
        return {}
    one = (
        "SELECT %s, count(*) FROM "
        f"(SELECT 1 FROM {model._meta.db_table} WHERE user_id = %s LIMIT {COUNTED + 1}) AS counted"
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(ids)), [each for pk in ids for each in (pk, pk)])
        return dict(cursor.fetchall())


def _text(number: int) -> str:
    return f"more than {COUNTED:,}" if number > COUNTED else f"{number:,}"
