"""Which promotion caused an order line: its ids matched with the shop's records, and one cause a line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction

from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.money import power
from promofuse.pricing.meeting import has_code
from promofuse.pricing.worst_case import planned_discount, planned_price

# Ranks below every planned discount, which is 0 or more.
_UNKNOWN_DISCOUNT = Fraction(-1)
_NOT_COVERED = Fraction(-2)


class PromotionBook:
    """All revisions of a shop's promotions, found by id or name and by time. It grows with `add`, in any order."""

    def __init__(self, promotions: Iterable[Promotion] = ()) -> None:
        self._revisions: dict[str, list[Promotion]] = {}
        self._ids_by_name: dict[str, set[str]] = {}
        self._longest_name = 1  # parts between commas
        self._stated: dict[str, set[str]] = {}  # SKU or * -> ids of promotions that state a price
        for promotion in promotions:
            self.add(promotion)

    def add(self, promotion: Promotion) -> None:
        """Record one more revision; of two with the same seen_at the one added later counts."""
        revisions = self._revisions.setdefault(promotion.promotion_id, [])
        revisions.insert(bisect_right(revisions, promotion.seen_at, key=lambda known: known.seen_at), promotion)
        if name := _name_key(promotion.name):
            self._ids_by_name.setdefault(name, set()).add(promotion.promotion_id)
            self._longest_name = max(self._longest_name, name.count(",") + 1)
        if states_price(promotion):
            for sku in promotion.skus:
                self._stated.setdefault(sku, set()).add(promotion.promotion_id)

    def __contains__(self, promotion_id: object) -> bool:
        return promotion_id in self._revisions

    def revisions(self, promotion_id: str) -> tuple[Promotion, ...]:
        """All revisions of a promotion, the oldest first; empty without a record."""
        return tuple(self._revisions.get(promotion_id, ()))

    def effective_from(self, promotion: Promotion) -> datetime:
        """When a revision begins to count: the first one at the earlier of seen_at and starts_at, others at seen_at."""
        revisions = self._revisions.get(promotion.promotion_id)
        first = revisions[0] if revisions else promotion
        if promotion is first and promotion.starts_at is not None:
            return min(promotion.seen_at, promotion.starts_at)
        return promotion.seen_at

    def revision(self, promotion_id: str, at: datetime) -> Promotion | None:
        """The revision in force at a time; None before the first one or without a record."""
        revisions = self._revisions.get(promotion_id)
        if not revisions:
            return None
        place = bisect_right(revisions, at, key=lambda known: known.seen_at)
        if place:
            return revisions[place - 1]
        return revisions[0] if self.effective_from(revisions[0]) <= at else None

    def resolve(self, raw_ids: Sequence[str], at: datetime) -> tuple[str, ...]:
        """The ids on a line as promotion ids, each once: matched by id, then by name; others stay as they are.

        Reports split their list at commas, also inside a name, so adjacent entries are joined to match a name.
        """
        if len(raw_ids) == 1 and raw_ids[0] in self._revisions:
            return (raw_ids[0],)
        found: dict[str, None] = {}
        place = 0
        while place < len(raw_ids):
            match, used = self._match(raw_ids, place, at)
            if match:
                found[match] = None
            place += used
        return tuple(found)

    def mentions(self, raw_ids: Sequence[str], promotion_id: str) -> bool:
        """Whether a line with these ids can be this promotion's at some time: by its id or by one of its names."""
        if promotion_id in raw_ids:
            return True
        return any(
            promotion_id in self._ids_by_name.get(_name_key(",".join(raw_ids[first : first + used])), ())
            for first in range(len(raw_ids))
            for used in range(1, min(self._longest_name, len(raw_ids) - first) + 1)
        )

    def cause(self, line: OrderLine, offer: Offer | None) -> str | None:
        """The one promotion that a line is put down to; None if it names none that can be a cause.

        Among its ids with a record the one with the largest planned discount on the SKU, then the lowest id. Ids
        without a record count only if no id on the line has one. Promotions on shipping are no cause.
        """
        if not line.promotion_ids:
            return None
        ids = self.resolve(line.promotion_ids, line.ordered_at)
        recorded = [promotion_id for promotion_id in ids if promotion_id in self._revisions]
        if not recorded:
            return min(ids, default=None)
        in_force = [self._in_force(promotion_id, line.ordered_at) for promotion_id in recorded]
        candidates = [promotion for promotion in in_force if promotion.level != "shipping"]
        if len(candidates) < 2:
            return candidates[0].promotion_id if candidates else None
        price = _unit_price(line, offer)
        return min((-_discount_rank(promotion, line, price), promotion.promotion_id) for promotion in candidates)[1]

    def inferred_cause(self, line: OrderLine) -> str | None:
        """The promotion at whose stated price a line without promotion ids was sold; of several the lowest id."""
        if line.promotion_ids or not self._stated:
            return None
        ids = self._stated.get(line.sku, set()) | self._stated.get("*", set())
        in_force = ((i, self.revision(i, line.ordered_at)) for i in sorted(ids))
        return next((i for i, revision in in_force if revision and sold_at_stated_price(revision, line)), None)

    def _in_force(self, promotion_id: str, at: datetime) -> Promotion:
        """A line that names a promotion before its first record is still its line: the first revision stands in."""
        return self.revision(promotion_id, at) or self._revisions[promotion_id][0]

    def _match(self, raw_ids: Sequence[str], place: int, at: datetime) -> tuple[str, int]:
        """The promotion that begins at `place` and how many entries it takes; blank for an empty entry."""
        raw = raw_ids[place].strip()
        if raw in self._revisions:
            return raw, 1
        for used in range(min(self._longest_name, len(raw_ids) - place), 0, -1):
            if ids := self._ids_by_name.get(_name_key(",".join(raw_ids[place : place + used]))):
                return min((not self._live(promotion_id, at), promotion_id) for promotion_id in ids)[1], used
        return raw, 1

    def _live(self, promotion_id: str, at: datetime) -> bool:
        promotion = self.revision(promotion_id, at)
        return (
            promotion is not None
            and promotion.status != "ended"
            and (promotion.starts_at is None or promotion.starts_at <= at)
            and (promotion.ends_at is None or at < promotion.ends_at)
        )


