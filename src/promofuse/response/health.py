"""The account's cancellation rate, now and after a plan, in exact fractions.

Amazon counts seller-cancelled orders among all seller-fulfilled orders of seven days; the target is under 2.5 %
(Seller Central help 200285210, read 2026-11). The limit comes from the shop's own account health where it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from promofuse.facts import AccountHealth
from promofuse.marketplaces import find_marketplace

WINDOW: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CancellationRate:
    """`cancelled` of `orders` in the window; both None while unknown, and `why` says so in the seller's words."""

    limit: Fraction
    orders: int | None = None
    cancelled: int | None = None
    source: str = ""
    why: str = ""

    @property
    def now(self) -> Fraction | None:
        """The rate as it stands, or None."""
        return self.after(0)

    def after(self, more: int) -> Fraction | None:
        """The rate once `more` orders are cancelled, or None."""
        if not self.orders or self.cancelled is None:
            return None
        return Fraction(self.cancelled + more, self.orders)

    def room(self) -> int | None:
        """The largest number of further cancellations that stays strictly under the limit; None while unknown.

        That is the largest k with (c + k) / n < limit, at least 0, in integers.
        """
        if not self.orders or self.cancelled is None:
            return None
        scaled = self.limit.numerator * self.orders  # (c + k) * denominator < numerator * n
        return max(0, -(-scaled // self.limit.denominator) - 1 - self.cancelled)


def reported_rate(
    reports: Iterable[AccountHealth], marketplace: str, at: datetime, limit: Fraction
) -> CancellationRate | None:
    """The rate from the newest account-health report up to `at`; None without one of the last seven days.

    A report of no orders at all tells no rate.
    """
    fitting = [
        report
        for report in reports
        if report.metric == "cancellation_rate"
        and report.denominator
        and at - WINDOW < report.as_of <= at
        and _same_place(report.marketplace, marketplace)
    ]
    if not fitting:
        return None
    newest = max(fitting, key=lambda report: report.as_of)
    return CancellationRate(
        limit=newest.target if newest.target is not None else limit,
        orders=newest.denominator,
        cancelled=newest.numerator,
        source="account health",
    )


def _same_place(reported: str, marketplace: str) -> bool:
    if not reported or not marketplace:
        return True
    place = find_marketplace(reported)
    return (place.name if place else reported.casefold()) == marketplace


def counted_rate(*, orders: int, cancelled: int, reaches_back: bool, fresh: bool, limit: Fraction) -> CancellationRate:
    """The rate counted from the orders themselves, where they cover the window and are not stale."""
    if not reaches_back:
        return CancellationRate(limit, why="the order reports do not reach back seven days")
    if not fresh:
        return CancellationRate(limit, why="the order reports are too old")
    if not orders:
        return CancellationRate(limit, why="there are no seller-fulfilled orders in the last seven days")
    return CancellationRate(limit, orders, cancelled, source="orders")
