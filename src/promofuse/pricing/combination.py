"""Discounts that apply to one unit together, compiled for any price, and the carts in which they do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil, lcm, prod
from typing import Final

from promofuse.facts import Promotion
from promofuse.pricing.discount import Cart, Discount
from promofuse.pricing.meeting import Base, Stacking
from promofuse.verdicts import Confidence

_ZERO = Fraction(0)
_ONE = Fraction(1)
_SINGLE: Final = Cart()
# Quantities tried for one combination; where more would matter, a bound stands in for them.
_MOST_UNITS: Final = 100


@dataclass(frozen=True, slots=True)
class _Stage:
    """All discounts of one level."""

    base: Base
    share: Fraction
    amount: Fraction
    priced: tuple[Discount, ...]
    all: tuple[Discount, ...]

    @property
    def level(self) -> int:
        """Its place among the levels: 1 for items, 2 for the order."""
        return self.all[0].place[0]

    @property
    def simple(self) -> bool:
        """Whether a share and an amount off any price say it all, the share first."""
        amounts_last = [bool(discount.amount) for discount in self.all]
        in_order = self.base is not Base.RUNNING or amounts_last == sorted(amounts_last)
        return not self.priced and in_order

    @classmethod
    def of(cls, base: Base, discounts: Sequence[Discount]) -> _Stage:
        shares = [discount.share for discount in discounts if discount.share]
        return cls(
            base,
            1 - prod((1 - share for share in shares), start=_ONE) if base is Base.RUNNING else sum(shares, _ZERO),
            sum((discount.amount for discount in discounts if discount.amount), _ZERO),
            tuple(discount for discount in discounts if discount.priced),
            tuple(discounts),
        )

    def reference(self, original: Fraction, stated: Fraction, entry: Fraction) -> Fraction:
        """What its percentages are taken of, if the ones before leave `entry`."""
        return original if self.base is Base.ORIGINAL else stated if self.base is Base.STATED else entry

    def at_best(self, entry: Fraction, reference: Fraction, currency: str) -> Fraction:
        """The price that is left, at least 0, if every discount took off its most, whatever cart each needs."""
        price = entry - reference * self.share
        for discount in self.priced:
            if price > 0:
                price -= discount.most(price if self.base is Base.RUNNING else reference, reference, currency)
        price -= self.amount
        return price if price > 0 else _ZERO

    def at(self, cart: Cart, entry: Fraction, reference: Fraction, currency: str) -> Fraction:
        """The price that is left in a cart, at least 0."""
        price = entry
        for discount in self.all:
            if price > 0:
                price -= discount.take(price if self.base is Base.RUNNING else reference, reference, cart, currency)
        return price if price > 0 else _ZERO


@dataclass(frozen=True, slots=True)
class Combination:
    """Discounts that apply to one unit together, in their order, compiled for any price.

    `takes` is the share and the amount taken off any price, None where there is more to it. `plain`: the price does not
    rise with the quantity, so that it is least where every discount takes off its most. `choosy`: carts of more than
    one unit or with other goods matter for what is left of a unit.
    """

    discounts: tuple[Discount, ...]
    opens_at: datetime | None
    confidence: Confidence
    bound: bool
    stated: tuple[Discount, ...]
    stages: tuple[_Stage, ...]
    takes: tuple[Fraction, Fraction] | None
    plain: bool
    choosy: bool

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
        levels: tuple[list[Discount], list[Discount], list[Discount]] = ([], [], [])
        for discount in sorted(discounts, key=_place):
            levels[discount.place[0]].append(discount)
        stated, *rest = (_in_order(level, stacking) for level in levels)
        ordered = (*stated, *rest[0], *rest[1])
        bases = (stacking.item, stacking.order)
        stages = tuple(_Stage.of(*stage) for stage in zip(bases, rest, strict=True) if stage[1])
        choosy = any(discount.units > 1 or discount.promotion.min_amount for discount in ordered)
        plain = not (choosy and any(discount.dilutes for discount in ordered))
        simple = plain and not stated and len(stages) == 1 and stages[0].simple
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
            plain=plain,
            choosy=choosy,
        )

    @property
    def free_at_any_price(self) -> bool:
        """Whether percentages alone leave nothing, in any cart."""
        return self.takes is not None and self.takes[0] >= 1 and not self.takes[1] and not self.choosy

    def may_have_idle(self, price: Fraction) -> bool:
        """Whether it may hold discounts that are not needed to reach this price."""
        if self.free_at_any_price:
            return False
        return not price or self.choosy or any(discount.priced for discount in self.discounts)

    def cheapest(self, base: Fraction, currency: str) -> tuple[Fraction, Cart, bool]:
        """The lowest unit price in exact major units, the smallest cart that has it, and whether it is a bound.

        `base` is the price before any promotion. Of nothing a smaller cart may leave nothing already.
        """
        if self.takes is not None:
            share, amount = self.takes
            return max(base - base * share - amount, _ZERO), Cart(self.fewest), self.bound
        carts = None if self.bound else [Cart(self.fewest)] if self.plain else self.carts(base, currency)
        if carts is None:
            return self.at_best(base, currency), Cart(self.fewest), True
        price, units, others = self._least(carts, base, currency)
        return price, Cart(units, others), False

    def _least(self, carts: Iterable[Cart], base: Fraction, currency: str) -> tuple[Fraction, int, Fraction]:
        return min((self.at(cart, base, currency), cart.units, cart.others) for cart in carts)

    def at(self, cart: Cart, base: Fraction, currency: str) -> Fraction:
        """The unit price in a cart, in exact major units."""
        price = stated = self._after_stated(cart, base, currency)
        for stage in self.stages:
            price = stage.at(cart, price, stage.reference(base, stated, price), currency)
        return price

    def at_best(self, base: Fraction, currency: str) -> Fraction:
        """The unit price if every discount took off its most, whatever cart each needs: never above `cheapest`."""
        price = stated = self._after_stated(None, base, currency)
        for stage in self.stages:
            price = stage.at_best(price, stage.reference(base, stated, price), currency)
        return price

    def carts(self, base: Fraction, currency: str) -> list[Cart] | None:
        """All carts in which a unit can be cheapest; None where they are too many.

        Between two quantities at which a discount begins or a buy-and-get is complete, more units only thin out what
        is taken off an order; and so do more other goods between two minimum spends.
        """
        if not self.choosy:
            return [_SINGLE]
        quantities = self._quantities(base, currency)
        if quantities is None:
            return None
        return [cart for units in quantities for cart in self._carts_of(units, base, currency)]

    def _after_stated(self, cart: Cart | None, base: Fraction, currency: str) -> Fraction:
        takes = [d.take(base, base, cart, currency) if cart else d.most(base, base, currency) for d in self.stated]
        return base - max(takes) if takes else base

    @property
    def fewest(self) -> int:
        """The fewest units at which every discount takes off its most."""
        return _next_multiple(max((discount.units for discount in self.discounts), default=1), self._cycle())

    def _cycle(self) -> int:
        return lcm(*(discount.cycle for discount in self.discounts))

    def _quantities(self, base: Fraction, currency: str) -> list[int] | None:
        thresholds = {1, *(units for discount in self.discounts for units in discount.thresholds)}
        enough = max(thresholds)
        for discount in self.discounts:
            if needs_own_spend(discount.promotion):
                # Its minimum spend counts these units alone: how many depends on what the others leave of the price.
                least = self._references(None, base, currency)[discount.place[0]] or base
                needed = ceil((discount.promotion.min_amount or _ZERO) / least) if least else 1
                thresholds.update(range(1, min(needed, _MOST_UNITS) + 1))
                enough = max(enough, needed)
        enough = _next_multiple(enough, self._cycle())
        if enough > _MOST_UNITS:
            return None
        cycles = {discount.cycle for discount in self.discounts if discount.cycle > 1}
        multiples = {units for cycle in cycles for units in range(cycle, enough + 1, cycle)}
        return sorted(thresholds | multiples)

    def _carts_of(self, units: int, base: Fraction, currency: str) -> list[Cart]:
        """These units alone, and with what other goods have to be worth to reach each minimum spend."""
        carts = {Cart(units): None}
        spends = [d for d in self.discounts if d.promotion.min_amount and d.promotion.reaches_others]
        for level in sorted({discount.place[0] for discount in spends}):
            for cart in list(carts):
                reference = self._references(cart, base, currency)[level]
                for discount in spends:
                    missing = (discount.promotion.min_amount or _ZERO) - units * reference
                    if discount.place[0] == level and missing > 0:
                        carts[Cart(units, missing)] = None
        return list(carts)

    def _references(self, cart: Cart | None, base: Fraction, currency: str) -> tuple[Fraction, ...]:
        """The unit price by which minimum spends are met at each level, in a cart or (None) with all at its best."""
        price = stated = self._after_stated(cart, base, currency)
        found = [base, base, base]
        for stage in self.stages:
            found[stage.level] = of = stage.reference(base, stated, price)
            price = stage.at(cart, price, of, currency) if cart else stage.at_best(price, of, currency)
        return tuple(found)


def needs_own_spend(promotion: Promotion) -> bool:
    """Whether its minimum spend can be met by units of one offer only."""
    return bool(promotion.min_amount) and not promotion.reaches_others


def _next_multiple(least: int, of: int) -> int:
    return -(-least // of) * of


def _place(discount: Discount) -> tuple[int, bool, bool, int, str]:
    return discount.place


def _in_order(discounts: list[Discount], stacking: Stacking) -> list[Discount]:
    """The discounts of one level as the platform applies them; where that is not known, so that least is left."""
    priorities = [discount.promotion.priority for discount in discounts]
    if not stacking.by_priority or None in priorities:
        return discounts
    return sorted(discounts, key=lambda discount: (discount.promotion.priority, discount.place))
