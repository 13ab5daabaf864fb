"""The post-mortem and the list of orders to watch, in words and as points of a drawing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from itertools import groupby
from statistics import median
from typing import Any, Final

from promofuse.drafts.drawing import Bin, draw
from promofuse.drafts.locale import local_date, local_money, local_time, percent_text
from promofuse.facts import Offer
from promofuse.instants import DAY, HOUR, MINUTE, micros, moment
from promofuse.money import Money, decimal_text, power
from promofuse.outbox.letters import Letters
from promofuse.response.case import Case, time_text
from promofuse.response.caught import Caught
from promofuse.response.five_facts import FiveFacts, five_facts
from promofuse.response.guards import Settings, guards
from promofuse.response.post_mortem import Deed, PostMortem, Raised, Sum, look_at
from promofuse.response.watch_list import Risk, watch_list
from promofuse.store.events import Act, Event

_STEPS: Final = (5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY)
_MOST_BINS: Final = 160
_MOST_FINDINGS: Final = 5
_OUTCOMES: Final = ("too_late", "honoured", "cancelled", "buyer_cancelled", "unknown", "failed", "open")
_NOT_LEFT: Final = {"rendered": "drafted", "edited": "drafted"}  # as the manifest says it, and as a reader does


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What the store knows of an incident besides its case.

    `offers` are those of its SKUs. `usual` are orders of its SKUs in the `usual_days` before it began, None where the
    order files do not reach back a day. `earlier` are incidents of the same cause before it. `again_days` is for how
    many days the rule soon-after-incident speaks.
    """

    alarms: Sequence[Raised] = ()
    caught: Caught = field(default_factory=Caught)
    offers: Sequence[Offer] = ()
    usual: int | None = None
    usual_days: Fraction = Fraction(0)
    earlier: Sequence[str] = ()
    again_days: int = 14
    settings: Settings = field(default_factory=lambda: Settings(alerts=True, own_address="", loss_budget=Fraction(0)))


def after_values(
    case: Case, letters: Letters, background: Background, events: Sequence[Event], language: str
) -> dict[str, Any]:
    """What the post-mortem may name: plain text, numbers, lists and dicts, and the drawings."""
    deeds = [Deed(at=e.at, what=e.what.value, by=e.by, why=e.why, details=e.details) for e in events]
    found = look_at(case, deeds, background.alarms, background.caught)
    zone = case.marketplace
    closed = next((e.at for e in reversed(events) if e.what in (Act.CLOSED, Act.DISMISSED)), None)
    placed = min(decided.order.ordered_at for decided in case.decisions)
    facts = facts_of(case, letters, background)
    return {
        "timeline": [
            {
                "at": local_time(one.at, language, zone),
                "utc": f"{one.at:%Y-%m-%d %H:%M}",
                "what": one.what,
                "by": one.by,
                "text": one.text,
                "orders": one.orders,
            }
            for one in found.timeline
        ],
        "phases": [{"from": one, "to": two, "long": _length(long)} for one, two, long in found.phases],
        "money": {name: _sum_words(found.money[name], language) for name in _OUTCOMES if name in found.money},
        "before": _sum_words(found.before, language),
        "after": _sum_words(found.after, language),
        "tail_sum": _sum_words(found.tail, language),
        "caught": {
            "blind": background.caught.blind,
            "at": local_time(background.caught.at, language, zone) if background.caught.at else "",
            "ahead": _length(placed - background.caught.at) if background.caught.at else None,
            "before_notice": _length(case.opened_at - background.caught.at) if background.caught.at else None,
            "after": _sum_words(found.after_caught, language),
            "findings": [
                {
                    "code": one.code,
                    "name": one.name,
                    "severity": one.severity.value,
                    "message": one.message,
                    "sku": one.sku,
                    "price": _amount(one.price, one.currency, language),
                    "contribution": _amount(one.contribution, one.currency, language),
                    "waived": one.waived,
                }
                for one in background.caught.findings[:_MOST_FINDINGS]
            ],
            "more": max(0, len(background.caught.findings) - _MOST_FINDINGS),
            "lacking": [sku for sku, _ in background.caught.lacking[:_MOST_FINDINGS]],
            "lacking_count": len(background.caught.lacking),
        },
        "alarms": [
            {
                "at": local_time(one.at, language, zone),
                "kind": one.kind.value,
                "orders": one.orders,
                "lost": local_money(one.lost, language, ""),
                "message": one.message,
            }
            for one in found.alarms[:_MOST_FINDINGS]
        ],
        "before_alarm": _sum_words(found.before_alarm, language),
        "guards": [
            {"file": one.file, "why": one.why, "lines": list(one.lines), "number": one.number}
            for one in guards(found, case.shop, case.promotion, background.offers, background.settings)
        ],
        "facts": _facts_words(facts, language),
        "usual_a_day": _a_day(background),
        "usual_days": int(background.usual_days),
        "earlier": list(background.earlier),
        "again_until": local_date((closed or case.opened_at) + timedelta(days=background.again_days), language, zone),
        "again_days": background.again_days,
        "closed": closed is not None,
        "plot": _plot(case, found, background, language),
        "pack_command": f"promofuse prove {case.incident_id} --pack",
    }


