"""What Promofuse has to say of a random shop, worked out in the plainest way from the shop's true values.

Written from the contract alone: one function a definition, fractions throughout, nothing of the program imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from shop_facts import DIGITS, HOUR, Item, Order, Promo, Revision, Shop

WEEK = timedelta(days=7)
DEFAULT_FEE = Fraction(15, 100)  # of the platform, where the catalogue has none


@dataclass(frozen=True)
class Settings:
    """What config.toml says beside the shops."""

    limit: Fraction
    blank_codes: bool
    reason: str
    max_data_age: timedelta = HOUR


@dataclass(frozen=True)
class Touched:
    """An affected line with what is left of it; None where price or cost is not known."""

    order: Order
    item: Item
    left: Fraction | None

    @property
    def stands(self) -> bool:
        return self.order.stands(self.item)


@dataclass(frozen=True)
class Expected:
    """The answer. `choices` are orders that a plan decides, `room` how many of them it cancels (None: all)."""

    refused: bool
    lines: tuple[Touched, ...]
    settled: dict[str, str]
    choices: dict[str, Fraction | None]
    room: int | None
    rate: tuple[int, int] | None
    limit: Fraction

    @property
    def orders(self) -> dict[str, list[Touched]]:
        found: dict[str, list[Touched]] = {}
        for line in self.lines:
            found.setdefault(line.order.order_id, []).append(line)
        return found


def expect(shop: Shop, settings: Settings) -> Expected:
    """Answer `respond --promo` for a shop."""
    told = [as_told(shop, order) for order in shop.orders]
    lines = affected(shop, told)
    rate, limit = cancellation_rate(shop, told, settings)
    by_order: dict[str, list[Touched]] = {}
    for line in lines:
        by_order.setdefault(line.order.order_id, []).append(line)
    states = {order_id: state(touched[0].order, touched) for order_id, touched in by_order.items()}
    choices = {i: loss_if_honoured(by_order[i]) for i, decided in states.items() if not decided}
    room = None
    if shop.plan == "under-limit" and rate is not None:
        cancelled, orders = rate
        room = 0
        while Fraction(cancelled + room + 1, orders) < limit:
            room += 1
    return Expected(
        refused=shop.plan == "under-limit" and rate is None,
        lines=tuple(lines),
        settled={order_id: decided for order_id, decided in states.items() if decided},
        choices=choices,
        room=room,
        rate=rate,
        limit=limit,
    )


def as_told(shop: Shop, order: Order) -> Order:
    """The order as far as the shop's files tell it."""
    reports = shop.kind == "amazon-reports"
    items = order.items
    if order.forgetful and order.before is None:
        alike = Counter((item.sku, item.quantity) for item in items)
        told = order.in_order_report if reports else False
        items = tuple(
            item if told and item.told_code and alike[item.sku, item.quantity] == 1
            else replace(item, price=None, discount=0, shipping=0, shipping_discount=0, named=(), ids=())
            for item in items
        )  # fmt: skip
    if not reports:
        return replace(order, items=items)
    has_rows = order.in_order_report and any(item.told_code for item in items)
    asked = order.asked and has_rows
    by = "" if not order.cancelled_by else "buyer" if asked else "unknown"
    return replace(order, items=items, asked=asked, cancelled_by=by, email=order.email if has_rows else "")


def affected(shop: Shop, orders: Sequence[Order]) -> list[Touched]:
    """Loss-making lines of the cause since the faulty revision, oldest order first."""
    of_cause = [
        (order, item)
        for order in orders
        for item in order.items
        if order.at <= shop.at and is_of_cause(shop, order, item)
    ]
    first_line = min((order.at for order, _ in of_cause), default=None)
    since = shop.since or shop.faulty_since or first_line
    found = [
        Touched(order, item, left_of(shop, order, item)) for order, item in of_cause if since and order.at >= since
    ]
    found = [line for line in found if line.left is None or line.left < 0]
    return sorted(found, key=lambda line: (line.order.at, line.order.order_id))


def is_of_cause(shop: Shop, order: Order, item: Item) -> bool:
    """One cause a line: the recorded promotion with the largest planned discount on the SKU, then the lowest id."""
    records = {promo.promotion_id: promo for promo in shop.promos}
    recorded = [records[promotion_id] for promotion_id in item.ids if promotion_id in records]
    if not recorded:
        return shop.cause in item.ids
    plans = [
        (-planned(promo, item.sku, in_force(promo, order.at, shop.at)), promo.promotion_id)
        for promo in recorded
        if promo.level != "shipping"
    ]
    return bool(plans) and min(plans)[1] == shop.cause


def planned(promo: Promo, sku: str, revision: Revision) -> Fraction:
    if promo.skus and sku not in promo.skus:
        return Fraction(-1)
    return Fraction(revision.cells["percent_off"])


def in_force(promo: Promo, time: datetime, at: datetime) -> Revision:
    """The newest revision seen by then, of those that are known at all; before the first one the first one."""
    known = [revision for revision in promo.revisions if revision.seen_at <= at]
    return ([revision for revision in known if revision.seen_at <= time] or known[:1])[-1]


