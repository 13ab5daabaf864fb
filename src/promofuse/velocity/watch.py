"""The watch over one shop's orders: lines in, alarms out; bounded memory, resumable from plain JSON values.

Feed promotions and orders in the order in which they were seen. Alarms depend on nothing seen later.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from promofuse.facts import OrderLine, Promotion
from promofuse.instants import DAY, micros
from promofuse.money import power
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.velocity.alarms import compose_alarm
from promofuse.velocity.baseline import Baseline
from promofuse.velocity.depth import DepthHabit
from promofuse.velocity.deviation import DeviationHabit
from promofuse.velocity.feedback import Feedback
from promofuse.velocity.line_loss import SharedShipping, WatchedUnit
from promofuse.velocity.one_order import LoneOrder, judge_order, may_be_odd
from promofuse.velocity.plans import Planner, planned_unit
from promofuse.velocity.price_slips import PriceSlips
from promofuse.velocity.question import Question, ask_about
from promofuse.velocity.sale import Sale
from promofuse.velocity.scan import Plan, Spike, Usual
from promofuse.velocity.settings import WatchSettings, usual_loss
from promofuse.velocity.watched import WatchedPromotion
from promofuse.velocity.wording import describe_bleed, describe_order, describe_spike
from promofuse.verdicts import Alarm, AlarmKind

STATE_VERSION: Final = 3  # of `to_state`; `restore` takes no other
_IDLE: Final = 14 * DAY  # a promotion without orders for so long is forgotten
_BLEEDS: Final = 4  # loss-making orders before prices lower the budget
_PLAIN_DEPTH: Final = 3.0  # nats that any first clearance has
_LONG_LIVED: Final = 28 * DAY  # one that runs for so long teaches its prices before it ends


class ShopWatch:
    """Watches the promotions of one shop by three tripwires: one order, a spike, a slow bleed."""

    def __init__(
        self,
        shop: str,
        costs: CostBook,
        promotions: PromotionBook,
        settings: WatchSettings,
        offset: Callable[[int], int] = lambda _: 0,
    ) -> None:
        """`promotions` holds the revisions seen before; the watch adds to it.

        `offset` tells how far the marketplace's local time is ahead of UTC at a moment, in microseconds.
        """
        self._offset = offset
        self.shop = shop
        self.watcher: Callable[[Sale], None] | None = None  # sees every sale of a promotion before it is judged
        self.without_cost: Counter[tuple[str, str]] = Counter()  # promotion lines that could not be judged
        self._costs = costs
        self._promotions = promotions
        self._settings = settings
        self._baseline = Baseline(offset)
        self._depths = DepthHabit()
        self._deviations = DeviationHabit()
        self._feedback = Feedback(settings.false_alarms)
        self._watched: dict[tuple[str, str], WatchedPromotion] = {}
        self._slips = PriceSlips(costs)
        self._planner = Planner(costs, promotions, settings.intended)
        catalogue = self._planner.catalogue
        self._usual_loss = {currency: usual_loss(offers) for currency, offers in catalogue.items()}
        self._budget = {currency: settings.budget(currency) for currency in catalogue}
        self._trifle = {c: settings.scan.trifle_of_budget * budget for c, budget in self._budget.items()}
        self._usuals: dict[tuple[str, bool], Usual] = {}
        self._simple: dict[str, bool] = {}  # promotions that cost no fees and are not on shipping

    def see_promotion(self, promotion: Promotion) -> Question | None:
        """Take in a new revision; one that says the same as the one before is none.

        Returns what to ask the seller at once, before there is any order.
        """
        known = self._promotions.revisions(promotion.promotion_id)
        if known and replace(known[-1], seen_at=promotion.seen_at) == promotion:
            return None
        self._promotions.add(promotion)
        self._simple.pop(promotion.promotion_id, None)
        if promotion.status == "ended":
            return None
        question = None
        for currency in self._planner.catalogue:
            watched = self._watched.get((promotion.promotion_id, currency))
            before = watched.scan.plan if watched else self._planner.before(known, currency, self._depths)
            plan = self._planner.plan(promotion, before, currency, self._depths)
            question = question or ask_about(promotion, plan, before)
            if watched:
                watched.change(plan, self._depths)
        return question

    def knows_dismissal(self, promotion_id: str, at: datetime, sku: str = "") -> bool:
        """Whether a dismissal has been taken in."""
        return self._feedback.knows(promotion_id or f"price:{sku}", micros(at))

    def dismiss(self, promotion_id: str, at: datetime, sku: str = "") -> None:
        """A person called the alarm about a promotion false: its plan is meant, and the shop is judged more carefully.

        Where no promotion is named it was about the price of `sku`.
        Feed it in the order of time like all else; a dismissal that is known already changes nothing.
        """
        if not self._feedback.add(promotion_id or f"price:{sku}", micros(at)):
            return
        self._usuals = {}
        if not promotion_id:
            self._slips.accept(sku)
            return
        for (known, _), watched in self._watched.items():
            if known == promotion_id:
                watched.accept(self._depths)

    def see_order(self, lines: Sequence[OrderLine], *, history: bool = False, buyer: int = 0) -> list[Alarm]:
        """Take in lines of one order that were seen together, each in its first state; `buyer` is `Buyer.number`.

        As `history` they only teach: no alarm is given or counts as given.
        """
        at = micros(lines[0].seen_at)
        if self._baseline.due(at):
            self._refresh(at)
        alarms: list[Alarm] = []
        shipping: SharedShipping | None = None  # of an order of many lines, once it is needed
        for line in lines:
            if line.replaces_order_id:
                continue
            ids = line.promotion_ids
            simple = len(ids) == 1 and self._is_simple(ids[0])
            cause: str | None
            if simple:
                cause = ids[0]
            elif ids:
                cause = self._promotions.cause(line, self._costs.offers.get((line.sku, line.currency)))
            else:
                cause = self._promotions.inferred_cause(line)
            if cause is None:
                if self._slips.may_be(line) and (slip := self._slips.sale(line, lines, at, buyer, self._depths)):
                    alarms.extend(self._hear(slip, history=history))
                else:
                    self._baseline.add(line.sku, micros(line.ordered_at))
                continue
            self._baseline.promoted(line.sku)
            if simple:
                if len(lines) > 1 and (shipping is None or shipping.currency != line.currency):
                    shipping = SharedShipping.of(lines, line.currency, self._costs)
                sale = self._simple_sale(line, cause, at, shipping, buyer)
            else:
                sale = self._sale(line, lines, cause, at, buyer)
            if sale is None:
                if line.paid is not None:
                    self.without_cost[line.sku, line.currency] += 1
            else:
                if self.watcher is not None:
                    self.watcher(sale)
                alarms.extend(self._see_sale(sale, history=history))
        return alarms

    def _hear(self, slip: Sale, *, history: bool) -> Iterable[Alarm]:
        """A price that no promotion names; such orders are not what is usual."""
        self._baseline.promoted(slip.line.sku)
        if self.watcher is not None:
            self.watcher(slip)
        return self._see_sale(slip, history=history)

    def _is_simple(self, promotion_id: str) -> bool:
        """Whether a line that names only this promotion is caused by it and costs no promotion fees."""
        known = self._simple.get(promotion_id)
        if known is None:
            revisions = self._promotions.revisions(promotion_id)
            known = bool(revisions) and not any(r.level == "shipping" or r.fee_fixed or r.fee_rate for r in revisions)
            self._simple[promotion_id] = known
        return known

    def _simple_sale(
        self, line: OrderLine, cause: str, at: int, shipping: SharedShipping | None, buyer: int
    ) -> Sale | None:
        """The quick way for a line with one promotion that costs no fees; `shipping` where its order has others."""
        paid = line.paid
        watched = self._watched.get((cause, line.currency))
        if paid is None or (watched is None and self._costs.costs(line.sku, line.currency) is None):
            return None
        watched = watched or self._begin(cause, line)
        unit = watched.units.get(line.sku) or self._unit(watched, line, cause)
        if unit is None:
            return None
        watched.last_seen = at
        if shipping is None:
            loss, scale = unit.loss(paid, line.quantity), unit.scale
        else:
            loss, scale = unit.loss_beside(paid, line.quantity, shipping)
        return Sale(line, micros(line.ordered_at), at, cause, watched, unit, 1, loss, scale, buyer)

    def _sale(self, line: OrderLine, order: Sequence[OrderLine], cause: str, at: int, buyer: int) -> Sale | None:
        """None where the contribution is not known."""
        ids = self._promotions.resolve(line.promotion_ids, line.ordered_at)
        in_force = [r for i in ids if (r := self._promotions.revision(i, line.ordered_at))]
        contribution = self._costs.contribution(line, order, in_force).amount
        if contribution is None:
            return None
        watched = self._watched.get((cause, line.currency)) or self._begin(cause, line)
        unit = watched.units.get(line.sku) or self._unit(watched, line, cause)
        if unit is None:
            return None
        watched.last_seen = at
        stacked = sum(revision.level != "shipping" for revision in in_force)
        loss, scale = -contribution.numerator, contribution.denominator
        return Sale(line, micros(line.ordered_at), at, cause, watched, unit, stacked, loss, scale, buyer)

    def _unit(self, watched: WatchedPromotion, line: OrderLine, cause: str) -> WatchedUnit | None:
        """The SKU under this promotion, compiled at its first line; None where its cost is not known."""
        offer = self._costs.offers.get((line.sku, line.currency))
        costs = self._costs.costs(line.sku, line.currency)
        planned = planned_unit(self._planner.latest(cause), offer, self._costs) if offer else None
        if planned is None or costs is None:
            return None
        unit = watched.units[line.sku] = WatchedUnit.compiled(planned, costs, zlib.crc32(line.sku.encode()))
        return unit

    def _see_sale(self, sale: Sale, *, history: bool) -> Iterable[Alarm]:
        """The three tripwires; the quicker one speaks for the slower one."""
        watched = sale.watched
        spike = self._spike(sale)
        lone = self._lone_order(sale)
        overrun = self._overrun(sale)
        if not (spike or lone or overrun):
            return ()
        watched.alarmed = True
        if history:
            return ()
        currency = sale.line.currency
        if spike:
            watched.scan.snooze(sale.at, spike, self._settings.scan)
            return (self._spike_alarm(sale, spike),)
        if lone:
            watched.lone_order_at = sale.at
            plan = "the catalogue's price" if watched.sku else "the plan"
            message = describe_order(lone, Fraction(sale.loss, sale.scale), currency, plan)
            return (self._alarm(AlarmKind.ORDER, sale, lone.score, message),)
        watched.budget.spoken()
        scan = watched.scan
        days = (sale.at - scan.plan.since) / DAY
        message = describe_bleed(scan.orders, scan.lost, watched.budget.excess, days, currency)
        return (self._alarm(AlarmKind.BLEED, sale, overrun, message),)

    def _spike(self, sale: Sale) -> Spike | None:
        line, scan = sale.line, sale.watched.scan
        curve = None
        if sale.loss > 0:
            curve = sale.watched.curve(self._baseline, self._skus, sale.cause, line.sku)
        return scan.see(sale.for_scan(), curve, self._usual(line.currency, many=scan.plan.many), self._settings.scan)

    def _usual(self, currency: str, *, many: bool) -> Usual:
        """Kept until the next refresh, dismissal or change of the level."""
        level = self._baseline.level
        known = self._usuals.get((currency, many))
        if known is None or known.level != level:
            loss = self._usual_loss[currency]
            known = self._usuals[currency, many] = Usual(
                votes=self._deviations.votes(many=many),
                loss=loss,
                trifle=max(self._settings.scan.trifle * loss, self._trifle[currency]),
                level=level,
                caution=self._feedback.caution(self._baseline.folded_at),
            )
        return known

    def _lone_order(self, sale: Sale) -> LoneOrder | None:
        line, watched = sale.line, sale.watched
        if sale.loss <= 0 or line.item_price is None or not line.quantity:
            return None
        paid = line.item_price - line.item_discount
        if not may_be_odd(paid / line.quantity, sale.unit.planned_price, sale.stacked):
            return None
        if sale.ordered_at < watched.scan.plan.since:
            return None
        if watched.lone_order_at is not None and sale.at - watched.lone_order_at <= DAY:
            return None
        floor = self._costs.offers[line.sku, line.currency].floor_price
        return judge_order(
            paid=Fraction(paid, line.quantity),
            planned=sale.unit.planned.price,
            floor=None if floor is None else floor * power(line.currency),
            stacked=sale.stacked,
            trifle=watched.scan.loss_per_hour(self._settings.scan) < self._trifle[line.currency],
        )

    def _overrun(self, sale: Sale) -> float:
        """How often the budget fits into the excess, if that is news; a spike is not told again as a bleed."""
        watched = sale.watched
        plan = watched.scan.plan
        if sale.ordered_at < plan.since:
            return 0.0
        allowed = 0.0
        if sale.loss > 0:
            allowed = sale.unit.planned.allowed_loss(sale.line.quantity, plan.usual_depth, many=plan.many)
        watched.budget.spend(sale.loss / sale.scale, allowed)
        if watched.scan.spoken or sale.loss <= 0:
            return 0.0
        caution = self._feedback.caution(self._baseline.folded_at)
        evidence = -caution
        if watched.scan.orders >= _BLEEDS:
            known = _PLAIN_DEPTH + caution
            evidence = max(evidence, watched.scan.price_evidence(self._settings.scan) - known)
        return watched.budget.overrun(self._budget[sale.line.currency], evidence)

    def expected(self, sale: Sale, start: int, end: int) -> float | None:
        """Loss-making orders that may come in [start, end) without an alarm by their number; None: not known yet."""
        curve = sale.watched.curve(self._baseline, self._skus, sale.cause, sale.line.sku)
        if curve is None:
            return None
        uplift = sale.watched.scan.uplift(curve, self._settings.scan)
        return self._baseline.level * uplift * curve.between(start, end)

    def _skus(self, promotion_id: str) -> tuple[str, ...]:
        latest = self._planner.latest(promotion_id)
        return latest.skus if latest else ()

    def _spike_alarm(self, sale: Sale, spike: Spike) -> Alarm:
        scan = sale.watched.scan
        depth = scan.plan.depth or 0.0
        plan = "the catalogue's price" if sale.watched.sku else "the recorded plan"
        message = describe_spike(spike, scan.lost, depth, sale.line.currency, plan)
        alarm = self._alarm(AlarmKind.SPIKE, sale, spike.score, message)
        return replace(
            alarm,
            window_orders=spike.window_orders,
            window_minutes=spike.window_minutes,
            expected=spike.expected,
            loss_per_minute=round(spike.loss_per_hour / 60),
            below_plan=spike.below_plan,
            planned_depth=depth if spike.depth_evidence else 0.0,
        )

    def _alarm(self, kind: AlarmKind, sale: Sale, score: float, message: str) -> Alarm:
        scan, line = sale.watched.scan, sale.line
        return compose_alarm(
            kind,
            sale,
            score,
            message,
            shop=self.shop,
            loss_per_hour=scan.loss_per_hour(self._settings.scan),
            stock=None if scan.plan.many else self._costs.offers[line.sku, line.currency].stock,
            budget=self._budget[line.currency],
        )

    def _begin(self, cause: str, line: OrderLine) -> WatchedPromotion:
        """Watch a promotion from its first line on; one without a record begins with that line."""
        plan = self._planner.recorded(cause, line.currency, self._depths)
        recorded = plan is not None
        if plan is None:
            ordered_at = micros(line.ordered_at)
            plan = Plan(since=ordered_at, starts=ordered_at, usual_depth=self._depths.usual_at_most())
        watched = WatchedPromotion(plan, recorded=recorded)
        self._watched[cause, line.currency] = watched
        return watched

    def _refresh(self, at: int) -> None:
        """Daily: fold the baseline, learn habits, forget promotions without orders."""
        self._baseline.fold(at)
        self._usuals = {}
        self._slips.forget(at)
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
            "version": STATE_VERSION,
            "baseline": self._baseline.to_state(),
            "depths": self._depths.to_state(),
            "deviations": self._deviations.to_state(),
            "dismissed": self._feedback.to_state(),
            "watched": [[*key, watched.to_state()] for key, watched in self._watched.items()],
            "slips": self._slips.to_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `to_state`, with the same costs and the promotions seen until then."""
        self._baseline = Baseline.from_state(state["baseline"], self._offset)
        self._depths = DepthHabit.from_state(state["depths"])
        self._deviations = DeviationHabit.from_state(state["deviations"])
        self._feedback.restore(state["dismissed"])
        self._watched = {
            (promotion_id, currency): WatchedPromotion.from_state(watched)
            for promotion_id, currency, watched in state["watched"]
        }
        if "slips" in state:  # an older program left none
            self._slips.restore(state["slips"])
