"""What happened, from what is on record: the timeline, how long each part took, the money by what became of it.

Nothing here is estimated. Lost is what affected lines of orders that were shipped or are honoured cost, saved is what
those of orders proven cancelled would have cost; fees, claims, advertising and hours of work are in neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from promofuse.facts import OrderStatus
from promofuse.incidents import AffectedLine
from promofuse.money import Money
from promofuse.response.case import Case
from promofuse.response.caught import Caught
from promofuse.response.ledger import Outcome
from promofuse.response.triage import Decision, OrderDecision
from promofuse.verdicts import AlarmKind


class Step(StrEnum):
    """What a moment of the timeline is; the acts of people besides these are named as they are recorded."""

    SEEN = "setting-seen"
    WRONG = "wrong-from"
    STARTS = "starts"
    CAUGHT = "could-have-said"
    FIRST_ORDER = "first-order"
    ALARM = "alarm"
    OPENED = "opened"
    STOPPED = "stop"
    LAST_ORDER = "last-order"
    FIRST_LETTER = "first-letter"
    LAST_LETTER = "last-letter"
    FIRST_PROVEN = "first-proven"
    LAST_PROVEN = "last-proven"


# Two things of one moment stand in this order; acts come last, in their own.
_ORDER: Final = {step.value: place for place, step in enumerate(Step)}
# Proving is done again and again until the counts stand, and the stop has its own line: the facts say both better.
_NOT_TOLD: Final = ("proved", "stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One act of a person, or of the program in his name: what, when, who, why, and its details as recorded."""

    at: datetime
    what: str
    by: str = ""
    why: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm as it was raised: which tripwire, after how many orders and how much money, and its words."""

    at: datetime
    kind: AlarmKind
    orders: int
    lost: Money
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of the timeline. `orders` counts what it is about, `text` is what was said: both may be blank."""

    at: datetime
    what: str
    by: str = ""
    text: str = ""
    orders: int = 0


@dataclass(frozen=True, slots=True)
class Sum:
    """Affected orders, units and what they lose, by currency; lines of unknown loss are counted beside it."""

    orders: int = 0
    units: int = 0
    lost: tuple[Money, ...] = ()
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMortem:
    """An incident looked back at.

    `phases` are (from, to, length) between start, first order, notice, stop, last order and last proof, as far as they
    are known and in the order in which they came. `money` is by outcome of the ledger,
    `before` and `after` part the orders at the notice, `tail` came in after the stop.
    """

    timeline: tuple[Moment, ...]
    phases: tuple[tuple[str, str, timedelta], ...]
    money: Mapping[str, Sum]
    before: Sum
    after: Sum
    tail: Sum
    caught: Caught
    after_caught: Sum  # orders from the minute on in which the check could have spoken
    alarms: tuple[Raised, ...]
    before_alarm: Sum


def look_at(case: Case, deeds: Sequence[Deed], alarms: Sequence[Raised], caught: Caught) -> PostMortem:
    """Look back at a case. `alarms` are those of its cause, `deeds` what people did, both oldest first."""
    lines = [(decided, affected) for decided in case.decisions for affected in decided.order.affected]
    own = tuple(alarm for alarm in alarms if alarm.at >= case.since)
    noticed, stopped = case.opened_at, case.stopped_at

    def ordered(begin: datetime | None, end: datetime | None = None) -> Sum:
        """Lines ordered in [begin, end)."""
        return _sum(
            (decided, affected)
            for decided, affected in lines
            if (begin is None or affected.line.ordered_at >= begin) and (end is None or affected.line.ordered_at < end)
        )

    return PostMortem(
        timeline=_timeline(case, deeds, own, caught),
        phases=_phases(case),
        money=_by_outcome(case, lines),
        before=ordered(None, noticed),
        after=ordered(noticed),
        tail=ordered(stopped + timedelta(microseconds=1)) if stopped else Sum(),
        caught=caught,
        after_caught=ordered(caught.at) if caught.at else Sum(),
        alarms=own,
        before_alarm=ordered(None, own[0].at + timedelta(microseconds=1)) if own else Sum(),
    )


def _sum(lines: Iterable[tuple[OrderDecision, AffectedLine]]) -> Sum:
    orders: set[str] = set()
    units = unknown = 0
    lost: dict[str, Fraction] = {}
    for decided, affected in lines:
        orders.add(decided.order_id)
        units += affected.line.quantity
        if affected.contribution.amount is None:
            unknown += 1
        else:
            currency = affected.line.currency
            lost[currency] = lost.get(currency, Fraction(0)) - affected.contribution.amount
    return Sum(len(orders), units, tuple(Money.rounded(lost[code], code) for code in sorted(lost)), unknown)


