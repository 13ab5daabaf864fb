"""Depth evidence: a recorded price that loses more of its cost than this shop's promotions usually do.

The planned loss as a share of cost follows a gamma distribution, fitted by moments to the promotions that were alive
a day without an alarm, plus a little for any other: the deeper the rarer, for a clearance brings something back, and
nobody means to give the goods away. -ln of its density is the evidence, above the mode only. A promotion
that was edited into a deeper loss while it ran is evidence too, as far as this shop does not do that: slips of the
keyboard happen in edits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Self

_PSEUDO_PROMOTIONS: Final = 5.0
_PSEUDO_MEAN: Final = 0.10
_LOSS_MAKING: Final = 0.005  # a shallower plan counts as one without loss; a smaller difference as none
_STRONGEST_EDIT: Final = 3.0  # nats
_BRINGS_BACK: Final = 0.03  # of the cost: of losing more than the rest nothing is known


class DepthHabit:
    """The planned depths of a shop's promotions and how it edits them, as a few sums."""

    def __init__(self) -> None:
        self._plans = 0
        self._losing = 0
        self._sum = 0.0
        self._squares = 0.0
        self._edits = 0
        self._deepened = 0

    def learn_edit(self, *, deepened: bool) -> None:
        """Take in a revision of a running promotion."""
        self._edits += 1
        self._deepened += deepened

    def learn(self, depth: float) -> None:
        """Take in a promotion's planned loss as a share of cost; below 0 where it earns."""
        self._plans += 1
        if depth > _LOSS_MAKING:
            self._losing += 1
            self._sum += depth
            self._squares += depth * depth

    def _shape_and_scale(self) -> tuple[float, float]:
        total = _PSEUDO_PROMOTIONS + self._losing
        mean = (_PSEUDO_PROMOTIONS * _PSEUDO_MEAN + self._sum) / total
        # The pseudo-promotions are exponential: their mean square is twice the squared mean.
        square = (_PSEUDO_PROMOTIONS * 2 * _PSEUDO_MEAN**2 + self._squares) / total
        variance = max(square - mean * mean, 1e-4)
        shape = max(mean * mean / variance, 0.5)
        return shape, mean / shape

    def evidence(self, depth: float, before: float | None) -> float:
        """Nats against a plan of this depth that was `before` until now (None: it is the first)."""
        edit = 0.0
        if deepens(depth, before):
            edit = min(_STRONGEST_EDIT, -math.log((self._deepened + 1) / (self._edits + 2)))
        return self._unusual(depth) + edit

    def _unusual(self, depth: float) -> float:
        """0 for a depth that is usual or earns."""
        shape, scale = self._shape_and_scale()
        if depth <= max(0.0, (shape - 1) * scale):
            return 0.0
        losing = (self._losing + 3.0) / (self._plans + 10.0)
        log_density = (shape - 1) * math.log(depth / scale) - depth / scale - math.lgamma(shape)
        other = 2 * max(1 - depth, _BRINGS_BACK) / (self._plans + 10.0)
        density = losing * math.exp(log_density) / scale + other
        return max(0.0, -math.log(density))

    def usual_at_most(self) -> float:
        """Mean plus two standard deviations: losing more than that was hardly meant."""
        shape, scale = self._shape_and_scale()
        return shape * scale + 2 * math.sqrt(shape) * scale

    def to_state(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "plans": self._plans,
            "losing": self._losing,
            "sum": self._sum,
            "squares": self._squares,
            "edits": self._edits,
            "deepened": self._deepened,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Go on from `to_state`."""
        habit = cls()
        habit._plans, habit._losing = state["plans"], state["losing"]
        habit._sum, habit._squares = state["sum"], state["squares"]
        habit._edits, habit._deepened = state["edits"], state["deepened"]
        return habit


def deepens(depth: float, before: float | None) -> bool:
    """Whether an edit made a promotion lose, or lose more."""
    return before is not None and depth > _LOSS_MAKING and depth > before + _LOSS_MAKING
