"""The cheapest price that a buyer can reach for a unit, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from math import floor

from promofuse.facts import Offer, Promotion, PromotionKind
from promofuse.money import power
from promofuse.pricing.combination import Combination
from promofuse.pricing.discount import Cart, Discount
from promofuse.pricing.margin import Costs, promotion_fees
from promofuse.pricing.meeting import PromotionFee, Stacking
from promofuse.pricing.planned import planned_discount, planned_price, planned_units
from promofuse.verdicts import Confidence

__all__ = [
    "Cart", "Combination", "Discount", "Step", "WorstCase", "planned_discount", "planned_price", "planned_units",
    "unit_contribution", "units_at_risk",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to a price: the promotion (None for the price before any) and the unit price after it."""

    promotion: Promotion | None
    price: Fraction


@dataclass(frozen=True, kw_only=True)
class WorstCase:
    """The cheapest unit price that a buyer can reach, in exact major units, and how.

    What the marketplace pays back of a discount counts as paid. `promotions` are those that reach the price, in the
    order in which they apply; empty where the price before any promotion is the cheapest. `units` is the smallest
    number that a buyer has to take, `others` what other goods in the order have to be worth. `opens_at` is the first
    minute in which all of them are live: past if they are live already, else not before `at`. A `bound` is at most the
    worst price: there were too many sets or quantities to try all. `floor`: the platform holds the price there.
    """

    price: Fraction
    base: Fraction
    currency: str
    stacking: Stacking
    promotions: tuple[Promotion, ...]
    units: int
    opens_at: datetime | None
    confidence: Confidence
    bound: bool
    others: Fraction
    floor: Fraction | None

    @property
    def segments(self) -> tuple[str, ...]:
        """What a buyer has to be to reach it; empty: anybody."""
        return tuple(sorted({segment for promotion in self.promotions for segment in promotion.segments}))

    @property
    def assumed(self) -> bool:
        """Whether it rests on a rule that the platform has not confirmed, or on a bound."""
        return self.confidence is not Confidence.HIGH

    @property
    def assumed_fees(self) -> bool:
        """Whether a promotion does not say what it costs, so that the platform's usual fee stands in."""
        return any(usual for _, usual in self.charged)

    @cached_property
    def units_allowed(self) -> int | None:
        """How many units redemption limits and budgets let go at this price; None is unlimited or unknown."""
        most = []
        for promotion in self.promotions:
            if promotion.redemption_limit is not None:
                most.append(promotion.redemption_limit * self.units)
            if promotion.budget is not None and promotion.currency in ("", self.currency):
                discount = planned_discount(promotion, self.base, self.currency)
                most += [floor(promotion.budget / (discount * self.base))] if discount else []
        return min(most, default=None)

    @cached_property
    def combination(self) -> tuple[str, ...]:
        """Ids of the promotions that reach the price, in the order in which they apply."""
        return tuple([promotion.promotion_id for promotion in self.promotions])

    @cached_property
    def charged(self) -> tuple[tuple[Promotion, PromotionFee | None], ...]:
        """The promotions that cost a fee of their own, with the platform's usual one where they do not say it."""
        fees = [(promotion, self.stacking.usual_fee(promotion)) for promotion in self.promotions]
        return tuple((one, usual) for one, usual in fees if usual or one.fee_rate or one.fee_fixed)

    @cached_property
    def path(self) -> tuple[Step, ...]:
        """From the price before any promotion to the worst price, a step for each promotion."""
        steps = [Step(None, self.base)]
        discounts = [Discount.of(promotion) for promotion in self.promotions]
        cart = Cart(self.units, self.others)
        for count, discount in enumerate(discounts, 1):
            so_far = Combination.of(discounts[:count], self.stacking)
            price = (
                so_far.at_best(self.base, self.currency) if self.bound else so_far.at(cart, self.base, self.currency)
            )
            steps.append(Step(discount.promotion, price if self.floor is None else max(price, self.floor)))
        return tuple(steps)


def unit_contribution(worst: WorstCase, costs: Costs) -> Fraction:
    """What is left of one unit at the worst price, in exact major units, in the smallest purchase that reaches it.

    Shipping is the order's cost shared by its units; `margin` has the formula. A promotion that does not say what it
    costs pays the platform's usual fee.
    """
    units, minor = worst.units, power(worst.currency)
    paid, parts = worst.price.numerator * units * minor, worst.price.denominator
    # The scaled contribution is homogeneous in price and quantity, so parts of a cent stay exact in integers.
    left, scale = costs.scaled(paid, units * parts), costs.scale * parts
    shipping, each = costs.shipping_cost, units * minor
    total = left * shipping.denominator - shipping.numerator * scale
    contribution = Fraction(total, scale * shipping.denominator * each)
    for promotion, usual in worst.charged:
        if usual is None:
            contribution -= promotion_fees(Fraction(paid, parts), worst.currency, (promotion,)) / each
            continue
        contribution -= usual.rate * worst.price
        if usual.currency == worst.currency:
            contribution -= usual.per_redemption / units
    return contribution


def fee_bound(promotion: Promotion, stacking: Stacking, currency: str) -> tuple[Fraction, Fraction]:
    """At least what a promotion charges for a unit: a share of what is paid, and an amount in major units."""
    if usual := stacking.usual_fee(promotion):
        return usual.rate, usual.per_redemption
    fixed = promotion.fee_fixed if promotion.currency in ("", currency) else None
    return promotion.fee_rate or Fraction(0), fixed or Fraction(0)


def charges(promotion: Promotion, stacking: Stacking) -> bool:
    """Whether a sale through a promotion costs a fee of its own."""
    fixed = promotion.kind is PromotionKind.COUPON and promotion.fee_fixed
    return bool(promotion.fee_rate or fixed) or stacking.usual_fee(promotion) is not None


def units_at_risk(worst: WorstCase, offer: Offer) -> int | None:
    """How many units stock, redemption limits and budgets let go at the worst price; None is unlimited or unknown."""
    most = [units for units in (offer.stock, worst.units_allowed) if units is not None]
    return min(most, default=None)
