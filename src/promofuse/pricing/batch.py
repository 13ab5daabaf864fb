"""A catalogue as a whole: its columns, its groups of promotions, and its cases, made only where they are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import cached_property

import numpy as np

from promofuse.facts import Offer, Promotion
from promofuse.pricing.bounds import Bounds, find_bounds
from promofuse.pricing.catalogue import Covered, OfferCase, PromotionCase, price_before
from promofuse.pricing.columns import Columns, Ints
from promofuse.pricing.in_force import InForce, promotions_in_force
from promofuse.pricing.margin import costs_of
from promofuse.pricing.meeting import Stacking
from promofuse.pricing.promotion_sets import PromotionSets
from promofuse.pricing.reach import Groups, Reach


class Catalogue:
    """All offers of a shop and the promotions in force, as rows.

    It stays in memory between checks: `move` takes the promotions of a later time and tells which rows they touch.
    """

    def __init__(self, shop: str, platform: str, offers: Iterable[Offer], stacking: Stacking | None = None) -> None:
        self.shop = shop
        self.platform = platform
        self._stacking = stacking
        self._fill(offers)
        self.promotions: dict[str, PromotionCase] = {}
        self.losses = RowLosses()
        self._covered: dict[str, CoveredRows] = {}
        self._live: dict[str, InForce] = {}
        self._sets: PromotionSets | None = None
        self._groups = self._reach.groups(())

    def __len__(self) -> int:
        return len(self.offers)

    @property
    def sets(self) -> PromotionSets:
        """The promotions' sets; raises RuntimeError before the first `move`."""
        if self._sets is None:
            raise RuntimeError("move comes first")
        return self._sets

    def move(self, promotions: Iterable[Promotion], at: datetime) -> Ints:
        """Take all known revisions as of a time, not earlier than the one before; the rows to look at again.

        A promotion counts as changed if its revision in force did, or if the time passed its start, its end or its
        lock.
        """
        live = {one.promotion.promotion_id: one for one in promotions_in_force(promotions, at)}
        opens = {promotion_id: one.opens_at for promotion_id, one in live.items()}
        if self._sets is None:
            self._sets = PromotionSets(self.platform, at, self._stacking, opens)
            touched = np.arange(len(self))
            self._groups = self._reach.groups([one.promotion for one in live.values()])
        else:
            changed = self._changed(live, at)
            gone = {one.promotion.promotion_id for one in changed}
            found = [self._reach.rows(one.promotion) for one in changed]
            touched = np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
            # What has not changed stays the same object, for all that is known of it.
            live |= {one: self._live[one] for one in live if one in self._live and one not in gone}
            self._sets.forget(gone)
            self._sets.at, self._sets.opens = at, opens
            self._covered = {one: covered.without(gone) for one, covered in self._covered.items() if one not in gone}
            self._groups = self._reach.regroup(self._groups, [one.promotion for one in live.values()], touched)
        self._live = live
        self.promotions = {promotion_id: self._promotion_case(one) for promotion_id, one in live.items()}
        return touched

    def _changed(self, live: Mapping[str, InForce], at: datetime) -> list[InForce]:
        """Old and new entries of the promotions that are not as they were, or that have passed a time that counts."""
        since = self.sets.at
        changed = []
        for promotion_id in {*self._live, *live}:
            old, new = self._live.get(promotion_id), live.get(promotion_id)
            if old != new or (new and _passed(new.promotion, self.sets, since, at)):
                changed += [entry for entry in (old, new) if entry]
        return changed

    def change(self, offers: Iterable[Offer]) -> Ints:
        """Put these in the place of the offers of their SKU and currency; their rows. Raises KeyError for a new one."""
        changed = {(offer.sku, offer.currency): offer for offer in offers}
        rows = [self._row(key) for key in changed]
        for row, offer in zip(rows, changed.values(), strict=True):
            self.offers[row] = offer
        if rows:
            for covered in self._covered.values():
                covered.forget()
            self.columns.replace(np.array(rows, np.int64), list(changed.values()), self.platform)
        return np.array(sorted(rows), np.int64)

    def _row(self, key: tuple[str, str]) -> int:
        sku, currency = key
        for row in self._reach.rows_of_sku(sku):
            if self.offers[row].currency == currency:
                return row
        raise KeyError(key)

    def case(self, row: int) -> OfferCase:
        """The case of one offer."""
        offer = self.offers[row]
        promotions = self._groups.promotions[int(self._groups.of_row[row])]
        return OfferCase(
            shop=self.shop, sets=self.sets, offer=offer, promotions=promotions, costs=costs_of(offer, self.platform)
        )

    def price(self, row: int) -> Fraction | None:
        """A row's price before any promotion."""
        return price_before(self.offers[row])

    def bounds(self, rows: Ints) -> Bounds:
        """Bounds of what the promotions can do to these rows."""
        return find_bounds(self.columns, self._groups, self.sets, rows)

    def bounds_under(self, rows: Ints, promotions: tuple[Promotion, ...]) -> Bounds:
        """Bounds of what these promotions alone can do to these rows."""
        currencies = tuple(self.columns.currencies)
        of_row = self.columns.currency.astype(np.int64)
        alone = Groups(of_row, (promotions,) * len(currencies), currencies, len(currencies))
        return find_bounds(self.columns, alone, self.sets, rows)

    def rows(self, promotion: Promotion) -> Ints:
        """The rows that a promotion covers, in order."""
        return self._reach.rows(promotion)

    def among(self, promotion: Promotion, rows: Ints) -> Ints:
        """Those of some rows, in order, that a promotion covers."""
        return self._reach.among(promotion, rows)

    @property
    def by_key(self) -> Mapping[tuple[str, str], Offer]:
        """The offers by (SKU, currency)."""
        return _ByKey(self.offers, self._reach)

    def _promotion_case(self, in_force: InForce) -> PromotionCase:
        promotion = in_force.promotion
        covered = self._covered.get(promotion.promotion_id)
        if covered is None:
            rows, missing = self._reach.rows(promotion), self._reach.missing(promotion)
            covered = self._covered[promotion.promotion_id] = CoveredRows(self, promotion, rows, missing)
        return PromotionCase(
            shop=self.shop,
            sets=self.sets,
            in_force=in_force,
            covered=covered,
            losses=self.losses,
            missing=covered.missing,
            offers=len(self),
        )

    def _fill(self, offers: Iterable[Offer]) -> None:
        given = list(offers)
        if len({offer.sku for offer in given}) < len(given):
            given = list({(offer.sku, offer.currency): offer for offer in given}.values())
        self.offers = given
        self.columns = Columns(given, self.platform)
        self._reach = Reach(self.columns)


