"""What sets of promotions can do to a price: each distinct set compiled once, then asked offer by offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import combinations
from operator import ge

from promofuse.facts import Promotion
from promofuse.pricing.stacking import can_be_live, largest_sets, overlap, stacking_of
from promofuse.pricing.worst_case import Combination, Discount, WorstCase, planned_discount
from promofuse.verdicts import Confidence

_ZERO = Fraction(0)
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The combinations of a set of promotions: those that can be the cheapest, and those that can only be as cheap."""

    front: tuple[Combination, ...]
    rest: tuple[Combination, ...]


class PromotionSets:
    """What a platform's promotions can do to a price from `at` on.

    Promotions are given as the revisions in force, one for each id.
    """

    def __init__(self, platform: str, at: datetime) -> None:
        self.stacking = stacking_of(platform)
        self.at = at
        self._nothing = Combination.of((), self.stacking)
        self._discounts: dict[str, Discount] = {}
        self._meetings: dict[tuple[str, str], Confidence | None] = {}
        self._members: dict[tuple[str, ...], Combination] = {}
        self._compiled: dict[tuple[str, ...], _Compiled] = {}
        self._compiled_ladders: dict[tuple[str, ...], list[list[Promotion]]] = {}

    def worst_case(self, base: Fraction, currency: str, promotions: Sequence[Promotion]) -> WorstCase:
        """The cheapest price over all sets of promotions that can meet; `base` is the price before any.

        Of several sets that reach it, the one that opens first. A promotion without a setting that can be computed
        in this currency takes nothing off: whoever asks says so.
        """
        chosen, cheapest = self._nothing, base
        compiled = self._combinations(promotions, currency)
        for combination in compiled.front:
            chosen, cheapest = self._cheaper(combination, base, currency, chosen, cheapest)
        if not cheapest:
            for combination in compiled.rest:
                chosen, cheapest = self._cheaper(combination, base, currency, chosen, cheapest)
        return WorstCase(
            price=cheapest,
            base=base,
            currency=currency,
            stacking=self.stacking,
            promotions=tuple([discount.promotion for discount in chosen.discounts]),
            units=max([discount.units for discount in chosen.discounts], default=1),
            opens_at=chosen.opens_at,
            confidence=chosen.confidence,
            bound=chosen.bound,
        )

    def losing_alone(
        self, base: Fraction, currency: str, promotions: Sequence[Promotion], loses: Callable[[WorstCase], bool]
    ) -> tuple[WorstCase, ...]:
        """The worst case of each promotion that loses money without the help of others.

        Of those that differ by their discount alone the deepest are asked first, up to one that does not lose.
        """
        found = []
        for ladder in self._ladders(promotions, currency):
            for promotion in ladder:
                alone = self.worst_case(base, currency, (promotion,))
                if not loses(alone):
                    break
                found.append(alone)
        return tuple(found)

    def _ladders(self, promotions: Sequence[Promotion], currency: str) -> list[list[Promotion]]:
        key = (currency, *[promotion.promotion_id for promotion in promotions])
        ladders = self._compiled_ladders.get(key)
        if ladders is None:
            shares: list[Discount] = []
            amounts: list[Discount] = []
            others: list[list[Promotion]] = []
            for discount in self._usable(promotions, currency):
                promotion = discount.promotion
                if discount.priced or discount.units > 1 or promotion.fee_rate or promotion.fee_fixed:
                    others.append([promotion])
                else:
                    (amounts if discount.amount else shares).append(discount)
            shares.sort(key=lambda discount: discount.share, reverse=True)
            amounts.sort(key=lambda discount: discount.amount, reverse=True)
            ladders = [[d.promotion for d in shares], [d.promotion for d in amounts], *others]
            self._compiled_ladders[key] = ladders
        return ladders

    def _cheaper(
        self, combination: Combination, base: Fraction, currency: str, chosen: Combination, cheapest: Fraction
    ) -> tuple[Combination, Fraction]:
        """The better of two combinations, without the discounts that it does not need, and its price."""
        price = combination.price(base, currency)
        if price > cheapest or price == base:
            return chosen, cheapest
        if combination.may_have_idle(price, base, currency):
            combination = self._irreducible(combination, price, base, currency)
        if price < cheapest or _preference(combination) < _preference(chosen):
            return combination, price
        return chosen, cheapest

    def _combinations(self, promotions: Sequence[Promotion], currency: str) -> _Compiled:
        key = (currency, *[promotion.promotion_id for promotion in promotions])
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = self._compile(self._usable(promotions, currency))
        return compiled

    def _compile(self, discounts: Sequence[Discount]) -> _Compiled:
        sets = largest_sets(discounts, lambda one, other: self._meeting(one, other) is not None)
        if sets is None:
            return _Compiled((Combination.of(discounts, self.stacking, Confidence.LOW, bound=True),), ())
        front: list[Combination] = []
        rest: list[Combination] = []
        found = [self._combination(members) for members in sets]
        # The largest discounts first: what takes off no more than another one in both ways is never cheaper.
        for combination in sorted(sorted(found, key=_preference), key=_takes, reverse=True):
            beaten = combination.takes is not None and any(
                other.takes is not None and all(map(ge, other.takes, combination.takes)) for other in front
            )
            (rest if beaten else front).append(combination)
        return _Compiled(tuple(front), tuple(rest))

    def _usable(self, promotions: Sequence[Promotion], currency: str) -> list[Discount]:
        """Those that can be live and take something off an item in this currency, each compiled once."""
        usable = [promotion for promotion in promotions if _takes_off(promotion, self.at, currency)]
        for promotion in usable:
            if promotion.promotion_id not in self._discounts:
                self._discounts[promotion.promotion_id] = Discount.of(promotion)
        return [self._discounts[promotion.promotion_id] for promotion in usable]

    def _combination(self, members: tuple[Discount, ...]) -> Combination:
        """The members of one set; other sets hold the same ones often."""
        key = tuple([discount.promotion.promotion_id for discount in members])
        known = self._members.get(key)
        if known is None:
            known = Combination.of(members, self.stacking, self._confidence(members))
            if known.free_at_any_price:
                known = self._irreducible(known, _ZERO, _ONE, "")
            self._members[key] = known
        return known

    def _meeting(self, one: Discount, other: Discount) -> Confidence | None:
        """How sure it is that two promotions meet; None if they do not."""
        key = (one.promotion.promotion_id, other.promotion.promotion_id)
        if key not in self._meetings:
            meeting = self.stacking.meet(one.promotion, other.promotion)
            meets = meeting.together and overlap(one.promotion, other.promotion)
            self._meetings[key] = meeting.confidence if meets else None
        return self._meetings[key]

    def _confidence(self, members: Sequence[Discount]) -> Confidence:
        found = {self._meeting(one, other) for one, other in combinations(members, 2)}
        return max((confidence for confidence in found if confidence), default=Confidence.HIGH, key=_doubt)

    def _irreducible(self, combination: Combination, price: Fraction, base: Fraction, currency: str) -> Combination:
        """The members without which the price would be higher; the latest are dropped first, so it opens early."""
        members = combination.discounts
        for discount in sorted(members, key=lambda d: (d.begins, d.promotion.promotion_id), reverse=True):
            rest = tuple(member for member in members if member is not discount)
            if Combination.of(rest, self.stacking).price(base, currency) <= price:
                members = rest
        return Combination.of(members, self.stacking, self._confidence(members))


def _takes_off(promotion: Promotion, at: datetime, currency: str) -> bool:
    """Whether a promotion can be live and take something off an item in this currency."""
    if promotion.level == "shipping" or not can_be_live(promotion, at):
        return False
    if planned_discount(promotion, None, ""):
        return True
    states_amount = promotion.fixed_price is not None or (promotion.amount_off or _ZERO) > 0
    return states_amount and promotion.currency in ("", currency)


def _takes(combination: Combination) -> tuple[Fraction, Fraction]:
    return combination.takes or (_ZERO, _ZERO)


def _doubt(confidence: Confidence) -> int:
    return confidence.doubt


def _preference(combination: Combination) -> tuple[float, int, tuple[str, ...]]:
    """Of combinations that reach the same price: the earliest, then the smallest."""
    opens = combination.opens_at.timestamp() if combination.opens_at else 0.0
    ids = tuple(discount.promotion.promotion_id for discount in combination.discounts)
    return (opens, len(ids), ids)
