"""One incident's whole response as a value: decisions, plan, rate, and the numbers that every view shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from promofuse.facts import Promotion
from promofuse.incidents import Cause
from promofuse.money import Money
from promofuse.response.health import Account, CancellationRate
from promofuse.response.ledger import Ledger, Match, Outcome, Proofs, RejectedReason, settle_all
from promofuse.response.plan import Bill, Prices, bill
from promofuse.response.triage import FREE, Decision, OrderDecision, total_loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that is decided about an incident as of `at`."""

    incident_id: str
    shop: str
    platform: str
    marketplace: str
    cause: Cause
    state: str
    opened_at: datetime
    at: datetime
    since: datetime
    data_as_of: datetime | None
    plan: str
    rate: CancellationRate
    decisions: tuple[OrderDecision, ...]
    promotion: Promotion | None = None  # the faulty revision, where the shop has a record
    trial: str = ""
    told: Mapping[str, datetime] = field(default_factory=dict)  # orders whose buyer was or may have been told, and when
    promised: frozenset[str] = frozenset()  # orders whose buyer was or may have been told that they are shipped
    honour_notice: bool = False  # buyers of honoured orders get a letter, where the platform allows it
    refund_follow_up: timedelta | None = None  # how long after a proven cancellation a missing refund gets a letter
    stopped_at: datetime | None = None
    confirmed: bool = False  # a person agreed that inferred orders belong here
    left: Mapping[str, str] = field(default_factory=dict)  # orders that are affected no more, and why
    ledger: Ledger | None = None  # what became of each order; without it nothing counts as proven
    letters_after: bool = False  # letters go out when the cancellation is proven, not with it
    letters_first: bool = False  # letters go out before anything is cancelled, the trial too
    not_taken: tuple[Match, ...] = ()  # processing reports that prove nothing, or less than they tell
    rejected_reason: RejectedReason | None = None  # the platform does not take the reason code of our file
    account: Account | None = None  # what stands beside the rate; None while the rate is unknown
    prices: Prices = field(default_factory=Prices)
    ask_a_lawyer: bool = False  # courts have ruled against sellers who cancelled over a price error

    def of(self, *decisions: Decision) -> list[OrderDecision]:
        """The orders with one of these decisions, oldest first."""
        return [decided for decided in self.decisions if decided.decision in decisions]

    @property
    def counts(self) -> dict[str, int]:
        """Orders by decision; every decision is named."""
        return {decision.value: len(self.of(decision)) for decision in Decision}

    @property
    def units(self) -> int:
        """Units on all affected lines."""
        return sum(a.line.quantity for decided in self.decisions for a in decided.order.affected)

    @property
    def losses(self) -> tuple[Money, ...]:
        """What is lost by currency, rounded once; orders of unknown loss are left out."""
        return tuple(Money.rounded(amount, code) for code, amount in sorted(total_loss(self.decisions).items()))

    @property
    def lost(self) -> Money | None:
        """The loss, where it is known and in one currency."""
        return self.losses[0] if len(self.losses) == 1 else None

    @property
    def currency(self) -> str:
        """The currency of the affected lines; blank if there are several."""
        codes = {a.line.currency for decided in self.decisions for a in decided.order.affected}
        return codes.pop() if len(codes) == 1 else ""

    @property
    def skus(self) -> tuple[str, ...]:
        """The SKUs on affected lines."""
        return tuple(sorted({a.line.sku for decided in self.decisions for a in decided.order.affected}))

    @property
    def rate_after(self) -> Fraction | None:
        """The cancellation rate once the plan is carried out; None while unknown."""
        return self.rate.after(len(self.of(Decision.CANCEL)))

    @property
    def unknown_losses(self) -> int:
        """Affected lines whose contribution is not known."""
        return sum(a.contribution.amount is None for decided in self.decisions for a in decided.order.affected)

    def letter_kinds(self) -> dict[str, str]:
        """The kind of letter that each order's buyer gets as things stand; orders without a letter are left out."""
        kinds: dict[str, str] = {}
        proven = {entry.order_id for entry in self.ledger.of(Outcome.CANCELLED)} if self.ledger else set()
        for decided in self.decisions:
            order_id = decided.order_id
            if order_id in proven and self._lacks_refund(decided):
                kinds[order_id] = "refund-follow-up"
            elif self.letters_after and order_id in proven:
                kinds[order_id] = "part-cancelled" if decided.innocent_lines else "cancelled"
            elif not self.letters_after and decided.decision is Decision.CANCEL:
                kinds[order_id] = decided.kind
            elif self._announces_shipping(decided):
                kinds[order_id] = "honour"
        return kinds

    def _announces_shipping(self, decided: OrderDecision) -> bool:
        wanted = self.honour_notice and self.platform not in ("amazon", "")  # where it is unknown Amazon's rules hold
        return wanted and decided.decision is Decision.HONOUR and decided.reason in FREE

    def _lacks_refund(self, decided: OrderDecision) -> bool:
        """Whether the buyer knows of the cancellation, and for long the shop's data have not shown his money back."""
        if self.refund_follow_up is None or decided.order_id not in self.told:
            return False
        lines = [affected.line for affected in decided.order.affected]
        cancelled = max((line.cancelled_at for line in lines if line.cancelled_at), default=self.told[decided.order_id])
        return self.at - cancelled >= self.refund_follow_up and not all(line.refunded_amount for line in lines)

    @property
    def told_and_open(self) -> list[OrderDecision]:
        """Orders that still stand though their buyers were told that they are being cancelled, oldest news first."""
        standing = [d for d in self.decisions if d.order_id in self.told and d.decision is not Decision.GONE]
        return sorted(standing, key=lambda decided: (self.told[decided.order_id], decided.order_id))

    @property
    def tail(self) -> list[datetime]:
        """When orders came in after the stop, oldest first; empty before it."""
        times = (max(a.line.ordered_at for a in decided.order.affected) for decided in self.decisions)
        return sorted(time for time in times if self.stopped_at is not None and time > self.stopped_at)

    @property
    def stop_seen(self) -> bool:
        """Whether the order data reach past the stop, so that silence after it means something."""
        return self.stopped_at is not None and self.data_as_of is not None and self.data_as_of > self.stopped_at

    @property
    def bill(self) -> Bill:
        """What the plan costs as it stands, persons' decisions included; orders whose state decides are left out."""
        cancelled = [decided.order for decided in self.of(Decision.CANCEL)]
        kept = [d.order for d in self.of(Decision.HONOUR, Decision.WAIT) if d.reason in FREE]
        return bill(cancelled, kept, self.rate, self.prices)

    @property
    def inferred(self) -> bool:
        """Whether any line was attributed by SKU, time and price alone: a person must confirm it."""
        return any(a.inferred for decided in self.decisions for a in decided.order.affected)


