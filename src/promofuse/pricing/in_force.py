"""Which revision of each promotion is in force, and from when a buyer meets what it takes off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from promofuse.facts import Promotion
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.meeting import can_be_live


@dataclass(frozen=True, slots=True)
class InForce:
    """A promotion's revision in force, and the newest earlier one that took off something else.

    `opens_at`: from when a buyer meets what it takes off now: its start, or the change that came after it.
    """

    promotion: Promotion
    before: Promotion | None
    opens_at: datetime


def promotions_in_force(promotions: Iterable[Promotion], at: datetime) -> list[InForce]:
    """The revisions in force that can be live from `at` on, each promotion once."""
    revisions = list(promotions)
    book = PromotionBook(revisions)
    found = []
    for promotion_id in dict.fromkeys(promotion.promotion_id for promotion in revisions):
        promotion = book.revision(promotion_id, at)
        if promotion is None or not can_be_live(promotion, at):
            continue
        known = book.revisions(promotion_id)
        before, first = None, promotion
        for earlier in reversed(known[: known.index(promotion)]):
            if _takes(earlier) != _takes(promotion):
                before = earlier
                break
            first = earlier
        starts_at = promotion.starts_at or first.seen_at
        found.append(InForce(promotion, before, max(starts_at, first.seen_at) if before else starts_at))
    return found


def _takes(promotion: Promotion) -> tuple[object, ...]:
    """The settings that say what a promotion takes off."""
    return (
        promotion.percent_off,
        promotion.amount_off,
        promotion.fixed_price,
        promotion.tiers,
        promotion.buy_quantity,
        promotion.get_quantity,
    )