def facts_of(case: Case, letters: Letters, background: Background) -> list[FiveFacts]:
    """The five facts of each affected line, with what went to its buyer."""
    said: dict[str, str] = {}
    for draft in letters.drafts:
        one = f"{draft.kind} {_NOT_LEFT.get(draft.state, draft.state)}"
        said[draft.order_id] = f"{said[draft.order_id]}; {one}" if draft.order_id in said else one
    prices = {
        (offer.sku, offer.currency): offer.price if offer.price is not None else offer.list_price
        for offer in background.offers
    }
    return five_facts(case, prices, said)


WATCH_LIST_HEADER: Final = (
    "order_id", "why", "outcome", "ordered_at", "units", "loss", "currency", "claims_until", "defects_count_until",
)  # fmt: skip


def watch_list_rows(case: Case) -> list[tuple[object, ...]]:
    """Rows of `6-watch-list.csv`, the likeliest trouble first."""
    return [
        (
            one.order_id,
            ";".join(one.risks),
            one.outcome.value,
            time_text(one.ordered_at),
            one.units,
            "" if one.loss is None else str(one.loss),
            "" if one.loss is None else one.loss.currency,
            f"{one.until:%Y-%m-%d}",
            f"{one.counts_until:%Y-%m-%d}" if one.counts_until else "",
        )
        for one in watch_list(case)
    ]


def watch_counts(rows: Sequence[Sequence[object]]) -> dict[str, int]:
    """How many orders of the list are there for each reason; an order counts under each of its reasons."""
    counted = Counter(risk for row in rows for risk in str(row[1]).split(";"))
    return {risk.value.replace("-", "_"): counted[risk.value] for risk in Risk}


FACTS_HEADER: Final = (
    "order_id", "sku", "ordered_at", "minutes_to_notice", "paid_each", "regular_each", "gap", "currency",
    "units_in_order", "units_shipped", "status", "letter",
)  # fmt: skip


def facts_rows(facts: Sequence[FiveFacts]) -> list[tuple[object, ...]]:
    """Rows of `five-facts.csv`; amounts for one unit, the gap as a share of the regular price."""
    return [
        (
            one.order_id,
            one.sku,
            time_text(one.ordered_at),
            "" if one.noticed_after is None else one.noticed_after,
            "" if one.paid is None else decimal_text(round(one.paid), one.currency),
            "" if one.regular is None else decimal_text(round(one.regular), one.currency),
            "" if one.gap is None else f"{float(one.gap):.4f}",
            one.currency,
            one.units,
            one.shipped,
            one.status,
            one.letter,
        )
        for one in facts
    ]


def _facts_words(facts: Sequence[FiveFacts], language: str) -> dict[str, Any]:
    noticed = [one.noticed_after for one in facts if one.noticed_after is not None]
    gaps = [one.gap for one in facts if one.gap is not None]
    orders = {one.order_id: one.units for one in facts}
    shipped = {one.order_id for one in facts if one.shipped}
    letters = Counter({one.order_id: one.letter for one in facts if one.letter}.values())
    return {
        "noticed_median": _length(timedelta(minutes=int(median(noticed)))) if noticed else None,
        "noticed_most": _length(timedelta(minutes=max(noticed))) if noticed else None,
        "gap": percent_text(median(gaps), language) if gaps else "",
        "gap_lines": len(gaps),
        "single": sum(units == 1 for units in orders.values()),
        "several": sum(2 <= units < 10 for units in orders.values()),
        "many": sum(units >= 10 for units in orders.values()),
        "largest": max(orders.values(), default=0),
        "shipped": len(shipped),
        "letters": [{"what": name, "orders": number} for name, number in sorted(letters.items())],
    }


