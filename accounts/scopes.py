"""The scopes of personal tokens: the groups of API calls that a token can be good for."""

from typing import Final

from django.db.models import TextChoices


class Scope(TextChoices):
    """A group of calls.

    A view names its scope in the class attribute `token_scope`; without one it takes no token. Where a second scope is
    enough too, the view names it in `other_token_scope`.
    """

    READ = "read", "Read"
    WRITE = "write", "Write"
    ERASE = "erase", "Erase"


# The meaning of each scope, for people.
EXPLANATIONS: Final = {
    Scope.READ: "all your records, the changes of them, your numbers and the export",
    Scope.WRITE: "send records, and import files",
    Scope.ERASE: "erase records for good",
}
