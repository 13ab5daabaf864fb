"""Facts to incidents: the cause, since when its settings are faulty, and which order lines it spoilt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from promofuse.facts import Offer, OrderLine, OrderStatus, Promotion
from promofuse.money import power
from promofuse.pricing.attribution import PromotionBook, sold_at_stated_price
from promofuse.pricing.margin import Contribution, CostBook
from promofuse.pricing.worst_case import planned_price


@dataclass(frozen=True, slots=True)
class Cause:
    """What an incident is about: one promotion of a shop, or a price where no promotion is named."""

    promotion_id: str = ""
    skus: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """`promotion` or `price`."""
        return "promotion" if self.promotion_id else "price"

    @property
    def key(self) -> str:
        """One text for one cause of a shop: `promotion:<id>` or `price:<skus>`."""
        return f"promotion:{self.promotion_id}" if self.promotion_id else "price:" + ";".join(self.skus)


@dataclass(frozen=True, slots=True)
class AffectedLine:
    """A line of the cause: known to lose money, or not known to earn any."""

    line: OrderLine
    contribution: Contribution
    inferred: bool = False  # by SKU, time and price paid; no promotion id says so


@dataclass(frozen=True, slots=True)
class AffectedOrder:
    """An order with at least one affected line; `lines` are all of its lines, innocent ones too."""

    order_id: str
    lines: tuple[OrderLine, ...]
    affected: tuple[AffectedLine, ...]

    @property
    def ordered_at(self) -> datetime:
        """When the first affected line was ordered."""
        return min(a.line.ordered_at for a in self.affected)

    @property
    def loss(self) -> Fraction | None:
        """What honouring the order costs, in exact minor units: affected lines that stand; None if none is known."""
        standing = [a for a in self.affected if a.line.status is not OrderStatus.CANCELLED]
        known = [-a.contribution.amount for a in standing if a.contribution.amount is not None]
        return sum(known, Fraction(0)) if known else None


def faulty_since(
    cause: Cause, promotions: PromotionBook, costs: CostBook, lines: Iterable[OrderLine]
) -> datetime | None:
    """When the faulty revision began.

    That is the first revision whose own settings plan a loss on an offer with known price and cost. Where none
    does, it is the revision in force at the first loss-making (or else first) line; a promotion without a record
    begins with its first line. A promotion's first revision counts from the earlier of seen_at and starts_at,
    a later one from its seen_at. None where there is neither a record nor a line.
    """
    ordered = sorted(lines, key=lambda line: line.ordered_at)
    revisions = promotions.revisions(cause.promotion_id)
    if not revisions:
        return ordered[0].ordered_at if ordered else None
    planned = [r for r in revisions if any(_plans_a_loss(r, offer, costs) for offer in costs.offers.values())]
    if planned:
        return promotions.effective_from(planned[0])
    first = next((line for line in ordered if costs.contribution(line, (line,)).loss_making), None)
    in_force = promotions.revision(cause.promotion_id, first.ordered_at) if first else None
    return promotions.effective_from(in_force or revisions[0])


def _plans_a_loss(revision: Promotion, offer: Offer, costs: CostBook) -> bool:
    """Whether one unit sold alone at the planned price loses money."""
    if not revision.covers(offer.sku) or revision.level == "shipping":
        return False
    known = costs.costs(offer.sku, offer.currency)
    price = planned_price(revision, offer.price if offer.price is not None else offer.list_price, offer.currency)
    if known is None or price is None:
        return False
    return known.contribution(round(price * power(offer.currency)), 1, known.shipping_cost) < 0


def find_affected(
    cause: Cause,
    orders: Mapping[str, Sequence[OrderLine]],
    promotions: PromotionBook,
    costs: CostBook,
    since: datetime,
    at: datetime,
) -> tuple[AffectedOrder, ...]:
    """The orders that the cause spoilt in [since, at], oldest first.

    A line counts if it is of the cause and loses money. Where its contribution is unknown (no cost yet, or no
    price while pending or cancelled) it counts too, with the loss left blank.
    """
    found = []
    for order_id, lines in orders.items():
        affected = []
        for line in lines:
            if not since <= line.ordered_at <= at:
                continue
            inferred = is_of_cause(cause, line, promotions, costs)
            if inferred is None:
                continue
            in_force = [r for i in promotions.resolve(line.promotion_ids, line.ordered_at)
                        if (r := promotions.revision(i, line.ordered_at))]  # fmt: skip
            contribution = costs.contribution(line, lines, in_force)
            if contribution.loss_making or contribution.amount is None:
                affected.append(AffectedLine(line, contribution, inferred))
        if affected:
            found.append(AffectedOrder(order_id, tuple(lines), tuple(affected)))
    return tuple(sorted(found, key=lambda order: (order.ordered_at, order.order_id)))


def why_not_affected(
    cause: Cause, lines: Iterable[OrderLine], promotions: PromotionBook, costs: CostBook, since: datetime, at: datetime
) -> str:
    """What became of an order that was affected and is not in [since, at], in one sentence."""
    own = [line for line in lines if is_of_cause(cause, line, promotions, costs) is not None]
    if not own:
        return f"it is no longer of this {cause.kind}"
    if not any(since <= line.ordered_at <= at for line in own):
        return "it was not ordered in the time that is looked at"
    return "it no longer loses money: its price, its discount or its cost has changed"


def is_of_cause(cause: Cause, line: OrderLine, promotions: PromotionBook, costs: CostBook) -> bool | None:
    """None if the line is not of this cause, else whether that is inferred.

    Of several ids without any record nobody knows which one took the price down: the line is of each of them.
    """
    named = promotions.cause(line, costs.offers.get((line.sku, line.currency)))
    if cause.promotion_id and named == cause.promotion_id:
        return False
    if named is not None and named not in promotions and cause.promotion_id in line.promotion_ids:
        return False
    if named is not None:
        return None
    if not cause.promotion_id:
        return True if line.sku in cause.skus else None
    revision = promotions.revision(cause.promotion_id, line.ordered_at)
    return True if revision and sold_at_stated_price(revision, line) else None