def _by_outcome(case: Case, lines: Sequence[tuple[OrderDecision, AffectedLine]]) -> dict[str, Sum]:
    """Every line under what became of it. A cancelled line of an order that stands is cancelled, and not proven."""
    entries = case.ledger.entries if case.ledger else ()
    outcome = {entry.order_id: entry.outcome for entry in entries}
    sorted_out: dict[Outcome, list[tuple[OrderDecision, AffectedLine]]] = {}
    for decided, affected in lines:
        became = outcome.get(decided.order_id, Outcome.OPEN)
        if decided.decision is not Decision.GONE and affected.line.status is OrderStatus.CANCELLED:
            became = Outcome.UNKNOWN
        sorted_out.setdefault(became, []).append((decided, affected))
    return {name.value: _sum(sorted_out[name]) for name in Outcome if name in sorted_out}


def _proven_times(case: Case) -> list[datetime]:
    proven = case.ledger.of(Outcome.CANCELLED) if case.ledger else ()
    return sorted(entry.cancelled_at for entry in proven if entry.cancelled_at)


def _timeline(case: Case, deeds: Sequence[Deed], alarms: Sequence[Raised], caught: Caught) -> tuple[Moment, ...]:
    placed = [affected.line.ordered_at for decided in case.decisions for affected in decided.order.affected]
    told, proven = sorted(case.told.values()), _proven_times(case)
    moments = [
        Moment(at=case.opened_at, what=Step.OPENED, orders=sum(time < case.opened_at for time in placed)),
        Moment(at=min(placed), what=Step.FIRST_ORDER),
        Moment(at=max(placed), what=Step.LAST_ORDER),
        *(Moment(at=alarm.at, what=Step.ALARM, text=alarm.message, orders=alarm.orders) for alarm in alarms),
    ]
    if case.cause.promotion_id:
        moments.append(Moment(at=case.since, what=Step.WRONG))
    if case.promotion:
        settings = ((case.promotion.seen_at, Step.SEEN), (case.promotion.starts_at, Step.STARTS))
        moments += [Moment(at=time, what=step) for time, step in settings if time and time != case.since]
    if caught.at:
        finding = caught.findings[0]
        moments.append(Moment(at=caught.at, what=Step.CAUGHT, text=f"{finding.code} {finding.name}: {finding.message}"))
    if case.stopped_at:
        moments.append(Moment(at=case.stopped_at, what=Step.STOPPED))
    for times, first, last in (
        (told, Step.FIRST_LETTER, Step.LAST_LETTER),
        (proven, Step.FIRST_PROVEN, Step.LAST_PROVEN),
    ):
        if times:
            moments.append(Moment(at=times[0], what=first, orders=len(times) if times[0] == times[-1] else 0))
        if times and times[0] < times[-1]:
            moments.append(Moment(at=times[-1], what=last, orders=len(times)))
    acts = [_act(deed) for deed in deeds if deed.what not in _NOT_TOLD]
    in_order = sorted(moments, key=lambda moment: (moment.at, _ORDER[moment.what]))
    return tuple(sorted((*in_order, *acts), key=lambda moment: moment.at))


def _act(deed: Deed) -> Moment:
    details = deed.details
    text = deed.why or str(details.get("case") or details.get("plan") or "")
    orders = details.get("drafts") or details.get("sent") or 0
    return Moment(at=deed.at, what=deed.what, by=deed.by, text=text, orders=orders if isinstance(orders, int) else 0)


def _phases(case: Case) -> tuple[tuple[str, str, timedelta], ...]:
    placed = [affected.line.ordered_at for decided in case.decisions for affected in decided.order.affected]
    proven = _proven_times(case)
    known = [
        ("start", case.since if case.cause.promotion_id else None),
        ("first-order", min(placed)),
        ("noticed", case.opened_at),
        ("stopped", case.stopped_at),
        ("last-order", max(placed)),
        ("last-proven", proven[-1] if proven else None),
    ]
    told = sorted(((name, time) for name, time in known if time), key=lambda one: one[1])
    return tuple((one, two, later - earlier) for (one, earlier), (two, later) in pairwise(told))
