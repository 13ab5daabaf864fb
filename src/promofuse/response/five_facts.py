"""The five facts that courts and platforms ask about each order, as measured, without a word of what they mean.

They are: the time to notice, the size of the gap, the size of the order, whether it was shipped, and what our letter
said. The platform's own confirmation is on no report: a person keeps a copy of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from promofuse.money import power
from promofuse.response.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class FiveFacts:
    """One affected line. Prices are exact minor units for one unit; the gap is a share of the regular price."""

    order_id: str
    sku: str
    ordered_at: datetime
    noticed_after: int | None  # whole minutes; None for an order that came after the notice
    paid: Fraction | None
    regular: Fraction | None
    gap: Fraction | None
    currency: str
    units: int  # on all affected lines of the order
    shipped: int  # units of this line
    status: str
    letter: str  # its kind and state, blank without one


def five_facts(
    case: Case, prices: Mapping[tuple[str, str], Fraction | None], letters: Mapping[str, str]
) -> list[FiveFacts]:
    """A row for each affected line, oldest order first.

    `prices` are the catalogue's in major units by SKU and currency; where it knows none, the line's own price before
    the discount stands in. `letters` say what went to each order's buyer.
    """
    rows = []
    for decided in case.decisions:
        units = sum(affected.line.quantity for affected in decided.order.affected)
        for affected in decided.order.affected:
            line = affected.line
            paid = None
            if line.item_price is not None and line.quantity:
                paid = Fraction(line.item_price - line.item_discount, line.quantity)
            regular = prices.get((line.sku, line.currency))
            if regular is not None:
                regular *= power(line.currency)
            elif line.item_price is not None and line.item_discount and line.quantity:
                regular = Fraction(line.item_price, line.quantity)
            before = line.ordered_at < case.opened_at
            rows.append(
                FiveFacts(
                    order_id=decided.order_id,
                    sku=line.sku,
                    ordered_at=line.ordered_at,
                    noticed_after=int((case.opened_at - line.ordered_at).total_seconds() // 60) if before else None,
                    paid=paid,
                    regular=regular,
                    gap=1 - paid / regular if paid is not None and regular else None,
                    currency=line.currency,
                    units=units,
                    shipped=line.quantity if line.status.value == "shipped" else line.quantity_shipped,
                    status=line.status.value,
                    letter=letters.get(decided.order_id, ""),
                )
            )
    return rows