def states_price(promotion: Promotion) -> bool:
    """Whether a promotion is a price for anybody, as a sale price, a deal or a business price: it leaves no id.

    Claim codes leave one, and prices of shipping or of a whole order say nothing of a unit.
    """
    return promotion.fixed_price is not None and promotion.level == "item" and not has_code(promotion)


def sold_at_stated_price(revision: Promotion, line: OrderLine) -> bool:
    """A stated price leaves no id: the SKU, the time and a price paid at or below it tell, to a minor unit a unit."""
    if not states_price(revision) or not revision.covers(line.sku) or line.item_price is None:
        return False
    price = planned_price(revision, None, line.currency)
    if price is None or revision.status == "ended":
        return False
    if (revision.starts_at and line.ordered_at < revision.starts_at) or (
        revision.ends_at and line.ordered_at >= revision.ends_at
    ):
        return False
    return line.item_price - line.item_discount <= (price * power(line.currency) + 1) * line.quantity


def _name_key(name: str) -> str:
    """A name as it is compared: blanks around commas and in rows do not matter."""
    return ",".join(" ".join(part.split()) for part in name.split(","))


def _unit_price(line: OrderLine, offer: Offer | None) -> Fraction | None:
    """The unit's price before the promotion in major units: the catalogue's, else the one on the line."""
    if offer is not None and (price := offer.price or offer.list_price):
        return price
    if line.item_price is None or not line.quantity:
        return None
    return Fraction(line.item_price, line.quantity * power(line.currency))


def _discount_rank(promotion: Promotion, line: OrderLine, price: Fraction | None) -> Fraction:
    if not promotion.covers(line.sku):
        return _NOT_COVERED
    discount = planned_discount(promotion, price, line.currency)
    return _UNKNOWN_DISCOUNT if discount is None else discount
