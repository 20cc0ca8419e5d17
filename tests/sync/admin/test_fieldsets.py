"""Staff see every column of a record on its page."""

import pytest
from django.contrib import admin
from django.db import models

from sync.records.page_visit import PAGE_VISIT
from sync.records.tab_aggregate import TAB_AGGREGATE
from tests.sync.stored_rows import a_visit, an_aggregate
from tests.wire_records import AT_9

ROWS = {PAGE_VISIT: a_visit, TAB_AGGREGATE: an_aggregate}


def another(field, value):
    """Return a value of a column that differs from the one given."""
    match field:
        case models.BooleanField():
            return not value
        case models.JSONField():
            return [{"start": AT_9, "reason": "idle"}] if field.default is list else {"mostVisitedDomain": 60_000}
        case models.FloatField():
            return 0.25
        case models.IntegerField():
            return (value or AT_9) + 60_000
        case _:
            return f"another{value}"


def page_of(row):
    """Return what the page of a record shows, by the name in its fieldsets."""
    page = admin.site.get_model_admin(type(row))
    names = [name for _, section in page.fieldsets for name in section["fields"]]
    return {name: str(getattr(page, name)(row) if hasattr(page, name) else getattr(row, name)) for name in names}


@pytest.mark.parametrize(
    ("kind", "column"),
    [pytest.param(kind, column, id=f"{kind.list_name}: {column}") for kind in ROWS for column in kind.columns],
)
def test_a_column_of_the_content_is_shown_on_the_page_of_its_record(bob, kind, column):
    row = ROWS[kind](bob)
    before = page_of(row)
    setattr(row, column, another(kind.model._meta.get_field(column), getattr(row, column)))
    assert page_of(row) != before
