"""What really happened to each order of an incident, and what proves it; counts that must balance.

Proven is only: re-read as cancelled on every affected line, and accepted in the processing report of our file, or in
the platform's list of cancelled orders, or cancelled by the seller as the shop tells it, and not asked for by the
buyer. Whatever else is cancelled is unknown, and never claimed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from promofuse.facts import CancellationListed, CancelledBy, FeedError, FeedResult, OrderLine
from promofuse.response.evidence import Match, Pair, Upload, match_results, not_taken
from promofuse.response.triage import Decision, OrderDecision

__all__ = [
    "Entry",
    "Ledger",
    "Match",
    "Outcome",
    "Proofs",
    "RejectedReason",
    "Upload",
    "match_results",
    "not_taken",
    "rejected_reason",
    "settle",
    "settle_all",
]

FALLBACK_REASON: Final = "GeneralAdjustment"
_NAMED: Final = 5  # orders in one sentence
_NAMES_THE_REASON: Final = re.compile(r"reason[ _-]?codes?\b|cancell?(?:ation)?[ _-]?reason", re.IGNORECASE)
_NOT_BY_SELLER: Final = (CancelledBy.BUYER, CancelledBy.MARKETPLACE)


class Outcome(StrEnum):
    """What became of an order; the words of the ledger's counts."""

    CANCELLED = "cancelled"
    HONOURED = "honoured"
    BUYER_CANCELLED = "buyer_cancelled"
    UNKNOWN = "unknown"
    FAILED = "failed"
    TOO_LATE = "too_late"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One order's outcome. `proof` says what proves it and is blank unless it is proven that the seller cancelled it.

    `cancelled_at` is when, as far as anybody tells; the order's last update stands in. `error` says what the platform
    has against a cancellation that failed, or why a cancelled order is not claimed.
    """

    order_id: str
    outcome: Outcome
    proof: str = ""
    cancelled_at: datetime | None = None
    reason_code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All orders ever found, and what became of those that are still affected.

    `left` are those that are affected no more and that nobody has decided to honour: they make the difference.
    """

    found: int
    entries: tuple[Entry, ...]
    left: tuple[str, ...] = ()

    def of(self, *outcomes: Outcome) -> tuple[Entry, ...]:
        """The orders with one of these outcomes, in the ledger's order."""
        return tuple(entry for entry in self.entries if entry.outcome in outcomes)

    @property
    def counts(self) -> dict[str, int]:
        """`found` and then every outcome by its name."""
        counted = Counter(entry.outcome for entry in self.entries)
        return {"found": self.found, **{outcome.value: counted[outcome] for outcome in Outcome}}

    def difference(self) -> str:
        """Why the counts do not balance, in one sentence; blank if they do."""
        twice = [order_id for order_id, times in Counter(e.order_id for e in self.entries).items() if times > 1]
        if twice:
            return f"order {twice[0]} is counted {'twice' if len(twice) == 1 else 'twice, and others too'}"
        missing = self.found - len(self.entries)
        if not missing:
            return ""
        told = f"orders found: {self.found}, accounted for: {len(self.entries)}"
        if missing > 0:
            named = ", ".join(self.left[:_NAMED]) + (", …" if len(self.left) > _NAMED else "")
            return f"{told}; no longer among the affected orders: {missing}" + (f" ({named})" if named else "")
        return f"{told}; never recorded as found: {-missing}"


class Proofs:
    """What the platform reported back, by order and item code."""

    def __init__(self, matches: Iterable[Match] = (), listed: Iterable[CancellationListed] = ()) -> None:
        self._accepted: dict[Pair, Match] = {}
        self._rejected: dict[Pair, FeedError] = {}  # where the last word was a rejection
        self._listed: dict[str, list[CancellationListed]] = {}
        for match in sorted(matches, key=lambda match: match.result.at):
            for pair in match.accepted:
                self._accepted.setdefault(pair, match)
                self._rejected.pop(pair, None)
            self._rejected.update(match.rejected)
        for row in listed:
            self._listed.setdefault(row.order_id, []).append(row)

    def accepted(self, order_id: str, code: str) -> Match | None:
        """The processing report in which the item, or its whole order, was accepted."""
        return self._accepted.get((order_id, code)) or self._accepted.get((order_id, ""))

    def rejected(self, order_id: str, code: str) -> FeedError | None:
        """What the last report had against the item, or against its whole order."""
        return self._rejected.get((order_id, code)) or self._rejected.get((order_id, ""))

    def listed(self, order_id: str) -> Sequence[CancellationListed]:
        """The rows of the platform's list of cancelled orders that name the order."""
        return self._listed.get(order_id, ())


def settle(decided: OrderDecision, proofs: Proofs, *, honoured: bool = False) -> Entry:
    """What became of one order as of what is known now. `honoured`: that was decided before it was shipped."""
    outcome = _STANDING.get(decided.decision)
    if decided.decision is Decision.GONE:
        return _settle_cancelled(decided, proofs)
    if honoured and outcome is Outcome.TOO_LATE:
        outcome = Outcome.HONOURED
    if outcome is not None:
        return Entry(order_id=decided.order_id, outcome=outcome)
    if decided.decision in (Decision.CANCEL, Decision.BUYER_REQUESTED):
        for line in decided.open_lines:
            if error := proofs.rejected(decided.order_id, decided.codes.get(line.line_key, "")):
                return Entry(order_id=decided.order_id, outcome=Outcome.FAILED, error=_words(error))
    return Entry(order_id=decided.order_id, outcome=Outcome.OPEN)


