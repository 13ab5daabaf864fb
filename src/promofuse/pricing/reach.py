"""Which promotions reach which rows of a catalogue: rows that the same promotions cover are one group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from promofuse.facts import Promotion
from promofuse.pricing.columns import Columns, Ints

_SPARE: Final = 1000


@dataclass(frozen=True, slots=True)
class Groups:
    """The group of each row, and the promotions and the currency of each group.

    Rows that change their group leave groups without rows behind; `fresh` is how many groups there were without such.
    """

    of_row: Ints
    promotions: tuple[tuple[Promotion, ...], ...]
    currencies: tuple[str, ...]
    fresh: int

    def rows_by_group(self, rows: Ints) -> list[tuple[int, Ints]]:
        """The rows of each group that has any, in their order."""
        groups = self.of_row[rows]
        order = np.argsort(groups, kind="stable")
        found, starts = np.unique(groups[order], return_index=True)
        ends = [*starts[1:].tolist(), len(rows)]
        return [
            (group, rows[order[start:end]])
            for group, start, end in zip(found.tolist(), starts.tolist(), ends, strict=False)
        ]


class Reach:
    """Finds the rows of promotions by SKU and currency; what a list of SKUs meant is remembered."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        skus = [offer.sku for offer in columns.offers]
        self._row = dict(zip(skus, range(len(skus)), strict=True))
        self._rows: dict[str, list[int]] = {}
        if len(self._row) != len(skus):  # a SKU in several currencies
            for row, sku in enumerate(skus):
                self._rows.setdefault(sku, []).append(row)
        self._known: dict[str, tuple[Promotion, Ints | None]] = {}

    def rows_of_sku(self, sku: str) -> list[int]:
        """The rows of a SKU, one for each currency that it has."""
        if sku not in self._row:
            return []
        return self._rows.get(sku) or [self._row[sku]]

    def rows(self, promotion: Promotion) -> Ints:
        """The rows that a promotion covers, in order."""
        named = self._named(promotion)
        return np.arange(len(self._columns)) if named is None else named

    def missing(self, promotion: Promotion) -> tuple[str, ...]:
        """SKUs that it names and the catalogue does not have in its currency."""
        if "*" in promotion.skus:
            return ()
        offers, currency, left_out = self._columns.offers, promotion.currency, set(promotion.excluded_skus)
        if self._rows or len(self._columns.currencies) > 1 or currency not in ("", *self._columns.currencies):
            named = (
                sku
                for sku in promotion.skus
                if not any(currency in ("", offers[row].currency) for row in self.rows_of_sku(sku))
            )
        else:
            named = (sku for sku in promotion.skus if sku not in self._row)
        return tuple(dict.fromkeys(sku for sku in named if sku not in left_out))

    def groups(self, promotions: Sequence[Promotion]) -> Groups:
        """Rows in groups by the promotions that cover them and by currency; a group's promotions keep their order."""
        of_row, members, currencies = self._refine(np.arange(len(self._columns)), promotions, self._named)
        return Groups(of_row, tuple(members), tuple(currencies), len(members))

    def regroup(self, groups: Groups, promotions: Sequence[Promotion], rows: Ints) -> Groups:
        """The same with these rows alone grouped anew; promotions that cover none of them are the same objects."""
        if not len(rows):
            return groups
        if len(groups.promotions) > 2 * groups.fresh + _SPARE:
            return self.groups(promotions)
        local, members, currencies = self._refine(rows, promotions, lambda one: self._named_among(one, rows))
        all_members, all_currencies = list(groups.promotions), list(groups.currencies)
        known = {_key(*group): number for number, group in enumerate(zip(all_members, all_currencies, strict=True))}
        numbers = np.zeros(len(members), np.int64)
        for place, group in enumerate(zip(members, currencies, strict=True)):
            number = known.get(_key(*group))
            if number is None:
                number = len(all_members)
                all_members.append(group[0])
                all_currencies.append(group[1])
            numbers[place] = number
        of_row = groups.of_row.copy()
        of_row[rows] = numbers[local]
        return Groups(of_row, tuple(all_members), tuple(all_currencies), groups.fresh)

    def _refine(
        self, rows: Ints, promotions: Sequence[Promotion], named_by: Callable[[Promotion], Ints | None]
    ) -> tuple[Ints, list[tuple[Promotion, ...]], list[str]]:
        """The group of each row, and the groups; `named_by` gives places among the rows, None for all of them."""
        group = self._columns.currency[rows].astype(np.int64)
        currencies = list(self._columns.currencies)
        sizes = np.bincount(group, minlength=len(currencies)).tolist()
        members: list[tuple[Promotion, ...]] = [()] * len(currencies)
        for promotion in promotions:
            named = named_by(promotion)
            if named is None:
                members = [(*known, promotion) for known in members]
                continue
            hit, inverse, counts = np.unique(group[named], return_inverse=True, return_counts=True)
            new = hit.copy()
            for place, (old, count) in enumerate(zip(hit.tolist(), counts.tolist(), strict=True)):
                if count < sizes[old]:
                    new[place] = len(members)
                    sizes[old] -= count
                    sizes.append(count)
                    currencies.append(currencies[old])
                    members.append((*members[old], promotion))
                else:
                    members[old] = (*members[old], promotion)
            group[named] = new[inverse]
        return group, members, currencies

    def _named_among(self, promotion: Promotion, rows: Ints) -> Ints | None:
        """The places among some rows of those that a promotion covers; None where it covers every row."""
        named = self._named(promotion)
        if named is None or not len(named):
            return named
        place = np.searchsorted(named, rows)
        return np.flatnonzero(named[np.minimum(place, len(named) - 1)] == rows)

    def among(self, promotion: Promotion, rows: Ints) -> Ints:
        """Those of some rows, in order, that a promotion covers."""
        places = self._named_among(promotion, rows)
        return rows if places is None else rows[places]

    def _named(self, promotion: Promotion) -> Ints | None:
        """The rows of a promotion that does not cover all of them; None of one that does."""
        known = self._known.get(promotion.promotion_id)
        if known is None or known[0] is not promotion:
            known = self._known[promotion.promotion_id] = (promotion, self._find(promotion))
        return known[1]

    def _find(self, promotion: Promotion) -> Ints | None:
        everything = "*" in promotion.skus
        if everything and not promotion.excluded_skus and not promotion.currency:
            return None
        if everything:
            chosen = np.ones(len(self._columns), np.bool_)
        else:
            chosen = np.zeros(len(self._columns), np.bool_)
            if self._rows:
                chosen[[row for sku in promotion.skus for row in self.rows_of_sku(sku)]] = True
            else:
                chosen[[self._row[sku] for sku in promotion.skus if sku in self._row]] = True
        chosen[[row for sku in promotion.excluded_skus for row in self.rows_of_sku(sku)]] = False
        if promotion.currency:
            in_currency = [promotion.currency == currency for currency in self._columns.currencies]
            chosen &= np.array(in_currency, np.bool_)[self._columns.currency]
        return None if chosen.all() else np.flatnonzero(chosen)


def _key(members: tuple[Promotion, ...], currency: str) -> tuple[object, ...]:
    return (currency, *map(id, members))
