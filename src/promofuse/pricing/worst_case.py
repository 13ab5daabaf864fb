"""The price that a promotion's settings plan for a unit, and the cheapest price that a buyer can reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import floor, prod

from promofuse.facts import Offer, Promotion
from promofuse.money import power
from promofuse.pricing.margin import Costs, promotion_fees
from promofuse.pricing.stacking import Base, Stacking, begins
from promofuse.verdicts import Confidence

_ZERO = Fraction(0)
_ONE = Fraction(1)


def planned_discount(promotion: Promotion, price: Fraction | None, currency: str) -> Fraction | None:
    """The largest share of the unit price (0 to 1) that the live settings take off; None where it cannot be told.

    `price` is the unit's price in major units before the promotion. Shipping promotions take nothing off an item. An
    amount off is shared by the smallest purchase that qualifies for it.
    """
    if promotion.level == "shipping":
        return Fraction(0)
    shares: list[Fraction] = []
    percents = _percents(promotion)
    bought, free = promotion.buy_quantity, promotion.get_quantity
    if free:
        of_free = max(percents, default=Fraction(100))
        shares.append(of_free / 100 * free / ((bought or 0) + free))
    else:
        shares += [percent / 100 for percent in percents]
    if price and promotion.currency in ("", currency):
        if promotion.amount_off is not None:
            least = (promotion.min_quantity or 1) if promotion.level == "order" else 1
            shares.append(promotion.amount_off / max(price * least, promotion.min_amount or 0))
        if promotion.fixed_price is not None:
            shares.append(1 - promotion.fixed_price / price)
    if not shares:
        return None
    return min(max([Fraction(0), *shares]), Fraction(1))


def planned_price(promotion: Promotion, price: Fraction | None, currency: str) -> Fraction | None:
    """The unit price in major units that the live settings plan; None where it cannot be told."""
    if price is None:
        return promotion.fixed_price if promotion.currency in ("", currency) else None
    discount = planned_discount(promotion, price, currency)
    return None if discount is None else price * (1 - discount)


def planned_units(promotion: Promotion) -> int:
    """How many units a buyer has to take, at least, to get the planned discount."""
    units = [1, promotion.min_quantity or 1]
    if promotion.get_quantity:
        units.append((promotion.buy_quantity or 0) + promotion.get_quantity)
    best = max(_percents(promotion), default=None)
    if best is not None and best != promotion.percent_off:
        units.append(min(quantity for quantity, percent in promotion.tiers if percent == best))
    return max(units)


def _percents(promotion: Promotion) -> list[Fraction]:
    percents = [percent for _, percent in promotion.tiers]
    if promotion.percent_off is not None:
        percents.append(promotion.percent_off)
    return percents


@dataclass(frozen=True, slots=True)
class Discount:
    """What one promotion takes off, compiled: a share and an amount off any price, or what depends on the price.

    `place` sorts discounts into the order in which they apply: a stated price, then the item's discounts, then the
    order's; percentages before amounts and shared amounts before plain ones, because that leaves less; then by id.
    """

    promotion: Promotion
    share: Fraction
    amount: Fraction
    priced: bool
    units: int
    begins: datetime
    place: tuple[int, int, str]

    @classmethod
    def of(cls, promotion: Promotion) -> Discount:
        """Compile a promotion's settings."""
        of_any_price = promotion.amount_off is None and promotion.fixed_price is None
        flat = _flat(promotion)
        priced = not of_any_price and not flat
        stage = 0 if promotion.fixed_price is not None else 2 if promotion.level == "order" else 1
        return cls(
            promotion=promotion,
            share=planned_discount(promotion, None, "") or _ZERO if of_any_price else _ZERO,
            amount=promotion.amount_off or _ZERO if flat else _ZERO,
            priced=priced,
            units=planned_units(promotion),
            begins=begins(promotion),
            place=(stage, 2 if flat else 1 if priced else 0, promotion.promotion_id),
        )

    def from_price(self, price: Fraction, currency: str) -> Fraction:
        """What a discount that depends on the price takes off it."""
        return price * (planned_discount(self.promotion, price, currency) or _ZERO)


def _flat(promotion: Promotion) -> bool:
    """Whether a promotion takes the same amount off any price, and nothing else."""
    return (
        promotion.amount_off is not None
        and promotion.fixed_price is None
        and not promotion.min_amount
        and not (promotion.level == "order" and promotion.min_quantity)
        and not promotion.get_quantity
        and not _percents(promotion)
    )


@dataclass(frozen=True, slots=True)
class _Stage:
    """All discounts of one level."""

    base: Base
    share: Fraction
    amount: Fraction
    priced: tuple[Discount, ...]

    @classmethod
    def of(cls, base: Base, discounts: Sequence[Discount]) -> _Stage:
        shares = [discount.share for discount in discounts if discount.share]
        return cls(
            base,
            sum(shares, _ZERO) if base is Base.ORIGINAL else 1 - prod((1 - share for share in shares), start=_ONE),
            sum((discount.amount for discount in discounts if discount.amount), _ZERO),
            tuple(discount for discount in discounts if discount.priced),
        )

    def after(self, price: Fraction, original: Fraction, currency: str) -> Fraction:
        """The price that is left, at least 0."""
        price -= (original if self.base is Base.ORIGINAL else price) * self.share
        for discount in self.priced:
            if price > 0:
                price -= discount.from_price(original if self.base is Base.ORIGINAL else price, currency)
        if self.amount:
            price -= self.amount
        return price if price > 0 else _ZERO


