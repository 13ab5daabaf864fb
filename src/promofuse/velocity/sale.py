"""One order line of a promotion with all that it is compared with."""

from __future__ import annotations

from typing import NamedTuple

from promofuse.facts import OrderLine
from promofuse.velocity.line_loss import WatchedUnit
from promofuse.velocity.scan import WatchedLine
from promofuse.velocity.watched import WatchedPromotion


class Sale(NamedTuple):
    """A line of a promotion with what it is compared with; `loss` / `scale` are exact minor units."""

    line: OrderLine
    ordered_at: int
    at: int
    cause: str
    watched: WatchedPromotion
    unit: WatchedUnit
    stacked: int
    loss: int
    scale: int
    buyer: int = 0  # tells buyers apart; 0: not known

    def for_scan(self) -> WatchedLine:
        """What the spike detector needs of it."""
        line, unit = self.line, self.unit
        share = None
        if line.item_price is not None and line.quantity:
            share = unit.paid_share(line.item_price - line.item_discount, line.quantity)
        return WatchedLine(
            line.order_id, unit.number, self.ordered_at, self.at, share, self.loss, self.scale, self.buyer
        )
