"""Reads and deletes rows of one person by their ids.

On PostgreSQL the ids go as JSON, of which it expects 100, so that it looks each up. For a list of thousands it walked
all of the person's rows instead.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def delete(model: type[models.Model], key: str, user_id: int, ids: Sequence[Any]) -> int:
    """Delete these rows of a person; return how many there were. `key` is the field that names the person."""
    if connection.vendor != "postgresql":
        chosen = model._default_manager.filter(**{key: user_id}, pk__in=ids)
        return chosen._raw_delete(chosen.db)
    meta: Any = model._meta
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {meta.db_table} AS t USING json_array_elements_text(%s) AS k(id) "
            f"WHERE t.{meta.pk.column} = k.id::{meta.pk.db_type(connection)} AND t.{meta.get_field(key).column} = %s",
            [json.dumps(list(ids), default=str), user_id],
        )
        return int(cursor.rowcount)


def read(model: type[models.Model], user_id: int, ids: Sequence[int], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return these columns of these rows of a person, as the database has them; rows that are gone are left out."""
    if connection.vendor != "postgresql":
        return list(model._default_manager.filter(user_id=user_id, pk__in=ids).values_list(*columns))
    meta: Any = model._meta
    shown = ", ".join(f"t.{column}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.* FROM json_array_elements_text(%s) AS k(id) CROSS JOIN LATERAL (SELECT {shown} "
            f"FROM {meta.db_table} AS t WHERE t.{meta.pk.column} = k.id::bigint AND t.user_id = %s LIMIT 1) AS t",
            [json.dumps(list(ids)), user_id],
        )
        return list(cursor.fetchall())
