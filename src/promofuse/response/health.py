"""The account's health, now, after a plan and as the window rolls on, in exact integers and fractions.

Amazon counts seller-cancelled orders among all seller-fulfilled orders of seven days; the target is under 2.5 %
(Seller Central help 200285210, read 2026-11). A limit comes from the shop's own account health where it says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from promofuse.facts import AccountHealth
from promofuse.marketplaces import find_marketplace

DAY: Final = timedelta(days=1)
WINDOW: Final = 7 * DAY
DEFECTS: Final = ("claims", "feedback", "chargebacks")  # why an order counts as defect
_FRESH: Final = 7 * DAY  # how old a report of account health may be


@dataclass(frozen=True, slots=True)
class CancellationRate:
    """`cancelled` of `orders` in the window; both None while unknown, and `why` says so in the seller's words.

    `as_of` is where the window ends. `leaving` are the cancelled orders by the day on which they leave the window, the
    first day first; blank where nobody knows.
    """

    limit: Fraction
    orders: int | None = None
    cancelled: int | None = None
    source: str = ""
    why: str = ""
    as_of: datetime | None = None
    leaving: tuple[int, ...] = ()

    @property
    def now(self) -> Fraction | None:
        """The rate as it stands, or None."""
        return self.after(0)

    def after(self, more: int) -> Fraction | None:
        """The rate once `more` orders are cancelled, or None."""
        if not self.orders or self.cancelled is None:
            return None
        return Fraction(self.cancelled + more, self.orders)

    def with_more(self, cancelled: int) -> CancellationRate:
        """The rate where so many more orders are cancelled already."""
        known = None if self.cancelled is None else self.cancelled + cancelled
        return replace(self, cancelled=known)

    def room(self) -> int | None:
        """The largest number of further cancellations that stays strictly under the limit; None while unknown."""
        if not self.orders or self.cancelled is None:
            return None
        return room_under(self.limit, self.cancelled, self.orders)

    @property
    def over(self) -> bool:
        """Whether the limit is reached already, without anything more."""
        return self.now is not None and self.now >= self.limit


def room_under(limit: Fraction, part: int, whole: int) -> int:
    """The largest k with (part + k) / whole < limit, at least 0, in integers."""
    scaled = limit.numerator * whole  # (part + k) * denominator < numerator * whole
    return max(0, -(-scaled // limit.denominator) - 1 - part)


def reported_rate(
    reports: Iterable[AccountHealth], marketplace: str, at: datetime, limit: Fraction
) -> CancellationRate | None:
    """The rate from the newest account-health report up to `at`; None without one of the last seven days.

    A report of no orders at all tells no rate.
    """
    newest = _newest(reports, "cancellation_rate", marketplace, at)
    if newest is None:
        return None
    return CancellationRate(
        limit=newest.target if newest.target is not None else limit,
        orders=newest.denominator,
        cancelled=newest.numerator,
        source="account health",
        as_of=newest.window_to if newest.window_to and newest.window_to <= newest.as_of else newest.as_of,
    )


def _newest(reports: Iterable[AccountHealth], metric: str, marketplace: str, at: datetime) -> AccountHealth | None:
    fitting = (
        report
        for report in reports
        if report.metric == metric
        and report.denominator
        and at - _FRESH < report.as_of <= at
        and _same_place(report.marketplace, marketplace)
    )
    return max(fitting, key=lambda report: report.as_of, default=None)


def _same_place(reported: str, marketplace: str) -> bool:
    if not reported or not marketplace:
        return True
    place = find_marketplace(reported)
    return (place.name if place else reported.casefold()) == marketplace


def counted_rate(
    *,
    orders: int,
    cancelled: int,
    reaches_back: bool,
    fresh: bool,
    limit: Fraction,
    as_of: datetime | None = None,
    leaving: tuple[int, ...] = (),
    days: int = 7,
) -> CancellationRate:
    """The rate counted from the orders themselves, where they cover the window of `days` and are not stale."""
    if not reaches_back:
        length = "seven" if days == WINDOW.days else str(days)
        return CancellationRate(limit, why=f"the order reports do not reach back {length} days")
    if not fresh:
        return CancellationRate(limit, why="the order reports are too old")
    if not orders:
        return CancellationRate(limit, why="there are no seller-fulfilled orders in the last seven days")
    return CancellationRate(limit, orders, cancelled, source="orders", as_of=as_of, leaving=leaving)


@dataclass(frozen=True, slots=True)
class RateDay:
    """The window as it will stand at `at`: its orders, the cancelled ones as it is, and those with the plan's."""

    at: datetime
    orders: int
    cancelled: int
    planned: int

    @property
    def now(self) -> Fraction | None:
        """The rate of that day if nothing more is cancelled; None where no order is left in the window."""
        return Fraction(self.cancelled, self.orders) if self.orders else None

    @property
    def after(self) -> Fraction | None:
        """The rate of that day with what the plan cancels; None where no order is left in the window."""
        return Fraction(self.planned, self.orders) if self.orders else None


