"""The spike detector: loss-making orders of one promotion in event time, weighed by price evidence and money.

Three kinds of evidence, all in nats, so that they add up:
    E  counts   max over windows of -ln P(NB(expected at the uplift tolerated, size 3) >= orders)
    D  price    orders paid below the recorded plan            (`deviation`)
    R  depth    a plan that is deeper than the shop's habit    (`depth`)
and money: x = ln(loss an hour / loss an hour that the plan makes likely). An alarm needs one of
    E >= 4       and  E + 2x               >= threshold
    D + R >= 2   and  E + D + R + max(0,x) >= threshold
The constants were chosen on simulated shops and checked on others and on real order histories.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, Final, NamedTuple, Self

from promofuse.instants import DAY, HOUR, MINUTE
from promofuse.velocity.baseline import HourlyCurve
from promofuse.velocity.counts import OrderCounts, surprise
from promofuse.velocity.deviation import AS_PLANNED, PlanDeviation, price_bin

_SAME_DEPTH: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """The constants of the detector; the defaults hold for any shop."""

    threshold: float = 9.7  # ln(11,000 loss-making promotion orders a month) + 0.4: about one false alarm a month
    windows: tuple[int, ...] = (2, 5, 10, 20, 40, 80, 160, 320, 640, 1440)  # minutes
    allowance: float = 0.3  # orders that may always come
    uplift_least: float = 2.0
    uplift_most: float = 5.0  # what a promotion may sell more than the baseline, unless it declares more
    uplift_margin: float = 1.25
    uplift_weight: float = 2.0  # expected orders that the most is worth when the uplift is learnt
    uplift_lag: int = 60  # minutes not learnt from
    count_floor: float = 4.0
    money_weight: float = 2.0
    price_floor: float = 2.0
    deviation_most: float = 12.0
    depth_most: float = 8.0
    rate_memory: int = 30  # minutes
    snooze: int = 24 * 60  # minutes
    rearm: float = 3.0  # times the loss rate of the alarm before
    same_hand: int = 3  # minutes in which orders below the plan are one's, unless their buyers are known to differ
    same_buyer: int = 10  # minutes in which a few orders of one buyer count as one, where prices say nothing
    repeats: int = 3  # that are not counted; who orders more often is news
    trifle: float = 0.5  # of the usual loss an hour: less is no alarm
    trifle_of_budget: float = 0.05  # an hour: nor is less than this share of the loss budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one revision of a promotion plans. Money is minor units as a float: statistics, never shown."""

    since: int  # when the revision began to count
    starts: int  # when the promotion can first have sold
    scope: int = 0  # a number that changes with the SKUs covered
    many: bool = False  # more than one SKU
    depth: float | None = None  # planned loss as a share of cost; None without a record
    depth_evidence: float = 0.0
    deepened: bool = False  # edited into a deeper loss
    usual_depth: float = 0.0  # what the shop's promotions lose at most, before this one became a habit
    loss_per_order: float = 0.0  # planned, at most that
    declared_uplift: float = 0.0

    def same_as(self, other: Plan) -> bool:
        """Whether a new revision leaves prices and SKUs as they were."""
        if self.depth is None or other.depth is None or self.scope != other.scope:
            return False
        return abs(self.depth - other.depth) <= _SAME_DEPTH

    def accepted(self) -> Plan:
        """The same plan once a person said that it is meant: its depth is no evidence, its loss is planned in full."""
        if self.depth is None or self.depth <= 0:
            return replace(self, depth_evidence=0.0)
        shown = min(self.depth, self.usual_depth)
        in_full = self.loss_per_order * self.depth / shown if shown > 0 else self.loss_per_order
        usual = max(self.usual_depth, self.depth)
        return replace(self, depth_evidence=0.0, usual_depth=usual, loss_per_order=in_full)


class WatchedLine(NamedTuple):
    """What the detector needs of an order line; `loss` / `scale` are exact minor units."""

    order_id: str
    sku_number: int  # any fixed number of the SKU
    ordered_at: int
    seen_at: int
    paid_share: float | None  # paid / planned; None where no plan is recorded
    loss: int  # positive where the line loses money
    scale: int = 1
    buyer: int = 0  # any fixed number of the buyer; 0: not known


class Usual(NamedTuple):
    """What is usual in the shop at the moment of a line."""

    votes: Sequence[float]  # nats of a price paid, by bin (`deviation`)
    loss: float  # minor units an hour below which money speaks for nothing
    trifle: float = 0.0  # minor units an hour below which there is no alarm
    level: float = 1.0  # how much busier than its week the shop is
    caution: float = 0.0  # nats that an alarm needs on top, learnt from dismissed ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """Why the detector speaks: the evidence at one order."""

    score: float
    window_orders: int
    window_minutes: int
    expected: float
    loss_per_hour: float
    below_plan: int
    depth_evidence: float


