"""What a promotion's live settings plan for a unit, by itself: the share that it takes off, the price, the units."""

from __future__ import annotations

from fractions import Fraction

from promofuse.facts import Promotion


def planned_discount(promotion: Promotion, price: Fraction | None, currency: str) -> Fraction | None:
    """The largest share of the unit price (0 to 1) that the live settings take off; None where it cannot be told.

    `price` is the unit's price in major units before the promotion. Shipping promotions take nothing off an item. An
    amount off is shared by the smallest purchase that qualifies for it.
    """
    if promotion.level == "shipping":
        return Fraction(0)
    shares: list[Fraction] = []
    percents = percents_of(promotion)
    bought, free = promotion.buy_quantity, promotion.get_quantity
    if free:
        of_free = max(percents, default=Fraction(100))
        shares.append(of_free / 100 * free / ((bought or 0) + free))
    else:
        shares += [percent / 100 for percent in percents]
    if price and promotion.currency in ("", currency):
        if promotion.amount_off is not None:
            least = (promotion.min_quantity or 1) if promotion.level == "order" else 1
            shares.append(promotion.amount_off / max(price * least, promotion.min_amount or 0))
        if promotion.fixed_price is not None:
            shares.append(1 - promotion.fixed_price / price)
    if not shares:
        return None
    return min(max([Fraction(0), *shares]), Fraction(1))


def planned_price(promotion: Promotion, price: Fraction | None, currency: str) -> Fraction | None:
    """The unit price in major units that the live settings plan; None where it cannot be told."""
    if price is None:
        return promotion.fixed_price if promotion.currency in ("", currency) else None
    discount = planned_discount(promotion, price, currency)
    return None if discount is None else price * (1 - discount)


def planned_units(promotion: Promotion) -> int:
    """How many units a buyer has to take, at least, to get the planned discount."""
    units = [1, promotion.min_quantity or 1]
    if promotion.get_quantity:
        units.append((promotion.buy_quantity or 0) + promotion.get_quantity)
    best = max(percents_of(promotion), default=None)
    if best != promotion.percent_off:
        units.append(min(quantity for quantity, percent in promotion.tiers if percent == best))
    return max(units)


def percents_of(promotion: Promotion) -> list[Fraction]:
    """All percentages of a promotion: its own and those of its tiers."""
    percents = [percent for _, percent in promotion.tiers]
    if promotion.percent_off is not None:
        percents.append(promotion.percent_off)
    return percents
