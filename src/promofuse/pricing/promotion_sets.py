"""What sets of promotions can do to a price: each distinct set compiled once, then asked offer by offer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import combinations
from operator import ge
from types import MappingProxyType

from promofuse.facts import Promotion
from promofuse.pricing.combination import Combination, needs_own_spend
from promofuse.pricing.discount import Cart, Discount, best_share
from promofuse.pricing.largest_sets import largest_sets
from promofuse.pricing.meeting import Base, Stacking, can_be_live, overlap
from promofuse.pricing.stacking import stacking_of
from promofuse.pricing.worst_case import WorstCase, charges
from promofuse.verdicts import Confidence

_ZERO = Fraction(0)
_ONE = Fraction(1)
# Up to so many members all subsets are tried where a discount can keep another one from applying.
_MOST_SUBSETS = 6
_MOST_KNOWN = 100_000


@dataclass(frozen=True, slots=True)
class Compiled:
    """The combinations of a set of promotions: those that can be the cheapest, and those that can only be as cheap.

    `even`: what is left of a unit is least where its price is; else quantities or fees can make a dearer one worse.
    `known` are answers by price and floor: of a million offers most share their price with others.
    """

    front: tuple[Combination, ...]
    rest: tuple[Combination, ...]
    even: bool
    known: dict[tuple[Fraction, Fraction | None], WorstCase] = field(default_factory=dict)


class PromotionSets:
    """What a platform's promotions can do to a price from `at` on.

    Promotions are given as the revisions in force, one for each id. `opens` has by id from when each takes off what it
    does now; one that is not in it does so from its start.
    """

    def __init__(
        self,
        platform: str,
        at: datetime,
        stacking: Stacking | None = None,
        opens: Mapping[str, datetime] = MappingProxyType({}),
    ) -> None:
        self.stacking = stacking or stacking_of(platform)
        self.at = at
        self.opens = opens
        self._nothing = Combination.of((), self.stacking)
        self._discounts: dict[str, Discount] = {}
        self._meetings: dict[tuple[str, str], Confidence | None] = {}
        self._members: dict[tuple[str, ...], Combination] = {}
        self._compiled: dict[tuple[str, ...], Compiled] = {}
        self._compiled_ladders: dict[tuple[str, ...], list[list[Promotion]]] = {}
        self._answers = 0  # that are kept in `_compiled`

    def worst_case(
        self, base: Fraction, currency: str, promotions: Sequence[Promotion], floor: Fraction | None = None
    ) -> WorstCase:
        """The cheapest price over all sets of promotions that can meet, and all carts; `base` is the price before any.

        Of several sets and carts that reach it, the ones that open first, then those of fewest units. A promotion
        without a setting that can be computed in this currency takes nothing off: whoever asks says so. `floor` is the
        offer's lowest price; it counts only where the platform holds it.
        """
        compiled = self.compiled(promotions, currency)
        held = floor if self.stacking.holds_floor else None
        known = compiled.known.get((base, held))
        if known is None:
            if self._answers >= _MOST_KNOWN:
                self._answers = 0
                for each in self._compiled.values():
                    each.known.clear()
            self._answers += 1
            known = compiled.known[base, held] = self._worst_case(compiled, base, currency, held)
        return known

    def _worst_case(self, compiled: Compiled, base: Fraction, currency: str, floor: Fraction | None) -> WorstCase:
        chosen, cheapest, cart, bound = self._nothing, base, Cart(), False
        for combination in compiled.front:
            chosen, cheapest, cart, bound = self._cheaper(combination, base, currency, (chosen, cheapest, cart, bound))
        if not cheapest:
            for combination in compiled.rest:
                chosen, cheapest, cart, bound = self._cheaper(
                    combination, base, currency, (chosen, cheapest, cart, bound)
                )
        return self._reached(chosen, cheapest, cart, base, currency, floor=floor, bound=bound)

    def least_left(
        self,
        base: Fraction,
        currency: str,
        promotions: Sequence[Promotion],
        left: Callable[[WorstCase], Fraction],
        floor: Fraction | None = None,
    ) -> WorstCase:
        """The purchase that leaves least of a unit, where that is not the cheapest one; of equal ones the cheapest.

        A small order bears its shipping alone, and a promotion that charges a fee can leave less than a deeper one.
        Where the carts of a combination are too many to try, a bound stands in: its lowest price, and all shipping.
        """
        worst = self.worst_case(base, currency, promotions, floor)
        compiled = self.compiled(promotions, currency)
        floor = floor if self.stacking.holds_floor else None
        if compiled.even:
            return worst
        least = left(worst)
        for combination in (*compiled.front, *compiled.rest):
            carts = None if combination.bound else combination.carts(base, currency)
            for cart in (None,) if carts is None else carts:
                price = combination.at(cart, base, currency) if cart else combination.at_best(base, currency)
                needed = self._irreducible(combination, price, base, currency, cart)
                found = self._reached(needed, price, cart or Cart(), base, currency, floor=floor, bound=cart is None)
                if (remains := left(found)) < least:
                    worst, least = found, remains
        return worst

    def _reached(
        self,
        chosen: Combination,
        price: Fraction,
        cart: Cart,
        base: Fraction,
        currency: str,
        *,
        floor: Fraction | None,
        bound: bool = False,
    ) -> WorstCase:
        held = None if floor is None else min(floor, base)
        return WorstCase(
            price=price if held is None else max(price, held),
            base=base,
            currency=currency,
            stacking=self.stacking,
            promotions=tuple([discount.promotion for discount in chosen.discounts]),
            units=cart.units,
            others=cart.others,
            opens_at=chosen.opens_at,
            confidence=Confidence.LOW if bound else chosen.confidence,
            bound=bound,
            floor=held,
        )

    def stated(self, promotions: Sequence[Promotion], currency: str) -> WorstCase | None:
        """The lowest price that one of the promotions states for all units by itself; None where none does."""
        prices = [
            (price, discount.begins, discount)
            for discount in self.usable(promotions, currency)
            if (price := discount.promotion.fixed_price) is not None and not discount.promotion.funded_share
        ]
        if not prices:
            return None
        price, _, discount = min(prices, key=lambda stated: stated[:2])
        alone = self._combination((discount,))
        return self._reached(alone, price, Cart(discount.units), price, currency, floor=None)

    def losing_alone(
        self, promotions: Sequence[Promotion], currency: str, losing: Callable[[Promotion], WorstCase | None]
    ) -> tuple[WorstCase, ...]:
        """The worst case of each promotion that loses money without the help of others: `losing` tells, None if not.

        Of those that differ by their discount alone the deepest are asked first, up to one that does not lose.
        """
        found = []
        for ladder in self._ladders(promotions, currency):
            for promotion in ladder:
                alone = losing(promotion)
                if alone is None:
                    break
                found.append(alone)
        return tuple(found)

    def forget(self, promotion_ids: Collection[str]) -> None:
        """Drop what was compiled of these promotions, which have changed."""
        gone = set(promotion_ids)
        self._discounts = {one: known for one, known in self._discounts.items() if one not in gone}
        self._meetings = {pair: known for pair, known in self._meetings.items() if gone.isdisjoint(pair)}
        self._members = {ids: known for ids, known in self._members.items() if gone.isdisjoint(ids)}
        self._compiled = {key: known for key, known in self._compiled.items() if gone.isdisjoint(key)}
        self._compiled_ladders = {key: known for key, known in self._compiled_ladders.items() if gone.isdisjoint(key)}

    def _ladders(self, promotions: Sequence[Promotion], currency: str) -> list[list[Promotion]]:
        key = (currency, *[promotion.promotion_id for promotion in promotions])
        ladders = self._compiled_ladders.get(key)
        if ladders is None:
            shares: list[Discount] = []
            amounts: list[Discount] = []
            others: list[list[Promotion]] = []
            for discount in self.usable(promotions, currency):
                promotion = discount.promotion
                if discount.priced or discount.units > 1 or charges(promotion, self.stacking):
                    others.append([promotion])
                else:
                    (amounts if discount.amount else shares).append(discount)
            shares.sort(key=lambda discount: discount.share, reverse=True)
            amounts.sort(key=lambda discount: discount.amount, reverse=True)
            ladders = [[d.promotion for d in shares], [d.promotion for d in amounts], *others]
            self._compiled_ladders[key] = ladders
        return ladders

    def _cheaper(
        self, combination: Combination, base: Fraction, currency: str, best: tuple[Combination, Fraction, Cart, bool]
    ) -> tuple[Combination, Fraction, Cart, bool]:
        """The better of two combinations, without the discounts that it does not need, and its price and cart."""
        chosen, cheapest, smallest, _ = best
        price, cart, bound = combination.cheapest(base, currency)
        if price > cheapest or price == base:
            return best
        if bound and not combination.bound:
            # There were too many carts to try; fewer members may reach the same in carts that can be tried.
            fewer = self._irreducible(combination, price, base, currency, None)
            reached = fewer.cheapest(base, currency)
            if reached[0] == price:
                combination, (price, cart, bound) = fewer, reached
        if not bound and not price and combination.choosy:
            combination, cart = self._first_free(combination, cart, base, currency)
        elif not bound and combination.may_have_idle(price):
            combination = self._irreducible(combination, price, base, currency, cart)
            price, cart, bound = combination.cheapest(base, currency)
        if price < cheapest or _preference(combination, cart) < _preference(chosen, smallest):
            return combination, price, cart, bound
        return best

    def _first_free(
        self, combination: Combination, known: Cart, base: Fraction, currency: str
    ) -> tuple[Combination, Cart]:
        """Of the carts in which it leaves nothing, that which opens first, and the members that this needs.

        Where there are too many carts to try, the known one.
        """
        free = [
            (self._irreducible(combination, _ZERO, base, currency, cart), cart)
            for cart in combination.carts(base, currency) or (known,)
            if not combination.at(cart, base, currency)
        ]
        chosen, cart = min(free, key=lambda entry: _preference(*entry))
        fewer = len(chosen.discounts) < len(combination.discounts)  # which may leave nothing in a smaller cart
        return self._first_free(chosen, cart, base, currency) if fewer else (chosen, cart)

    def compiled(self, promotions: Sequence[Promotion], currency: str) -> Compiled:
        """The combinations of promotions that can meet on one unit."""
        key = (currency, *[promotion.promotion_id for promotion in promotions])
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = self._compile(self.usable(promotions, currency))
        return compiled

    def _compile(self, discounts: Sequence[Discount]) -> Compiled:
        even = not any(d.units > 1 or d.promotion.min_amount or charges(d.promotion, self.stacking) for d in discounts)
        sets = largest_sets(discounts, lambda one, other: self._meeting(one, other) is not None)
        if sets is None:
            return Compiled((self._bound(discounts),), (), even)
        front: list[Combination] = []
        rest: list[Combination] = []
        found = list(dict.fromkeys(self._tried(sets)))
        # The largest discounts first: what takes off no more than another one in both ways is never cheaper.
        for combination in sorted(sorted(found, key=_preference), key=_takes, reverse=True):
            beaten = combination.takes is not None and any(
                other.takes is not None and all(map(ge, other.takes, combination.takes)) for other in front
            )
            (rest if beaten else front).append(combination)
        return Compiled(tuple(front), tuple(rest), even)

    def _tried(self, sets: Iterable[tuple[Discount, ...]]) -> Iterator[Combination]:
        """The sets, and their subsets where one discount can bring the price below what another one's minimum needs."""
        for members in sets:
            if not any(needs_own_spend(d.promotion) and self._base_of(d) is not Base.ORIGINAL for d in members):
                yield self._combination(members)
            elif len(members) > _MOST_SUBSETS:
                yield self._bound(members)
            else:
                for size in range(len(members), 0, -1):
                    yield from map(self._combination, combinations(members, size))

    def _base_of(self, discount: Discount) -> Base:
        return (Base.ORIGINAL, self.stacking.item, self.stacking.order)[discount.place[0]]

    def _bound(self, discounts: Sequence[Discount]) -> Combination:
        return Combination.of(discounts, self.stacking, Confidence.LOW, bound=True)

    def usable(self, promotions: Sequence[Promotion], currency: str) -> list[Discount]:
        """Those that can be live and take something off an item in this currency, each compiled once."""
        usable = [promotion for promotion in promotions if _takes_off(promotion, self.at, currency)]
        for promotion in usable:
            if promotion.promotion_id not in self._discounts:
                opens_at = self.opens.get(promotion.promotion_id)
                self._discounts[promotion.promotion_id] = Discount.of(promotion, opens_at)
        return [self._discounts[promotion.promotion_id] for promotion in usable]

    def _combination(self, members: tuple[Discount, ...]) -> Combination:
        """The members of one set; other sets hold the same ones often."""
        key = tuple([discount.promotion.promotion_id for discount in members])
        known = self._members.get(key)
        if known is None:
            known = Combination.of(members, self.stacking, self._confidence(members))
            if known.free_at_any_price:
                known = self._irreducible(known, _ZERO, _ONE, "", None)
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

    def _irreducible(
        self, combination: Combination, price: Fraction, base: Fraction, currency: str, cart: Cart | None
    ) -> Combination:
        """The members without which the price would be higher in the cart, or (None) where all is at its best.

        The latest are dropped first, so that it opens early, then those that need most units.
        """
        members = combination.discounts
        for discount in sorted(members, key=lambda d: (d.begins, d.units, d.promotion.promotion_id), reverse=True):
            others = tuple(member for member in members if member is not discount)
            rest = Combination.of(others, self.stacking)
            if (rest.at(cart, base, currency) if cart else rest.at_best(base, currency)) <= price:
                members = others
        return Combination.of(members, self.stacking, self._confidence(members))


def _takes_off(promotion: Promotion, at: datetime, currency: str) -> bool:
    """Whether a promotion can be live and take something off an item in this currency."""
    if promotion.level == "shipping" or not can_be_live(promotion, at) or promotion.funded_share == 1:
        return False
    if best_share(promotion):
        return True
    states_amount = promotion.fixed_price is not None or (promotion.amount_off or _ZERO) > 0
    return states_amount and promotion.currency in ("", currency)


def _takes(combination: Combination) -> tuple[Fraction, Fraction]:
    return combination.takes or (_ZERO, _ZERO)


def _doubt(confidence: Confidence) -> int:
    return confidence.doubt


def _preference(
    combination: Combination, cart: Cart | None = None
) -> tuple[float, int, Fraction, int, tuple[str, ...]]:
    """Of combinations that reach the same price: the earliest, then that of the smallest cart, then the smallest."""
    opens = combination.opens_at.timestamp() if combination.opens_at else 0.0
    ids = tuple(discount.promotion.promotion_id for discount in combination.discounts)
    cart = cart or Cart(combination.fewest)
    return (opens, cart.units, cart.others, len(ids), ids)