def _sum_words(total: Sum, language: str) -> dict[str, Any]:
    return {
        "orders": total.orders,
        "units": total.units,
        "lost": " + ".join(local_money(loss, language, "") for loss in total.lost),
        "unknown": total.unknown,
    }


def _amount(major: Fraction | None, currency: str, language: str) -> str:
    """An exact amount of major units, rounded once; blank if unknown."""
    if major is None or not currency:
        return ""
    return local_money(Money.rounded(major * power(currency), currency), language, "")


def _length(span: timedelta) -> dict[str, Any]:
    """A length of time in days, hours and minutes; `early`: it is below zero."""
    minutes = abs(span) // timedelta(minutes=1)
    return {
        "days": minutes // 1440,
        "hours": minutes % 1440 // 60,
        "minutes": minutes % 60,
        "early": span < timedelta(0),
    }


def _a_day(background: Background) -> str:
    """Orders of the incident's SKUs on a usual day, to one decimal; blank if unknown."""
    if background.usual is None or not background.usual_days:
        return ""
    return f"{float(background.usual / background.usual_days):.1f}".removesuffix(".0")


def _plot(case: Case, found: PostMortem, background: Background, language: str) -> dict[str, Any]:
    """Orders against the usual ones and the loss as it adds up, from the first order to the last thing that happened.

    At most 160 stretches, however many orders: the drawing costs the same.
    """
    placed = sorted(
        (micros(a.line.ordered_at), decided.order_id, _major(a.contribution.amount, a.line.currency))
        for decided in case.decisions
        for a in decided.order.affected
    )
    told = sorted(case.told.values())
    proven = [entry.cancelled_at for entry in case.ledger.entries if entry.proof] if case.ledger else []
    known = sorted(time for time in proven if time)
    marks = [
        (micros(time), kind, letter)
        for time, kind, letter in (
            (found.alarms[0].at if found.alarms else None, "alarm", "A"),
            (case.opened_at, "notice", "N"),
            (case.stopped_at, "stop", "S"),
            (told[0] if told else None, "letters", "L"),
            (known[-1] if known else None, "proof", "P"),
        )
        if time
    ]
    first, last = placed[0][0], placed[-1][0]
    end = min(max(last, *(at for at, _, _ in marks)), last + max(DAY, 2 * (last - first)))
    step = next((step for step in _STEPS if (end - first) // step < _MOST_BINS - 4), _STEPS[-1])
    begin = (min(first, *(at for at, _, _ in marks)) // step - 1) * step
    count = min(max((end - begin) // step + 2, 6), _MOST_BINS)
    usual = None
    if background.usual is not None and background.usual_days:
        usual = float(background.usual / background.usual_days) * step / DAY
    bins = [Bin(expected=usual) for _ in range(count)]
    for place, group in groupby(placed, key=lambda one: min((one[0] - begin) // step, count - 1)):
        rows = list(group)
        bins[place].orders = len({order_id for _, order_id, _ in rows})
        bins[place].lost = sum(lost for _, _, lost in rows)
    drawing = draw(bins, begin, step, marks)
    currency = case.currency
    return {
        "drawing": drawing,
        "minutes": step // MINUTE,
        "most_money": _amount(Fraction(drawing.most_money), currency, language),
        "usual": f"{usual:.2f}" if usual is not None else "",
        "begins": f"{moment(begin):%Y-%m-%d %H:%M}",
        "ends": f"{moment(begin + step * count):%Y-%m-%d %H:%M}",
        "marks": [letter for mark in drawing.marks for letter in mark.label.split()],
    }


def _major(amount: Fraction | None, currency: str) -> float:
    return 0.0 if amount is None else float(-amount) / power(currency)
