"""The largest sets of things of which each two go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final, TypeVar

# A set of 12 promotions takes at most 121 steps (Moon and Moser, 1965: 81 largest sets).
_MOST_STEPS: Final = 1000

Member = TypeVar("Member")


def largest_sets(
    members: Sequence[Member], together: Callable[[Member, Member], bool]
) -> list[tuple[Member, ...]] | None:
    """The largest sets in which each two are `together` (Bron and Kerbosch, 1973); None where they are too many.

    Times need no slicing: ranges on a line of which each two overlap share a minute.
    """
    near = [0] * len(members)
    for (i, one), (j, other) in combinations(enumerate(members), 2):
        if together(one, other):
            near[i] |= 1 << j
            near[j] |= 1 << i
    found: list[int] = []
    open_sets = [(0, (1 << len(members)) - 1, 0)]  # chosen, may join, joined elsewhere: bits by position
    for _ in range(_MOST_STEPS):
        if not open_sets:
            return [tuple(members[i] for i in _bits(chosen)) for chosen in found]
        chosen, joinable, elsewhere = open_sets.pop()
        if not joinable:
            if not elsewhere:
                found.append(chosen)
            continue
        pivot = max(_bits(joinable | elsewhere), key=lambda i: (joinable & near[i]).bit_count())
        for i in _bits(joinable & ~near[pivot]):
            open_sets.append((chosen | 1 << i, joinable & near[i], elsewhere & near[i]))
            joinable &= ~(1 << i)
            elsewhere |= 1 << i
    return None


def _bits(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]
