"""What one promotion takes off a unit in a cart, compiled from its settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from promofuse.facts import Promotion
from promofuse.pricing.meeting import Layer, begins, layer_of
from promofuse.pricing.planned import percents_of, planned_discount, planned_units

_ZERO = Fraction(0)
_ONE = Fraction(1)
_LAYERS: Final = list(Layer)


@dataclass(frozen=True, slots=True)
class Cart:
    """What a buyer takes: units of one offer, and other goods at full price worth `others` in major units."""

    units: int = 1
    others: Fraction = _ZERO


@dataclass(frozen=True, slots=True)
class Discount:
    """What one promotion takes off a unit, compiled: a share and an amount off any price, or what depends on the cart.

    `priced`: it depends on the price or on the whole cart, and only `take` tells. `dilutes`: the more units, the less
    it takes off each. `units` are the fewest with which it takes off most, `cycle` what they come in. `thresholds` are
    the quantities from which it takes off more. `place` sorts discounts into the order in which they apply: a stated
    price, then the item's discounts, then the order's; percentages before amounts and shared amounts before plain ones,
    because that leaves less; then deals, coupons and codes as a buyer meets them, then by id.
    """

    promotion: Promotion
    share: Fraction
    amount: Fraction
    priced: bool
    dilutes: bool
    units: int
    cycle: int
    thresholds: tuple[int, ...]
    begins: datetime
    place: tuple[int, bool, bool, int, str]

    @classmethod
    def of(cls, promotion: Promotion, opens_at: datetime | None = None) -> Discount:
        """Compile a promotion's settings; `opens_at` where it takes that off from another time than its start on."""
        flat = _flat_amount(promotion)
        conditional = bool(promotion.min_amount or promotion.max_discount or promotion.max_units)
        free_of_price = promotion.amount_off is None and promotion.fixed_price is None
        priced = flat is None and (conditional or not free_of_price)
        paid = 1 - (promotion.funded_share or _ZERO)
        stage = 0 if promotion.fixed_price is not None else 2 if promotion.level == "order" else 1
        free = promotion.get_quantity
        return cls(
            promotion=promotion,
            share=_ZERO if priced else best_share(promotion) * paid,
            amount=flat or _ZERO,
            priced=priced,
            dilutes=conditional or promotion.level == "order",
            units=promotion.min_quantity or 1 if free and promotion.buy_skus else planned_units(promotion),
            cycle=(promotion.buy_quantity or 0) + free if free and not promotion.buy_skus else 1,
            thresholds=(*filter(None, [promotion.min_quantity]), *(quantity for quantity, _ in promotion.tiers)),
            begins=opens_at or begins(promotion),
            place=(stage, flat is not None, priced, _LAYERS.index(layer_of(promotion)), promotion.promotion_id),
        )

    def take(self, of: Fraction, reference: Fraction, cart: Cart, currency: str) -> Fraction:
        """What it takes off one unit that costs `of`, on average over the cart's units; all in major units.

        `reference` is the unit price by which minimum spends are met and an order's amount is shared.
        """
        promotion, units = self.promotion, cart.units
        spent = reference * units + (cart.others if promotion.reaches_others else _ZERO)
        short = units < (promotion.min_quantity or 1) or spent < (promotion.min_amount or _ZERO)
        if short or not of:
            return _ZERO
        reached = _ONE if promotion.max_units is None else Fraction(min(promotion.max_units, units), units)
        takes = [_ZERO, of * self._share(units, reached)]
        if promotion.currency in ("", currency):
            if promotion.amount_off is not None and once_an_order(promotion):
                takes.append(promotion.amount_off * reference / spent)
            elif promotion.amount_off is not None:
                takes.append(promotion.amount_off * reached)
            if promotion.fixed_price is not None:
                takes.append((of - promotion.fixed_price) * reached)
        most = of if promotion.max_discount is None else min(of, promotion.max_discount / units)
        return min(max(takes), most) * (1 - (promotion.funded_share or _ZERO))

    def most(self, of: Fraction, reference: Fraction, currency: str) -> Fraction:
        """No less than it takes off a unit in any cart."""
        promotion = self.promotion
        if not of:
            return _ZERO
        takes = [_ZERO, of * best_share(promotion)]
        if promotion.currency in ("", currency):
            if promotion.amount_off is not None:  # shared with what a minimum spend needs besides
                takes.append(promotion.amount_off * reference / max(reference, promotion.min_amount or _ZERO))
            if promotion.fixed_price is not None:
                takes.append(of - promotion.fixed_price)
        most = of if promotion.max_discount is None else min(of, promotion.max_discount)
        return min(max(takes), most) * (1 - (promotion.funded_share or _ZERO))

    def _share(self, units: int, reached: Fraction) -> Fraction:
        promotion = self.promotion
        free = promotion.get_quantity
        if free and not promotion.buy_skus:
            given = units // self.cycle * free
            if promotion.max_units is not None:
                given = min(given, promotion.max_units)
            return _of_free(promotion) * given / units
        if free:
            return _of_free(promotion) * reached
        reached_tiers = [percent for quantity, percent in promotion.tiers if quantity <= units]
        if promotion.percent_off is not None:
            reached_tiers.append(promotion.percent_off)
        return min(max(reached_tiers, default=_ZERO) / 100, _ONE) * reached


def once_an_order(promotion: Promotion) -> bool:
    """Whether its amount is taken off an order as a whole, and not off each unit."""
    return promotion.level == "order" or bool(promotion.min_amount)


def best_share(promotion: Promotion) -> Fraction:
    """The largest share (0 to 1) that its percentages take off a unit in any cart."""
    if promotion.get_quantity and promotion.buy_skus:
        return _of_free(promotion)
    return planned_discount(promotion, None, "") or _ZERO


def _of_free(promotion: Promotion) -> Fraction:
    """The share taken off the units that are given: all of their price unless a percentage is set."""
    percents = percents_of(promotion)
    return min(max(percents) / 100, _ONE) if percents else _ONE


def _flat_amount(promotion: Promotion) -> Fraction | None:
    """What a promotion takes off any price, if it takes the same off each and nothing else."""
    flat = (
        promotion.fixed_price is None
        and not promotion.min_amount
        and not promotion.min_quantity
        and not promotion.max_discount
        and not promotion.funded_share
        and not promotion.get_quantity
        and not percents_of(promotion)
    )
    return promotion.amount_off if flat else None
