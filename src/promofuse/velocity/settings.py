"""What a seller can set about the watch, and what is usual to lose in a shop with these prices."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median
from typing import Final, Self

from promofuse.facts import Offer
from promofuse.marketplaces import about_a_dollar
from promofuse.money import power
from promofuse.velocity.scan import ScanSettings

_USUAL_LOSS: Final = 0.8  # of the median price, an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """`loss_budget` is in dollars, euros or pounds; in other currencies about as much (`about_a_dollar`)."""

    scan: ScanSettings = field(default_factory=ScanSettings)
    loss_budget: Fraction = Fraction(200)
    false_alarms: float = 1.0  # a month, that the seller bears
    intended: frozenset[str] = frozenset()  # promotions that are meant to sell below cost

    @classmethod
    def allowing(cls, false_alarms_per_month: float, loss_budget: Fraction, intended: Collection[str] = ()) -> Self:
        """Settings for a number of false alarms a shop and month, about."""
        threshold = ScanSettings().threshold - math.log(false_alarms_per_month)
        return cls(
            scan=ScanSettings(threshold=threshold),
            loss_budget=loss_budget,
            false_alarms=false_alarms_per_month,
            intended=frozenset(intended),
        )

    def budget(self, currency: str) -> float:
        """The loss budget in minor units of a currency."""
        return float(self.loss_budget * about_a_dollar(currency) * power(currency))


def usual_loss(offers: Sequence[Offer]) -> float:
    """Losing this much an hour is nothing special in a shop with these prices; minor units."""
    prices = [price for offer in offers if (price := offer.price or offer.list_price or offer.unit_cost)]
    return _USUAL_LOSS * float(median(prices)) * power(offers[0].currency) if prices else 1.0
