"""The four results that a pushed record can have, in the order in which replies and logs list them."""

from typing import Final, Literal, get_args

Result = Literal["created", "updated", "unchanged", "rejected"]
RESULTS: Final[tuple[Result, ...]] = get_args(Result)
