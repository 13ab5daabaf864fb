"""The orders from which a claim or bad feedback is most likely to come, and until when to look at each of them.

A buyer can claim for 90 days from the order (Seller Central forum 113354, quoting Amazon's help; counted from the
latest delivery date since then, which no report tells us: look a little longer where the parcel was late), and feedback
counts in the order defect rate for 60 days from the order (help G200205140). Read 2026-11. Where the platform is
another one, the 90 days are a habit and no rule, and there is no defect window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

from promofuse.facts import OrderStatus
from promofuse.money import Money
from promofuse.response.case import Case
from promofuse.response.ledger import Entry, Outcome
from promofuse.response.triage import Decision, OrderDecision

CLAIMS: Final = timedelta(days=90)
DEFECTS: Final = timedelta(days=60)


class Risk(StrEnum):
    """Why an order is watched, the likeliest trouble first."""

    TOLD_NOT_PROVEN = "told-not-proven"
    IN_QUANTITY = "in-quantity"
    PART_CANCELLED = "part-cancelled"
    NOT_TOLD = "cancelled-without-a-word"
    CANCELLED = "cancelled"
    SENT_LATE = "sent-late"
    LATE = "not-sent-in-time"


_RANK: Final = {risk: rank for rank, risk in enumerate(Risk)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One order to look at until `until`; a defect counts until `counts_until`, None where no such window is known.

    `loss` is what its affected lines lose, None where unknown.
    """

    order_id: str
    risks: tuple[Risk, ...]
    outcome: Outcome
    ordered_at: datetime
    units: int
    loss: Money | None
    until: datetime
    counts_until: datetime | None


def watch_list(case: Case) -> list[Watched]:
    """The orders to watch as of the case's time, the likeliest trouble first; one whose time is up is left out."""
    entries = {entry.order_id: entry for entry in case.ledger.entries} if case.ledger else {}
    watched = [_watched(case, decided, risks, entries.get(decided.order_id))
               for decided in case.decisions
               if (risks := _risks(case, decided, entries.get(decided.order_id)))
               and decided.order.ordered_at + CLAIMS >= case.at]  # fmt: skip
    return sorted(watched, key=lambda one: (_RANK[one.risks[0]], -one.units, one.ordered_at, one.order_id))


def _risks(case: Case, decided: OrderDecision, entry: Entry | None) -> tuple[Risk, ...]:
    told = decided.order_id in case.told
    proven = entry is not None and entry.outcome is Outcome.CANCELLED
    gone = decided.decision is Decision.GONE and (entry is None or entry.outcome is not Outcome.BUYER_CANCELLED)
    ours = gone or decided.decision is Decision.CANCEL
    lines = [affected.line for affected in decided.order.affected]
    overdue = [line for line in lines if line.ship_by and line.ship_by < case.at and line.status in _TO_SEND]
    late = [
        line
        for line in lines
        if line.ship_by and line.status in _SENT and (line.updated_at or line.ship_by) > line.ship_by
    ]
    found = {
        Risk.TOLD_NOT_PROVEN: told and not proven,
        Risk.IN_QUANTITY: ours and decided.bulk != "",
        Risk.PART_CANCELLED: ours and bool(decided.innocent_lines),
        Risk.NOT_TOLD: gone and not told,
        Risk.CANCELLED: ours,
        Risk.SENT_LATE: bool(late),
        Risk.LATE: decided.decision is Decision.HONOUR and bool(overdue),
    }
    return tuple(risk for risk in Risk if found[risk])


_TO_SEND: Final = (OrderStatus.UNSHIPPED, OrderStatus.PARTIALLY_SHIPPED)
_SENT: Final = (OrderStatus.SHIPPED, OrderStatus.PARTIALLY_SHIPPED)


def _watched(case: Case, decided: OrderDecision, risks: tuple[Risk, ...], entry: Entry | None) -> Watched:
    order = decided.order
    known = [a.contribution.amount for a in order.affected if a.contribution.amount is not None]
    currencies = {a.line.currency for a in order.affected}
    amazon = case.platform == "amazon"
    return Watched(
        order_id=decided.order_id,
        risks=risks,
        outcome=entry.outcome if entry else Outcome.OPEN,
        ordered_at=order.ordered_at,
        units=sum(a.line.quantity for a in order.affected),
        loss=Money.rounded(-sum(known, Fraction(0)), currencies.pop()) if known and len(currencies) == 1 else None,
        until=order.ordered_at + CLAIMS,
        counts_until=order.ordered_at + DEFECTS if amazon else None,
    )
