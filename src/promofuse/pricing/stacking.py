"""Which promotions can meet on one unit, and what a percentage is taken of: a dated table for each platform.

A table says what the platform does by itself; a promotion's own `combines` column overrules it. Where nothing is
known everything combines and adds up on the original price, which is the worst that can happen, and is said so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType
from typing import Final, TypeVar

from promofuse.facts import Promotion, PromotionKind
from promofuse.verdicts import Confidence


class Layer(StrEnum):
    """What a promotion is to a platform when it decides what combines."""

    PRICE = "price"  # states the price: sale price, deal, fixed price
    COUPON = "coupon"
    CODE = "code"
    AUTOMATIC = "automatic"


class Base(StrEnum):
    """What a discount is taken of."""

    ORIGINAL = "original"  # the price before any promotion: percentages add up
    RUNNING = "running"  # what the promotions before it left: percentages multiply


@dataclass(frozen=True, slots=True)
class Meeting:
    """Whether two promotions can both take their part off one unit, and how sure that is."""

    together: bool
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacking:
    """How one platform lets promotions meet. Pairs of layers that `meetings` does not list follow `otherwise`.

    `item` and `order` are the bases of discounts on a product and on the order. `locks` says how long before its
    start a promotion of a kind can no longer be edited.
    """

    platform: str
    item: Base
    order: Base
    as_of: date
    otherwise: Meeting
    meetings: Mapping[frozenset[Layer], Meeting] = field(default_factory=dict)
    locks: Mapping[PromotionKind, timedelta] = field(default_factory=dict)

    def meet(self, one: Promotion, other: Promotion) -> Meeting:
        """Whether two promotions can apply to the same unit, if they are live in the same minute."""
        if one.fixed_price is not None and other.fixed_price is not None:
            return Meeting(together=False, confidence=Confidence.HIGH, source="a unit has one price: the lower counts")
        says = (_allows(one, other.promotion_id), _allows(other, one.promotion_id))
        if False in says:
            return Meeting(together=False, confidence=Confidence.HIGH, source="combines")
        if says == (True, True):
            return Meeting(together=True, confidence=Confidence.HIGH, source="combines")
        return self.meetings.get(frozenset((layer_of(one), layer_of(other))), self.otherwise)

    def editable_until(self, promotion: Promotion, at: datetime) -> datetime | None:
        """When a scheduled promotion locks, which may be past; None once it runs."""
        if promotion.starts_at is None or promotion.starts_at <= at:
            return None
        return promotion.starts_at - self.locks.get(promotion.kind, timedelta(0))


def _allows(promotion: Promotion, other_id: str) -> bool | None:
    """What the promotion's `combines` says of another one; None where it is blank."""
    if not promotion.combines:
        return None
    return "all" in promotion.combines or other_id in promotion.combines


def layer_of(promotion: Promotion) -> Layer:
    """The layer of a promotion, from its kind and its code."""
    if promotion.fixed_price is not None or promotion.kind in (PromotionKind.SALE_PRICE, PromotionKind.DEAL):
        return Layer.PRICE
    if promotion.kind is PromotionKind.COUPON:
        return Layer.COUPON
    return Layer.CODE if has_code(promotion) else Layer.AUTOMATIC


def has_code(promotion: Promotion) -> bool:
    """Whether a buyer needs a claim code."""
    return bool(promotion.code) or promotion.code_kind in ("single", "group")


_CODES: Final = "Claim Codes and Combinability, Seller Central help 200212920, read 2026-11"
_SELLERSPRITE: Final = "SellerSprite's published rule, a third party, read 2026-11"

# Amazon: discounts add on the original price ($10 and 10 % of $100 are $20; two 50 % are free). A deal or sale price
# replaces the price, and coupons and percentages are still computed on the original one: list 30, deal 25, 5 % coupon
# are 23.50. Reports do not tell unrestricted codes from preferential and exclusive ones.
_AMAZON: Final = Stacking(
    platform="amazon",
    item=Base.ORIGINAL,
    order=Base.ORIGINAL,
    as_of=date(2026, 11, 22),
    otherwise=Meeting(together=True, confidence=Confidence.MEDIUM, source=_SELLERSPRITE),
    meetings=MappingProxyType(
        {
            frozenset({Layer.AUTOMATIC}): Meeting(together=True, confidence=Confidence.HIGH, source=_CODES),
            frozenset({Layer.AUTOMATIC, Layer.CODE}): Meeting(together=True, confidence=Confidence.HIGH, source=_CODES),
            frozenset({Layer.CODE}): Meeting(
                together=True, confidence=Confidence.LOW, source="assumed: unrestricted codes combine, others do not"
            ),
            frozenset({Layer.COUPON}): Meeting(
                together=True, confidence=Confidence.HIGH, source="Seller Central help G202189370, read 2026-11"
            ),
            frozenset({Layer.PRICE}): Meeting(
                together=False, confidence=Confidence.MEDIUM, source="assumed: one deal or sale price at a time"
            ),
        }
    ),
    # Coupons lock about six hours before they start (amazowl.com, a third party, unconfirmed, read 2026-11).
    locks=MappingProxyType({PromotionKind.COUPON: timedelta(hours=6)}),
)

