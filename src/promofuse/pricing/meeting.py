"""Whether two promotions can take their part off one unit: what a platform's table, the shop and the promotions say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import product
from typing import Final

from promofuse.facts import Promotion, PromotionKind
from promofuse.verdicts import Confidence


class Layer(StrEnum):
    """What a promotion is to a platform when it decides what combines, in the order in which a buyer meets them."""

    PRICE = "price"  # states the price: sale price, deal, fixed price, business price
    AUTOMATIC = "automatic"
    SUBSCRIPTION = "subscription"  # subscribe and save
    COUPON = "coupon"
    CODE = "code"


class Base(StrEnum):
    """What a discount is taken of."""

    ORIGINAL = "original"  # the price before any promotion: percentages add up
    STATED = "stated"  # the price before any discount, which is the stated one (a sale price) where there is one
    STAGE = "stage"  # the price before the discounts of its level: percentages of one level add up
    RUNNING = "running"  # what the promotions before it left: percentages multiply


# A layer, or a layer at one level (item, order).
Slot = Layer | tuple[Layer, str]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Whether two promotions can both take their part off one unit, and how sure that is."""

    together: bool
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """How long before its start a promotion can no longer be changed, or no longer without a penalty."""

    before: timedelta
    source: str
    confidence: Confidence = Confidence.MEDIUM


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionFee:
    """What a platform charges for what a promotion sells, from a day on: a share of what was paid.

    `per_redemption` is an amount in `currency`, once a purchase. Fees for the promotion as a whole are not in it.
    """

    since: date
    rate: Fraction = Fraction(0)
    per_redemption: Fraction = Fraction(0)
    currency: str = ""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacking:
    """How one platform lets promotions meet, as of a day. Pairs that `meetings` does not list follow `otherwise`.

    `item` and `order` are the bases of discounts on a product and on the order. `meetings` is asked with layer and
    level of both, then with the layers alone; `own` is what the shop itself says, and is asked first. `clips_coupons`:
    a coupon is clipped on the product's page; elsewhere it is a code. `by_priority`: discounts of a level apply in the
    order of their priorities. `holds_floor`: no promotion goes below an offer's floor price. `locks` and `fees` are
    found by the promotion's program, else by its kind; of fees the newest begun counts.
    """

    platform: str
    item: Base
    order: Base
    as_of: date
    otherwise: Meeting
    meetings: Mapping[frozenset[Slot], Meeting] = field(default_factory=dict)
    own: Mapping[frozenset[Slot], Meeting] = field(default_factory=dict)
    clips_coupons: bool = False
    by_priority: bool = False
    holds_floor: bool = False
    locks: Mapping[str, Lock] = field(default_factory=dict)
    fees: Mapping[str, Sequence[PromotionFee]] = field(default_factory=dict)

    def meet(self, one: Promotion, other: Promotion) -> Meeting:
        """Whether two promotions can apply to the same unit, if they are live in the same minute."""
        return _by_settings(one, other) or self._by_table(one, other)

    def _by_table(self, one: Promotion, other: Promotion) -> Meeting:
        pairs = [frozenset(pair) for pair in product(self._slots(one), self._slots(other))]
        known = (table[pair] for table in (self.own, self.meetings) for pair in pairs if pair in table)
        return next(known, self.otherwise)

    def _slots(self, promotion: Promotion) -> tuple[Slot, Slot]:
        """What the table may call a promotion, the closest first."""
        layer = layer_of(promotion)
        if layer is Layer.COUPON and not self.clips_coupons:
            layer = Layer.CODE
        return (layer, promotion.level), layer

    def editable_until(self, promotion: Promotion, at: datetime) -> datetime | None:
        """When a scheduled promotion locks, which may be past; None once it runs."""
        if promotion.starts_at is None or promotion.starts_at <= at:
            return None
        if promotion.locks_at is not None:
            return min(promotion.locks_at, promotion.starts_at)
        lock = self.lock(promotion)
        return promotion.starts_at - lock.before if lock else promotion.starts_at

    def lock(self, promotion: Promotion) -> Lock | None:
        """The lock of a promotion's type; None where it can be changed up to its start."""
        return self.locks.get(promotion.program) or self.locks.get(promotion.kind)

    def usual_fee(self, promotion: Promotion) -> PromotionFee | None:
        """What the platform usually charges for a promotion that does not say what it costs; None where nothing."""
        if (promotion.fee_fixed, promotion.fee_rate, promotion.fee_cap) != (None, None, None):
            return None
        known = self.fees.get(promotion.program) or self.fees.get(promotion.kind, ())
        begun = [fee for fee in known if fee.since <= begins(promotion).date()]
        return max(begun, key=lambda fee: fee.since, default=None)


