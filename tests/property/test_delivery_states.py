"""The states of a letter: no path sends it twice, and none loses it."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from promofuse.delivery.journal import NEXT
from promofuse.store.deliveries import DeliveryState

S = DeliveryState
states = st.sampled_from(list(S))


def walk(start, choices):
    """A path through the table, one allowed step for each choice."""
    path = [start]
    for choice in choices:
        following = sorted(NEXT[path[-1]])
        if not following:
            break
        path.append(following[choice % len(following)])
    return path


def test_every_state_has_its_place_in_the_table():
    assert set(NEXT) == set(S)
    assert S.SENDING not in NEXT[S.APPROVED]
    assert NEXT[S.SENT] == NEXT[S.HANDED_OUT] == frozenset()


@given(st.lists(st.integers(0, 9), max_size=40))
def test_after_a_letter_may_have_left_it_goes_again_only_by_a_no_or_by_a_person(choices):
    path = walk(S.APPROVED, choices)
    for before, after in pairwise(path):
        if after is S.SENDING:
            assert before is S.CLAIMED
        if before is S.SENDING:  # never straight back to where the sender takes letters from without the server's no
            assert after in (S.SENT, S.RETRY, S.FAILED, S.UNKNOWN)
    assert Counter(path)[S.SENT] <= 1


@given(states, st.lists(st.integers(0, 9), max_size=12))
def test_from_anywhere_a_letter_comes_to_rest_or_can_be_approved_again(start, choices):
    here = walk(start, choices)[-1]
    reachable, todo = set(), [here]
    while todo:
        state = todo.pop()
        if state not in reachable:
            reachable.add(state)
            todo += NEXT[state]
    assert reachable & {S.APPROVED, S.SENT, S.HANDED_OUT}
