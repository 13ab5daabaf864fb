"""Facts for tests, by keyword; what a test does not name has a plain default."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from promofuse.facts import CancelledBy, FulfilledBy, Offer, OrderLine, OrderStatus, Promotion
from promofuse.incidents import AffectedLine, AffectedOrder
from promofuse.pricing.margin import Contribution

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def offer(sku: str = "MUG-1", **changes) -> Offer:
    known = {"currency": "USD", "unit_cost": Fraction(10), "price": Fraction(40), "fee_rate": Fraction(15, 100)}
    return Offer(sku=sku, **(known | changes))


def promotion(promotion_id: str = "P-1", **changes) -> Promotion:
    known = {"seen_at": NOON - timedelta(hours=6), "percent_off": Fraction(90), "skus": ("MUG-1",)}
    return Promotion(promotion_id=promotion_id, **(known | changes))


def line(order_id: str = "O-1", *, minutes: int = 0, **changes) -> OrderLine:
    ordered_at = changes.pop("ordered_at", NOON - timedelta(hours=1) + timedelta(minutes=minutes))
    known = {
        "line_key": "MUG-1#0", "sku": "MUG-1", "quantity": 1, "currency": "USD", "ordered_at": ordered_at,
        "seen_at": ordered_at, "item_price": 4000, "item_discount": 3600, "promotion_ids": ("P-1",),
        "marketplace": "amazon.com", "ship_country": "US",
    }  # fmt: skip
    return OrderLine(order_id=order_id, **(known | changes))


def cancelled(of: OrderLine, by: CancelledBy = CancelledBy.UNKNOWN) -> OrderLine:
    return replace(of, status=OrderStatus.CANCELLED, cancelled_by=by)


def by_marketplace(of: OrderLine) -> OrderLine:
    return replace(of, fulfilled_by=FulfilledBy.MARKETPLACE)


def affected(*lines: OrderLine, innocent: tuple[OrderLine, ...] = (), loss: int | None = 1000) -> AffectedOrder:
    left = Contribution(None if loss is None else -Fraction(loss))
    return AffectedOrder(lines[0].order_id, (*lines, *innocent), tuple(AffectedLine(one, left) for one in lines))
