"""The price that a promotion's settings plan for a unit, and the cheapest price that a buyer can reach."""

from __future__ import annotations

from fractions import Fraction

from promofuse.facts import Promotion


def planned_discount(promotion: Promotion, price: Fraction | None, currency: str) -> Fraction | None:
    """The largest share of the unit price (0 to 1) that the live settings take off; None where it cannot be told.

    `price` is the unit's price in major units before the promotion. Shipping promotions take nothing off an item.
    """
    if promotion.level == "shipping":
        return Fraction(0)
    shares: list[Fraction] = []
    percents = [percent for _, percent in promotion.tiers]
    if promotion.percent_off is not None:
        percents.append(promotion.percent_off)
    bought, free = promotion.buy_quantity, promotion.get_quantity
    if free:
        of_free = max(percents, default=Fraction(100))
        shares.append(of_free / 100 * free / ((bought or 0) + free))
    else:
        shares += [percent / 100 for percent in percents]
    if price and promotion.currency in ("", currency):
        if promotion.amount_off is not None:
            shares.append(promotion.amount_off / price)
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
