"""The contribution of an order line: what is left of the price paid after tax, fees, goods and shipping.

    paid / (1 + vat_rate) - max(fee_rate * paid, min_fee * quantity) - promotion fees
        - quantity * (unit_cost + fulfilment_cost) - shipping share

Computed exactly in integers; the sign comes from the exact value. Rounding is for showing, in `money`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from promofuse.facts import Offer, OrderLine, Promotion, PromotionKind
from promofuse.money import power

# Referral fee where the catalogue has none: the most common rate of the platform, always labelled "assumed".
# Amazon: 15 % in most categories, 8-45 % in others (fee schedules of 2026). Own shops pay no referral fee.
# Ozon's rates differ by category from about 10 to 25 % (unconfirmed, 2026-11).
DEFAULT_FEE_RATE: Final[Mapping[str, Fraction]] = {
    "amazon": Fraction(15, 100),
    "ozon": Fraction(20, 100),
    "shopify": Fraction(0),
    "vendure": Fraction(0),
    "medusa": Fraction(0),
    "saleor": Fraction(0),
    "magento": Fraction(0),
    "woocommerce": Fraction(0),
}
_FALLBACK_FEE_RATE: Final = Fraction(15, 100)


def usual_fee_rate(platform: str) -> Fraction:
    """The referral fee that stands in where the catalogue has none, as a share of the price paid."""
    return DEFAULT_FEE_RATE.get(platform, _FALLBACK_FEE_RATE)


@dataclass(frozen=True, slots=True)
class Costs:
    """An offer's costs as integers over one denominator, so that a line costs a few multiplications.

    `contribution(paid, quantity, shipping)` times `scale` is an integer; amounts are minor units.
    """

    scale: int
    keep: int  # scale / (1 + vat_rate)
    fee: int  # scale * fee_rate
    min_fee: int  # scale * min_fee, a unit
    unit: int  # scale * (unit_cost + fulfilment_cost), a unit
    shipping_cost: Fraction  # minor units, once an order
    assumed: bool  # the fee rate is the platform's default

    def contribution(
        self,
        paid: int,
        quantity: int,
        shipping: Fraction = Fraction(0),
        promotion_fees: Fraction = Fraction(0),
    ) -> Fraction:
        """What is left of a line, in exact minor units. `shipping` is the line's share, `paid` the line's total."""
        left = self.scaled(paid, quantity)
        return Fraction(left, self.scale) - shipping - promotion_fees

    def scaled(self, paid: int, quantity: int) -> int:
        """`scale` times the contribution before shipping and promotion fees: integers only, for hot paths."""
        return paid * self.keep - max(paid * self.fee, quantity * self.min_fee) - quantity * self.unit


def costs_of(offer: Offer, platform: str) -> Costs | None:
    """Compile an offer's costs; None where the unit cost is unknown."""
    if offer.unit_cost is None:
        return None
    minor = power(offer.currency)
    assumed = offer.fee_rate is None
    fee = usual_fee_rate(platform) if offer.fee_rate is None else offer.fee_rate
    keep = 1 / (1 + offer.vat_rate)
    min_fee = offer.min_fee * minor
    unit = (offer.unit_cost + offer.fulfilment_cost) * minor
    parts = (keep, fee, min_fee, unit)
    scale = math.lcm(*(part.denominator for part in parts))
    scaled_keep, scaled_fee, scaled_min_fee, scaled_unit = (
        part.numerator * (scale // part.denominator) for part in parts
    )
    return Costs(
        scale=scale,
        keep=scaled_keep,
        fee=scaled_fee,
        min_fee=scaled_min_fee,
        unit=scaled_unit,
        shipping_cost=offer.shipping_cost * minor,
        assumed=assumed,
    )


def promotion_fees(paid: int | Fraction, currency: str, promotions: Iterable[Promotion]) -> Fraction:
    """Fees that the line's promotions cost, in exact minor units.

    A share of what was paid, plus a coupon's fixed fee a redemption, at most `fee_cap` a line. Other kinds pay
    `fee_fixed` once for the whole promotion: that belongs to the promotion and not to a line.
    """
    minor = power(currency)
    total = Fraction(0)
    for promotion in promotions:
        fee = (promotion.fee_rate or 0) * paid
        if promotion.kind is PromotionKind.COUPON and promotion.fee_fixed and promotion.currency in ("", currency):
            fee += promotion.fee_fixed * minor
        total += min(fee, promotion.fee_cap * minor) if promotion.fee_cap is not None else fee
    return total


@dataclass(frozen=True, slots=True)
class Contribution:
    """What is left of a line in exact minor units, or None with the reason why that is unknown."""

    amount: Fraction | None
    unknown: str = ""
    assumed: bool = False

    @property
    def loss_making(self) -> bool:
        """Known to lose money."""
        return self.amount is not None and self.amount < 0


class CostBook:
    """The costs of a shop's offers by (SKU, currency), compiled once and asked line by line."""

    def __init__(self, offers: Iterable[Offer], platform: str) -> None:
        self.offers = {(offer.sku, offer.currency): offer for offer in offers}
        self._costs = {key: costs_of(offer, platform) for key, offer in self.offers.items()}
        self._currencies: dict[str, list[str]] = {}
        for (sku, currency), costs in self._costs.items():
            if costs is not None:
                self._currencies.setdefault(sku, []).append(currency)

    def costs(self, sku: str, currency: str) -> Costs | None:
        """Compiled costs, or None where they are unknown in this currency."""
        return self._costs.get((sku, currency))

    def why_unknown(self, sku: str, currency: str) -> str:
        """Why `costs` has none, in the seller's words."""
        if others := self._currencies.get(sku):
            return f"the cost of {sku} is in {', '.join(sorted(others))}, the order in {currency}"
        return f"no unit_cost for {sku} in {currency}"

    def shipping_share(self, line: OrderLine, order: Sequence[OrderLine]) -> Fraction:
        """The line's part of its order's shipping cost: the largest among the lines, shared by quantity."""
        largest = max(
            (c.shipping_cost for other in order if (c := self.costs(other.sku, line.currency)) is not None),
            default=Fraction(0),
        )
        quantity = sum(other.quantity for other in order)
        return largest * line.quantity / quantity if quantity else Fraction(0)

    def contribution(
        self, line: OrderLine, order: Sequence[OrderLine], promotions: Iterable[Promotion] = ()
    ) -> Contribution:
        """What is left of a line. `order` holds all lines of its order, itself included."""
        paid = line.paid
        if paid is None:
            return Contribution(None, "the price is not known yet")
        costs = self.costs(line.sku, line.currency)
        if costs is None:
            return Contribution(None, self.why_unknown(line.sku, line.currency))
        fees = promotion_fees(paid, line.currency, promotions)
        share = self.shipping_share(line, order)
        return Contribution(costs.contribution(paid, line.quantity, share, fees), assumed=costs.assumed)
