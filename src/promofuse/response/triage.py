"""Triage: what can still be done with each affected order, and what is missing to do it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeVar

from promofuse.facts import Buyer, CancelledBy, FulfilledBy, ItemDetail, OrderLine, OrderStatus
from promofuse.incidents import AffectedOrder


class Decision(StrEnum):
    """What happens with an affected order."""

    CANCEL = "cancel"
    HONOUR = "honour"
    WAIT = "wait"
    REQUEST = "request"
    BUYER_REQUESTED = "buyer-requested"
    TOO_LATE = "too-late"
    GONE = "gone"


class Reason(StrEnum):
    """Why; the fixed list of orders.csv."""

    PRICING_ERROR = "pricing-error"
    UNDER_LIMIT = "kept-under-limit"
    CHEAPER = "cheaper-to-ship"
    LEGAL_REVIEW = "legal-review"
    REPLACEMENT = "replacement"
    PERSON = "decided-by-person"
    PAYMENT_PENDING = "payment-pending"
    BY_MARKETPLACE = "fulfilled-by-marketplace"
    BUYER_ASKED = "buyer-asked"
    SHIPPED = "already-shipped"
    PART_SHIPPED = "part-shipped"
    CANCELLED = "already-cancelled"


# The order's state leaves a choice.
FREE: Final = frozenset({Reason.PERSON, Reason.PRICING_ERROR, Reason.UNDER_LIMIT, Reason.CHEAPER, Reason.LEGAL_REVIEW})


class Missing(StrEnum):
    """What an order lacks before it can be worked on; the reasons of exceptions.csv."""

    ADDRESS = "address missing"
    BAD_ADDRESS = "address not usable"
    ITEM_CODE = "item code missing"
    AMBIGUOUS_CODE = "item code ambiguous"
    BAD_ID = "order id or item code not usable in the file"
    PENDING = "payment pending: not in the cancellation file yet"
    SENDER = "sender address missing or not usable: set mail.from_address"
    LETTER = "letter refused by a policy rule"


@dataclass(frozen=True, slots=True)
class OrderDecision:
    """One affected order with its decision. `codes` maps line keys to item codes; `missing` says what it lacks.

    `buyer_asked` is about the touched items, `asked_elsewhere` about others only. `bulk` names the group of orders
    bought in quantity by one buyer; blank for most.
    """

    order: AffectedOrder
    decision: Decision
    reason: Reason
    buyer: Buyer
    codes: Mapping[str, str]
    missing: tuple[Missing, ...] = ()
    buyer_asked: bool = False
    bulk: str = ""
    asked_elsewhere: bool = False

    @property
    def order_id(self) -> str:
        """The platform's order id."""
        return self.order.order_id

    @property
    def open_lines(self) -> tuple[OrderLine, ...]:
        """Affected lines that are not cancelled yet."""
        return tuple(a.line for a in self.order.affected if a.line.status is not OrderStatus.CANCELLED)

    @property
    def ship_by(self) -> datetime | None:
        """The earliest ship-by date of affected lines that stand; None where the reports tell none."""
        return min((line.ship_by for line in self.open_lines if line.ship_by), default=None)

    @property
    def seller_ships(self) -> bool:
        """Whether the order counts in the seller's rates: he ships it, or a part of it."""
        return FulfilledBy.MERCHANT in [line.fulfilled_by for line in self.order.lines]

    @property
    def innocent_lines(self) -> tuple[OrderLine, ...]:
        """Lines of the order that the cause did not touch and that still stand."""
        touched = {a.line.line_key for a in self.order.affected}
        return tuple(
            line
            for line in self.order.lines
            if line.line_key not in touched and line.status is not OrderStatus.CANCELLED
        )

    @property
    def cancelled_by(self) -> str:
        """Who cancelled the order as far as is known: buyer, seller, marketplace or unknown; blank if it stands."""
        by = {a.line.cancelled_by for a in self.order.affected if a.line.status is OrderStatus.CANCELLED}
        if not by:
            return ""
        if self.buyer_asked:
            return CancelledBy.BUYER.value
        return by.pop().value if len(by) == 1 else CancelledBy.UNKNOWN.value

    @property
    def kind(self) -> str:
        """The kind of letter: an order with innocent lines is cancelled in part."""
        return "part-cancellation" if self.innocent_lines else "cancellation"


