"""From a promotion's recorded revision to the numbers that are compared with its orders: planned price, loss, depth."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from promofuse.facts import Offer, Promotion
from promofuse.instants import micros
from promofuse.money import power
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook, promotion_fees
from promofuse.pricing.worst_case import planned_price
from promofuse.velocity.depth import DepthHabit, deepens
from promofuse.velocity.scan import Plan

_MOST_OFFERS: Final = 200  # looked at for the depth of a wide promotion
_HEADROOM: Final = 1.2  # for orders of more than one piece


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUnit:
    """One unit of a SKU as it is planned, in minor units; price and loss are None where that cannot be told."""

    price: Fraction | None  # as the seller stated to intend, else as recorded
    loss: float | None  # at the recorded price; below 0 where it earns
    cost: float

    def allowed_loss(self, quantity: int, usual_depth: float, *, many: bool) -> float:
        """What an order may lose: what is planned, at most the usual share of cost.

        Without a plan, and for one percentage over many SKUs, which is often meant as an average, it is that share.
        """
        usual = usual_depth * self.cost
        planned = usual if self.loss is None or many else min(self.loss, usual)
        return max(0.0, planned) * quantity


def planned_unit(promotion: Promotion | None, offer: Offer, costs: CostBook) -> PlannedUnit | None:
    """The plan for one unit, without a price if there is no record; None where the unit cost is not known."""
    known = costs.costs(offer.sku, offer.currency)
    if known is None:
        return None
    cost = Fraction(known.unit, known.scale) + known.shipping_cost
    before = offer.price or offer.list_price
    price = planned_price(promotion, before, offer.currency) if promotion else None
    if promotion is None or price is None:
        return PlannedUnit(price=None, loss=None, cost=float(cost))
    minor = power(offer.currency)
    paid = round(price * minor)
    fees = promotion_fees(paid, offer.currency, (promotion,))
    loss = -known.contribution(paid, 1, known.shipping_cost, fees)
    intended = _intended_price(promotion, before)
    return PlannedUnit(price=minor * (price if intended is None else intended), loss=float(loss), cost=float(cost))


def covered_offers(promotion: Promotion, currency: str, catalogue: Sequence[Offer], costs: CostBook) -> list[Offer]:
    """Offers of the promotion in a currency; of a wide one evenly chosen ones. `catalogue` is all in that currency."""
    if "*" in promotion.skus:
        offers = list(catalogue)
    else:
        known = (costs.offers.get((sku, currency)) for sku in promotion.skus)
        offers = [offer for offer in known if offer is not None]
    return offers[:: -(-len(offers) // _MOST_OFFERS)] if offers else []


def plan_of(
    promotion: Promotion,
    before: Plan | None,
    offers: Sequence[Offer],
    costs: CostBook,
    habit: DepthHabit,
    effective_from: datetime,
    *,
    meant: bool = False,
) -> Plan:
    """The plan of a revision that counts from `effective_from`; `before` is that of the revision before it.

    `meant`: the seller has said that this promotion is to sell below cost.

    `offers` are the covered ones in one currency. Depth is None where no price or cost is known. A discount that the
    seller has stated as intended is no evidence, however deep.
    """
    units = [unit for offer in offers if (unit := planned_unit(promotion, offer, costs)) is not None]
    depths = [unit.loss / unit.cost for unit in units if unit.loss is not None and unit.cost > 0]
    depth = sum(depths) / len(depths) if depths else None
    evidence = loss = 0.0
    usual_depth = habit.usual_at_most()
    if depth is not None:
        meant = meant or all(_is_intended(promotion, offer) for offer in offers)
        usual_depth = max(usual_depth, depth) if meant else usual_depth
        evidence = 0.0 if meant else habit.evidence(depth, before.depth if before else None)
        mean_cost = sum(unit.cost for unit in units) / len(units)
        loss = max(0.0, min(depth, usual_depth)) * _HEADROOM * mean_cost
    starts = effective_from if promotion.starts_at is None else max(effective_from, promotion.starts_at)
    return Plan(
        since=micros(effective_from),
        starts=min(micros(starts), before.starts) if before else micros(starts),
        scope=zlib.crc32(";".join(promotion.skus).encode()),
        many=len(promotion.skus) > 1 or "*" in promotion.skus,
        depth=depth,
        depth_evidence=evidence,
        usual_depth=usual_depth,
        loss_per_order=loss,
        declared_uplift=float(promotion.expected_uplift or 0),
        deepened=depth is not None and deepens(depth, before.depth if before else None),
    )


class Planner:
    """The plans of a shop's promotions, by revision and currency."""

    def __init__(self, costs: CostBook, promotions: PromotionBook, intended: Collection[str] = ()) -> None:
        """`intended` are promotions that are meant to sell below cost; `promotions` may grow."""
        self._costs, self._promotions, self._intended = costs, promotions, intended
        self.catalogue: dict[str, list[Offer]] = {}  # by currency
        for (_, currency), offer in sorted(costs.offers.items()):
            self.catalogue.setdefault(currency, []).append(offer)

    def plan(self, promotion: Promotion, before: Plan | None, currency: str, habit: DepthHabit) -> Plan:
        """The plan of a revision after `before`."""
        offers = covered_offers(promotion, currency, self.catalogue[currency], self._costs)
        effective_from = self._promotions.effective_from(promotion)
        meant = promotion.promotion_id in self._intended
        return plan_of(promotion, before, offers, self._costs, habit, effective_from, meant=meant)

    def before(self, revisions: Sequence[Promotion], currency: str, habit: DepthHabit) -> Plan | None:
        """What a promotion with these revisions plans before a new one; None if that is the first."""
        last = next((r for r in reversed(revisions) if r.status != "ended"), None)
        return self.plan(last, None, currency, habit) if last else None

    def recorded(self, promotion_id: str, currency: str, habit: DepthHabit) -> Plan | None:
        """What a promotion plans by all of its revisions; None without a record."""
        plan: Plan | None = None
        for revision in self._promotions.revisions(promotion_id):
            if plan is None or revision.status != "ended":
                revised = self.plan(revision, plan, currency, habit)
                plan = plan if plan is not None and revised.same_as(plan) else revised
        return plan

    def latest(self, promotion_id: str) -> Promotion | None:
        """The newest revision that does not just end the promotion; None without a record."""
        revisions = self._promotions.revisions(promotion_id)
        return next((r for r in reversed(revisions) if r.status != "ended"), revisions[-1] if revisions else None)


def _intended_price(promotion: Promotion, before: Fraction | None) -> Fraction | None:
    """What the seller stated to intend a unit to cost, in major units; None if he stated nothing."""
    if promotion.intended_price is not None:
        return promotion.intended_price
    if promotion.intended_percent_off is None or before is None:
        return None
    return before * (1 - promotion.intended_percent_off / 100)


def _is_intended(promotion: Promotion, offer: Offer) -> bool:
    """Whether the seller stated to intend a price at least as low as the recorded one."""
    before = offer.price or offer.list_price
    intended = _intended_price(promotion, before)
    planned = planned_price(promotion, before, offer.currency)
    return intended is not None and (planned is None or intended <= planned)