# Measured on a running Vendure 3.7.2: 60 % and 60 % on items leave 0; 60 % on the item and 20 % on the order leave
# 31.68 of 99.00. There is no setting that keeps promotions apart.
_VENDURE: Final = Stacking(
    platform="vendure",
    item=Base.ORIGINAL,
    order=Base.RUNNING,
    as_of=date(2026, 11, 22),
    otherwise=Meeting(together=True, confidence=Confidence.HIGH, source="order-calculator.js of 3.7.2, and measured"),
)

# Measured on a running Medusa 2.21.2: 60 % and 60 % leave 15.84 of 99.00, 60 % and 20 % leave 31.68.
_MEDUSA: Final = Stacking(
    platform="medusa",
    item=Base.RUNNING,
    order=Base.RUNNING,
    as_of=date(2026, 11, 22),
    otherwise=Meeting(together=True, confidence=Confidence.HIGH, source="measured on 2.21.2"),
)

_UNKNOWN: Final = Stacking(
    platform="",
    item=Base.ORIGINAL,
    order=Base.ORIGINAL,
    as_of=date(2026, 11, 22),
    otherwise=Meeting(together=True, confidence=Confidence.LOW, source="assumed: the platform's rules are not known"),
)

STACKING: Final[Mapping[str, Stacking]] = {table.platform: table for table in (_AMAZON, _VENDURE, _MEDUSA)}


def stacking_of(platform: str) -> Stacking:
    """The platform's table; an unknown platform lets everything combine, and says that this is assumed."""
    return STACKING.get(platform, _UNKNOWN)


def begins(promotion: Promotion) -> datetime:
    """When a promotion opens; one without a start opened when it was seen."""
    return promotion.starts_at or promotion.seen_at


def can_be_live(promotion: Promotion, at: datetime) -> bool:
    """Whether there is a minute from `at` on in which the promotion is live: running or scheduled, not ended."""
    return promotion.status != "ended" and (promotion.ends_at is None or max(begins(promotion), at) < promotion.ends_at)


def overlap(one: Promotion, other: Promotion) -> bool:
    """Whether two promotions that can be live share a minute; ranges are [start, end)."""
    opens = max(begins(one), begins(other))
    return all(promotion.ends_at is None or opens < promotion.ends_at for promotion in (one, other))


# A set of 12 promotions takes at most 121 steps (Moon and Moser, 1965: 81 largest sets).
_MOST_STEPS: Final = 1000

Member = TypeVar("Member")


def largest_sets(
    members: Sequence[Member], together: Callable[[Member, Member], bool]
) -> list[tuple[Member, ...]] | None:
    """The largest sets in which each two are `together` (Bron and Kerbosch, 1973); None where they are too many.

    Times need no slicing: ranges on a line of which each two overlap share a minute.
    """
    near = [0] * len(members)
    for (i, one), (j, other) in combinations(enumerate(members), 2):
        if together(one, other):
            near[i] |= 1 << j
            near[j] |= 1 << i
    found: list[int] = []
    open_sets = [(0, (1 << len(members)) - 1, 0)]  # chosen, may join, joined elsewhere: bits by position
    for _ in range(_MOST_STEPS):
        if not open_sets:
            return [tuple(members[i] for i in _bits(chosen)) for chosen in found]
        chosen, joinable, elsewhere = open_sets.pop()
        if not joinable:
            if not elsewhere:
                found.append(chosen)
            continue
        pivot = max(_bits(joinable | elsewhere), key=lambda i: (joinable & near[i]).bit_count())
        for i in _bits(joinable & ~near[pivot]):
            open_sets.append((chosen | 1 << i, joinable & near[i], elsewhere & near[i]))
            joinable &= ~(1 << i)
            elsewhere |= 1 << i
    return None


def _bits(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]
