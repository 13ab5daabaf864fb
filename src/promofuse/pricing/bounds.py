"""What promotions can do to every offer at once, at the most: bounds in integers, from above for what is taken off.

A bound is never kinder than the exact worst case, so an offer that is sound by its bounds is sound. The others are
looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

import numpy as np

from promofuse.facts import Promotion
from promofuse.money import power
from promofuse.pricing.columns import MOST, PARTS, RATE, Columns, Flags, Ints
from promofuse.pricing.combination import Combination
from promofuse.pricing.discount import Discount, best_share, once_an_order
from promofuse.pricing.meeting import Base
from promofuse.pricing.promotion_sets import PromotionSets
from promofuse.pricing.reach import Groups
from promofuse.pricing.worst_case import fee_bound

_ZERO: Final = Fraction(0)
# Fewer rows are looked at one by one in the time that their bounds take.
_FEW: Final = 4


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds for some rows of a catalogue; every array has one entry for each of them.

    `covered`: a promotion on items can be live on it. `price` is at most the worst price, in parts; `fees` at least
    what its promotions charge for a unit. Questions answer True where it may be so, False where it cannot. Rows that
    are `unsure` are looked at whatever is asked.
    """

    columns: Columns
    rows: Ints
    covered: Flags
    price: Ints
    fees: Ints
    unsure: Flags

    @property
    def priced(self) -> Flags:
        """Where a price before any promotion is known."""
        return self.columns.priced[self.rows]

    @property
    def costed(self) -> Flags:
        """Where the unit cost is known."""
        return self.columns.costed[self.rows]

    @property
    def untold(self) -> Flags:
        """Where promotions cover an offer whose price or cost is not known."""
        return self.covered & ~(self.priced & self.costed)

    @property
    def least_left(self) -> Ints:
        """At most what is left of a unit, in parts; it means nothing without a price or a cost."""
        return self._least(np.zeros(len(self.rows), np.int64))

    @property
    def may_lose(self) -> Flags:
        """Where a unit may be left with less than nothing."""
        return self.priced & self.costed & (self.least_left < 0)

    def price_at_most(self, amount: Fraction) -> Flags:
        """Where the worst price may be at most an amount of minor units."""
        return self.priced & (self.price <= floor(amount * PARTS))

    @property
    def below_floor(self) -> Flags:
        """Where the worst price may be below the offer's floor."""
        return self.columns.floored[self.rows] & self.priced & (self.price < self.columns.floor[self.rows])

    def margin_below(self, least: Fraction) -> Flags:
        """Where the worst price may keep less than a share of it; the offer's own least margin wins."""
        own, rate = self.columns.own_margin[self.rows], self.columns.margin[self.rows]
        wanted = np.where(own, rate, min(ceil(least * RATE), RATE))
        return self.priced & self.costed & (self._least(wanted) < 0)

    def price_before_at_most(self, share: Fraction) -> Flags:
        """Where the price before any promotion may be at most a share of the list price."""
        columns, rows = self.columns, self.rows
        most = -(-columns.list_price[rows] * ceil(share * RATE) // RATE)
        return columns.own_priced[rows] & columns.listed[rows] & (columns.price[rows] <= most)

    def _least(self, margin: Ints) -> Ints:
        """At most what is left of a unit beyond a margin (a rate of the price without tax), whatever the price.

        What is left is concave in the price, so it is least at the lowest price or at the price before.
        """
        columns, rows = self.columns, self.rows
        keep, fee = columns.keep[rows], columns.fee[rows]
        asked = -(-(keep + 1) * np.maximum(margin, 0) // RATE)
        costs = columns.unit[rows] + columns.shipping[rows] + self.fees

        def left(price: Ints) -> Ints:
            charged = np.maximum(-(-price * fee // RATE), columns.min_fee[rows])
            kept: Ints = price * keep // RATE - charged - costs - -(-price * asked // RATE)
            return kept

        least: Ints = np.minimum(left(self.price), left(columns.price[rows] + 1))
        return least


def find_bounds(columns: Columns, groups: Groups, sets: PromotionSets, rows: Ints) -> Bounds:
    """Bounds for these rows, which come in the order of their groups."""
    by_group = groups.rows_by_group(rows)
    ordered = np.concatenate([of_group for _, of_group in by_group]) if by_group else rows
    covered, fees = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.int64)
    price, unsure = columns.price[ordered], columns.unsure[ordered]
    start = 0
    for group, of_group in by_group:
        promotions, currency = groups.promotions[group], groups.currencies[group]
        here = slice(start, start + len(of_group))
        start += len(of_group)
        covered[here] = any(promotion.level != "shipping" for promotion in promotions)
        if not promotions:
            continue
        if len(of_group) < _FEW:
            unsure[here] = True
            continue
        try:
            lowest, charged = _bounds_of(sets, promotions, currency, price[here])
        except OverflowError:
            unsure[here] = True
        else:
            price[here], fees[here] = lowest, charged
    return Bounds(columns, ordered, covered, price, fees, unsure)


def _bounds_of(
    sets: PromotionSets, promotions: tuple[Promotion, ...], currency: str, before: Ints
) -> tuple[Ints, Ints]:
    compiled = sets.compiled(promotions, currency)
    parts = power(currency) * PARTS
    lowest = before.copy()
    for combination in compiled.front:
        np.minimum(lowest, _lowest(combination, before, currency, parts), out=lowest)
    fees = [fee_bound(promotion, sets.stacking, currency) for promotion in promotions]
    rate, fixed = sum((rate for rate, _ in fees), _ZERO), sum((fixed for _, fixed in fees), _ZERO)
    if rate > 1:
        raise OverflowError
    return lowest, -(-(before + 1) * _rate(rate) // RATE) + _parts(fixed, parts)


def _lowest(combination: Combination, before: Ints, currency: str, parts: int) -> Ints:
    """At most the combination's price, from the price before."""
    price = before
    if combination.stated:
        price = before - np.maximum.reduce([_most(d, before, before, currency, parts) for d in combination.stated])
    stated = price
    for stage in combination.stages:
        reference = before if stage.base is Base.ORIGINAL else stated if stage.base is Base.STATED else price
        price = price - -(-reference * _rate(stage.share) // RATE)
        for discount in stage.priced:
            of = np.maximum(price, 0) if stage.base is Base.RUNNING else reference
            price = price - _most(discount, of, reference, currency, parts)
        price = np.maximum(price - _parts(stage.amount, parts), 0)
    return price


def _most(discount: Discount, of: Ints, reference: Ints, currency: str, parts: int) -> Ints:
    """At least what `Discount.most` says."""
    promotion = discount.promotion
    takes = -(-of * _rate(best_share(promotion)) // RATE)
    if promotion.currency in ("", currency):
        if promotion.amount_off is not None:
            amount = np.full(len(of), _parts(promotion.amount_off, parts))
            if promotion.min_amount and once_an_order(promotion):
                # Shared with what the minimum spend needs besides.
                part = min(promotion.amount_off / promotion.min_amount, Fraction(1))
                amount = np.minimum(amount, np.maximum(-(-reference * _rate(part) // RATE), 0))
            takes = np.maximum(takes, amount)
        if promotion.fixed_price is not None:
            takes = np.maximum(takes, of - _parts(promotion.fixed_price, parts, floor))
    if promotion.max_discount is not None:
        takes = np.minimum(takes, _parts(promotion.max_discount, parts))
    return np.maximum(np.minimum(takes, of), 0)


def _rate(share: Fraction) -> int:
    """A share as a rate; more than all is as much as all."""
    return min(ceil(share * RATE), RATE)


def _parts(amount: Fraction, parts: int, rounded: Callable[[Fraction], int] = ceil) -> int:
    """An amount in parts; more than any price is as much as all of it."""
    return min(rounded(amount * parts), MOST)