def asked_by_buyer(order: AffectedOrder, details: Sequence[ItemDetail]) -> bool:
    """Whether the buyer is known to have asked for the cancellation of something that the cause touched.

    A wish that is only about an item that the cause did not touch gives the others no reason. The second report knows
    no line keys: where its item may be a touched one, it is.
    """
    touched = {a.line.line_key for a in order.affected}
    if any(line.cancel_requested_by_buyer and line.line_key in touched for line in order.lines):
        return True
    asked = [detail for detail in details if detail.cancel_requested_by_buyer]
    if not asked:
        return False
    codes, _ = match_item_codes(order, details)
    innocent = {codes.get(line.line_key) for line in order.lines if line.line_key not in touched}
    others = {line.sku for line in order.lines} - {a.line.sku for a in order.affected}
    return any(detail.line_id not in innocent and detail.sku not in others for detail in asked)


def _asked_elsewhere(order: AffectedOrder, details: Sequence[ItemDetail]) -> bool:
    """Whether the buyer asked for the cancellation of anything in the order."""
    return True in [line.cancel_requested_by_buyer for line in order.lines] or True in [
        detail.cancel_requested_by_buyer for detail in details
    ]


def settled(order: AffectedOrder, *, buyer_asked: bool) -> tuple[Decision, Reason] | None:
    """The decision that the order's state leaves no choice about; None where the plan decides.

    Precedence: gone, too late, request, buyer-requested, wait. A replacement for another order is shipped: its price is
    no error.
    """
    standing = [a.line for a in order.affected if a.line.status is not OrderStatus.CANCELLED]
    if not standing:
        return Decision.GONE, Reason.CANCELLED
    states = {_shipping(line) for line in order.lines} - {OrderStatus.CANCELLED}
    if states == {OrderStatus.SHIPPED}:
        return Decision.TOO_LATE, Reason.SHIPPED
    if states & _LEFT:
        return Decision.TOO_LATE, Reason.PART_SHIPPED
    if FulfilledBy.MARKETPLACE in [line.fulfilled_by for line in standing]:
        return Decision.REQUEST, Reason.BY_MARKETPLACE
    if buyer_asked:
        return Decision.BUYER_REQUESTED, Reason.BUYER_ASKED
    if OrderStatus.PENDING in [line.status for line in standing]:
        return Decision.WAIT, Reason.PAYMENT_PENDING
    if any(line.replaces_order_id for line in standing):
        return Decision.HONOUR, Reason.REPLACEMENT
    return None


_LEFT: Final = frozenset({OrderStatus.SHIPPED, OrderStatus.PARTIALLY_SHIPPED})


def _shipping(line: OrderLine) -> OrderStatus:
    """A line of which some units left is part-shipped, whatever its status says."""
    if line.status is OrderStatus.UNSHIPPED and line.quantity_shipped > 0:
        return OrderStatus.PARTIALLY_SHIPPED
    return line.status


def match_item_codes(order: AffectedOrder, details: Sequence[ItemDetail]) -> tuple[dict[str, str], frozenset[str]]:
    """Item codes by line key, and the keys of lines whose code is ambiguous.

    A second report knows the codes but not our line keys: lines meet by SKU, then by quantity and price. Lines
    that look the same may swap codes only if they share one fate.
    """
    codes = {line.line_key: line.line_id for line in order.lines if line.line_id}
    nameless = [line for line in order.lines if not line.line_id]
    if len(nameless) == 1 == len(details) and details[0].sku == nameless[0].sku:  # most orders
        return codes | {nameless[0].line_key: details[0].line_id}, frozenset()
    ambiguous: set[str] = set()
    touched = {a.line.line_key for a in order.affected}
    for sku in {line.sku for line in nameless}:
        lines = [line for line in nameless if line.sku == sku]
        offered = sorted((d for d in details if d.sku == sku), key=lambda d: d.line_id)
        if not offered:
            continue
        if len(offered) != len(lines):
            ambiguous |= {line.line_key for line in lines}
            continue
        if len(lines) == 1 or len({line.line_key in touched for line in lines}) == 1:
            codes |= {line.line_key: d.line_id for line, d in zip(_alike(lines), _alike(offered), strict=True)}
            continue
        looks = Counter((line.quantity, line.item_price) for line in lines)
        for line in lines:
            same = [d for d in offered if (d.quantity, d.item_price) == (line.quantity, line.item_price)]
            if len(same) == 1 and looks[line.quantity, line.item_price] == 1:
                codes[line.line_key] = same[0].line_id
            else:
                ambiguous.add(line.line_key)
    return codes, frozenset(ambiguous)