def _passed(promotion: Promotion, sets: PromotionSets, since: datetime, at: datetime) -> bool:
    locks = sets.stacking.editable_until(promotion, since)
    times = (promotion.seen_at, promotion.starts_at, promotion.ends_at, locks)
    return any(time is not None and since < time <= at for time in times)


class RowLosses:
    """How many rows lose money in a worst case that has a promotion in it, by promotion id; kept up row by row."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._rows: dict[int, tuple[str, ...]] = {}
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """Implements `Losses`."""
        return self._counts

    def note(self, row: int, case: OfferCase) -> None:
        """Count a row that has not been counted, if it loses money."""
        if case.loses and case.worst:
            ids = case.worst.combination
            self._rows[row] = self._known.setdefault(ids, ids)
            self._counts.update(ids)

    def forget(self, rows: Iterable[int]) -> None:
        """Take rows out of the counts, to be counted anew."""
        for row in rows:
            self._counts.subtract(self._rows.pop(row, ()))

    def clear(self) -> None:
        """Forget all rows."""
        self._counts.clear()
        self._rows.clear()


class CoveredRows(Covered):
    """The rows that a promotion covers; cases are made one at a time, and answers about all rows are kept."""

    def __init__(self, catalogue: Catalogue, promotion: Promotion, rows: Ints, missing: tuple[str, ...]) -> None:
        self.missing = missing
        self._catalogue = catalogue
        self._promotion = promotion
        self._rows = rows
        self._hardest_hit: dict[tuple[str, ...], int | None] = {}

    def without(self, promotion_ids: Collection[str]) -> CoveredRows:
        """The same rows without answers that depend on these promotions."""
        for ids in [ids for ids in self._hardest_hit if not set(ids).isdisjoint(promotion_ids)]:
            del self._hardest_hit[ids]
        return self

    def forget(self) -> None:
        """Drop all answers: an offer has changed."""
        self._hardest_hit.clear()
        self.__dict__.pop("_extremes", None)
        self.__dict__.pop("_prices", None)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int) -> OfferCase:
        return self._catalogue.case(int(self._rows[place]))

    def __iter__(self) -> Iterator[OfferCase]:
        return map(self._catalogue.case, map(int, self._rows))

    def extremes(self) -> list[OfferCase]:
        """Implements `Covered`."""
        return list(map(self._catalogue.case, self._extremes))

    @cached_property
    def _extremes(self) -> list[int]:
        sure, others = self._priced()
        price = self._catalogue.columns.common_parts(self._catalogue.columns.price[sure], sure)
        found = []
        for choose, extreme in ((min, np.min), (max, np.max)):
            near = sure[price == extreme(price)][:1] if len(sure) else sure
            rows = np.union1d(near, others).tolist()
            priced = [(base, row) for row in rows if (base := self._catalogue.price(row))]
            if priced:
                found.append(choose(priced, key=lambda entry: entry[0])[1])
        return found

    def prices(self) -> set[Fraction]:
        """Implements `Covered`."""
        return self._prices

    @cached_property
    def _prices(self) -> set[Fraction]:
        sure, others = self._priced()
        price = self._catalogue.columns.common_parts(self._catalogue.columns.price[sure], sure)
        _, first = np.unique(price, return_index=True)
        bases = map(self._catalogue.price, [*sure[first].tolist(), *others.tolist()])
        return {base for base in bases if base}

    def _priced(self) -> tuple[Ints, Ints]:
        """The rows with a price above zero: those whose column has it exactly, and the others that may have one."""
        columns = self._catalogue.columns
        rows = self._rows[columns.priced[self._rows]]
        sure = ~columns.unsure[rows] & columns.exact_prices
        return rows[sure & (columns.price[rows] > 0)], rows[~sure]

    def hardest_hit(self, promotions: tuple[Promotion, ...]) -> OfferCase | None:
        """Implements `Covered`."""
        ids = tuple([promotion.promotion_id for promotion in promotions])
        if ids not in self._hardest_hit:
            self._hardest_hit[ids] = self._find_hardest_hit(promotions)
        row = self._hardest_hit[ids]
        return None if row is None else self._catalogue.case(row)

    def _find_hardest_hit(self, promotions: tuple[Promotion, ...]) -> int | None:
        catalogue, columns, rows = self._catalogue, self._catalogue.columns, self._rows
        for other in promotions:
            if other is not self._promotion:
                rows = catalogue.among(other, rows)
        bounds = catalogue.bounds_under(rows[columns.priced[rows] & columns.costed[rows]], promotions)
        if not len(bounds.rows):
            return None
        parts = int(columns.parts.max())
        least = columns.common_parts(bounds.least_left, bounds.rows)
        least[bounds.unsure] = np.iinfo(np.int64).min
        best: tuple[Fraction, str, int] | None = None
        alike: dict[tuple[object, ...], Fraction] = {}
        for place in np.argsort(least, kind="stable").tolist():
            if best is not None and int(least[place]) > best[0] * parts:
                break
            row = int(bounds.rows[place])
            key = columns.amounts(row)
            left = alike.get(key) if key else None
            if left is None:
                case = catalogue.case(row)
                left = case.left(case.under(promotions))
            if left is not None and key:
                alike[key] = left
            if left is not None and (best is None or (left, catalogue.offers[row].sku, row) < best):
                best = (left, catalogue.offers[row].sku, row)
        return best[2] if best else None


class _ByKey(Mapping[tuple[str, str], Offer]):
    """Offers by (SKU, currency), found by their row."""

    def __init__(self, offers: Sequence[Offer], reach: Reach) -> None:
        self._offers = offers
        self._reach = reach

    def __getitem__(self, key: tuple[str, str]) -> Offer:
        sku, currency = key
        for row in self._reach.rows_of_sku(sku):
            if self._offers[row].currency == currency:
                return self._offers[row]
        raise KeyError(key)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((offer.sku, offer.currency) for offer in self._offers)

    def __len__(self) -> int:
        return len(self._offers)
