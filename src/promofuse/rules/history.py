"""What a shop has told besides its offers and promotions, and all of it together as the case of a whole shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.catalogue import PromotionCase
from promofuse.rules.shared_skus import SharedSkus


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIncident:
    """An incident of the shop: its promotion, or its SKUs where only a price is to blame.

    `over_at` is when it was closed, or the time of asking while it is open; None counts as the opening.
    """

    incident_id: str
    opened_at: datetime
    over_at: datetime | None = None
    promotion_id: str = ""
    skus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of a shop beyond its settings. All of it may be blank: then the rules on it are silent.

    `zone` is the marketplace's IANA zone. `sold` are the lines of the last days that name promotions, as they stand.
    `orders_as_of` says how new the newest order data is; None without any.
    """

    zone: str = ""
    sold: tuple[OrderLine, ...] = ()
    incidents: tuple[PastIncident, ...] = ()
    orders_as_of: datetime | None = None


NOTHING_ELSE: Final = History()


@dataclass(frozen=True, kw_only=True)
class ShopCase:
    """A whole shop: its promotions that can be live, every revision ever seen, and its history.

    `offers` are by (SKU, currency). `revisions` hold promotions that have ended, too. `shared` is given where it is
    known from before.
    """

    shop: str
    platform: str
    at: datetime
    promotions: tuple[PromotionCase, ...]
    offers: Mapping[tuple[str, str], Offer]
    revisions: Sequence[Promotion]
    history: History
    shared: SharedSkus | None = None

    @cached_property
    def book(self) -> PromotionBook:
        """All revisions, found by id or name and by time."""
        return PromotionBook(self.revisions)

    @cached_property
    def sold_by_promotion(self) -> Mapping[str, tuple[OrderLine, ...]]:
        """The lines sold that name a promotion with a record, by its id; a line that names two is under both."""
        sold: dict[str, list[OrderLine]] = {}
        for line in self.history.sold:
            for promotion_id in self.book.resolve(line.promotion_ids, line.ordered_at):
                if promotion_id in self.book:
                    sold.setdefault(promotion_id, []).append(line)
        return {promotion_id: tuple(lines) for promotion_id, lines in sold.items()}

    def beside(self, case: PromotionCase) -> tuple[PromotionCase, ...]:
        """The other promotions on items that name an SKU of this one, each once, in the shop's order."""
        return self._neighbours[case.promotion.promotion_id]

    @cached_property
    def _neighbours(self) -> Mapping[str, tuple[PromotionCase, ...]]:
        shared = self.shared
        if shared is None:
            shared = SharedSkus()
            shared.update([case.promotion for case in self.promotions])
        near = shared.near()
        on_items = [case for case in self.promotions if case.promotion.level != "shipping"]
        return {
            promotion_id: tuple(
                other
                for other in on_items
                if other.promotion.promotion_id in ids and other.promotion.promotion_id != promotion_id
            )
            for promotion_id, ids in near.items()
        }

    def earlier(self, promotion: Promotion) -> tuple[Promotion, ...]:
        """The revisions of a promotion before this one, the newest last."""
        revisions = self.book.revisions(promotion.promotion_id)
        return revisions[: revisions.index(promotion)] if promotion in revisions else ()