@dataclass(frozen=True, slots=True)
class Combination:
    """Discounts that apply to one unit together, in their order, compiled for any price.

    `takes` is the share and the amount taken off any price, None where there is more to it.
    """

    discounts: tuple[Discount, ...]
    opens_at: datetime | None
    confidence: Confidence
    bound: bool
    stated: tuple[Discount, ...]
    stages: tuple[_Stage, ...]
    takes: tuple[Fraction, Fraction] | None

    @classmethod
    def of(
        cls,
        discounts: Iterable[Discount],
        stacking: Stacking,
        confidence: Confidence = Confidence.HIGH,
        *,
        bound: bool = False,
    ) -> Combination:
        """Compile discounts that are known to apply together; a `bound` only pretends that they do."""
        ordered = tuple(sorted(discounts, key=_place))
        levels: tuple[list[Discount], list[Discount], list[Discount]] = ([], [], [])
        for discount in ordered:
            levels[discount.place[0]].append(discount)
        stated, item, order = levels
        stages = tuple(_Stage.of(*level) for level in ((stacking.item, item), (stacking.order, order)) if level[1])
        simple = not stated and len(stages) == 1 and not stages[0].priced
        opens = [discount.begins for discount in ordered]
        return cls(
            discounts=ordered,
            # Nobody knows which members of a bound meet: the first of them may be enough.
            opens_at=(min(opens) if bound else max(opens)) if opens else None,
            confidence=confidence,
            bound=bound,
            stated=tuple(stated),
            stages=stages,
            takes=(stages[0].share, stages[0].amount) if simple else None,
        )

    @property
    def free_at_any_price(self) -> bool:
        """Whether percentages alone leave nothing."""
        return self.takes is not None and self.takes[0] >= 1 and not self.takes[1]

    def may_have_idle(self, price: Fraction, base: Fraction, currency: str) -> bool:
        """Whether it may hold discounts that are not needed to reach this price."""
        if self.bound or self.free_at_any_price:
            return False
        return not price or any(
            not discount.from_price(base, currency) for discount in self.discounts if discount.priced
        )

    def price(self, base: Fraction, currency: str) -> Fraction:
        """The unit price in exact major units, from the price before any promotion."""
        price = base
        if self.stated:
            price -= max(discount.from_price(base, currency) for discount in self.stated)
        for stage in self.stages:
            price = stage.after(price, base, currency)
        return price


def _place(discount: Discount) -> tuple[int, int, str]:
    return discount.place


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to a price: the promotion (None for the price before any) and the unit price after it."""

    promotion: Promotion | None
    price: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCase:
    """The cheapest unit price that a buyer can reach, in exact major units, and how.

    `promotions` are those that reach it, in the order in which they apply; empty where the price before any
    promotion is the cheapest. `units` is the smallest number that a buyer has to take. `opens_at` is the first minute
    in which all of them are live: past if they are live already, else not before `at`. A `bound` is at most the worst
    price: the promotions were too many to try every set.
    """

    price: Fraction
    base: Fraction
    currency: str
    stacking: Stacking
    promotions: tuple[Promotion, ...] = ()
    units: int = 1
    opens_at: datetime | None = None
    confidence: Confidence = Confidence.HIGH
    bound: bool = False

    @property
    def combination(self) -> tuple[str, ...]:
        """Ids of the promotions that reach the price, in the order in which they apply."""
        return tuple(promotion.promotion_id for promotion in self.promotions)

    @property
    def assumed(self) -> bool:
        """Whether it rests on a rule that the platform has not confirmed, or on a bound."""
        return self.confidence is not Confidence.HIGH

    @property
    def path(self) -> tuple[Step, ...]:
        """From the price before any promotion to the worst price, a step for each promotion."""
        steps = [Step(None, self.base)]
        discounts = [Discount.of(promotion) for promotion in self.promotions]
        for count, discount in enumerate(discounts, 1):
            so_far = Combination.of(discounts[:count], self.stacking)
            steps.append(Step(discount.promotion, so_far.price(self.base, self.currency)))
        return tuple(steps)


def unit_contribution(worst: WorstCase, costs: Costs) -> Fraction:
    """What is left of one unit at the worst price, in exact major units, in the smallest purchase that reaches it.

    Shipping is the order's cost shared by its units; `margin` has the formula.
    """
    units, minor = worst.units, power(worst.currency)
    paid, parts = worst.price.numerator * units * minor, worst.price.denominator
    # The scaled contribution is homogeneous in price and quantity, so parts of a cent stay exact in integers.
    left, scale = costs.scaled(paid, units * parts), costs.scale * parts
    shipping, each = costs.shipping_cost, units * minor
    total = left * shipping.denominator - shipping.numerator * scale
    contribution = Fraction(total, scale * shipping.denominator * each)
    if charged := [promotion for promotion in worst.promotions if promotion.fee_rate or promotion.fee_fixed]:
        contribution -= promotion_fees(Fraction(paid, parts), worst.currency, charged) / each
    return contribution


def units_at_risk(worst: WorstCase, offer: Offer) -> int | None:
    """How many units stock, redemption limits and budgets let go at the worst price; None is unlimited or unknown."""
    most = [] if offer.stock is None else [offer.stock]
    for promotion in worst.promotions:
        if promotion.redemption_limit is not None:
            most.append(promotion.redemption_limit * worst.units)
        if promotion.budget is not None and promotion.currency in ("", worst.currency):
            discount = planned_discount(promotion, worst.base, worst.currency)
            most += [floor(promotion.budget / (discount * worst.base))] if discount else []
    return min(most, default=None)
