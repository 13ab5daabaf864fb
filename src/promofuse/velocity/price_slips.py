"""Wrong prices that no promotion names, as a repricer's: lines far below the catalogue's own price that lose money.

Nothing but the price tells them, so only what can hardly be meant counts: less than a third of the catalogue's price. A
line at or near it that loses money is the check's to tell. Lines paid nothing are left alone: free replacements and
samples come like that, in reports that do not say what they are.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from promofuse.facts import Offer, OrderLine, Promotion, PromotionKind
from promofuse.instants import DAY, micros
from promofuse.money import power
from promofuse.pricing.margin import CostBook
from promofuse.velocity.depth import DepthHabit
from promofuse.velocity.deviation import BINS
from promofuse.velocity.line_loss import WatchedUnit
from promofuse.velocity.plans import plan_of, planned_unit
from promofuse.velocity.sale import Sale
from promofuse.velocity.watched import WatchedPromotion

_FAR_BELOW: Final = 1 / 3  # of the catalogue's price; half of it is a clearance
_IDLE: Final = 14 * DAY


class PriceSlips:
    """The prices of a shop that are under watch: a SKU in a currency from its first such line on."""

    def __init__(self, costs: CostBook) -> None:
        self._costs = costs
        self._limits: dict[tuple[str, str], float] = {}  # a unit, minor units; 0 where nothing can be told
        self._meant: dict[tuple[str, str], float] = {}  # shares of the catalogue's price that a person called meant
        self._watched: dict[tuple[str, str], WatchedPromotion] = {}

    def may_be(self, line: OrderLine) -> bool:
        """Whether a line was paid far below the catalogue's price; whether it loses money is not looked at."""
        price = line.item_price
        if not price:
            return False
        limit = self._limits.get((line.sku, line.currency))
        if limit is None:
            limit = self._limit(line.sku, line.currency)
        return 0 < price - line.item_discount < limit * line.quantity

    def sale(self, line: OrderLine, order: Sequence[OrderLine], at: int, buyer: int, depths: DepthHabit) -> Sale | None:
        """A line that `may_be` one, with what it is compared with; None where it earns, or its cost is not known."""
        contribution = self._costs.contribution(line, order).amount
        if contribution is None or contribution >= 0:
            return None
        key = line.sku, line.currency
        own = _own_price(self._costs.offers[key], line)
        watched = self._watched.get(key) or self._begin(key, own, depths)
        unit = watched.units.get(line.sku) or self._unit(watched, own, key)
        if unit is None:
            return None
        watched.last_seen = at
        loss, scale = -contribution.numerator, contribution.denominator
        return Sale(line, micros(line.ordered_at), at, "", watched, unit, 0, loss, scale, buyer)

    def accept(self, sku: str) -> None:
        """A person said that a SKU's low price is meant: from then on, only what is far below that one counts."""
        for key, watched in self._watched.items():
            if key[0] == sku:
                self._meant[key] = min(watched.scan.deviation.below, default=0) / BINS
                self._limits.pop(key, None)

    def forget(self, at: int) -> None:
        """Drop prices that nobody bought at for two weeks."""
        self._watched = {key: one for key, one in self._watched.items() if at - one.last_seen <= _IDLE}

    def _limit(self, sku: str, currency: str) -> float:
        offer = self._costs.offers.get((sku, currency))
        price = (offer.price or offer.list_price) if offer else None
        known = price is not None and self._costs.costs(sku, currency) is not None
        share = _FAR_BELOW * self._meant.get((sku, currency), 1.0)
        limit = self._limits[sku, currency] = share * float(price) * power(currency) if known and price else 0.0
        return limit

    def _begin(self, key: tuple[str, str], own: Promotion, depths: DepthHabit) -> WatchedPromotion:
        offer = self._costs.offers[key]
        plan = plan_of(own, None, [offer], self._costs, depths, own.seen_at, meant=True)
        watched = self._watched[key] = WatchedPromotion(plan, recorded=True, sku=key[0])
        return watched

    def _unit(self, watched: WatchedPromotion, own: Promotion, key: tuple[str, str]) -> WatchedUnit | None:
        planned = planned_unit(own, self._costs.offers[key], self._costs)
        costs = self._costs.costs(*key)
        if planned is None or costs is None:
            return None
        unit = watched.units[key[0]] = WatchedUnit.compiled(planned, costs, zlib.crc32(key[0].encode()))
        return unit

    def to_state(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "meant": [[*key, share] for key, share in self._meant.items()],
            "watched": [[*key, watched.to_state()] for key, watched in self._watched.items()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `to_state`, with the same costs."""
        self._limits = {}
        self._meant = {(sku, currency): share for sku, currency, share in state["meant"]}
        self._watched = {
            (sku, currency): WatchedPromotion.from_state(watched, sku=sku)
            for sku, currency, watched in state["watched"]
        }


def _own_price(offer: Offer, line: OrderLine) -> Promotion:
    """The catalogue's price as the plan that a line breaks."""
    return Promotion(
        promotion_id="",
        seen_at=line.ordered_at,
        kind=PromotionKind.SALE_PRICE,
        skus=(offer.sku,),
        fixed_price=offer.price or offer.list_price,
    )