_STANDING: Final = {Decision.TOO_LATE: Outcome.TOO_LATE, Decision.HONOUR: Outcome.HONOURED}


def settle_all(
    decisions: Iterable[OrderDecision],
    proofs: Proofs,
    found: int,
    *,
    honoured: Collection[str] = (),
    left: Iterable[str] = (),
) -> Ledger:
    """The ledger of an incident; `found` is how many orders were ever recorded in it.

    `honoured` were to be honoured when that was decided last; `left` are affected no more: of these only a decision to
    honour them tells what becomes of them.
    """
    entries = [settle(decided, proofs, honoured=decided.order_id in honoured) for decided in decisions]
    gone = sorted(left)
    entries += [Entry(order_id=order_id, outcome=Outcome.HONOURED) for order_id in gone if order_id in honoured]
    return Ledger(found, tuple(entries), tuple(order_id for order_id in gone if order_id not in honoured))


def _settle_cancelled(decided: OrderDecision, proofs: Proofs) -> Entry:
    """An order of which every affected line was re-read as cancelled."""
    order_id, lines = decided.order_id, [affected.line for affected in decided.order.affected]
    ours = {decided.codes.get(line.line_key, "") for line in lines}
    others = {code for key, code in decided.codes.items() if code not in ours}
    listed = [row for row in proofs.listed(order_id) if row.line_id not in others]
    when = [row.cancelled_at for row in listed] + [line.cancelled_at for line in lines]
    known = [time for time in when if time] or [line.updated_at for line in lines if line.updated_at]
    cancelled_at = max(known, default=None)
    if (
        decided.buyer_asked
        or any(line.cancelled_by is CancelledBy.BUYER for line in lines)
        or any(row.cancelled_by is CancelledBy.BUYER for row in listed)
    ):
        return Entry(order_id=order_id, outcome=Outcome.BUYER_CANCELLED, cancelled_at=cancelled_at)
    told = [_proof(line, order_id, decided.codes.get(line.line_key, ""), proofs, listed) for line in lines]
    reason = next((text for text in (*(r.reason for r in listed), *(x.cancel_reason for x in lines)) if text), "")
    if decided.asked_elsewhere or not all(told):
        error = "cancelled, but nothing shows that the seller did it"
        if decided.asked_elsewhere:
            error = "cancelled, and its buyer had asked for the cancellation of another item of it"
        return Entry(order_id=order_id, outcome=Outcome.UNKNOWN, cancelled_at=cancelled_at, error=error)
    return Entry(
        order_id=order_id,
        outcome=Outcome.CANCELLED,
        proof="; ".join(dict.fromkeys(told)),
        cancelled_at=cancelled_at,
        reason_code=reason or _reason_in_file(decided, proofs),
    )


def _proof(line: OrderLine, order_id: str, code: str, proofs: Proofs, listed: Sequence[CancellationListed]) -> str:
    """What proves that the seller cancelled this line; blank if nothing does."""
    if match := proofs.accepted(order_id, code):
        return f"accepted in the processing report {match.result.name}"
    if any(row.line_id in ("", code) and row.cancelled_by not in _NOT_BY_SELLER for row in listed):
        return "in the platform's list of cancelled orders"
    return "the shop names the seller as the one who cancelled" if line.cancelled_by is CancelledBy.SELLER else ""


def _reason_in_file(decided: OrderDecision, proofs: Proofs) -> str:
    """The reason code that our own file gave; a row without an item code gives none."""
    for affected in decided.order.affected:
        code = decided.codes.get(affected.line.line_key, "")
        match = proofs.accepted(decided.order_id, code)
        if match and code and (decided.order_id, code) in match.accepted:
            return next((upload.reason for upload in match.uploads if upload.reason), "")
    return ""


def _words(error: FeedError) -> str:
    return f"{error.code}: {error.message}" if error.code and error.message else error.code or error.message


@dataclass(frozen=True, slots=True)
class RejectedReason:
    """The platform does not take a cancellation reason. `sure`: its message says so, else every record failed alike.

    `fallback` is the code to try next, blank if that is the one that was rejected.
    """

    reason: str
    fallback: str
    report: str
    message: str
    sure: bool


def rejected_reason(results: Iterable[FeedResult], reason: str = "") -> RejectedReason | None:
    """Whether the newest of these reports says that the platform does not take the reason code that the files give.

    `results` are the reports of our own files, those that `match_results` found a file for. `PricingError` is
    unconfirmed for the flat file (Seller Central help 200198080 lists it for single orders): GeneralAdjustment is
    the code that every version of the template takes.
    """
    for result in sorted(results, key=lambda result: result.at, reverse=True):
        errors = [error for error in result.errors if not error.warning]
        fallback = "" if reason == FALLBACK_REASON else FALLBACK_REASON
        named = next(
            (e for e in errors if _NAMES_THE_REASON.search(e.message) or (reason and reason in e.message)), None
        )
        if named:
            return RejectedReason(reason, fallback, result.name, _words(named), sure=True)
        if result.successful:
            return None  # a record was taken, its reason with it
        if len(errors) > 1 and len({error.code for error in errors}) == 1 and len(errors) == result.processed:
            return RejectedReason(reason, fallback, result.name, _words(errors[0]), sure=False)
    return None
