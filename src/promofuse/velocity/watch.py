"""The watch over one shop's orders: lines in, alarms out; bounded memory, resumable from plain JSON values.

Feed promotions and orders in the order in which they were seen. Alarms depend on nothing seen later.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from statistics import median
from typing import Any, Final, Self

from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.instants import DAY, micros, moment
from promofuse.money import power
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.velocity.baseline import Baseline
from promofuse.velocity.depth import DepthHabit
from promofuse.velocity.deviation import DeviationHabit
from promofuse.velocity.one_order import LoneOrder, judge_order
from promofuse.velocity.plans import PlannedUnit, covered_offers, paid_share, plan_of, planned_unit
from promofuse.velocity.scan import Plan, ScanSettings, Spike, WatchedLine
from promofuse.velocity.watched import WatchedPromotion
from promofuse.velocity.wording import describe_bleed, describe_order, describe_spike
from promofuse.verdicts import Alarm, AlarmKind

_USUAL_LOSS: Final = 0.8  # of the median price, an hour
_IDLE: Final = 14 * DAY  # a promotion without orders for so long is forgotten
_LONG_LIVED: Final = 28 * DAY  # one that runs for so long teaches its prices before it ends


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """`loss_budget` is major units of whatever currency the promotion sells in."""

    scan: ScanSettings = field(default_factory=ScanSettings)
    loss_budget: Fraction = Fraction(200)

    @classmethod
    def allowing(cls, false_alarms_per_month: float, loss_budget: Fraction) -> Self:
        """Settings for a number of false alarms a shop and month, about."""
        threshold = ScanSettings().threshold - math.log(false_alarms_per_month)
        return cls(scan=ScanSettings(threshold=threshold), loss_budget=loss_budget)


@dataclass(frozen=True, slots=True)
class _Sale:
    """A line of a promotion with what it is compared with."""

    line: OrderLine
    at: int
    cause: str
    offer: Offer
    stacked: int
    loss: Fraction
    unit: PlannedUnit | None


class ShopWatch:
    """Watches the promotions of one shop by three tripwires: one order, a spike, a slow bleed."""

    def __init__(self, shop: str, costs: CostBook, promotions: PromotionBook, settings: WatchSettings) -> None:
        """`promotions` holds the revisions seen before; the watch adds to it."""
        self.shop = shop
        self._costs = costs
        self._promotions = promotions
        self._settings = settings
        self._baseline = Baseline()
        self._depths = DepthHabit()
        self._deviations = DeviationHabit()
        self._watched: dict[tuple[str, str], WatchedPromotion] = {}
        self._catalogue: dict[str, list[Offer]] = {}
        for (_, currency), offer in sorted(costs.offers.items()):
            self._catalogue.setdefault(currency, []).append(offer)
        self._usual_loss = {currency: _usual_loss(offers) for currency, offers in self._catalogue.items()}

    def see_promotion(self, promotion: Promotion) -> None:
        """Take in a new revision; one that says the same as the one before is none."""
        known = self._promotions.revisions(promotion.promotion_id)
        if known and replace(known[-1], seen_at=promotion.seen_at) == promotion:
            return
        self._promotions.add(promotion)
        if promotion.status == "ended":
            return
        for currency in self._catalogue:
            if watched := self._watched.get((promotion.promotion_id, currency)):
                watched.change(self._plan(promotion, watched.scan.plan, currency), self._depths)

    def see_order(self, lines: Sequence[OrderLine], *, history: bool = False) -> list[Alarm]:
        """Take in lines of one order that were seen together, each in its first state.

        As `history` they only teach: no alarm is given or counts as given.
        """
        at = micros(lines[0].seen_at)
        if self._baseline.due(at):
            self._refresh(at)
        alarms: list[Alarm] = []
        for line in lines:
            if line.replaces_order_id:
                continue
            offer = self._costs.offers.get((line.sku, line.currency))
            cause = self._promotions.cause(line, offer) or self._promotions.inferred_cause(line)
            if cause is None:
                self._baseline.add(line.sku, micros(line.ordered_at))
                continue
            self._baseline.promoted(line.sku)
            if offer is not None and (sale := self._sale(line, lines, cause, offer, at)):
                alarms.extend(self._see_sale(sale, history=history))
        return alarms

    def _sale(self, line: OrderLine, order: Sequence[OrderLine], cause: str, offer: Offer, at: int) -> _Sale | None:
        """None where the contribution is not known."""
        ids = self._promotions.resolve(line.promotion_ids, line.ordered_at)
        in_force = [r for i in ids if (r := self._promotions.revision(i, line.ordered_at))]
        contribution = self._costs.contribution(line, order, in_force).amount
        if contribution is None:
            return None
        watched = self._watched.get((cause, line.currency)) or self._begin(cause, line)
        watched.last_seen = at
        if line.sku not in watched.planned:
            watched.planned[line.sku] = planned_unit(self._latest(cause), offer, self._costs)
        stacked = sum(revision.level != "shipping" for revision in in_force)
        return _Sale(line, at, cause, offer, stacked, -contribution, watched.planned[line.sku])

    def _see_sale(self, sale: _Sale, *, history: bool) -> Iterator[Alarm]:
        """The three tripwires; the quicker one speaks for the slower one."""
        line = sale.line
        watched = self._watched[sale.cause, line.currency]
        spike = self._spike(sale, watched)
        lone = self._lone_order(sale, watched)
        overrun = self._overrun(sale, watched)
        if spike or lone or overrun:
            watched.alarmed = True
        if history:
            return
        if spike:
            watched.scan.snooze(sale.at, spike, self._settings.scan)
            yield self._spike_alarm(sale, watched, spike)
        elif lone:
            watched.lone_order_at = sale.at
            message = describe_order(lone, sale.loss, line.currency)
            yield self._alarm(AlarmKind.ORDER, sale, watched, lone.score, message)
        elif overrun:
            watched.budget.spoken()
            scan = watched.scan
            days = (sale.at - scan.plan.since) / DAY
            message = describe_bleed(scan.orders, scan.lost, watched.budget.excess, days, line.currency)
            yield self._alarm(AlarmKind.BLEED, sale, watched, overrun, message)

    def _spike(self, sale: _Sale, watched: WatchedPromotion) -> Spike | None:
        line = sale.line
        scan = watched.scan
        seen = WatchedLine(
            order_id=line.order_id,
            sku_number=zlib.crc32(line.sku.encode()),
            ordered_at=micros(line.ordered_at),
            seen_at=sale.at,
            paid_share=paid_share(line, sale.unit),
            loss=sale.loss,
        )
        latest = self._latest(sale.cause)
        curve = watched.curve(self._baseline, latest.skus if latest else (), line.sku) if sale.loss > 0 else None
        votes = self._deviations.votes(many=scan.plan.many)
        return scan.see(seen, curve, votes, self._usual_loss[line.currency], self._settings.scan)

    def _lone_order(self, sale: _Sale, watched: WatchedPromotion) -> LoneOrder | None:
        line = sale.line
        if line.item_price is None or not line.quantity or micros(line.ordered_at) < watched.scan.plan.since:
            return None
        if watched.lone_order_at is not None and sale.at - watched.lone_order_at <= DAY:
            return None
        floor = sale.offer.floor_price
        return judge_order(
            paid=Fraction(line.item_price - line.item_discount, line.quantity),
            planned=sale.unit.price if sale.unit else None,
            floor=None if floor is None else floor * power(line.currency),
            stacked=sale.stacked,
            loses=sale.loss > 0,
        )

    def _overrun(self, sale: _Sale, watched: WatchedPromotion) -> float:
        """How often the budget fits into the excess, if that is news; a spike is not told again as a bleed."""
        line = sale.line
        plan = watched.scan.plan
        if sale.unit is None or micros(line.ordered_at) < plan.since:
            return 0.0
        allowed = 0.0
        if sale.loss > 0:
            allowed = sale.unit.allowed_loss(line.quantity, plan.usual_depth, many=plan.many)
        watched.budget.spend(float(sale.loss), allowed)
        budget = float(self._settings.loss_budget * power(line.currency))
        return 0.0 if watched.scan.spoken else watched.budget.overrun(budget)

    def _spike_alarm(self, sale: _Sale, watched: WatchedPromotion, spike: Spike) -> Alarm:
        scan = watched.scan
        depth = scan.plan.depth or 0.0
        message = describe_spike(spike, scan.lost, depth, sale.line.currency)
        alarm = self._alarm(AlarmKind.SPIKE, sale, watched, spike.score, message)
        return replace(
            alarm,
            window_orders=spike.window_orders,
            window_minutes=spike.window_minutes,
            expected=spike.expected,
            loss_per_minute=round(spike.loss_per_hour / 60),
            below_plan=spike.below_plan,
            planned_depth=depth if spike.depth_evidence else 0.0,
        )

    def _alarm(self, kind: AlarmKind, sale: _Sale, watched: WatchedPromotion, score: float, message: str) -> Alarm:
        return Alarm(
            kind=kind,
            shop=self.shop,
            promotion_id=sale.cause,
            at=moment(sale.at),
            since=moment(watched.scan.plan.since),
            score=score,
            orders=watched.scan.orders,
            lost=round(watched.scan.lost),
            currency=sale.line.currency,
            message=message,
        )

    def _latest(self, promotion_id: str) -> Promotion | None:
        """The newest revision that does not just end the promotion; None without a record."""
        revisions = self._promotions.revisions(promotion_id)
        return next((r for r in reversed(revisions) if r.status != "ended"), revisions[-1] if revisions else None)

    def _begin(self, cause: str, line: OrderLine) -> WatchedPromotion:
        """Watch a promotion from its first line on; one without a record begins with that line."""
        plan: Plan | None = None
        for revision in self._promotions.revisions(cause):
            if plan is None or revision.status != "ended":
                revised = self._plan(revision, plan, line.currency)
                plan = plan if plan is not None and revised.same_as(plan) else revised
        recorded = plan is not None
        if plan is None:
            ordered_at = micros(line.ordered_at)
            plan = Plan(since=ordered_at, starts=ordered_at, usual_depth=self._depths.usual_at_most())
        watched = WatchedPromotion(plan, recorded=recorded)
        self._watched[cause, line.currency] = watched
        return watched

    def _plan(self, promotion: Promotion, before: Plan | None, currency: str) -> Plan:
        offers = covered_offers(promotion, currency, self._catalogue[currency], self._costs)
        effective_from = self._promotions.effective_from(promotion)
        return plan_of(promotion, before, offers, self._costs, self._depths, effective_from)

    def _refresh(self, at: int) -> None:
        """Daily: fold the baseline, learn habits, forget promotions without orders."""
        self._baseline.fold(at)
        for key, watched in list(self._watched.items()):
            idle = at - watched.last_seen > _IDLE
            over = idle or at - watched.scan.plan.since > _LONG_LIVED or self._ended(key[0], at)
            watched.teach(self._depths, self._deviations, at, over=over)
            if idle:
                del self._watched[key]

    def _ended(self, promotion_id: str, at: int) -> bool:
        last = self._promotions.revisions(promotion_id)[-1:]
        return any(r.status == "ended" or (r.ends_at is not None and micros(r.ends_at) <= at) for r in last)

    def to_state(self) -> dict[str, Any]:
        """All that was learnt and is pending, as JSON values; costs and promotions are the caller's."""
        return {
            "baseline": self._baseline.to_state(),
            "depths": self._depths.to_state(),
            "deviations": self._deviations.to_state(),
            "watched": [[*key, watched.to_state()] for key, watched in self._watched.items()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `to_state`, with the same costs and the promotions seen until then."""
        self._baseline = Baseline.from_state(state["baseline"])
        self._depths = DepthHabit.from_state(state["depths"])
        self._deviations = DeviationHabit.from_state(state["deviations"])
        self._watched = {
            (promotion_id, currency): WatchedPromotion.from_state(watched)
            for promotion_id, currency, watched in state["watched"]
        }


def _usual_loss(offers: Sequence[Offer]) -> float:
    """Losing this much an hour is nothing special in a shop with these prices; minor units."""
    prices = [price for offer in offers if (price := offer.price or offer.list_price or offer.unit_cost)]
    return _USUAL_LOSS * float(median(prices)) * power(offers[0].currency) if prices else 1.0
