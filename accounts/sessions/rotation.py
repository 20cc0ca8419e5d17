"""The rule by which a presented refresh token is good or stolen, without clock or database.

The tokens of a session have generations. Each refresh answers a token of the newest one, so a browser that retries, or
refreshes twice at once, is never sent back. A token is good until a later generation was refreshed, and for `grace`
longer; tokens of one generation are siblings, and once one was refreshed the others are good for `grace` only.
A token presented later than that is held by two, and one of them is a thief.
"""

from enum import Enum
from typing import Final, NamedTuple

# A browser refreshes every few minutes. If more uses than this fall within the grace, the oldest are forgotten.
USES_KEPT: Final = 128


class Use(NamedTuple):
    """One refresh: the generation and mark of the token, and the first time it was used."""

    generation: int
    mark: str
    at: int


class Chain(NamedTuple):
    """The memory of a session: its newest refreshed generation, and the uses that may be retried, oldest first.

    All instants have one unit, which the caller chooses. A sign-in issues generation 1.
    """

    generation: int = 0
    uses: tuple[Use, ...] = ()


class Verdict(Enum):
    """The judgement on a presented token."""

    GOOD = "good"
    THEFT = "theft"


def present(chain: Chain, generation: int, mark: str, now: int, grace: int) -> tuple[Verdict, Chain]:
    """Judge the token `mark` of `generation` at `now`; return the verdict and the chain after it.

    When it is good, the answer is a token of the new chain's generation + 1.
    """
    # A generation later than the stored one was signed by this server too, before a backup was restored.
    if generation <= chain.generation and not _is_good(chain, generation, mark, now, grace):
        return Verdict.THEFT, chain
    uses = chain.uses
    if not any(use.generation == generation and use.mark == mark for use in uses):
        uses = (*uses, Use(generation, mark, now))
    newest = max(chain.generation, generation)
    return Verdict.GOOD, Chain(newest, _without_old(newest, uses, now, grace))


def _is_good(chain: Chain, generation: int, mark: str, now: int, grace: int) -> bool:
    siblings = [use for use in chain.uses if use.generation == generation]
    if not siblings:
        return False  # forgotten, because a later generation was refreshed longer ago than the grace
    successors = [use.at for use in chain.uses if use.generation > generation]
    if successors and now > min(successors) + grace:
        return False
    return any(use.mark == mark for use in siblings) or now <= min(use.at for use in siblings) + grace


def _without_old(newest: int, uses: tuple[Use, ...], now: int, grace: int) -> tuple[Use, ...]:
    """Drop each generation that has no good token any more."""
    first: dict[int, int] = {}
    for use in uses:
        first[use.generation] = min(use.at, first.get(use.generation, use.at))
    old = {
        generation
        for generation in first
        if any(later > generation and now > at + grace for later, at in first.items())
    }
    return tuple(use for use in uses if use.generation not in old)[-USES_KEPT:]
