"""The account's health, the plan's cost, the stop and orders bought in quantity, in words for the texts for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from promofuse.drafts.locale import local_date, local_money, local_time, percent_text
from promofuse.money import Money
from promofuse.response.case import Case
from promofuse.response.health import Metric
from promofuse.response.runbook import lever_of, stop_skus
from promofuse.response.triage import Decision, OrderDecision, Reason, total_loss

_GROUPS: Final = 10  # groups that a text shows


def health_values(case: Case, language: str) -> dict[str, Any]:
    """What is written differently in each language: the days to come, other metrics, deadlines, costs, groups."""
    account, place = case.account, case.marketplace
    values: dict[str, Any] = {
        "days": [], "clean_on": "", "places": [], "defects": None, "late": None, "due": None,
        "cost": _cost(case, language),
        "charges_unknown": index.why if (index := case.prices.index) and index.now is None else "",
        "charged_days": case.prices.penalties.days if case.prices.penalties else 0,
        "groups_in_quantity": _groups(case.decisions, language),
        "data_until": local_time(case.data_as_of, language, place) if case.data_as_of else "",
        "rate_one_more": percent_text(case.rate.after(1), language),
    }  # fmt: skip
    if account is None:
        return values
    due = account.deadlines

    def moment(time: datetime | None) -> str:
        return "" if time is None else local_time(time, language, place)

    return values | {
        "days": [
            {
                "day": local_date(day.at, language, place),
                "orders": day.orders,
                "cancelled": day.cancelled,
                "planned": day.planned,
                "now": percent_text(day.now, language),
                "after": percent_text(day.after, language),
                "over": day.after is not None and day.after >= case.rate.limit,
            }
            for day in account.days
        ],
        "clean_on": local_date(account.clean_on, language, place) if account.clean_on else "",
        "places": [
            {
                "name": one.marketplace,
                "orders": one.orders,
                "cancelled": one.cancelled,
                "planned": one.planned,
                "now": percent_text(Fraction(one.cancelled, one.orders), language),
                "after": percent_text(Fraction(one.planned, one.orders), language),
            }
            for one in account.places
        ],
        "defects": _metric(account.defects, language) | {"causes": dict(account.causes)},
        "late": _metric(account.late, language),
        "due": {
            "late": due.late,
            "soon": due.soon,
            "later": due.later,
            "unknown": due.unknown,
            "first": moment(due.first),
            "cancelled_from": moment(due.cancelled_from),
        },
    }


def _metric(metric: Metric, language: str) -> dict[str, Any]:
    return {
        "known": metric.now is not None,
        "part": metric.part,
        "whole": metric.whole,
        "now": percent_text(metric.now, language),
        "limit": percent_text(metric.limit, language),
        "until": metric.until_limit(),
    }


def _cost(case: Case, language: str) -> dict[str, Any] | None:
    """What the plan costs in all, where that can be priced."""
    if not case.prices.known:
        return None
    bill = case.bill

    def money(amount: Fraction) -> str:
        return local_money(Money.rounded(amount, case.prices.currency), language, "") if amount else ""

    return {
        "total": local_money(Money.rounded(bill.total, case.prices.currency), language, ""),
        "shipping": money(bill.shipping),
        "fees": money(bill.fees),
        "goodwill": money(bill.goodwill),
        "breach": money(bill.breach),
        "unknown": bill.unknown,
        "blocks": bill.blocks,
        "confirmed": case.prices.penalties is None or case.prices.penalties.confirmed,
    }


def _groups(decisions: Iterable[OrderDecision], language: str) -> list[dict[str, Any]]:
    """The groups of orders bought in quantity, the largest first."""
    by_name: dict[str, list[OrderDecision]] = {}
    for decided in decisions:
        if decided.bulk:
            by_name.setdefault(decided.bulk, []).append(decided)
    named = sorted(by_name.items(), key=lambda item: int(item[0].rpartition("-")[2]))
    return [
        {
            "name": name,
            "orders": len(group),
            "units": sum(a.line.quantity for decided in group for a in decided.order.affected),
            "cancel": sum(decided.decision is Decision.CANCEL for decided in group),
            "loss": " + ".join(
                local_money(Money.rounded(loss, code), language, "") for code, loss in sorted(total_loss(group).items())
            ),
        }
        for name, group in named[:_GROUPS]
    ]


def quantity_rows(case: Case) -> list[tuple[str, str, int]]:
    """Rows of `3-buyers/in-quantity.csv`: order id, group, units on affected lines."""
    return [
        (decided.order_id, decided.bulk, sum(a.line.quantity for a in decided.order.affected))
        for decided in sorted(case.decisions, key=lambda decided: int(decided.bulk.rpartition("-")[2] or 0))
        if decided.bulk
    ]


def stop_values(case: Case) -> dict[str, Any]:
    """What the runbook names: the kind of promotion, the SKUs of the stop file and those to close by hand."""
    skus, by_hand = stop_skus(case.decisions)
    reasons = [decided.reason for decided in case.decisions]
    return {
        "lever": lever_of(case.promotion),
        "stop_skus": len(skus),
        "by_hand": list(by_hand[:20]),
        "by_hand_count": len(by_hand),
        "stop_seen": case.stop_seen,
        "pending": reasons.count(Reason.PAYMENT_PENDING),
        "review": reasons.count(Reason.LEGAL_REVIEW),
        "replacements": reasons.count(Reason.REPLACEMENT),
        "ask_a_lawyer": case.ask_a_lawyer,
    }