# A buyer cannot be both.
_NEVER_BOTH: Final = (frozenset({"new_customer", "returning_customer"}),)


def _by_settings(one: Promotion, other: Promotion) -> Meeting | None:
    """What the promotions themselves say; None where they leave it to the platform."""
    if one.fixed_price is not None and other.fixed_price is not None:
        return _apart("a unit has one price: the lower counts")
    says = (_allows(one, other), _allows(other, one))
    if False in says:
        return _apart("the promotions' own settings")
    if one.group and one.group == other.group:
        return _apart("of a group one promotion applies")
    if any(both <= {*one.segments, *other.segments} for both in _NEVER_BOTH):
        return _apart("no buyer belongs to both segments")
    if _skips(one, other) or _skips(other, one):
        return _apart("not on units that have a stated price")
    if _stops(one, other) or _stops(other, one):
        return _apart("the one with the smaller priority stops the other")
    codes = {one.combinability, other.combinability} if _is_code(one) and _is_code(other) else set()
    if "exclusive" in codes or codes == {"preferential"}:
        return _apart("the codes' combinability")
    if says == (True, True) or (codes and "" not in codes):
        return Meeting(together=True, confidence=Confidence.HIGH, source="the promotions' own settings")
    return None


def _apart(source: str) -> Meeting:
    return Meeting(together=False, confidence=Confidence.HIGH, source=source)


def _allows(promotion: Promotion, other: Promotion) -> bool | None:
    """What the promotion's own settings say of another one; None where they are blank."""
    if promotion.combines:
        return "all" in promotion.combines or other.promotion_id in promotion.combines
    if layer_of(other) is Layer.PRICE or promotion.combines_levels is None:
        return None
    if other.level not in promotion.combines_levels:
        return False
    if promotion.level == other.level == "item":  # one a line, but for those that name each other's tags
        return bool(set(promotion.combines_tags) & set(other.tags))
    return True


def _skips(promotion: Promotion, other: Promotion) -> bool:
    return promotion.excludes_discounted and layer_of(other) is Layer.PRICE


def _stops(promotion: Promotion, other: Promotion) -> bool:
    """Whether the promotion comes first and stops the other; of equal priorities it is not known which is first."""
    if not promotion.stops_others or promotion.priority is None or other.priority is None:
        return False
    return promotion.priority < other.priority


def _is_code(promotion: Promotion) -> bool:
    return has_code(promotion) or bool(promotion.combinability)


_PRICE_PROGRAMS: Final = frozenset(
    {"lightning_deal", "best_deal", "seven_day_deal", "deal_of_the_day", "price_discount", "prime_exclusive",
     "sale_price", "business_price", "quantity_price", "ozon_action", "catalogue_rule", "catalogue_promotion"}
)  # fmt: skip
_PRICE_KINDS: Final = (PromotionKind.SALE_PRICE, PromotionKind.DEAL)


def layer_of(promotion: Promotion) -> Layer:
    """The layer of a promotion, from its program, its kind and its code."""
    if promotion.fixed_price is not None or promotion.kind in _PRICE_KINDS or promotion.program in _PRICE_PROGRAMS:
        return Layer.PRICE
    if promotion.program == "subscribe_and_save":
        return Layer.SUBSCRIPTION
    if promotion.kind is PromotionKind.COUPON:
        return Layer.COUPON
    return Layer.CODE if has_code(promotion) else Layer.AUTOMATIC


def has_code(promotion: Promotion) -> bool:
    """Whether a buyer needs a claim code."""
    return bool(promotion.code) or promotion.code_kind in ("single", "group")


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