def left_of(shop: Shop, order: Order, item: Item) -> Fraction | None:
    """The contribution of a line in exact minor units."""
    currency, minor = shop.place.currency, 10 ** DIGITS[shop.place.currency]

    def cost(sku: str, column: str) -> Fraction:
        return Fraction(shop.catalogue[sku][column] or 0)

    def known(sku: str) -> bool:
        return sku in shop.catalogue and shop.catalogue[sku]["currency"] == currency

    if item.paid is None or not known(item.sku):
        return None
    rate = shop.catalogue[item.sku]["fee_rate"]
    fee = max((Fraction(rate) if rate else DEFAULT_FEE) * item.paid, cost(item.sku, "min_fee") * minor * item.quantity)
    shipping = max(cost(other.sku, "shipping_cost") for other in order.items if known(other.sku)) * minor
    share = shipping * item.quantity / sum(other.quantity for other in order.items)
    goods = item.quantity * (cost(item.sku, "unit_cost") + cost(item.sku, "fulfilment_cost")) * minor
    return item.paid / (1 + cost(item.sku, "vat_rate")) - fee - promotion_fees(shop, order, item) - goods - share


def promotion_fees(shop: Shop, order: Order, item: Item) -> Fraction:
    """A share of what was paid and, for coupons, a fixed fee a redemption; at most the cap."""
    minor, total = 10 ** DIGITS[shop.place.currency], Fraction(0)
    for promo in shop.promos:
        if promo.promotion_id not in item.ids:
            continue
        if order.at < min(t for t in (promo.revisions[0].seen_at, promo.revisions[0].starts_at) if t):
            continue
        cells = in_force(promo, order.at, shop.at).cells
        fee = Fraction(cells.get("fee_rate", "0")) * (item.paid or 0)
        if cells.get("kind") == "coupon":
            fee += Fraction(cells.get("fee_fixed", "0")) * minor
        total += min(fee, Fraction(cells["fee_cap"]) * minor) if "fee_cap" in cells else fee
    return total


def state(order: Order, touched: Sequence[Touched]) -> str:
    """What an order's state decides; blank where the plan does."""
    if not any(line.stands for line in touched):
        return "gone"
    if order.status in ("Shipped", "Partially Shipped"):
        return "too-late"
    if order.by_marketplace:
        return "request"
    if order.asked:
        return "buyer-requested"
    return "wait" if order.status == "Pending" else ""


def loss_if_honoured(touched: Sequence[Touched]) -> Fraction | None:
    known = [-line.left for line in touched if line.left is not None and line.stands]
    return sum(known) if known else None


def cancellation_rate(
    shop: Shop, orders: Sequence[Order], settings: Settings
) -> tuple[tuple[int, int] | None, Fraction]:
    """Cancelled and all seller-fulfilled orders of seven days, or None; and the limit."""
    reports = [row for row in shop.health if shop.at - WEEK < row.as_of <= shop.at]
    if reports:
        newest = max(reports, key=lambda row: row.as_of)
        return (newest.cancelled, newest.orders), Fraction(newest.target) if newest.target else settings.limit
    times = [time for order in orders for time in (order.at, order.updated)] + [shop.file_time]
    fresh = max(time for time in times if time <= shop.at) >= shop.at - settings.max_data_age
    if not fresh or all(order.at > shop.at - WEEK for order in orders):
        return None, settings.limit
    window = [order for order in orders if shop.at - WEEK <= order.at < shop.at and not order.by_marketplace]
    bad = [order for order in window if order.cancelled_by not in ("", "buyer")]
    return ((len(bad), len(window)) if window else None), settings.limit


def innocent(order: Order, touched: Sequence[Touched]) -> bool:
    """Whether the order keeps a line that is not affected."""
    mine = {line.item.code for line in touched}
    return any(order.stands(item) and item.code not in mine for item in order.items)


def external_id(shop: Shop, sku: str) -> str:
    """The platform's id of an item: All Orders tells it, plain files only the catalogue in the shop's currency."""
    offer = shop.catalogue.get(sku)
    known = shop.kind == "amazon-reports" or (offer and offer["currency"] == shop.place.currency)
    return f"B0{sku[-1] * 8}" if known else ""


def item_name(shop: Shop, sku: str) -> str:
    """What a letter calls an item: its title in the report or in the catalogue, else the SKU."""
    if shop.kind == "amazon-reports":
        return f"Mug {sku}"
    return shop.catalogue[sku]["title"] if external_id(shop, sku) else sku


def codes(shop: Shop, order: Order, touched: Sequence[Touched]) -> set[str] | str:
    """The item codes of the affected lines that stand, or why they cannot be told."""
    standing = [line.item for line in touched if line.stands]
    if shop.kind == "plain-files":
        return {item.code for item in standing} if all(item.told_code for item in standing) else "item code missing"
    rows = Counter(item.sku for item in order.items if item.told_code and order.in_order_report)
    mine = {line.item.code for line in touched}
    problems = set()
    for item in standing:
        twins = [other for other in order.items if other.sku == item.sku]
        alike = [t for t in twins if (t.quantity, t.price) == (item.quantity, item.price)]
        if not rows[item.sku]:
            problems.add("item code missing")
        elif rows[item.sku] != len(twins) or (
            len(alike) > 1 and any((t.code in mine) != (item.code in mine) for t in twins)
        ):
            problems.add("item code ambiguous")
    if problems:
        return "item code ambiguous" if "item code ambiguous" in problems else "item code missing"
    return {item.code for item in standing}
