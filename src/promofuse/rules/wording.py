"""The phrases that findings share: amounts, times, settings, the path to a price, what a unit costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import combinations, pairwise
from typing import Final

from promofuse.facts import Promotion, PromotionKind
from promofuse.money import Money, power
from promofuse.pricing.catalogue import OfferCase
from promofuse.pricing.stacking import has_code
from promofuse.pricing.worst_case import WorstCase, planned_units, units_at_risk
from promofuse.verdicts import Confidence


def amount_text(amount: Fraction, currency: str) -> str:
    """An exact amount of major units, rounded for people: `1.00`; without a currency it is a plain number."""
    if not currency:
        return number_text(amount)
    return str(Money.rounded(amount * power(currency), currency))


def number_text(number: Fraction) -> str:
    """A number with up to four places and no needless zeros: `97.5`, `10`."""
    rounded = round(number, 4)
    return f"{(Decimal(rounded.numerator) / rounded.denominator).normalize():f}"


def count_text(number: int, noun: str) -> str:
    """How many of something: `1 shop`, `1,200 offers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent_text(share: Fraction) -> str:
    """A share as a percentage with up to two places: `97.5 %`."""
    return f"{number_text(round(share * 100, 2))} %"


def time_text(at: datetime) -> str:
    """A time to the minute: `2026-11-24 08:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration_text(span: timedelta) -> str:
    """A span to the minute, in its two largest units: `5 h 40 m`, `3 d 2 h`, `12 m`."""
    minutes = max(int(span.total_seconds() // 60), 0)
    days, hours = divmod(minutes // 60, 24)
    parts = [(days, "d"), (hours, "h"), (minutes % 60, "m")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    first, *rest = parts
    return " ".join([f"{first[0]} {first[1]}", *(f"{count} {unit}" for count, unit in rest[:1] if count)])


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
    """The way to the worst price, and the cart that it needs: `price 39.99 -> 97.5 % off (coupon PLM-9K2) 1.00`."""
    if case.worst is None:
        parts = ["price not known"]
    else:
        parts = [f"{'list price' if case.list_price_only else 'price'} {amount_text(worst.base, worst.currency)}"]
    for step in worst.path:
        if step.promotion is not None:
            what = setting_text(step.promotion, worst.currency)
            parts.append(f"{what} ({kind_text(step.promotion)}) {amount_text(step.price, worst.currency)}")
    return " -> ".join(parts) + "".join(f", {need}" for need in _cart_texts(worst))


def _cart_texts(worst: WorstCase) -> list[str]:
    """What has to be in the order, besides one unit."""
    needs = [f"in an order of {worst.units} units"] if worst.units > 1 else []
    if worst.others:
        needs.append(f"with other goods for {amount_text(worst.others, worst.currency)} in the order")
    return needs


def kind_text(promotion: Promotion) -> str:
    """What a promotion is to a seller, with its id: `coupon A`, `code SAVE20 of PLM-9K2`, `D-1 for Prime members`."""
    name = promotion.promotion_id
    if has_code(promotion):
        word = f"code {promotion.code} of" if promotion.code else "code"
    else:
        word = _KINDS.get(promotion.kind, "")
    buyers = ", ".join(_BUYERS.get(segment, segment) for segment in promotion.segments)
    return " ".join(filter(None, (word, name, buyers and f"for {buyers}")))


_BUYERS: Final = {
    "prime": "Prime members",
    "business": "business buyers",
    "new_customer": "new customers",
    "returning_customer": "returning customers",
    "subscriber": "subscribers",
}
_KINDS: Final = {
    PromotionKind.COUPON: "coupon",
    PromotionKind.DEAL: "deal",
    PromotionKind.SALE_PRICE: "sale price",
}


def costs_of_unit(case: OfferCase, worst: WorstCase) -> dict[str, Fraction]:
    """What a unit costs at the worst price, by name, in major units; empty where the cost is unknown."""
    left, offer, costs = case.left(worst), case.offer, case.costs
    if left is None or offer.unit_cost is None or costs is None:
        return {}
    shipping = offer.shipping_cost / worst.units
    without_tax = worst.price / (1 + offer.vat_rate)
    fees = max(worst.price * Fraction(costs.fee, costs.scale), offer.min_fee)
    return {
        "tax": worst.price - without_tax,
        "fees": fees,
        "promotion fees": without_tax - left - fees - offer.unit_cost - offer.fulfilment_cost - shipping,
        "cost": offer.unit_cost,
        "fulfilment": offer.fulfilment_cost,
        "shipping": shipping,
    }


def arithmetic_text(case: OfferCase, worst: WorstCase) -> tuple[str, ...]:
    """The arithmetic of a worst price, a line a step: the price path, the costs, what is left, the exposure."""
    money = partial(_column, currency=worst.currency)
    lines = []
    if case.worst is not None:
        lines.append(money("list price" if case.list_price_only else "price before promotions", worst.base))
    for before, step in pairwise(worst.path):
        if step.promotion is not None and case.worst is not None:
            what = f"{setting_text(step.promotion, worst.currency)} ({kind_text(step.promotion)})"
            lines.append(money(what, step.price - before.price, sign=True))
    lines.append(money("worst price", worst.price, total=True))
    if worst.units > 1:
        lines.append(f"  a buyer has to take {worst.units} units; amounts are for one of them")
    if worst.others:
        lines.append(f"  other goods for {amount_text(worst.others, worst.currency)} have to be in the order")
    parts, left = costs_of_unit(case, worst), case.left(worst)
    if left is None:
        return (*lines, "  what is left is unknown: no unit_cost")
    usual = {
        "fees": case.costs is not None and case.costs.assumed,
        "promotion fees": worst.assumed_fees,
    }
    for name, amount in parts.items():
        if amount:
            assumed = " (the platform's usual rate, assumed)" if usual.get(name) else ""
            lines.append(money(f"{name}{assumed}", -amount, sign=True))
    lines.append(money("left of a unit", left, total=True))
    return (*lines, _exposure_text(case, worst, left), *_sources(worst))


def _sources(worst: WorstCase) -> list[str]:
    """Where it is from that these promotions combine and what they cost, for all that is not sure."""
    found = []
    for one, other in combinations(worst.promotions, 2):
        meeting = worst.stacking.meet(one, other)
        if not worst.bound and meeting.confidence is not Confidence.HIGH:
            found.append(f"  {one.promotion_id} and {other.promotion_id} combine: {meeting.source}")
    found += [f"  what {promotion.promotion_id} costs: {fee.source}" for promotion, fee in worst.charged if fee]
    return found


def _column(what: str, amount: Fraction, *, currency: str, sign: bool = False, total: bool = False) -> str:
    text = amount_text(amount, currency)
    shown = f"+{text}" if sign and amount >= 0 else text
    return f"{'= ' if total else '  '}{what:<44} {shown:>12}"


def _exposure_text(case: OfferCase, worst: WorstCase, left: Fraction) -> str:
    if left >= 0:
        return "  exposure: none, each unit still earns"
    units = units_at_risk(worst, case.offer)
    if units is None:
        return "  exposure: unlimited, neither stock nor a limit nor a budget is known"
    total, lost = amount_text(-left * units, worst.currency), amount_text(-left, worst.currency)
    return f"  exposure: {units} units that stock, limits or budget allow x {lost} = {total} {worst.currency}"


def when_text(worst: WorstCase, at: datetime) -> str:
    """Since when or from when the worst price can be reached, as the end of a sentence; blank without promotions."""
    if worst.opens_at is None:
        return ""
    return f" {'since' if worst.opens_at <= at else 'from'} {time_text(worst.opens_at)}"


def assumed_text(case: OfferCase, worst: WorstCase) -> str:
    """A sentence for each thing that is assumed."""
    sentences = []
    if worst.bound:
        sentences.append(" There are too many sets of promotions or orders to try all: this is a bound.")
    elif worst.assumed:
        sentences.append(" It is assumed, not confirmed, that these promotions combine.")
    if case.costs is not None and case.costs.assumed:
        sentences.append(" The fee rate is the platform's usual one.")
    if worst.assumed_fees:
        sentences.append(" What the promotions themselves cost is the platform's usual fee.")
    return "".join(sentences)
