"""The question at the change itself: a plan far deeper than any that this shop ran, asked about before it has sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promofuse.facts import Promotion
from promofuse.velocity.scan import Plan

_ASKS: Final = 4.0  # nats of depth evidence
_ASKS_OF_DEEP: Final = 2.0  # the same where half of the cost is lost: a shop that is hardly known has no more
_DEEP: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether a revision is meant. Depths are planned losses as shares of cost, below 0 where it earns."""

    promotion_id: str
    name: str
    seen_at: datetime
    depth: float
    before: float | None  # until now; None for a new promotion
    usual: float  # what the shop's promotions lose at most
    message: str


def ask_about(promotion: Promotion, plan: Plan, before: Plan | None) -> Question | None:
    """The question that a revision raises; None where its depth is usual, stated as intended, or as it was."""
    if plan.depth is None or (before is not None and plan.same_as(before)):
        return None
    if plan.depth_evidence < (_ASKS_OF_DEEP if plan.depth >= _DEEP else _ASKS):
        return None
    was = before.depth if before else None
    change = ""
    if was is not None:
        change = f"; until now it {'lost' if was > 0 else 'earned'} {abs(was):.0%}"
    message = (
        f"{promotion.promotion_id} is set to lose {plan.depth:.0%} of cost on each unit{change}; this shop's promotions"
        f" lose {max(0.0, plan.usual_depth):.0%} at most. Is it meant?"
    )
    return Question(
        promotion_id=promotion.promotion_id,
        name=promotion.name,
        seen_at=promotion.seen_at,
        depth=plan.depth,
        before=was,
        usual=max(0.0, plan.usual_depth),
        message=message,
    )
