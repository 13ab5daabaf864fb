"""An incident in words: what the texts for people may name, with money, times and shares written out."""

from __future__ import annotations

import csv
import io
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from promofuse.drafts.locale import local_money, local_time, percent_text
from promofuse.drafts.markdown import flat
from promofuse.drafts.policy_rules import FOLLOW_UP, HONOUR
from promofuse.facts import Gap, Promotion
from promofuse.marketplaces import marketplace_name
from promofuse.money import Money
from promofuse.outbox.health_words import health_values, stop_values
from promofuse.outbox.letters import Letters
from promofuse.response.cancel_files import Cancellation
from promofuse.response.case import Case, incident_json, time_text
from promofuse.response.ledger import Outcome
from promofuse.response.triage import Decision, OrderDecision
from promofuse.store.events import Act, Event

# Days that Seller Central offers for a new Order Report (Orders > Order Reports, read 2026-11).
REPORT_DAYS: Final = (1, 2, 7, 15, 30, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who reads the folder and how the seller cancels: the settings that shape the files."""

    reader_language: str
    seller_name: str
    signer: str
    cancel_reason: str
    blank_codes: bool
    merchant_id: str
    cancel_within: int  # hours
    max_data_age: int  # minutes
    templates_dir: Path | None
    repair: Mapping[str, str] = field(default_factory=dict)  # what letters offer, by language


def report_values(
    case: Case,
    letters: Letters,
    desk: Desk,
    gaps: Sequence[Gap],
    rows: Sequence[Cancellation],
    trial: str,
    suffix: str,
    events: Sequence[Event] = (),
) -> dict[str, Any]:
    """What the texts for people may name, as plain strings, numbers, lists and dicts; money and times in words."""
    rate, promotion = case.rate, case.promotion
    age = None if case.data_as_of is None else int((case.at - case.data_as_of) / timedelta(minutes=1))
    costs = _cost_rows(case)
    by_group = Counter((draft.group, draft.kind, draft.language) for draft in letters.drafts)
    return {
        **_written_out(case, desk.reader_language),
        "en": _written_out(case, "en"),
        "incident_id": case.incident_id,
        "shop": case.shop,
        "seller_name": desk.seller_name,
        "signer": desk.signer,
        "platform": case.platform,
        "platform_name": marketplace_name(case.platform),
        "marketplace": case.marketplace,
        "promotion_id": case.cause.promotion_id,
        "promotion_name": promotion.name if promotion else "",
        "code": promotion.code if promotion else "",
        "skus": list(case.skus),
        "again": again_command(case),
        "data_as_of": utc_text(case.data_as_of) if case.data_as_of else "",
        "data_age_minutes": age,
        "stale": age is None or age > desk.max_data_age,
        "orders": len(case.decisions),
        "units": case.units,
        "unknown_losses": case.unknown_losses,
        "cost_rows": costs[:20],
        "cost_rows_count": len(costs),
        "inferred": case.inferred,
        "counts": {name.replace("-", "_"): count for name, count in case.counts.items()},
        "plan": case.plan,
        "rate": {
            "known": rate.now is not None,
            "over": case.rate_after is not None and case.rate_after >= rate.limit,
            "cancelled": rate.cancelled,
            "cancelled_after": None if rate.cancelled is None else rate.cancelled + len(case.of(Decision.CANCEL)),
            "orders": rate.orders,
            "room": rate.room(),
            "over_now": rate.over,
            "source": rate.source,
            "why": rate.why,
        },
        "drafts": len(letters.drafts),
        "chats": len(letters.chats),
        "honour_letters": sum(draft.kind in HONOUR for draft in letters.drafts),
        "follow_ups": sum(draft.kind in FOLLOW_UP for draft in letters.drafts),
        "letters_after": case.letters_after,
        "letters_first": case.letters_first,
        **_told(case, letters, desk),
        **_proof(case),
        "case_number": next((e.details["case"] for e in reversed(events) if e.details.get("case")), ""),
        "answers": [{"at": utc_text(e.at), "text": e.text} for e in events if e.what is Act.NOTED and e.text],
        "approvals": [
            {"at": utc_text(e.at), "by": e.by, "drafts": e.details["drafts"], "plan": e.details["plan"]}
            for e in events
            if e.what is Act.APPROVED
        ],
        "confirmed": case.confirmed,
        **stop_values(case),
        "groups": [
            {"group": group, "kind": kind, "language": code, "drafts": count}
            for (group, kind, code), count in sorted(by_group.items())
        ],
        "missing": missing_pieces(case),
        "gaps": [
            {"file": gap.file, "line": gap.line, "column": gap.column or "", "reason": gap.reason} for gap in gaps[:20]
        ],
        "gaps_count": len(gaps),
        "trial": trial,
        "cancel_rows": len(rows),
        "cancel_orders": len({row.order_id for row in rows}),
        "cancel_suffix": suffix,
        "cancel_reason": desk.cancel_reason,
        "cancel_within": desk.cancel_within,
        "requested": [
            {"order_id": decided.order_id, "asin": line.external_id, "quantity": line.quantity}
            for decided in case.of(Decision.REQUEST)
            for line in decided.open_lines
        ],
    }


def proven_rows(case: Case) -> list[tuple[str, str, int, str, str, str, str]]:
    """The orders that were proven cancelled by the seller, a row each cancelled line, for the request to annotate.

    order id, item id, quantity, ordered, cancelled (both UTC, the second blank if nobody tells), reason, cancelled by.
    """
    proven = {entry.order_id: entry for entry in case.ledger.of(Outcome.CANCELLED)} if case.ledger else {}
    return [
        (
            decided.order_id,
            affected.line.external_id or affected.line.sku,
            affected.line.quantity,
            time_text(affected.line.ordered_at),
            time_text(when) if (when := proven[decided.order_id].cancelled_at) else "",
            proven[decided.order_id].reason_code,
            "seller",
        )
        for decided in case.decisions
        if decided.order_id in proven
        for affected in decided.order.affected
    ]


def _proof(case: Case) -> dict[str, Any]:
    """What became of the orders as far as it is proven, and what the platform had against a cancellation."""
    entries = case.ledger.entries if case.ledger else ()
    failed = [entry for entry in entries if entry.outcome is Outcome.FAILED]
    unknown = [entry for entry in entries if entry.outcome is Outcome.UNKNOWN]
    counts = incident_json(case)["ledger"]
    standing = len(case.of(Decision.CANCEL)) - sum(
        entry.order_id in {decided.order_id for decided in case.of(Decision.CANCEL)} for entry in failed
    )
    rejected = case.rejected_reason
    return {
        "ledger": counts,
        "planned": counts["cancelled"] + len(case.of(Decision.CANCEL)),
        "ready": bool(counts["cancelled"]) and not standing,
        "difference": case.ledger.difference() if case.ledger else "",
        "proven": [
            {
                "order_id": row[0],
                "item": row[1],
                "quantity": row[2],
                "ordered": row[3],
                "cancelled": row[4],
                "reason": row[5],
            }
            for row in proven_rows(case)[:20]
        ],
        "failed_orders": [{"order_id": entry.order_id, "error": entry.error} for entry in failed[:20]],
        "not_taken": [{"file": m.result.name, "why": m.why, "todo": m.todo} for m in case.not_taken[:5]],
        "not_taken_count": len(case.not_taken),
        "unknown_orders": [entry.order_id for entry in unknown[:20]],
        "reason_rejected": None
        if rejected is None
        else {
            "reason": rejected.reason,
            "fallback": rejected.fallback,
            "report": rejected.report,
            "message": rejected.message,
            "sure": rejected.sure,
        },
    }


def _told(case: Case, letters: Letters, desk: Desk) -> dict[str, Any]:
    """What became of the letters, and the orders that still stand though their buyers were told."""
    open_orders = case.told_and_open
    oldest = case.told[open_orders[0].order_id] if open_orders else None
    states = Counter(draft.state for draft in letters.drafts)
    return {
        "letters": {
            "undecided": states["rendered"] + states["edited"],
            "approved": states["approved"] + states["retry"] + states["claimed"],
            "sent": states["sent"],
            "unknown": states["unknown"] + states["sending"],
            "failed": states["failed"],
            "handed_out": states["handed_out"],
            "rejected": states["rejected"],
        },
        "told_open": len(open_orders),
        "told_late": oldest is not None and case.at - oldest > timedelta(hours=desk.cancel_within),
    }


def _written_out(case: Case, language: str) -> dict[str, Any]:
    """The values that are written differently in each language: times of the marketplace, money, shares, settings."""
    zone, promotion, rate = case.marketplace, case.promotion, case.rate
    exact = {"since": case.since, "opened_at": case.opened_at, "at": case.at}
    local = {
        "first_order": case.decisions[0].order.ordered_at,
        "last_order": max(decided.order.ordered_at for decided in case.decisions),
        "follow_up_48h": case.opened_at + timedelta(hours=48),
        "follow_up_7d": case.opened_at + timedelta(days=7),
    }
    if case.stopped_at:
        exact["stopped_at"] = case.stopped_at
    if case.tail:
        exact["tail_last"] = case.tail[-1]
    if case.told_and_open:
        exact["told_since"] = case.told[case.told_and_open[0].order_id]
    return {
        "tail": len(case.tail),
        **dict.fromkeys(("stopped_at", "tail_last", "told_since"), ""),
        **{name: _local_and_utc(time, language, zone) for name, time in exact.items()},
        **{name: local_time(time, language, zone) for name, time in local.items()},
        "setting": setting_text(promotion, language) if promotion else "",
        "intended": intended_text(promotion, language) if promotion else "",
        "products": _products(case, language),
        "lost": [local_money(loss, language, "") for loss in case.losses],
        "rate_now": percent_text(rate.now, language),
        "rate_after": percent_text(case.rate_after, language),
        "rate_limit": percent_text(rate.limit, language),
        **health_values(case, language),
    }


def utc_text(time: datetime) -> str:
    """A time as a person writes it down: `2026-03-08 09:30 UTC`."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _local_and_utc(time: datetime, language: str, marketplace: str) -> str:
    local = local_time(time, language, marketplace)
    both = "{}（{}）" if language == "zh" else "{} ({})"
    return local if local.endswith("UTC") else both.format(local, utc_text(time))


def again_command(case: Case) -> str:
    """The command that brings an incident up to date, quoted for a shell."""
    cause = case.cause
    what = ["--promo", cause.promotion_id] if cause.promotion_id else ["--sku", cause.skus[0]]
    return shlex.join(flat(word) for word in ("promofuse", "respond", *what, "--shop", case.shop))


def _cost_rows(case: Case) -> list[str]:
    """CSV lines `sku,currency,` of the affected lines whose price is known and whose cost is not."""
    unknown = {
        (a.line.sku, a.line.currency)
        for decided in case.decisions
        for a in decided.order.affected
        if a.contribution.amount is None and a.line.paid is not None
    }
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows((flat(sku), currency, "") for sku, currency in sorted(unknown))
    return text.getvalue().splitlines()


def missing_pieces(case: Case) -> list[dict[str, Any]]:
    """What is missing, most orders first: what, of how many orders, and how many days of reports bring it."""
    wanted = case.of(Decision.CANCEL, Decision.BUYER_REQUESTED)
    pieces: dict[tuple[str, ...], list[OrderDecision]] = {}
    for decided in wanted:
        lacks = tuple(sorted(what.value for what in decided.missing))
        if lacks:
            pieces.setdefault(lacks, []).append(decided)
    return [
        {
            "what": list(lacks),
            "orders": len(orders),
            "of": len(wanted),
            "days": _report_days(min(decided.order.ordered_at for decided in orders), case.at),
        }
        for lacks, orders in sorted(pieces.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def _report_days(oldest: datetime, at: datetime) -> int:
    """The shortest report that reaches back to the oldest order."""
    needed = -((oldest - at) // timedelta(days=1))
    return next((days for days in REPORT_DAYS if days >= needed), REPORT_DAYS[-1])


def setting_text(promotion: Promotion, language: str) -> str:
    """The live setting in a few words: `97.5% off`, `10 USD off`, `1 USD a unit`."""
    return _words(
        promotion.percent_off
        if promotion.percent_off is not None
        else max((percent for _, percent in promotion.tiers), default=None),
        promotion.amount_off,
        promotion.fixed_price,
        promotion.currency,
        language,
    )


def intended_text(promotion: Promotion, language: str) -> str:
    """What was meant, where the record says so; else blank."""
    return _words(promotion.intended_percent_off, None, promotion.intended_price, promotion.currency, language)


def _words(
    percent: Fraction | None, amount: Fraction | None, price: Fraction | None, currency: str, language: str
) -> str:
    off, each = ("{} off", "{} a unit") if language == "en" else ("减 {}", "每件 {}")
    if percent is not None:
        return off.format(f"{_plain(percent)}%")
    if amount is not None:
        return off.format(f"{_plain(amount)} {currency}".strip())
    return each.format(f"{_plain(price)} {currency}".strip()) if price is not None else ""


def _plain(number: Fraction) -> str:
    return f"{float(number):.12g}"


def _products(case: Case, language: str) -> list[dict[str, Any]]:
    """One row a SKU: units and loss, the dearest first."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for decided in case.decisions:
        for affected in decided.order.affected:
            line = affected.line
            row = rows.setdefault(
                (line.sku, line.currency),
                {"sku": line.sku, "asin": line.external_id, "title": line.title, "units": 0, "loss": None},
            )
            row["units"] += line.quantity
            if affected.contribution.amount is not None:
                row["loss"] = (row["loss"] or Fraction(0)) - affected.contribution.amount
    ordered = sorted(rows.items(), key=lambda item: (-(item[1]["loss"] or Fraction(0)), item[0]))
    return [
        row | {"loss": "" if row["loss"] is None else local_money(Money.rounded(row["loss"], currency), language, "")}
        for (_, currency), row in ordered
    ]
