"""The tripwire for a single order: paid far below the recorded plan, or below the seller's floor through a stack.

Only what cannot have been meant: one odd order is no evidence of a fault, and two that are merely below the plan are
for the spike detector to weigh.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

_FAR_BELOW: Final = Fraction(1, 10)  # of the planned price
_WORTH_A_LOOK: Final = 0.101


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneOrder:
    """Why one order is enough. Prices are a unit's, in minor units."""

    paid: Fraction
    planned: Fraction | None = None
    floor: Fraction | None = None
    stacked: int = 0

    @property
    def score(self) -> float:
        """How many times less was paid than the least that would pass, 100 at most."""
        least = self.floor if self.floor is not None else _FAR_BELOW * (self.planned or 0)
        return float(least / self.paid) if self.paid * 100 > least else 100.0


def may_be_odd(paid: float, planned: float | None, stacked: int) -> bool:
    """Whether a look at the exact prices is worth it; `judge_order` finds nothing in the other lines."""
    return stacked > 1 or (planned is not None and paid <= planned * _WORTH_A_LOOK)


def judge_order(
    *, paid: Fraction, planned: Fraction | None, floor: Fraction | None, stacked: int, trifle: bool = False
) -> LoneOrder | None:
    """Judge a loss-making line by its unit price; `stacked` promotions met on it, `floor` is the seller's own.

    Where the loss is a trifle only that floor speaks.
    """
    if planned is not None and paid < planned * _FAR_BELOW and not trifle:
        return LoneOrder(paid=paid, planned=planned)
    if floor is not None and stacked > 1 and paid < floor:
        return LoneOrder(paid=paid, floor=floor, stacked=stacked)
    return None