def share_text(share: Fraction | None) -> str | None:
    """A share as a decimal string to six places, half to even: 3/313 is `0.009585`, -1/4 is `-0.250000`."""
    if share is None:
        return None
    millionths = round(share * 10**6)
    whole, parts = divmod(abs(millionths), 10**6)
    return f"{'-' if millionths < 0 else ''}{whole}.{parts:06d}"


def time_text(time: datetime) -> str:
    """UTC with Z, to the second unless there is more."""
    return time.isoformat().replace("+00:00", "Z")


def incident_json(case: Case) -> dict[str, Any]:
    """incident.json and `incidents ID --json`: version 1 of the contract."""
    lost = case.lost
    return {
        "version": 1,
        "id": case.incident_id,
        "shop": case.shop,
        "cause": {
            "kind": case.cause.kind,
            "promotion_id": case.cause.promotion_id or None,
            "skus": list(case.skus or case.cause.skus),
        },
        "state": case.state,
        "opened_at": time_text(case.opened_at),
        "orders": len(case.decisions),
        "units": case.units,
        "lost": str(lost) if lost else None,
        "currency": case.currency or None,
        "plan": case.plan,
        "counts": case.counts,
        "rate": {
            "now": share_text(case.rate.now),
            "after": share_text(case.rate_after),
            "limit": share_text(case.rate.limit),
            "cancelled": case.rate.cancelled,
            "orders": case.rate.orders,
        },
        "ledger": case.ledger.counts if case.ledger else _nothing_proven(case),
    }


def _nothing_proven(case: Case) -> dict[str, int]:
    """The ledger's counts while nobody has looked for proofs: what is cancelled is unknown."""
    counts = settle_all(case.decisions, Proofs(), len(case.decisions)).counts
    return counts | {"cancelled": 0, "unknown": counts["unknown"] + counts["cancelled"]}
