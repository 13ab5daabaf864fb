"""What shops tell us, as frozen values: offers, promotions, orders, buyers, health, what platforms report back, gaps.

Times are aware UTC datetimes. Amounts of order lines are integer minor units of the line's currency, or None
where the shop does not know them yet (pending and cancelled orders). Costs and shares are exact fractions.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final


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


ASIN: Final = "asin:"  # in a promotion's `skus`, before a platform's item id

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

    Percents are numbers (97.5), amounts major units. From `program` on the settings are those that only some platforms
    have: what the platform calls it, who can buy, what it combines with, what it leaves out, who pays.
    """

    promotion_id: str
    seen_at: datetime
    name: str = ""
    kind: PromotionKind = PromotionKind.PERCENT_OFF
    status: str = "active"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    skus: tuple[str, ...] = ("*",)  # `asin:…` becomes the SKUs of that item id when it is loaded
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
    program: str = ""  # the platform's own type, such as lightning_deal
    segments: tuple[str, ...] = ()  # what a buyer has to be, all of them; empty: anybody
    combinability: str = ""  # of a code: unrestricted, preferential, exclusive; blank: not known
    combines_levels: tuple[str, ...] | None = None  # item, order, shipping: what it combines with; None: not known
    tags: tuple[str, ...] = ()
    combines_tags: tuple[str, ...] = ()
    group: str = ""  # of a group one promotion applies
    stops_others: bool = False  # those of a later priority do not apply
    excluded_skus: tuple[str, ...] = ()
    excludes_discounted: bool = False  # not on units that have a sale price
    buy_skus: tuple[str, ...] = ()  # what has to be bought, where that is not what is discounted
    max_units: int | None = None  # how many units of an order it takes something off
    max_discount: Fraction | None = None  # the most that it takes off an order
    funded_share: Fraction | None = None  # the part that the marketplace pays back
    locks_at: datetime | None = None  # from when the platform refuses changes

    def covers(self, sku: str) -> bool:
        """Whether the promotion names the SKU or takes all of them, and does not leave it out."""
        return ("*" in self.skus or sku in self.skus) and sku not in self.excluded_skus

    @property
    def reaches_others(self) -> bool:
        """Whether it can cover more than one SKU."""
        meant = (sku for sku in self.skus if sku not in self.excluded_skus)
        first = next(meant, None)
        return "*" in (first, *self.skus[:1]) or any(sku != first for sku in meant)


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

    @property
    def number(self) -> int:
        """Tells buyers apart and names none, for thousands share it: 16 bits and one; 0 where no address is known."""
        return 1 + (zlib.crc32(self.email.casefold().encode()) & 0xFFFF) if self.email else 0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationListed:
    """A row of the platform's own list of cancelled orders. A blank `line_id` means the order, not one line of it."""

    order_id: str
    line_id: str = ""
    cancelled_at: datetime | None = None
    cancelled_by: CancelledBy = CancelledBy.UNKNOWN
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedError:
    """What a processing report has against one record, which counts from 1; `record` 0 means none or the whole file.

    `code` and `message` are the platform's, each one bounded line. A warning does not stop the record.
    """

    record: int = 0
    order_id: str = ""
    line_id: str = ""
    code: str = ""
    message: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedResult:
    """A feed processing report: `name` is its file's, `at` the file's time, for the report itself tells none.

    `seen_at` is when it was first read, None where that is not known. Counts are None where the report has no summary.
    `complete` is False while the platform is still at work.
    `of_listings`: its errors name SKUs and no order, so it is a report on another kind of feed.
    """

    name: str
    at: datetime
    processed: int | None = None
    successful: int | None = None
    complete: bool = True
    of_listings: bool = False
    errors: tuple[FeedError, ...] = ()
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read: where, and why in words that say what to do.

    `line` counts from 1; it and `column` (the header's name) are None where the whole file is meant.
    """

    file: str
    line: int | None
    column: str | None
    reason: str


Fact = Offer | Promotion | OrderLine | ItemDetail | Buyer | AccountHealth | CancellationListed | FeedResult


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