def roll(
    rate: CancellationRate, at: datetime, affected: Iterable[datetime], cancelled: Collection[datetime]
) -> tuple[RateDay, ...]:
    """The window today and on the seven days to come; blank while the rate is unknown.

    `affected` says when the incident's seller-fulfilled orders were placed, `cancelled` when those that the plan
    cancels were. Taken for granted: of all other orders as many come each day as leave the window, nobody cancels
    anything else, and where it is unknown when the orders cancelled so far were placed, it was on the last day.
    """
    if not rate.orders or rate.cancelled is None:
        return ()
    end = rate.as_of or at
    counted = sorted(time for time in affected if end - WINDOW <= time < end)
    planned = sorted(cancelled)
    days = []
    for day in range(WINDOW.days + 1):
        start = at + day * DAY - WINDOW
        if rate.leaving:
            standing = rate.cancelled - sum(rate.leaving[:day])
        else:
            standing = rate.cancelled if day == 0 or start < end else 0
        ahead = len(planned) - (bisect_left(planned, start) if day else 0)
        orders = max(0, rate.orders - bisect_left(counted, start))
        days.append(RateDay(at + day * DAY, orders, standing, standing + ahead))
    return tuple(days)


def clean_on(days: Iterable[RateDay], limit: Fraction) -> datetime | None:
    """The first day from which the rate with the plan stays under the limit; None where no day of these does."""
    first: datetime | None = None
    for day in days:
        under = day.planned == 0 or (day.after is not None and day.after < limit)
        first = (first or day.at) if under else None
    return first


@dataclass(frozen=True, slots=True)
class Metric:
    """Another metric of account health as the platform reports it: `part` of `whole` orders; None while unknown."""

    limit: Fraction
    part: int | None = None
    whole: int | None = None

    @property
    def now(self) -> Fraction | None:
        """The share as it stands, or None."""
        return Fraction(self.part, self.whole) if self.whole and self.part is not None else None

    def until_limit(self) -> int | None:
        """How many more orders would reach the limit; 0 where it is reached, None while unknown."""
        if not self.whole or self.part is None:
            return None
        if Fraction(self.part, self.whole) >= self.limit:
            return 0
        return room_under(self.limit, self.part, self.whole) + 1


def reported_metric(
    reports: Iterable[AccountHealth], metric: str, marketplace: str, at: datetime, limit: Fraction
) -> Metric:
    """A metric from the newest report of the last seven days; its target is the limit where it tells one."""
    newest = _newest(reports, metric, marketplace, at)
    if newest is None:
        return Metric(limit)
    return Metric(newest.target if newest.target is not None else limit, newest.numerator, newest.denominator)


def defect_causes(reports: Iterable[AccountHealth], marketplace: str, at: datetime) -> dict[str, int]:
    """Orders with claims, bad feedback and chargebacks, as the newest report of defects tells; an order can have two.

    Empty where it tells none.
    """
    known = list(reports)
    whole = _newest(known, "order_defect_rate", marketplace, at)
    told = {cause: _newest(known, f"order_defect_{cause}", marketplace, at) for cause in DEFECTS}
    return {c: one.numerator for c, one in told.items() if one and whole and one.as_of == whole.as_of}


@dataclass(frozen=True, slots=True)
class PlaceRate:
    """One marketplace of a shop that sells on several: orders of the window, cancelled so far and with the plan."""

    marketplace: str
    orders: int
    cancelled: int
    planned: int


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The orders that stand and that the seller ships, by their ship-by date.

    `late` are past it, `soon` due within a day, `later` after that, `unknown` have none in the reports. `first` is
    the next date to come; `cancelled_from` is when the platform begins to cancel what has not left by itself.
    """

    late: int
    soon: int
    later: int
    unknown: int
    first: datetime | None = None
    cancelled_from: datetime | None = None


def deadlines(ship_by: Iterable[datetime | None], at: datetime, cancels_after: timedelta | None) -> Deadlines:
    """Sort orders by their ship-by date; None is an order whose date is not known."""
    dates = list(ship_by)
    known = sorted(date for date in dates if date is not None)
    late, soon = bisect_left(known, at), bisect_left(known, at + DAY)
    return Deadlines(
        late=late,
        soon=soon - late,
        later=len(known) - soon,
        unknown=len(dates) - len(known),
        first=known[late] if late < len(known) else None,
        cancelled_from=known[0] + cancels_after if known and cancels_after is not None else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What stands beside the cancellation rate: the days to come, each marketplace, defects and late shipments."""

    days: tuple[RateDay, ...]
    clean_on: datetime | None
    defects: Metric
    late: Metric
    deadlines: Deadlines
    places: tuple[PlaceRate, ...] = ()
    causes: Mapping[str, int] = field(default_factory=dict)  # of the defects, where the report tells them
