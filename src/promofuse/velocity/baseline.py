"""Expected orders by SKU and hour of the week, learnt from orders without a promotion.

    rate of a SKU   (orders + 1) / (hours + 1 / rate of a busy SKU)
    its week        shop's week * (orders in the hour + k) / (orders that the shop's week makes likely + k)

so that a SKU with little history sells like the shop's busy ones, and follows the shop's week until it has hundreds of
orders. Hours of the week that were not lived through yet follow the same hour of other days. A day on which a SKU
also sold under a promotion counts for neither its orders nor its hours. Old orders fade. A day on which the whole shop
sold far more or less than usual (a holiday, an outage) counts as so many hours as its orders make likely, three days in
a row at most: what lasts is no exception. `level` says how much busier than its week the shop is just now.
Hour 0 of the week is the epoch's, Thursday 00:00 local time, which `offset` tells.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import accumulate
from typing import Any, Final, Self

from promofuse.instants import DAY, HOUR

WEEK_HOURS: Final = 168
_SHRINKAGE: Final = 300 / WEEK_HOURS  # orders that the shop's week weighs in each hour against the SKU's own
_SHAPED_SKUS: Final = 200  # together, more SKUs than this follow the shop's week
_HOURS_FROM_OTHER_DAYS: Final = 0.1  # what they weigh against the hour itself
_BUSY: Final = 0.95  # quantile
_EXCEPTIONAL: Final = (0.6, 1.5)  # times the usual orders of a day
_EXCEPTIONS: Final = 3  # days in a row
_KNOWN: Final = 7 * 24  # hours of history before a day can be an exception
_DOUBT: Final = 30  # orders: fewer say little about the shop as a whole
_BUSIER: Final = (1.3, 3.0)  # less is not worth a mention, more is not believed
_HOUR_FADES: Final = 0.8
_MEMORY_DAYS: Final = 84  # an order this old weighs 1/e


class HourlyCurve:
    """A rate for each hour of the local week; `between` sums it over any time range in O(1)."""

    __slots__ = ("_ahead", "_before", "_rates")

    def __init__(self, rates: Iterable[float], ahead: int = 0) -> None:
        """`ahead` is what local time is ahead of UTC now."""
        self._ahead = ahead
        self._rates = tuple(rates)
        self._before = tuple(accumulate(self._rates, initial=0.0))

    def until(self, at: int) -> float:
        """Expected orders from the epoch to `at`."""
        weeks, rest = divmod(at + self._ahead, WEEK_HOURS * HOUR)
        hour, part = divmod(rest, HOUR)
        return weeks * self._before[-1] + self._before[hour] + self._rates[hour] * (part / HOUR)

    def between(self, start: int, end: int) -> float:
        """Expected orders in [start, end); 0 where the range is empty."""
        return self.until(end) - self.until(start) if end > start else 0.0


class Baseline:
    """What a shop sells without promotions. Feed it line by line; when it is `due`, `fold` lets them count.

    Until the first fold, an hour after the first line, nothing is known and `curve` gives None.
    """

    def __init__(self, offset: Callable[[int], int] = lambda _: 0) -> None:
        """`offset` tells how far local time is ahead of UTC at a moment."""
        self.version = 0  # counts the folds; curves of an older version are stale
        self.level = 1.0  # how much busier than its week the shop is, from some hours; 1 up to a third more
        self._offset = offset
        self._ahead = 0  # what is added to UTC until the next fold
        self._hour_ends = 0
        self._hour_orders = 0
        self._lately = (0.0, 0.0)  # orders of the last hours and what was expected, fading
        self._exceptions = 0  # exceptional days in a row
        self._origin: int | None = None
        self.folded_at = 0
        self._cells: dict[str, dict[int, float]] = {}  # SKU -> hour of week -> orders
        self._by_hour = [0.0] * WEEK_HOURS  # the cells of all SKUs together
        self._by_sku: dict[str, float] = {}
        self._lived = [0.0] * WEEK_HOURS  # how often each hour of the week was lived through
        self._off: dict[str, float] = {}  # SKU -> hours that do not count for it
        self._recent: dict[str, list[int]] = {}  # since the last fold: SKU -> hours of week
        self._promoted: set[str] = set()  # since the last fold
        self._prepare()

    def add(self, sku: str, ordered_at: int) -> None:
        """Count one order line without a promotion."""
        hour = (ordered_at + self._ahead) // HOUR % WEEK_HOURS
        self._hour_orders += 1
        hours = self._recent.get(sku)
        if hours is None:
            self._recent[sku] = [hour]
        else:
            hours.append(hour)

    def promoted(self, sku: str) -> None:
        """Note that a SKU sold under a promotion: the time since the last fold does not count for it."""
        self._promoted.add(sku)

    def due(self, at: int) -> bool:
        """Whether to fold now: after the first hour, then as the history doubles, then daily."""
        if at >= self._hour_ends:
            if self._origin is None:
                self._origin = self.folded_at = at
                self._ahead = self._offset(at)
            self._see_hour(at)
            if self._offset(at) != self._ahead:
                return True
        elif self._origin is None:
            self._origin = self.folded_at = at
        known = self.folded_at - self._origin
        return at - self.folded_at >= min(max(known, HOUR), DAY)

    def fold(self, at: int) -> None:
        """Let the orders since the last fold count. `at` is after it."""
        weight = self._weight(at)
        hours = weight * self._exception(at)
        for sku, seen in self._recent.items():
            if sku not in self._promoted:
                cells = self._cells.setdefault(sku, {})
                for hour in seen:
                    cells[hour] = cells.get(hour, 0.0) + weight
                    self._by_hour[hour] += weight
                self._by_sku[sku] = self._by_sku.get(sku, 0.0) + weight * len(seen)
        for sku in self._promoted:
            self._off[sku] = self._off.get(sku, 0.0) + hours * (at - self.folded_at) / HOUR
        self._live(at, hours)
        self._recent, self._promoted = {}, set()
        self.folded_at = at
        self._ahead = self._offset(at)
        self.version += 1
        self._prepare()

    def curve(self, skus: Collection[str] | None, widened: float = 1.0) -> HourlyCurve | None:
        """Expected orders of all the SKUs together, times `widened`; None for skus is the whole shop.

        None while nothing is known yet.
        """
        if not self.version:
            return None
        if skus is None:
            return HourlyCurve((widened * self._shop_rate * shape for shape in self._week), self._ahead)
        if len(skus) > _SHAPED_SKUS:
            total = widened * sum(self._rate(sku)[0] for sku in skus)
            return HourlyCurve((total * shape for shape in self._week), self._ahead)
        rates = [0.0] * WEEK_HOURS
        nothing: Mapping[int, float] = {}
        for sku in skus:
            rate, counted = self._rate(sku)
            # rate * shape * (orders + k * shape) / (rate * shape * hours lived + k * shape), for each hour
            weights = [rate / (rate * counted * times + _SHRINKAGE) for times in self._times]
            rates = [
                so_far + weight * _SHRINKAGE * shape
                for so_far, weight, shape in zip(rates, weights, self._week, strict=True)
            ]
            for hour, orders in self._cells.get(sku, nothing).items():
                rates[hour] += weights[hour] * orders / self._now
        return HourlyCurve((widened * rate for rate in rates), self._ahead)

    def _rate(self, sku: str) -> tuple[float, float]:
        """Orders an hour, and the share of the history that counts for the SKU."""
        orders = self._by_sku.get(sku, 0.0) / self._now
        counted = max(0.0, 1.0 - self._off.get(sku, 0.0) / self._lived_in_all)
        return (orders + 1) / (self._hours * counted + 1 / self._busy_rate), counted

    def _see_hour(self, at: int) -> None:
        """Compare the hour that is over with the shop's week."""
        if self.version:
            begun = self._hour_ends - HOUR
            expected = self._expected(max(begun, at - DAY), at)
            orders, usual = (_HOUR_FADES * part for part in self._lately)
            self._lately = orders + self._hour_orders, usual + expected
            busier = (self._lately[0] + _DOUBT) / (self._lately[1] + _DOUBT)
            self.level = min(busier, _BUSIER[1]) if busier > _BUSIER[0] else 1.0
        self._hour_orders = 0
        self._hour_ends = (at // HOUR + 1) * HOUR

    def _expected(self, start: int, end: int) -> float:
        """Orders without a promotion that the shop's week makes likely."""
        total = 0.0
        while start < end:
            until = min(end, (start // HOUR + 1) * HOUR)
            total += self._week[(start + self._ahead) // HOUR % WEEK_HOURS] * (until - start) / HOUR
            start = until
        return self._shop_rate * total

    def _exception(self, at: int) -> float:
        """How many usual hours one hour since the last fold stands for: 1 but on exceptional days."""
        if self._hours < _KNOWN:
            return 1.0
        orders = sum(len(hours) for sku, hours in self._recent.items() if sku not in self._promoted)
        promoted = sum(self._by_sku.get(sku, 0.0) for sku in self._promoted) / self._now
        share = max(0.0, 1 - promoted / (self._shop_rate * self._hours))
        expected = share * self._expected(max(self.folded_at, at - 7 * DAY), at)
        usual = (orders + _DOUBT) / (expected + _DOUBT)
        if _EXCEPTIONAL[0] <= usual <= _EXCEPTIONAL[1]:
            self._exceptions = 0
            return 1.0
        self._exceptions += 1
        return usual if self._exceptions <= _EXCEPTIONS else 1.0

    def _weight(self, at: int) -> float:
        """Newer orders weigh exponentially more, which is the same as fading all older ones."""
        return math.exp((at - (self._origin or 0)) / (DAY * _MEMORY_DAYS))

    def _live(self, at: int, weight: float) -> None:
        """Count the hours of the week from the last fold to `at`."""
        start = self.folded_at
        weeks = (at - start) // (WEEK_HOURS * HOUR)
        if weeks:
            self._lived = [lived + weight * weeks for lived in self._lived]
            start += weeks * WEEK_HOURS * HOUR
        while start < at:
            end = min(at, (start // HOUR + 1) * HOUR)
            self._lived[(start + self._ahead) // HOUR % WEEK_HOURS] += weight * (end - start) / HOUR
            start = end

    def _prepare(self) -> None:
        """What all curves of this version share: the shop's week with mean 1, hours, the rate of a busy SKU."""
        self._now = self._weight(self.folded_at)
        self._times = [lived / self._now for lived in self._lived]
        self._lived_in_all = sum(self._lived)
        by_sku = [orders / self._now for orders in self._by_sku.values()]
        orders = [weight / self._now for weight in self._by_hour]
        mean = (sum(orders) + 1) / (sum(self._times) + 1)
        few = _HOURS_FROM_OTHER_DAYS
        by_day = [(sum(orders[h::24]) + few * mean) / (sum(self._times[h::24]) + few) for h in range(24)]
        week = [(orders[h] + few * by_day[h % 24]) / (self._times[h] + few) for h in range(WEEK_HOURS)]
        self._shop_rate = sum(week) / WEEK_HOURS
        self._week = [rate / self._shop_rate for rate in week]
        # Hours weighed by how busy they are, so that a history of one night counts as what it is.
        self._hours = sum(times * shape for times, shape in zip(self._times, self._week, strict=True))
        busiest = sorted(by_sku)[int(_BUSY * len(by_sku))] if by_sku else 0.0
        self._busy_rate = max(busiest, 1.0) / self._hours if self._hours else 1.0

    def to_state(self) -> dict[str, Any]:
        """JSON values; `from_state` goes on exactly. `folded` is the larger part and changes only with `version`."""
        return {
            "folded": {
                "version": self.version,
                "origin": self._origin,
                "at": self.folded_at,
                "cells": {sku: [list(cells), list(cells.values())] for sku, cells in self._cells.items()},
                "by_hour": self._by_hour,
                "by_sku": self._by_sku,
                "lived": self._lived,
                "off": self._off,
                "ahead": self._ahead,
                "exceptions": self._exceptions,
            },
            "lately": [self.level, self._hour_ends, self._hour_orders, *self._lately],
            "recent": self._recent,
            "promoted": sorted(self._promoted),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], offset: Callable[[int], int] = lambda _: 0) -> Self:
        """Go on from `to_state`."""
        baseline = cls(offset)
        baseline.level, baseline._hour_ends, baseline._hour_orders, *lately = state["lately"]
        baseline._lately = (lately[0], lately[1])
        folded = state["folded"]
        baseline.version, baseline._origin, baseline.folded_at = folded["version"], folded["origin"], folded["at"]
        baseline._cells = {
            sku: dict(zip(hours, weights, strict=True)) for sku, (hours, weights) in folded["cells"].items()
        }
        baseline._by_hour, baseline._by_sku = list(folded["by_hour"]), dict(folded["by_sku"])
        baseline._lived = list(folded["lived"])
        baseline._off = dict(folded["off"])
        baseline._ahead, baseline._exceptions = folded["ahead"], folded["exceptions"]
        baseline._recent = {sku: list(hours) for sku, hours in state["recent"].items()}
        baseline._promoted = set(state["promoted"])
        baseline._prepare()
        return baseline
