"""The rule of refresh tokens, against a model that keeps the whole tree of tokens and forgets nothing."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.sessions.rotation import USES_KEPT, Chain, Use, Verdict, present

GRACE = 60
GOOD, THEFT = Verdict.GOOD, Verdict.THEFT


def play(*presented, chain=Chain()):  # noqa: B008  # a constant
    """Present (generation, mark, at) one after the other; return the last verdict and the chain."""
    verdict = None
    for generation, mark, at in presented:
        verdict, chain = present(chain, generation, mark, at, GRACE)
    return verdict, chain


@pytest.mark.parametrize(
    ("presented", "verdict"),
    [
        # One browser, refreshing.
        ([(1, "a", 0)], GOOD),
        ([(1, "a", 0), (2, "b", 600), (3, "c", 1200)], GOOD),
        # The reply is lost: at once, after a night, after a month, again and again.
        ([(1, "a", 0), (1, "a", 1)], GOOD),
        ([(1, "a", 0), (1, "a", 86_400)], GOOD),
        ([(1, "a", 0), (1, "a", 86_400), (1, "a", 2_592_000), (2, "b", 2_592_600)], GOOD),
        # Two refreshes at once, both replies arrive, either is used.
        ([(1, "a", 0), (1, "a", 0), (2, "b", 600)], GOOD),
        ([(1, "a", 0), (1, "a", 0), (2, "c", 600)], GOOD),
        # Both are used, within the grace and past it.
        ([(1, "a", 0), (1, "a", 0), (2, "b", 600), (2, "c", 660)], GOOD),
        ([(1, "a", 0), (1, "a", 0), (2, "b", 600), (2, "c", 661)], THEFT),
        # A sibling that was used in time and whose reply was lost may be retried like any other.
        ([(1, "a", 0), (1, "a", 0), (2, "b", 600), (2, "c", 660), (2, "c", 86_400)], GOOD),
        # A token is old once a successor was refreshed, and the grace is over.
        ([(1, "a", 0), (2, "b", 600), (1, "a", 660)], GOOD),
        ([(1, "a", 0), (2, "b", 600), (1, "a", 661)], THEFT),
        ([(1, "a", 0), (2, "b", 600), (3, "c", 1200), (1, "a", 1201)], THEFT),
        ([(1, "a", 0), (2, "b", 1), (3, "c", 2), (4, "d", 3), (1, "a", 61)], GOOD),
        ([(1, "a", 0), (2, "b", 1), (3, "c", 2), (4, "d", 3), (1, "a", 62)], THEFT),
        # Tokens newer than a database that was restored from a backup.
        ([(1, "a", 0), (7, "g", 600), (8, "h", 1200)], GOOD),
        ([(1, "a", 0), (7, "g", 600), (1, "a", 661)], THEFT),
        # A clock that is behind that of the process before.
        ([(1, "a", 100), (2, "b", 100), (1, "a", 40)], GOOD),
    ],
)
def test_the_last_of_these_is(presented, verdict):
    assert play(*presented)[0] is verdict


def test_a_retry_within_the_grace_answers_the_newest_generation_and_never_a_sibling_of_what_was_used():
    verdict, chain = play((1, "a", 0), (2, "b", 30), (1, "a", 50))
    assert (verdict, chain.generation + 1) == (GOOD, 3)
    assert present(chain, 3, "late", 86_400, GRACE)[0] is GOOD


def test_theft_changes_nothing():
    _, before = play((1, "a", 0), (2, "b", 600))
    assert present(before, 1, "a", 661, GRACE) == (THEFT, before)


def test_a_quiet_session_remembers_two_uses_at_most():
    chain = Chain()
    for number in range(1, 50):
        _, chain = present(chain, number, f"t{number}", number * 600, GRACE)
        assert len(chain.uses) <= 2
    assert chain == Chain(49, (Use(48, "t48", 28_800), Use(49, "t49", 29_400)))


def test_what_is_remembered_is_bounded_however_fast_one_refreshes():
    chain = Chain()
    for number in range(1, 1_000):
        verdict, chain = present(chain, number, f"t{number}", 0, GRACE)
        assert verdict is GOOD
    assert len(chain.uses) == USES_KEPT


@dataclass
class Token:
    """A node of the whole tree of tokens of one session."""

    generation: int
    name: str
    used_at: list[int] = field(default_factory=list)


class Tree:
    """The same rule in the words of its users: every token ever issued, and when each was refreshed."""

    def __init__(self):
        self.tokens = [Token(1, "t0")]

    def is_theft(self, token, now):
        later = [at for other in self.tokens if other.generation > token.generation for at in other.used_at]
        if any(now > at + GRACE for at in later):
            return True
        if token.used_at:
            return False
        of_siblings = [at for other in self.tokens if other.generation == token.generation for at in other.used_at]
        return any(now > at + GRACE for at in of_siblings)

    def refresh(self, token, now):
        token.used_at.append(now)
        newest = max(other.generation for other in self.tokens if other.used_at)
        self.tokens.append(Token(newest + 1, f"t{len(self.tokens)}"))


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0, 1, 5, 59, 60, 61, 600, 86_400])), max_size=40))
def test_it_agrees_with_a_model_that_forgets_nothing(moves):
    tree, chain, now = Tree(), Chain(), 0
    for which, wait in moves:
        now += wait
        token = tree.tokens[-1 - which % len(tree.tokens)]
        verdict, chain = present(chain, token.generation, token.name, now, GRACE)
        assert (verdict is THEFT) == tree.is_theft(token, now)
        if verdict is THEFT:
            return
        tree.refresh(token, now)
        assert chain.generation + 1 == tree.tokens[-1].generation


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 50, 600, 86_400]), st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=20
    )
)
def test_one_browser_is_never_signed_out(moves):
    """It waits, sends the token that it holds several times at once, and gets one of the replies or none."""
    tree, chain, now = Tree(), Chain(), 0
    held = tree.tokens[0]
    for wait, at_once, arrived in moves:
        now += wait
        replies = []
        for _ in range(at_once):
            verdict, chain = present(chain, held.generation, held.name, now, GRACE)
            assert verdict is GOOD
            tree.refresh(held, now)
            replies.append(tree.tokens[-1])
        if arrived < len(replies):
            held = replies[arrived]


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([61, 600, 86_400])), min_size=1, max_size=40),
    st.booleans(),
)
def test_no_session_survives_two_holders_who_both_refresh_outside_the_grace(moves, thief_first):
    """Each keeps the token it got last; once both have refreshed twice more, the session is over."""
    tree, chain, now = Tree(), Chain(), 0
    held = {True: tree.tokens[0], False: tree.tokens[0]}
    refreshed = {True: 0, False: 0}
    for thief, wait in [(thief_first, 61), *moves]:
        now += wait
        token = held[thief]
        verdict, chain = present(chain, token.generation, token.name, now, GRACE)
        if verdict is THEFT:
            return
        tree.refresh(token, now)
        held[thief] = tree.tokens[-1]
        refreshed[thief] += 1
        assert min(refreshed.values()) < 2, "both hold a working sign-in"
