"""Plans: which of the orders that can still be cancelled are cancelled. A plan is a suggestion; a person approves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from promofuse.incidents import AffectedOrder
from promofuse.response.health import CancellationRate

CANCEL_ALL = "cancel-all"
UNDER_LIMIT = "under-limit"
PLANS = (CANCEL_ALL, UNDER_LIMIT)


def costliest_first(orders: Sequence[AffectedOrder]) -> list[AffectedOrder]:
    """By loss if honoured, the largest first; orders of unknown loss last; ties by order id."""
    return sorted(orders, key=lambda order: (-(order.loss if order.loss is not None else Fraction(-1)), order.order_id))


def offered_plans(rate: CancellationRate) -> tuple[str, ...]:
    """The plans that can be made: staying under a limit needs a known rate."""
    return PLANS if rate.now is not None else (CANCEL_ALL,)


def cancel_set(
    plan: str, open_orders: Sequence[AffectedOrder], rate: CancellationRate, chosen: Collection[str] = ()
) -> frozenset[str]:
    """Order ids to cancel among orders that can be.

    `under-limit` keeps what it has `chosen` before, whose buyers may have been told, and fills the room that is left;
    while the rate is unknown there is none.
    """
    ordered = [order.order_id for order in costliest_first(open_orders)]
    if plan != UNDER_LIMIT:
        return frozenset(ordered)
    kept = [order_id for order_id in ordered if order_id in chosen]
    room = max(0, (rate.room() or 0) - len(kept))
    return frozenset(kept + [order_id for order_id in ordered if order_id not in chosen][:room])