class PromotionScan:
    """The state of one promotion in one currency, a few hundred bytes to 1.7 kB as JSON."""

    __slots__ = (
        "_counted",
        "_counted_order",
        "_last_below",
        "_last_below_by",
        "_last_order",
        "_lost",
        "_newest",
        "_orders_before",
        "_rate",
        "_rearm_rate",
        "_snoozed_at",
        "counts",
        "deviation",
        "orders",
        "plan",
    )

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.counts = OrderCounts()
        self.deviation = PlanDeviation()
        self.orders = 0  # loss-making ones since the plan began
        self._lost: dict[int, int] = {}  # by them: scale -> minor units times scale
        self._orders_before = 0  # counted when the plan began
        self._newest = plan.starts  # the latest time a loss-making order was placed
        self._rate = 0.0  # loss, fading with rate_memory
        self._last_order = ""
        self._last_below = 0  # when the last order below the plan that voted was placed
        self._last_below_by = 0  # and by whom
        self._counted_order = ""
        self._counted = (0, 0, 0)  # the last buyer, since when he buys, and how often again
        self._snoozed_at: int | None = None
        self._rearm_rate = 0.0

    def change(self, plan: Plan) -> None:
        """A revision came: votes start anew and alarms are armed; the uplift is kept only if the plan is the same."""
        self.deviation.restart()
        self._snoozed_at, self._rearm_rate = None, 0.0
        if plan.same_as(self.plan):
            return
        self.plan = plan
        self.orders, self._lost = 0, {}
        self._orders_before = self.counts.total

    def snooze(self, at: int, spike: Spike, settings: ScanSettings) -> None:
        """The alarm was given at `at`: the next one of this revision must wait, and must be worse."""
        self._snoozed_at = at
        self._rearm_rate = settings.rearm * spike.loss_per_hour

    @property
    def spoken(self) -> bool:
        """Whether this revision has alarmed."""
        return self._snoozed_at is not None

    @property
    def lost(self) -> Fraction:
        """By loss-making orders since the plan began, exact minor units."""
        return sum((Fraction(scaled, scale) for scale, scaled in self._lost.items()), Fraction(0))

    def loss_per_hour(self, settings: ScanSettings) -> float:
        """Minor units, from the last half hour."""
        return self._rate * HOUR / (settings.rate_memory * MINUTE)

    def see(self, line: WatchedLine, curve: HourlyCurve | None, usual: Usual, settings: ScanSettings) -> Spike | None:
        """Take in a line; returns the evidence if it is time to speak. Call `snooze` once it was spoken.

        `curve` is the baseline of the promotion's SKUs (None: not known yet, so counts are no evidence).
        """
        self._vote(line, usual.votes, settings)
        if line.loss <= 0:
            return None
        self._count(line, settings)
        loss_per_hour = self.loss_per_hour(settings)
        if loss_per_hour < usual.trifle or self._silent(line.seen_at, loss_per_hour, settings):
            return None
        price = self.price_evidence(settings)
        if price < settings.price_floor and self.counts.held < 3:
            return None  # two orders cannot reach the floor by their count
        return self._judge(curve, price, loss_per_hour, usual, settings)

    def price_evidence(self, settings: ScanSettings) -> float:
        """Nats from prices alone: at least two orders paid below the plan, and the plan's own depth."""
        paid = min(self.deviation.score, settings.deviation_most) if self.deviation.orders > 1 else 0.0
        return paid + min(self.plan.depth_evidence, settings.depth_most)

    def _vote(self, line: WatchedLine, votes: Sequence[float], settings: ScanSettings) -> None:
        """An order votes on the price once, with its first line; a few within minutes are one, but for known buyers."""
        if line.order_id == self._last_order:
            return
        self._last_order = line.order_id
        if line.paid_share is None or line.ordered_at < self.plan.since:
            return
        place = price_bin(line.paid_share)
        if place < AS_PLANNED and not self.plan.many:
            others = line.buyer and self._last_below_by and line.buyer != self._last_below_by
            if not others and abs(line.ordered_at - self._last_below) < settings.same_hand * MINUTE:
                return
            self._last_below, self._last_below_by = line.ordered_at, line.buyer
        if self.plan.many:
            self.deviation.vote_of_many(place, votes, line.sku_number, line.ordered_at, DAY)
        else:
            self.deviation.vote(place, votes)

    def _count(self, line: WatchedLine, settings: ScanSettings) -> None:
        at = line.ordered_at
        again = line.order_id == self._counted_order
        if not again:
            self._counted_order = line.order_id
            if not self._repeats(line, settings):
                self.counts.add(at // MINUTE)
        if at > self._newest:
            self._rate *= math.exp((self._newest - at) / (settings.rate_memory * MINUTE))
            self._newest = at
        self._rate += line.loss / line.scale
        if at >= self.plan.since:
            self.orders += not again
            self._lost[line.scale] = self._lost.get(line.scale, 0) + line.loss

    def _repeats(self, line: WatchedLine, settings: ScanSettings) -> bool:
        """Whether a buyer just goes on buying, which is no news of the promotion."""
        by, since, times = self._counted
        soon = abs(line.ordered_at - since) < settings.same_buyer * MINUTE
        if not line.buyer or line.buyer != by or not soon:
            self._counted = line.buyer, line.ordered_at, 0
            return False
        self._counted = by, since, times + 1
        return times < settings.repeats and self.price_evidence(settings) < settings.price_floor

    def _judge(
        self, curve: HourlyCurve | None, price: float, loss_per_hour: float, usual: Usual, settings: ScanSettings
    ) -> Spike | None:
        surprising, orders, minutes, expected, planned = 0.0, 0, 0, 0.0, usual.loss
        if curve is not None:
            uplift = usual.level * self.uplift(curve, settings)
            # Without price evidence, twice the expected orders and two cannot reach the floor.
            least = 0.0 if price >= settings.price_floor else 2.0
            surprising, orders, minutes, expected = self._surprise(curve, uplift, least, settings)
            # What the plan makes likely, over the last 80 minutes so that one slow hour does not lower it.
            recent = curve.between(max(self._newest - 80 * MINUTE, self.plan.starts), self._newest)
            planned = max(usual.loss, 0.75 * uplift * recent * self.plan.loss_per_order)
        money = math.log(loss_per_hour / planned)
        score = 0.0
        if surprising >= settings.count_floor:
            score = surprising + settings.money_weight * money
        if price >= settings.price_floor:
            score = max(score, surprising + price + max(0.0, money))
        if score < settings.threshold + usual.caution:
            return None
        return Spike(
            score=score,
            window_orders=orders,
            window_minutes=minutes,
            expected=expected,
            loss_per_hour=loss_per_hour,
            below_plan=self.deviation.orders if self.deviation.score >= settings.price_floor else 0,
            depth_evidence=self.plan.depth_evidence,
        )

    def uplift(self, curve: HourlyCurve, settings: ScanSettings) -> float:
        """How much more than the baseline may be sold: learnt from this plan's own orders, the last hour left out."""
        most = max(settings.uplift_most, 1.5 * self.plan.declared_uplift)
        lag = settings.uplift_lag
        seen = max(0, self.counts.total - self.counts.within(lag) - self._orders_before)
        begun = max(self.plan.since, self.plan.starts)
        usual = curve.between(begun, self._newest - lag * MINUTE)
        learnt = settings.uplift_margin * (most * settings.uplift_weight + seen) / (settings.uplift_weight + usual)
        return min(max(learnt, settings.uplift_least), most)

    def _surprise(
        self, curve: HourlyCurve, uplift: float, least: float, settings: ScanSettings
    ) -> tuple[float, int, int, float]:
        """The most surprising window: nats, orders in it, its minutes, orders expected at most.

        Windows with fewer orders than `least` times the expected ones and two are not looked at.
        """
        best = (0.0, 0, 0, 0.0)
        smaller, expected = 0, settings.allowance
        newest, starts = self._newest, self.plan.starts
        until_now = curve.until(newest)
        for minutes, orders in zip(settings.windows, self.counts.within_each(settings.windows), strict=False):
            # The same orders in a longer time are less of a surprise, and a longer window never expects less.
            if orders > smaller and orders >= least * (expected + 1):
                smaller = orders
                start = newest - minutes * MINUTE
                expected = uplift * max(0.0, until_now - curve.until(max(start, starts))) + settings.allowance
                if orders > expected and orders >= least * (expected + 1):
                    nats = surprise(orders, expected)
                    if nats > best[0]:
                        best = (nats, orders, minutes, expected)
        return best

    def _silent(self, at: int, loss_per_hour: float, settings: ScanSettings) -> bool:
        """Whether an alarm of this revision still stands."""
        if self._snoozed_at is None:
            return False
        return at - self._snoozed_at <= settings.snooze * MINUTE or loss_per_hour < self._rearm_rate

    def to_state(self) -> dict[str, Any]:
        """JSON values; `from_state` goes on exactly."""
        return {
            "plan": asdict(self.plan),
            "counts": self.counts.to_state(),
            "deviation": self.deviation.to_state(),
            "orders": self.orders,
            "lost": str(self.lost),
            "orders_before": self._orders_before,
            "newest": self._newest,
            "rate": self._rate,
            "last_order": self._last_order,
            "last_below": [self._last_below, self._last_below_by],
            "counted": [self._counted_order, *self._counted],
            "snoozed_at": self._snoozed_at,
            "rearm_rate": self._rearm_rate,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Go on from `to_state`."""
        scan = cls(Plan(**state["plan"]))
        scan.counts = OrderCounts.from_state(state["counts"])
        scan.deviation = PlanDeviation.from_state(state["deviation"])
        lost = Fraction(state["lost"])
        scan.orders, scan._lost = state["orders"], {lost.denominator: lost.numerator} if lost else {}
        scan._orders_before, scan._newest, scan._rate = state["orders_before"], state["newest"], state["rate"]
        scan._last_order = state["last_order"]
        scan._last_below, scan._last_below_by = state["last_below"]
        scan._counted_order, *counted = state["counted"]
        scan._counted = (counted[0], counted[1], counted[2])
        scan._snoozed_at, scan._rearm_rate = state["snoozed_at"], state["rearm_rate"]
        return scan
