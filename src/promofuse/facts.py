"""What shops tell us, as frozen values: Offer, Promotion, OrderLine, ItemDetail, Buyer, AccountHealth, Gap, Batch.

Times are aware UTC datetimes. Amounts of order lines are integer minor units of the line's currency, or None
where the shop does not know them yet (pending and cancelled orders). Costs and shares are exact fractions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any


class OrderStatus(StrEnum):
    """Where an order line stands."""

    PENDING = "pending"
    UNSHIPPED = "unshipped"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"

    @property
    def rank(self) -> int:
        """Which of two states with the same time wins: cancelled > shipped > … > pending."""
        return _STATUS_RANK[self]


_STATUS_RANK = {status: rank for rank, status in enumerate(OrderStatus)}


class FulfilledBy(StrEnum):
    """Who ships the order."""

    MERCHANT = "merchant"
    MARKETPLACE = "marketplace"


class CancelledBy(StrEnum):
    """Who cancelled the line; blank where it is not cancelled."""

    BUYER = "buyer"
    SELLER = "seller"
    MARKETPLACE = "marketplace"
    UNKNOWN = "unknown"
    NOBODY = ""


class PromotionKind(StrEnum):
    """What a promotion does to the price."""

    PERCENT_OFF = "percent_off"
    AMOUNT_OFF = "amount_off"
    FIXED_PRICE = "fixed_price"
    BUY_GET = "buy_get"
    TIERS = "tiers"
    COUPON = "coupon"
    DEAL = "deal"
    SALE_PRICE = "sale_price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One SKU in one currency: its price and what it costs. None is unknown; blank costs other than unit_cost are 0.

    `price`, `list_price`, `floor_price` and costs are major units; `fee_rate`, `vat_rate`, `min_margin` are shares.
    """

    sku: str
    currency: str
    unit_cost: Fraction | None = None
    title: str = ""
    external_id: str = ""
    category: str = ""
    price: Fraction | None = None
    list_price: Fraction | None = None
    fee_rate: Fraction | None = None
    min_fee: Fraction = Fraction(0)
    fulfilment_cost: Fraction = Fraction(0)
    shipping_cost: Fraction = Fraction(0)
    vat_rate: Fraction = Fraction(0)
    stock: int | None = None
    floor_price: Fraction | None = None
    min_margin: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """One revision of a promotion's settings, as seen at `seen_at`.

    Percents are numbers (97.5), amounts major units.
    """

    promotion_id: str
    seen_at: datetime
    name: str = ""
    kind: PromotionKind = PromotionKind.PERCENT_OFF
    status: str = "active"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    skus: tuple[str, ...] = ("*",)
    level: str = "item"
    percent_off: Fraction | None = None
    amount_off: Fraction | None = None
    fixed_price: Fraction | None = None
    currency: str = ""
    buy_quantity: int | None = None
    get_quantity: int | None = None
    min_quantity: int | None = None
    min_amount: Fraction | None = None
    tiers: tuple[tuple[int, Fraction], ...] = ()
    code: str = ""
    code_kind: str = ""
    per_customer_limit: int | None = None
    redemption_limit: int | None = None
    budget: Fraction | None = None
    combines: tuple[str, ...] | None = None
    priority: int | None = None
    expected_uplift: Fraction | None = None
    intended_percent_off: Fraction | None = None
    intended_price: Fraction | None = None
    fee_fixed: Fraction | None = None
    fee_rate: Fraction | None = None
    fee_cap: Fraction | None = None

    def covers(self, sku: str) -> bool:
        """Whether the promotion names the SKU or takes all of them."""
        return "*" in self.skus or sku in self.skus


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of an order in its newest known state; amounts are line totals in minor units.

    `line_key` is unique in the order. `line_id` is the platform's item code, blank where unknown.
    """

    order_id: str
    line_key: str
    sku: str
    quantity: int
    currency: str
    ordered_at: datetime
    seen_at: datetime
    line_id: str = ""
    updated_at: datetime | None = None
    marketplace: str = ""
    external_id: str = ""
    title: str = ""
    quantity_shipped: int = 0
    item_price: int | None = None
    item_discount: int = 0
    shipping_price: int = 0
    shipping_discount: int = 0
    promotion_ids: tuple[str, ...] = ()
    status: OrderStatus = OrderStatus.UNSHIPPED
    fulfilled_by: FulfilledBy = FulfilledBy.MERCHANT
    ship_by: datetime | None = None
    ship_country: str = ""
    cancel_requested_by_buyer: bool = False
    cancelled_by: CancelledBy = CancelledBy.NOBODY
    cancel_reason: str = ""
    cancelled_at: datetime | None = None
    refunded_amount: int | None = None
    refunded_at: datetime | None = None
    replaces_order_id: str = ""
    copy: int = 0  # where a report repeats whole orders: lines of an order's greatest copy are current; else 0

    @property
    def paid(self) -> int | None:
        """What the buyer paid for the line in minor units, shipping included; None while the price is unknown."""
        if self.item_price is None:
            return None
        return self.item_price - self.item_discount + self.shipping_price - self.shipping_discount


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetail:
    """What a second report says of an order item (Amazon's Order Report): it fills blanks, it never overrules."""

    order_id: str
    line_id: str
    sku: str
    quantity: int
    currency: str
    title: str = ""
    item_price: int | None = None
    item_discount: int = 0
    shipping_price: int = 0
    shipping_discount: int = 0
    promotion_ids: tuple[str, ...] = ()
    cancel_requested_by_buyer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Whom to write to about an order. Personal data: encrypted at rest, never logged."""

    order_id: str
    email: str = ""
    name: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHealth:
    """One metric as the platform reports it: numerator of denominator orders in [window_from, window_to)."""

    as_of: datetime
    metric: str
    numerator: int
    denominator: int
    marketplace: str = ""
    window_from: datetime | None = None
    window_to: datetime | None = None
    target: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read: where, and why in words that say what to do.

    `line` counts from 1; it and `column` (the header's name) are None where the whole file is meant.
    """

    file: str
    line: int | None
    column: str | None
    reason: str


Fact = Offer | Promotion | OrderLine | ItemDetail | Buyer | AccountHealth


@dataclass(frozen=True, slots=True)
class Batch:
    """What one source yielded: a stream of facts and the gaps found on the way (complete once the stream ends)."""

    facts: Iterator[Fact]
    gaps: list[Gap] = field(default_factory=list)


def fill_blanks(lines: Sequence[OrderLine], details: Sequence[ItemDetail]) -> list[OrderLine]:
    """The lines of one order with unknown prices and promotion ids taken from a second report's items.

    Lines meet items by SKU and quantity. Where several could be meant, nothing is filled: a guess is no fact.
    """
    filled = []
    for line in lines:
        alike = [d for d in details if d.sku == line.sku and d.quantity in (line.quantity, 0)]
        twins = sum(other.sku == line.sku and other.quantity == line.quantity for other in lines)
        if len(alike) != 1 or twins != 1 or alike[0].currency not in ("", line.currency):
            filled.append(line)
            continue
        detail = alike[0]
        changes: dict[str, Any] = {}
        if line.item_price is None and detail.item_price is not None:
            changes = {
                "item_price": detail.item_price,
                "item_discount": detail.item_discount,
                "shipping_price": detail.shipping_price,
                "shipping_discount": detail.shipping_discount,
            }
        if not line.promotion_ids and detail.promotion_ids:
            changes["promotion_ids"] = detail.promotion_ids
        filled.append(replace(line, **changes) if changes else line)
    return filled
