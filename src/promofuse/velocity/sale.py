"""One order line of a promotion with all that it is compared with."""

from __future__ import annotations

from typing import NamedTuple

from promofuse.facts import OrderLine
from promofuse.velocity.line_loss import WatchedUnit
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
