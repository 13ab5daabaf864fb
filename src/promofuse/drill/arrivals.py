"""How a drill's orders come in: the usual trade and the night's streams, each order with its fate, from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from promofuse.drill.scenario import Facts, Row, Rush, Scenario
from promofuse.money import power
from promofuse.pricing.margin import CostBook
from promofuse.response.triage import Decision

TRADE_DAYS: Final = 14  # of usual trade before the night
_SHAPES: Final = {"even": 1.0, "rising": 0.6, "falling": 1.8}
_SEEN: Final = timedelta(seconds=5)  # how long an order takes to show
_SHIPPED_AFTER: Final = timedelta(hours=24)  # in the usual trade
_CANCELS_AFTER: Final = timedelta(minutes=3)  # a buyer who changes his mind by himself
_NAMES: Final = (
    "Mary Smith",
    "José Núñez",
    "Anna Müller",
    "Tom O'Neil",
    "王芳",
    "Zoë Ångström",
    "Doe, Jane",
    "<b>Bob</b>",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One order of one line. `loss` is what it loses in exact minor units, 0 where it earns; `rush`: of the night."""

    order_id: str
    at: datetime
    sku: str
    quantity: int
    price: Decimal  # of one unit before the discount
    paid: Decimal  # for one unit
    currency: str
    loss: Fraction = Fraction(0)
    promotions: tuple[str, ...] = ()
    rush: bool = False
    buyer: str = ""
    email: str = ""
    by_marketplace: bool = False
    asks: bool = False
    cancels: bool = False
    pending_until: datetime | None = None
    ships_at: datetime | None = None

    @property
    def seen_at(self) -> datetime:
        """When the shop's files show it first."""
        return self.at + _SEEN


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A cancellation as the platform reports it."""

    at: datetime
    by: str
    reason: str


@dataclass(slots=True)
class Doings:
    """What people and the platform have done so far: the stop, and what was cancelled or shipped after it."""

    stopped_at: datetime | None = None
    cancelled: dict[str, Cancelled] = field(default_factory=dict)
    shipped: dict[str, datetime] = field(default_factory=dict)


def draw_orders(scenario: Scenario, facts: Facts) -> list[Coming]:
    """All orders of the story until a person noticed, oldest first; the same for the same name."""
    dice = random.Random(f"promofuse drill {scenario.name}")  # noqa: S311  (a story, the same every time)
    costs = CostBook(facts.offers, scenario.platform)
    orders = [*_trade(scenario, facts, dice)]
    for number, rush in enumerate(scenario.night.orders, 1):
        orders += _rush(scenario, facts, costs, rush, f"N{number}", dice)
    return sorted(orders, key=lambda order: (order.at, order.order_id))


def _trade(scenario: Scenario, facts: Facts, dice: random.Random) -> Iterator[Coming]:
    start, number = scenario.at - timedelta(days=TRADE_DAYS), 0
    for offer in facts.offers:
        trade = scenario.trade.get(offer.sku)
        price = trade.usual_price if trade and trade.usual_price is not None else _decimal(offer.price)
        if trade is None or not trade.orders_a_day or price is None:
            continue
        # A price that slipped is what everybody pays from then on.
        end = scenario.at if trade.usual_price is not None else scenario.noticed
        for _ in range(round(trade.orders_a_day * ((end - start) / timedelta(days=1)))):
            number += 1
            at = start + dice.random() * (end - start)
            yield Coming(
                order_id=f"T-{number:05d}", at=_to_second(at), sku=offer.sku, quantity=1 + (dice.random() < 0.1),
                price=price, paid=price, currency=offer.currency, email=f"t{number:05d}@buyers.example",
                buyer=_NAMES[number % len(_NAMES)],
            )  # fmt: skip


def _rush(
    scenario: Scenario, facts: Facts, costs: CostBook, rush: Rush, prefix: str, dice: random.Random
) -> Iterator[Coming]:
    currency = rush.currency or scenario.currency
    listed = next((o.price for o in facts.offers if (o.sku, o.currency) == (rush.sku, currency)), None)
    price = _decimal(listed) if rush.promotions and listed is not None else rush.paid
    known = costs.costs(rush.sku, currency)
    every = max(1, rush.orders // (len(rush.big) + 1))
    large = {every * (place + 1): size for place, size in enumerate(rush.big)}
    total = rush.orders
    for number in range(total):
        share = ((number + dice.random()) / total) ** _SHAPES[rush.shape]
        at = _to_second(rush.begins + share * timedelta(minutes=rush.minutes))
        quantity = large.get(number) or rush.units[int(dice.random() * len(rush.units))]
        chances = [Decimal(repr(dice.random())) for _ in range(6)]
        pending = chances[0] < rush.pending
        asks = not pending and chances[1] < rush.buyer_asks
        cancels = not (pending or asks) and chances[2] < rush.buyer_cancels
        ships = not (pending or cancels) and chances[3] < rush.ships
        left = (
            known.contribution(round(rush.paid * power(currency)) * quantity, quantity, known.shipping_cost)
            if known
            else 0
        )
        if at > scenario.noticed:
            continue
        yield Coming(
            order_id=f"{prefix}-{number + 1:05d}", at=at, sku=rush.sku, quantity=quantity, price=price or rush.paid,
            paid=rush.paid, currency=currency, loss=max(Fraction(0), -Fraction(left)), promotions=rush.promotions,
            rush=True, buyer=_NAMES[number % len(_NAMES)],
            email="" if chances[4] < rush.no_address else f"{prefix.lower()}-{number + 1:05d}@buyers.example",
            by_marketplace=chances[5] < rush.by_marketplace, asks=asks, cancels=cancels,
            pending_until=at + timedelta(minutes=rush.pending_minutes) if pending else None,
            ships_at=at + timedelta(minutes=rush.ships_after_minutes) if ships else None,
        )  # fmt: skip


def has_come(order: Coming, scenario: Scenario, doings: Doings, now: datetime) -> bool:
    """Whether the order is placed and shows at `now`: after the stop only the tail comes."""
    if order.seen_at > now:
        return False
    stop = doings.stopped_at
    return not order.rush or stop is None or order.at <= stop + timedelta(minutes=scenario.night.tail_minutes)


def order_row(order: Coming, doings: Doings, now: datetime, language: str = "") -> Row:
    """The order as a row of orders.csv, in its state at `now`."""
    state, changed = _state(order, doings, now)
    row: Row = {
        "order_id": order.order_id, "line_id": f"{order.order_id}-1", "ordered_at": order.at, "seen_at": order.seen_at,
        "updated_at": changed, "sku": order.sku, "quantity": order.quantity, "item_price": order.price * order.quantity,
        "item_discount": (order.price - order.paid) * order.quantity, "currency": order.currency,
        "promotion_ids": order.promotions, "status": state,
        "fulfilled_by": "marketplace" if order.by_marketplace else "merchant", "buyer_name": order.buyer,
        "buyer_email": order.email, "buyer_language": language, "cancel_requested_by_buyer": order.asks,
        "quantity_shipped": order.quantity if state == "shipped" else 0,
    }  # fmt: skip
    done = doings.cancelled.get(order.order_id)
    if state == "cancelled":
        row["cancelled_at"] = changed
        row["cancelled_by"], row["cancel_reason"] = (done.by, done.reason) if done else ("buyer", "")
    return row


def _state(order: Coming, doings: Doings, now: datetime) -> tuple[str, datetime]:
    """Its status, and since when it has it."""
    done = doings.cancelled.get(order.order_id)
    if done and done.at <= now:
        return "cancelled", done.at
    if order.cancels and order.at + _CANCELS_AFTER <= now:
        return "cancelled", order.at + _CANCELS_AFTER
    if order.pending_until and now < order.pending_until:
        return "pending", order.at
    ships_at = order.ships_at if order.rush else order.at + _SHIPPED_AFTER
    held = order.rush and doings.stopped_at is not None and ships_at is not None and ships_at > doings.stopped_at
    if ships_at and ships_at <= now and not held:
        return "shipped", ships_at
    if order.order_id in doings.shipped and doings.shipped[order.order_id] <= now:
        return "shipped", doings.shipped[order.order_id]
    return "unshipped", order.pending_until or order.at


def right_decision(order: Coming, doings: Doings, now: datetime) -> Decision | None:
    """What its state leaves to decide at `now`, worked out from the story alone; None where the plan decides."""
    state, _ = _state(order, doings, now)
    if state == "cancelled":
        return Decision.GONE
    if state == "shipped":
        return Decision.TOO_LATE
    if order.by_marketplace:
        return Decision.REQUEST
    if order.asks:
        return Decision.BUYER_REQUESTED
    return Decision.WAIT if state == "pending" else None


def sum_losses(orders: Iterator[Coming] | list[Coming]) -> Mapping[str, Fraction]:
    """What orders lose by currency, in exact minor units."""
    totals: dict[str, Fraction] = {}
    for order in orders:
        if order.loss:
            totals[order.currency] = totals.get(order.currency, Fraction(0)) + order.loss
    return totals


def _to_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _decimal(amount: Fraction | None) -> Decimal | None:
    return None if amount is None else Decimal(amount.numerator) / Decimal(amount.denominator)