_FILE_ID: Final = re.compile(r"[!-~]+")
_Priced = TypeVar("_Priced", OrderLine, ItemDetail)


def _alike(items: Sequence[_Priced]) -> list[_Priced]:
    """In an order that puts lines and details of equal quantity and price side by side."""
    return sorted(items, key=lambda item: (item.quantity, item.item_price or 0))


def decide(
    order: AffectedOrder,
    details: Sequence[ItemDetail],
    buyer: Buyer | None,
    cancel: Collection[str],
    by_person: Mapping[str, Decision],
    *,
    kept: tuple[Decision, Reason] = (Decision.HONOUR, Reason.UNDER_LIMIT),
    bulk: str = "",
    ascii_ids: bool = False,
) -> OrderDecision:
    """Decide one order: by its state, else by a person, else by the plan's cancel set; and say what it lacks.

    `kept` is what the plan does with an order outside of its cancel set, `bulk` the order's group. `ascii_ids`: the
    platform's cancellation file takes ids of printable ASCII without spaces only.
    """
    asked = asked_by_buyer(order, details)
    codes, ambiguous = match_item_codes(order, details)
    decision, reason = settled(order, buyer_asked=asked) or (
        (by_person[order.order_id], Reason.PERSON)
        if order.order_id in by_person
        else (Decision.CANCEL, Reason.PRICING_ERROR)
        if order.order_id in cancel
        else kept
    )
    known_buyer = buyer or Buyer(order_id=order.order_id)
    missing: list[Missing] = []
    if decision is Decision.CANCEL and not known_buyer.email:
        missing.append(Missing.ADDRESS)
    if decision in (Decision.CANCEL, Decision.BUYER_REQUESTED):
        standing = [a.line for a in order.affected if a.line.status is not OrderStatus.CANCELLED]
        if ambiguous and not ambiguous.isdisjoint([line.line_key for line in standing]):
            missing.append(Missing.AMBIGUOUS_CODE)
        elif not codes.keys() >= {line.line_key for line in standing}:
            missing.append(Missing.ITEM_CODE)
        ids = (order.order_id, *(codes[line.line_key] for line in standing if line.line_key in codes))
        if ascii_ids and not all(map(_FILE_ID.fullmatch, ids)):
            missing.append(Missing.BAD_ID)
        if OrderStatus.PENDING in [line.status for line in standing]:
            missing.append(Missing.PENDING)
    elsewhere = not asked and _asked_elsewhere(order, details)
    return OrderDecision(order, decision, reason, known_buyer, codes, tuple(missing), asked, bulk, elsewhere)


def bulk_groups(
    orders: Iterable[AffectedOrder], buyers: Mapping[str, Buyer], *, many_orders: int, many_units: int
) -> dict[str, str]:
    """Groups of orders bought in quantity, by order id: `bulk-1` has the most units.

    A group is one buyer's address with so many orders or so many units of affected lines; without an address each
    order stands for itself. It says how much was bought and nothing about anybody.
    """
    by_buyer: dict[str, list[AffectedOrder]] = {}
    for order in orders:
        buyer = buyers.get(order.order_id)
        by_buyer.setdefault(buyer.email.casefold() if buyer and buyer.email else f"\0{order.order_id}", []).append(
            order
        )
    groups = []
    for same in by_buyer.values():
        units = sum(affected.line.quantity for order in same for affected in order.affected)
        if len(same) >= many_orders or units >= many_units:
            groups.append((-units, min(order.order_id for order in same), same))
    groups.sort(key=lambda group: group[:2])
    return {order.order_id: f"bulk-{n}" for n, (_, _, same) in enumerate(groups, 1) for order in same}


def total_loss(decisions: Sequence[OrderDecision]) -> dict[str, Fraction]:
    """What the affected lines lose by currency, in exact minor units; lines of unknown loss are left out."""
    totals: dict[str, Fraction] = {}
    for decision in decisions:
        for affected in decision.order.affected:
            if affected.contribution.amount is not None:
                currency = affected.line.currency
                totals[currency] = totals.get(currency, Fraction(0)) - affected.contribution.amount
    return totals
