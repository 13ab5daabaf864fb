"""How bad an alarm is: the money that can still be lost before somebody looks, no more than the stock allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from promofuse.verdicts import Severity

_UNSEEN: Final = 8.0  # hours: a night
_SMALL: Final = 0.1  # of the budget


@dataclass(frozen=True, slots=True)
class Stake:
    """`money` in minor units; `sold_out_minutes` is None where the stock is not known or lasts longer than a night."""

    severity: Severity
    money: float
    sold_out_minutes: int | None


def judge_stake(
    *, loss_per_hour: float, loss_per_unit: float, units_per_hour: float, stock: int | None, budget: float
) -> Stake:
    """Judge what a night at this pace costs. Money is minor units; `budget` is what a promotion may lose too much.

    CRITICAL from the budget on, INFO below a tenth of it.
    """
    money = loss_per_hour * _UNSEEN
    sold_out = None
    if stock is not None:
        money = min(money, stock * loss_per_unit)
        if units_per_hour > 0 and stock <= units_per_hour * _UNSEEN:
            sold_out = round(stock / units_per_hour * 60)
    severity = Severity.CRITICAL if money >= budget else Severity.INFO if money < budget * _SMALL else Severity.WARNING
    return Stake(severity, money, sold_out)
