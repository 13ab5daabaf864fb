"""The phrases that findings share: amounts, times, settings, the path to a price, what a unit costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from promofuse.facts import Promotion
from promofuse.money import Money, power
from promofuse.pricing.catalogue import OfferCase
from promofuse.pricing.worst_case import WorstCase, planned_units


def amount_text(amount: Fraction, currency: str) -> str:
    """An exact amount of major units, rounded for people: `1.00`; without a currency it is a plain number."""
    if not currency:
        return number_text(amount)
    return str(Money.rounded(amount * power(currency), currency))


def number_text(number: Fraction) -> str:
    """A number with up to four places and no needless zeros: `97.5`, `10`."""
    rounded = round(number, 4)
    return f"{(Decimal(rounded.numerator) / rounded.denominator).normalize():f}"


def percent_text(share: Fraction) -> str:
    """A share as a percentage with up to two places: `97.5 %`."""
    return f"{number_text(round(share * 100, 2))} %"


def time_text(at: datetime) -> str:
    """A time to the minute: `2026-11-24 08:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def setting_text(promotion: Promotion, currency: str) -> str:
    """What a promotion's settings say: `97.5 % off`, `fixed price 25.00`, `buy 2 get 1`, `5.00 off from 50.00`."""
    parts = []
    if promotion.fixed_price is not None:
        parts.append(f"fixed price {amount_text(promotion.fixed_price, currency)}")
    if promotion.get_quantity:
        parts.append(f"buy {promotion.buy_quantity or 0} get {promotion.get_quantity}")
    percents = [promotion.percent_off, *(percent for _, percent in promotion.tiers)]
    if known := [percent for percent in percents if percent is not None]:
        parts.append(f"{number_text(max(known))} % off")
    if promotion.amount_off is not None:
        parts.append(f"{amount_text(promotion.amount_off, currency)} off")
    if promotion.min_amount:
        parts.append(f"from {amount_text(promotion.min_amount, currency)}")
    if not promotion.get_quantity and (units := planned_units(promotion)) > 1:
        parts.append(f"from {units} units")
    return " ".join(parts)


def ids_text(promotions: Sequence[Promotion]) -> str:
    """The promotions' ids for a sentence: `A`, `A and B`, `A, B and C`."""
    ids = [promotion.promotion_id for promotion in promotions]
    return " and ".join([part for part in (", ".join(ids[:-1]), *ids[-1:]) if part])


def path_text(case: OfferCase, worst: WorstCase) -> str:
    """The way to the worst price: `price 39.99 -> 97.5 % off (PLM-9K2) -> 1.00`."""
    parts = [f"{'list price' if case.list_price_only else 'price'} {amount_text(worst.base, worst.currency)}"]
    for step in worst.path:
        if step.promotion is not None:
            parts.append(f"{setting_text(step.promotion, worst.currency)} ({step.promotion.promotion_id})")
            parts.append(amount_text(step.price, worst.currency))
    return " -> ".join(parts)


def costs_text(case: OfferCase, worst: WorstCase) -> str:
    """What a unit costs at the worst price: `cost 14.50, fees 0.15, shipping 3.50`."""
    left, offer = case.left(worst), case.offer
    if left is None or offer.unit_cost is None:
        return "cost unknown"
    shipping = offer.shipping_cost / worst.units
    without_tax = worst.price / (1 + offer.vat_rate)
    parts = {
        "cost": offer.unit_cost,
        "fulfilment": offer.fulfilment_cost,
        "tax": worst.price - without_tax,
        "fees": without_tax - left - offer.unit_cost - offer.fulfilment_cost - shipping,
        "shipping": shipping,
    }
    return ", ".join(f"{name} {amount_text(amount, offer.currency)}" for name, amount in parts.items() if amount)


def when_text(worst: WorstCase, at: datetime) -> str:
    """Since when or from when the worst price can be reached, as the end of a sentence; blank without promotions."""
    if worst.opens_at is None:
        return ""
    return f" {'since' if worst.opens_at <= at else 'from'} {time_text(worst.opens_at)}"


def assumed_text(case: OfferCase, worst: WorstCase) -> str:
    """A sentence for each thing that is assumed."""
    sentences = []
    if worst.bound:
        sentences.append(" There are too many promotions to try every set: this is a bound.")
    elif worst.assumed:
        sentences.append(" It is assumed, not confirmed, that these promotions combine.")
    if case.costs is not None and case.costs.assumed:
        sentences.append(" The fee rate is the platform's usual one.")
    return "".join(sentences)
