"""The slow-bleed alarm: a promotion's cumulative loss against the loss that its plan allows, judged in money.

Each order may lose what the plan says, but no more than this shop's promotions usually lose; what it loses beyond that
adds to the excess, and what an order earns takes it down again, to 0 at least. Time does not matter, so days are as
good as minutes; expected order numbers do not matter either, so it works from the first order on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Self

_AGAIN: Final = 3.0  # times the excess of the alarm before
_NATS_A_FOLD: Final = 3.0
_LEAST_SHARE: Final = 1 / 20


class LossBudget:
    """The excess of one revision of a promotion, in minor units: statistics, never shown."""

    __slots__ = ("_allowed", "_bar", "excess")

    def __init__(self) -> None:
        self.excess = 0.0
        self._allowed = 0.0  # since the excess last rose from 0
        self._bar = 0.0  # the excess must pass it to speak again

    def spend(self, loss: float, allowed: float) -> None:
        """Take in an order line: what it lost (below 0: earned) and what it may lose."""
        self.excess += loss - allowed
        self._allowed += allowed
        if self.excess <= 0:
            self.excess, self._allowed = 0.0, 0.0

    def overrun(self, budget: float, evidence: float = 0.0) -> float:
        """The excess as a multiple of the budget if it is time to speak, else 0.

        Where prices themselves speak against the promotion (`evidence`, nats), less money is enough, down to a
        twentieth; below 0 it takes more.
        The excess must also be half of what was allowed: a busy loss leader is not to speak up for being busy.
        """
        budget *= max(_LEAST_SHARE, math.exp(-evidence / _NATS_A_FOLD))
        if self.excess < max(budget, self._allowed / 2, self._bar):
            return 0.0
        return self.excess / budget

    def spoken(self) -> None:
        """The alarm was given; the next one comes at three times the excess."""
        self._bar = _AGAIN * self.excess

    def to_state(self) -> dict[str, Any]:
        """JSON values."""
        return {"excess": self.excess, "allowed": self._allowed, "bar": self._bar}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Go on from `to_state`."""
        budget = cls()
        budget.excess, budget._allowed, budget._bar = state["excess"], state["allowed"], state["bar"]
        return budget
