"""One promotion under watch, in one currency: its tripwires and what the shop's habits learn from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Self

from promofuse.instants import DAY
from promofuse.velocity.baseline import Baseline, HourlyCurve
from promofuse.velocity.budget import LossBudget
from promofuse.velocity.depth import DepthHabit
from promofuse.velocity.deviation import DeviationHabit
from promofuse.velocity.line_loss import WatchedUnit
from promofuse.velocity.scan import Plan, PromotionScan

_MOST_SKUS: Final = 64  # remembered of a promotion without a record


class WatchedPromotion:
    """State of about 2 kB as JSON; what can be computed again is not part of it."""

    __slots__ = (
        "_curve",
        "_curve_version",
        "_depth_taught",
        "_deviations_taught",
        "_unrecorded",
        "alarmed",
        "budget",
        "last_seen",
        "lone_order_at",
        "scan",
        "sku",
        "units",
    )

    def __init__(self, plan: Plan, *, recorded: bool, sku: str = "") -> None:
        """`sku`: its price is watched, and no promotion."""
        self.sku = sku
        self.scan = PromotionScan(plan)
        self.budget = LossBudget()
        self.last_seen = 0
        self.lone_order_at: int | None = None  # of the last alarm about one order
        self.alarmed = False  # whatever the revision: it teaches no habits
        self._depth_taught = False
        self._deviations_taught = False
        self._unrecorded: dict[str, int] | None = None if recorded else {}  # orders by SKU
        self.units: dict[str, WatchedUnit] = {}  # by SKU, filled as they sell
        self._curve: HourlyCurve | None = None
        self._curve_version = -1

    def change(self, plan: Plan, depths: DepthHabit) -> None:
        """A revision of the record came. One that deepens the loss becomes a habit only after a day without alarm."""
        if not plan.deepened:
            depths.learn_edit(deepened=False)
        if not plan.same_as(self.scan.plan):
            self.budget = LossBudget()
            self._depth_taught = False
        self.scan.change(plan)
        self.lone_order_at = None
        self._unrecorded = None
        self.units = {}
        self._curve_version = -1

    def accept(self, depths: DepthHabit) -> None:
        """A person said that the promotion is meant as it is: a habit of the shop at once."""
        plan = self.scan.plan
        if plan.depth is not None and not self._depth_taught:
            depths.learn(plan.depth)
            if plan.deepened:
                depths.learn_edit(deepened=True)
            self._depth_taught = True
        self.scan.plan = plan.accepted()
        self.budget = LossBudget()

    def curve(
        self, baseline: Baseline, covered: Callable[[str], tuple[str, ...]], promotion_id: str, sku: str
    ) -> HourlyCurve | None:
        """Expected orders of the SKUs `covered` by the record, `sku` just ordered; None: not known yet."""
        if self._unrecorded is not None:
            return self._unrecorded_curve(self._unrecorded, baseline, sku)
        if self._curve_version != baseline.version:
            skus = (self.sku,) if self.sku else covered(promotion_id)
            self._curve = baseline.curve(None if "*" in skus else skus)
            self._curve_version = baseline.version
        return self._curve

    @staticmethod
    def _unrecorded_curve(seen: dict[str, int], baseline: Baseline, sku: str) -> HourlyCurve | None:
        """Without a record the SKUs seen so far stand for all.

        They make up 1 - (SKUs seen once) / orders of the promotion's sales (Good and Turing); while each was seen only
        once nothing is known.
        """
        if sku in seen or len(seen) < _MOST_SKUS:
            seen[sku] = seen.get(sku, 0) + 1
        if len(seen) == _MOST_SKUS:
            return baseline.curve(None)
        orders = sum(seen.values())
        once = sum(times == 1 for times in seen.values())
        return baseline.curve(tuple(seen), orders / (orders - once)) if orders > once else None

    def teach(self, depths: DepthHabit, deviations: DeviationHabit, at: int, *, over: bool) -> None:
        """Let the shop's habits learn from a promotion without alarm: its depth after a day, its prices at the end."""
        if self.alarmed:
            return
        plan = self.scan.plan
        if not self._depth_taught and plan.depth is not None and at - plan.since >= DAY:
            depths.learn(plan.depth)
            if plan.deepened:
                depths.learn_edit(deepened=True)
            self._depth_taught = True
        if over and not self._deviations_taught:
            deviations.learn(self.scan.deviation, many=plan.many)
            self._deviations_taught = True

    def to_state(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "scan": self.scan.to_state(),
            "budget": self.budget.to_state(),
            "last_seen": self.last_seen,
            "lone_order_at": self.lone_order_at,
            "alarmed": self.alarmed,
            "depth_taught": self._depth_taught,
            "deviations_taught": self._deviations_taught,
            "unrecorded": self._unrecorded,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *, sku: str = "") -> Self:
        """Go on from `to_state`."""
        scan = PromotionScan.from_state(state["scan"])
        watched = cls(scan.plan, recorded=state["unrecorded"] is None, sku=sku)
        watched.scan = scan
        watched.budget = LossBudget.from_state(state["budget"])
        watched.last_seen, watched.lone_order_at = state["last_seen"], state["lone_order_at"]
        watched.alarmed = state["alarmed"]
        watched._depth_taught, watched._deviations_taught = state["depth_taught"], state["deviations_taught"]
        watched._unrecorded = state["unrecorded"] and dict(state["unrecorded"])
        return watched
