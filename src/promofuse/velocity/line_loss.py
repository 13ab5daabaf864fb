"""The exact loss of an order line in integers: compiled once for a SKU under a promotion, quick for each line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, Self

from promofuse.facts import OrderLine
from promofuse.pricing.margin import CostBook, Costs
from promofuse.velocity.plans import PlannedUnit


class SharedShipping(NamedTuple):
    """What an order of many lines costs to ship, in minor units, and the units that share it."""

    currency: str
    cost: Fraction
    quantity: int

    @classmethod
    def of(cls, lines: Sequence[OrderLine], currency: str, costs: CostBook) -> Self:
        """As `CostBook.shipping_share` has it: the largest cost among the lines, shared by all of their units."""
        known = (costs.costs(line.sku, currency) for line in lines)
        some = [own.shipping_cost for own in known if own is not None and own.shipping_cost]
        return cls(currency, max(some, default=Fraction(0)), sum(line.quantity for line in lines))


class WatchedUnit(NamedTuple):
    """A SKU under one promotion: its plan as plain numbers, and its costs over one denominator."""

    planned: PlannedUnit
    planned_price: float | None  # minor units
    number: int  # any fixed number of the SKU
    scale: int
    keep: int
    fee: int
    min_fee: int
    unit: int
    shipping: int

    @classmethod
    def compiled(cls, planned: PlannedUnit, costs: Costs, number: int) -> Self:
        """`costs` with the shipping of an order of one line put over the same denominator."""
        scale = math.lcm(costs.scale, costs.shipping_cost.denominator)
        times = scale // costs.scale
        return cls(
            planned=planned,
            planned_price=None if planned.price is None else float(planned.price),
            number=number,
            scale=scale,
            keep=costs.keep * times,
            fee=costs.fee * times,
            min_fee=costs.min_fee * times,
            unit=costs.unit * times,
            shipping=costs.shipping_cost.numerator * (scale // costs.shipping_cost.denominator),
        )

    def loss(self, paid: int, quantity: int) -> int:
        """`scale` times the loss of a line alone in its order, without promotion fees; below 0 where it earns."""
        return self._before_shipping(paid, quantity) + self.shipping

    def loss_beside(self, paid: int, quantity: int, shipping: SharedShipping) -> tuple[int, int]:
        """The same for a line among others, and what it is times."""
        loss = self._before_shipping(paid, quantity)
        _, cost, units = shipping
        if not cost or not units:
            return loss, self.scale
        parts = cost.denominator * units
        return loss * parts + cost.numerator * quantity * self.scale, self.scale * parts

    def _before_shipping(self, paid: int, quantity: int) -> int:
        return quantity * self.unit + max(quantity * self.min_fee, paid * self.fee) - paid * self.keep

    def paid_share(self, paid: int, quantity: int) -> float | None:
        """Paid for the goods / planned; 1 where the plan is to give them away, None where there is no plan."""
        if self.planned_price is None:
            return None
        return paid / (self.planned_price * quantity) if self.planned_price > 0 else 1.0
