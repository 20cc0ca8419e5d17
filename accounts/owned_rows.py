"""Names of the tables whose rows a person owns: one for the API, one for pages, terminals and the admin.

Each app names its own tables in `AppConfig.ready()`. The erasure of a person counts by the name for the API.
"""

from typing import Final

from django.db import models

# The rows of a table that no app has named are counted together.
UNNAMED: Final = "otherRows"

_names: dict[type[models.Model], str] = {}
_words: dict[str, str] = {UNNAMED: "other rows"}


def name_rows(model: type[models.Model], name: str, words: str) -> None:
    """Name the rows of a table: `name` on the wire, such as pageVisits, and plural `words`, such as page visits."""
    _names[model] = name
    _words[name] = words


def name_of(model: type[models.Model]) -> str:
    """Return the name on the wire of the rows of a table."""
    return _names.get(model, UNNAMED)


def words_of(name: str) -> str:
    """Return the plain words for a name on the wire; an unknown name stands for itself.

    Counts of an erasure that began before an upgrade stand in a cookie session under names of the older version.
    """
    return _words.get(name, name)
