"""A catalogue's amounts as columns of integers, rounded so that no offer looks sounder than it is.

The exact amounts stay in the offers: columns only tell on which offers nothing can be wrong. Money is in parts, the
ten-thousandth part of a minor unit; rates are in 100,000ths. Prices and what is kept of them are rounded down, costs
and fees up. An amount too large for that makes its row `unsure`: it is always looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, repeat
from operator import attrgetter, is_not
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from promofuse.facts import Offer
from promofuse.money import power
from promofuse.pricing.margin import usual_fee_rate

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

PARTS: Final = 10_000
RATE: Final = 100_000
# The product of an amount and a rate has to fit 63 bits.
MOST: Final = 10**13
_MOST_RATE: Final = 5 * RATE
_BITS: Final = 2**62
_FEW: Final = 1000
_ZERO: Final = Fraction(0)


class Columns:
    """Offers as columns. `price` is the price before any promotion, `margin` the offer's own least margin as a rate.

    `exact_prices`: no price had to be rounded. `exact`: nothing had to be but what is kept of a price, so that equal
    rows are equal offers but for their tax.
    """

    def __init__(self, offers: Sequence[Offer], platform: str) -> None:
        self.offers = offers
        self.currencies = sorted(set(self._all("currency")))
        number = {currency: place for place, currency in enumerate(self.currencies)}
        self.currency = np.fromiter(map(number.__getitem__, self._all("currency")), np.int32, len(offers))
        self.parts = np.array([power(currency) * PARTS for currency in self.currencies] or [1], np.int64)[self.currency]
        self.unsure = np.zeros(len(offers), np.bool_)
        self.exact = True
        usual = usual_fee_rate(platform)
        prices, list_prices = list(self._all("price")), list(self._all("list_price"))
        self.own_priced = _flags(prices)
        if not self.own_priced.all():
            prices = [usually if price is None else price for price, usually in zip(prices, list_prices, strict=True)]
        self.priced, self.price = self._known(prices, _down)
        self.unsure |= self.price < 0
        self.exact_prices = self.exact  # prices are the first to be filled
        self.listed, self.list_price = self._known(list_prices, _up)
        self.floored, self.floor = self._known(list(self._all("floor_price")), _up)
        self.costed, self.unit = self._known(list(self._all("unit_cost")), _up)
        self.unit += self._money("fulfilment_cost")
        self.shipping = self._money("shipping_cost")
        self.min_fee = self._money("min_fee")
        rates = np.full(len(offers), RATE, np.int64)
        fees = [usual if rate is None else rate for rate in self._all("fee_rate")]
        self.fee = self._filled(fees, rates, _up, _MOST_RATE)
        self.keep = self._filled(list(self._all("vat_rate")), rates, _down_kept, _MOST_RATE)
        margins = list(self._all("min_margin"))
        self.own_margin = _flags(margins)
        self.margin = self._filled([margin or _ZERO for margin in margins], rates, _up, _MOST_RATE)

    def __len__(self) -> int:
        return len(self.offers)

    def replace(self, rows: Ints, offers: Sequence[Offer], platform: str) -> None:
        """Take the amounts of changed offers into their rows; SKU and currency are the same."""
        changed = Columns(offers, platform)
        for name in _COLUMNS:
            getattr(self, name)[rows] = getattr(changed, name)
        self.exact = self.exact and changed.exact
        self.exact_prices = self.exact_prices and changed.exact_prices

    def common_parts(self, column: Ints, rows: Ints) -> Ints:
        """Money of these rows in the smallest part of all currencies, so that numbers compare as major units do."""
        scale: Ints = self.parts.max(initial=1) // self.parts[rows]
        return column * scale

    def amounts(self, row: int) -> tuple[object, ...]:
        """All that decides what promotions leave of an offer; empty where that is not known exactly."""
        if not self.exact or self.unsure[row]:
            return ()
        names = ("currency", "price", "unit", "shipping", "min_fee", "fee", "floored", "floor")
        return (self.offers[row].vat_rate.as_integer_ratio(), *(getattr(self, name).item(row) for name in names))

    def _all(self, name: str) -> Iterator[Any]:
        return map(attrgetter(name), self.offers)

    def _known(self, amounts: list[Fraction | None], rounded: Rounding) -> tuple[Flags, Ints]:
        """Which amounts are known, and the amounts with 0 for the others."""
        known = _flags(amounts)
        if not known.any():
            return known, np.zeros(len(amounts), np.int64)
        given = amounts if known.all() else [_ZERO if amount is None else amount for amount in amounts]
        return known, self._filled(cast("list[Fraction]", given), self.parts, rounded, MOST)

    def _money(self, name: str) -> Ints:
        return self._filled(list(self._all(name)), self.parts, _up, MOST)

    def _filled(self, amounts: list[Fraction], parts: Ints, rounded: Rounding, most: int) -> Ints:
        over, under = _ratios(amounts)
        large = (np.abs(over) > _BITS // parts) | (under > _BITS // parts)
        some_large = bool(large.any())
        if some_large:
            over, under = np.where(large, 0, over), np.where(large, 1, under)
        column = rounded(over, under, parts)
        self.exact = self.exact and (rounded is _down_kept or not (over * parts % under).any())
        large |= np.abs(column) > most
        if some_large or large.any():
            self.unsure |= large
            column[large] = 0
        return column


_COLUMNS: Final = (
    "unsure", "own_priced", "priced", "price", "listed", "list_price", "floored", "floor", "costed", "unit", "shipping",
    "min_fee", "fee", "keep", "own_margin", "margin",
)  # fmt: skip

Rounding = Callable[[Ints, Ints, Ints], Ints]


def _down(over: Ints, under: Ints, parts: Ints) -> Ints:
    return over * parts // under


def _up(over: Ints, under: Ints, parts: Ints) -> Ints:
    return -(-over * parts // under)


def _down_kept(over: Ints, under: Ints, parts: Ints) -> Ints:
    """What is left of a price without the tax in it."""
    return under * parts // (under + over)


def _ratios(amounts: list[Fraction]) -> tuple[Ints, Ints]:
    """Numerators and denominators; those that 62 bits do not hold are too large in any case."""
    if not amounts:
        return np.zeros(0, np.int64), np.ones(0, np.int64)
    if not any(map(is_not, amounts, repeat(amounts[0]))):
        over, under = _in_bits(amounts[0])
        return np.full(len(amounts), over), np.full(len(amounts), under)
    distinct = {id(amount): amount for amount in amounts[:_FEW]}
    if len(distinct) * 8 <= len(amounts[:_FEW]):
        # Of fees and taxes there are few, and one value often stands in many offers.
        distinct = dict(zip(map(id, amounts), amounts, strict=True))
        place = dict(zip(distinct, range(len(distinct)), strict=True))
        places = np.fromiter(map(place.__getitem__, map(id, amounts)), np.int64, len(amounts))
        over_each, under_each = _ratios_each(list(distinct.values()))
        return over_each[places], under_each[places]
    return _ratios_each(amounts)


def _ratios_each(amounts: list[Fraction]) -> tuple[Ints, Ints]:
    try:
        ratios = map(Fraction.as_integer_ratio, amounts)
        both = np.fromiter(chain.from_iterable(ratios), np.int64, 2 * len(amounts))
    except OverflowError:
        both = np.array([_in_bits(amount) for amount in amounts], np.int64).reshape(-1)
    return both[0::2], both[1::2]


def _in_bits(amount: Fraction) -> tuple[int, int]:
    fits = abs(amount.numerator) < _BITS and amount.denominator < _BITS
    return (amount.numerator, amount.denominator) if fits else (_BITS, 1)


def _flags(given: list[Any]) -> Flags:
    """Which of them are known."""
    return np.fromiter(map(is_not, given, repeat(None)), np.bool_, len(given))
