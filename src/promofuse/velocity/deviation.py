"""Price evidence: orders paid below the plan that the promotion's record states.

Each order votes with ln f1/f0 of the bin in which paid / planned falls. f1 is what a fault looks like (three quarters
of the orders below the plan, anywhere), f0 what this shop's own promotions look like, learnt from those that ended
without an alarm. The votes add up as a CUSUM: orders as planned take them down again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

BINS: Final = 20  # of width 0.05; the last one, from 0.95 up, is "as planned"
AS_PLANNED: Final = BINS - 1
_FAULT_BELOW: Final = 0.75
_STRONGEST_VOTE: Final = 5.0  # nats
_MOST_ORDERS: Final = 200  # that one promotion teaches


def price_bin(share: float) -> int:
    """The bin of paid / planned."""
    place = int(share * BINS)
    return place if 0 <= place < AS_PLANNED else AS_PLANNED if place > 0 else 0


class DeviationHabit:
    """How often orders of this shop's promotions are paid below the plan, for promotions on one SKU and on many."""

    def __init__(self) -> None:
        # Pseudo-orders: 5 % below the plan on one SKU, 37 % where one percentage covers many.
        self._one = _prior(below=10, scale=0.2)
        self._many = _prior(below=74, scale=0.1)
        self._prepare()

    def votes(self, *, many: bool) -> Sequence[float]:
        """Nats for each bin."""
        if self._learnt:
            self._prepare()
        return self._many_votes if many else self._one_votes

    def learn(self, deviation: PlanDeviation, *, many: bool) -> None:
        """Take in a promotion that ended without an alarm."""
        counts = self._many if many else self._one
        orders = deviation.as_planned + sum(deviation.below.values())
        weight = min(1.0, _MOST_ORDERS / max(orders, 1))
        counts[AS_PLANNED] += deviation.as_planned * weight
        for place, seen in deviation.below.items():
            counts[place] += seen * weight
        self._learnt = True

    def _prepare(self) -> None:
        self._learnt = False
        self._one_votes, self._many_votes = _votes(self._one), _votes(self._many)

    def to_state(self) -> dict[str, Any]:
        """JSON values."""
        return {"one": self._one, "many": self._many}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Go on from `to_state`."""
        habit = cls()
        habit._one, habit._many = list(state["one"]), list(state["many"])
        habit._prepare()
        return habit


def _prior(below: float, scale: float) -> list[float]:
    """200 pseudo-orders: `below` of them under the plan, the deeper the rarer."""
    shape = [math.exp(-(AS_PLANNED - place) / BINS / scale) for place in range(AS_PLANNED)]
    total = sum(shape)
    return [below * part / total for part in shape] + [200.0 - below]


def _votes(counts: Sequence[float]) -> list[float]:
    """ln f1/f0: f0 smoothed 1-2-1 and at least half an order a bin; a deeper price never votes less."""
    total = sum(counts)
    fault = _FAULT_BELOW / AS_PLANNED
    votes = [math.log((1 - _FAULT_BELOW) / (counts[AS_PLANNED] / total))]
    weakest = -math.inf
    for place in reversed(range(AS_PLANNED)):
        left = counts[max(0, place - 1)]
        right = counts[min(place + 1, AS_PLANNED - 1)]
        smooth = (left + 2 * counts[place] + right) / 4
        weakest = min(_STRONGEST_VOTE, max(weakest, math.log(fault / (max(smooth, 0.5) / total))))
        votes.append(weakest)
    return votes[::-1]


class PlanDeviation:
    """The votes on one promotion since its last change. With many SKUs each has one vote a day."""

    __slots__ = ("_day_ends", "_voted", "as_planned", "below", "orders", "score")

    def __init__(self) -> None:
        self.score = 0.0
        self.orders = 0  # below the plan since the score last rose from 0
        self.as_planned = 0
        self.below: dict[int, int] = {}  # bin -> votes, for the habit
        self._voted = 0  # bits of SKUs
        self._day_ends = 0

    def restart(self) -> None:
        """The promotion changed; what it taught stays."""
        self.score, self.orders, self._voted, self._day_ends = 0.0, 0, 0, 0

    def vote(self, place: int, votes: Sequence[float]) -> None:
        """Take one order's vote."""
        if place == AS_PLANNED:
            self.as_planned += 1
        else:
            self.below[place] = self.below.get(place, 0) + 1
            self.orders += 1
        self.score += votes[place]
        if self.score <= 0:
            self.score, self.orders = 0.0, 0

    def vote_of_many(self, place: int, votes: Sequence[float], sku_number: int, at: int, day: int) -> None:
        """Take the vote of a SKU, once a day. `sku_number` is any fixed number of the SKU, `day` in units of `at`."""
        if at >= self._day_ends:
            self.restart()
            self._day_ends = at + day
        bit = 1 << (sku_number & 63)
        if not self._voted & bit:
            self._voted |= bit
            self.vote(place, votes)

    def to_state(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "score": self.score,
            "orders": self.orders,
            "as_planned": self.as_planned,
            "below": [[place, seen] for place, seen in self.below.items()],
            "voted": self._voted,
            "day_ends": self._day_ends,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Go on from `to_state`."""
        deviation = cls()
        deviation.score, deviation.orders, deviation.as_planned = state["score"], state["orders"], state["as_planned"]
        deviation.below = dict(state["below"])
        deviation._voted, deviation._day_ends = state["voted"], state["day_ends"]
        return deviation
