"""Order lines that name promotions, as the rules read them: what was paid for a unit, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any, Final

from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.money import power
from promofuse.pricing.margin import costs_of
from promofuse.rules.base import EXAMPLE_AT, Draft, Rule
from promofuse.rules.history import History, ShopCase
from promofuse.verdicts import Severity

HOUR: Final = timedelta(hours=1)
TENTH_OFF: Final[dict[str, Any]] = {
    "percent_off": Fraction(10),
    "starts_at": EXAMPLE_AT - 48 * HOUR,
    "seen_at": EXAMPLE_AT - 48 * HOUR,
}


def sold_line(order_id: str = "O-1", **changes: Any) -> OrderLine:
    """A mug of 24.00 that was sold an hour before EXAMPLE_AT with 2.40 off by SPRING, with changes."""
    ordered_at = changes.pop("ordered_at", EXAMPLE_AT - HOUR)
    usual = {
        "line_key": "MUG-1#0",
        "sku": "MUG-1",
        "quantity": 1,
        "currency": "USD",
        "ordered_at": ordered_at,
        "seen_at": ordered_at,
        "item_price": 2400,
        "item_discount": 240,
        "promotion_ids": ("SPRING",),
    }
    return OrderLine(order_id=order_id, **(usual | changes))


def sold_lines(*lines: OrderLine) -> History:
    """A history of these lines alone."""
    return History(sold=lines)


def orders_text(lines: Sequence[OrderLine]) -> str:
    """How many orders, the first and the newest: `3 orders (O-1 first, O-9 last)`."""
    ordered = sorted(lines, key=lambda line: (line.ordered_at, line.order_id))
    ids = list(dict.fromkeys(line.order_id for line in ordered))
    return f"order {ids[0]}" if len(ids) == 1 else f"{len(ids)} orders ({ids[0]} first, {ids[-1]} last)"


def unit_paid(line: OrderLine) -> Fraction | None:
    """What the buyer paid for one unit in major units, without shipping; None while the price is not known."""
    if line.item_price is None or not line.quantity:
        return None
    return Fraction(line.item_price - line.item_discount, line.quantity * power(line.currency))


def _unit_left(line: OrderLine, paid: Fraction, offer: Offer | None, platform: str) -> Fraction | None:
    """What is left of one unit at the price paid, its own shipping included; None without a cost."""
    costs = costs_of(offer, platform) if offer is not None else None
    if costs is None:
        return None
    minor = power(line.currency)
    paid_minor = paid * minor
    left = Fraction(costs.scaled(paid_minor.numerator, paid_minor.denominator), costs.scale * paid_minor.denominator)
    return (left - costs.shipping_cost / line.quantity) / minor


def on_lines(
    rule: Rule,
    shop: ShopCase,
    promotions: Sequence[Promotion],
    lines: Sequence[OrderLine],
    words: tuple[str, str],
) -> Draft:
    """A finding on promotions from order lines, with the amounts of the cheapest unit that was sold."""
    priced = [(paid, line.sku, line) for line in lines if (paid := unit_paid(line)) is not None]
    paid, line = None, lines[0]
    if priced:
        paid, _, line = min(priced, key=lambda entry: entry[:2])
    offer = shop.offers.get((line.sku, line.currency))
    left = None if paid is None else _unit_left(line, paid, offer, shop.platform)
    ids = tuple(promotion.promotion_id for promotion in promotions)
    return rule.on_shop(
        shop,
        words=words,
        severity=Severity.CRITICAL if left is not None and left < 0 else Severity.WARNING,
        promotion_ids=ids,
        sku=line.sku,
        price=paid,
        currency=line.currency,
        contribution=left,
        margin=left * (1 + offer.vat_rate) / paid if paid and left is not None and offer is not None else None,
        combination=ids,
        opens_at=min(one.ordered_at for one in lines),
    )
