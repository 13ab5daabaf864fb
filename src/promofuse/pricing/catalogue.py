"""Every offer with all promotions that can be live on it, and every promotion with all its offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Protocol

from promofuse.facts import Offer, Promotion
from promofuse.pricing.in_force import InForce, promotions_in_force
from promofuse.pricing.margin import Costs, costs_of
from promofuse.pricing.meeting import Stacking
from promofuse.pricing.promotion_sets import PromotionSets
from promofuse.pricing.worst_case import WorstCase, planned_discount, unit_contribution, units_at_risk


@dataclass(frozen=True, kw_only=True)
class OfferCase:
    """One offer, the promotions that can be live on it from `at` on, and the worst that they can do.

    What is asked for is computed once, then. `worst` is None without a price; `contribution` is that of one unit at the
    worst price, in exact major units, None without a price or cost, and `loses` where it is known to be below zero.
    `losing_before`: the price loses money before any promotion. Where it does not, `losing_alone` has the worst case of
    each promotion that loses money without the help of others. `list_price_only`: the price is unknown and the list
    price stands in.
    """

    shop: str
    sets: PromotionSets
    offer: Offer
    promotions: tuple[Promotion, ...]
    costs: Costs | None

    @property
    def at(self) -> datetime:
        """The time of the check."""
        return self.sets.at

    @property
    def worst(self) -> WorstCase | None:
        """The worst purchase that a buyer can make."""
        return self._worst[0]

    @property
    def contribution(self) -> Fraction | None:
        """What it leaves of a unit."""
        return self._worst[1]

    @property
    def loses(self) -> bool:
        """Whether it is known to lose money."""
        return self.contribution is not None and self.contribution.numerator < 0

    @cached_property
    def losing_before(self) -> bool:
        """Whether a unit loses money before any promotion."""
        return self.loses and self._loss_of(()) is not None

    @cached_property
    def losing_alone(self) -> tuple[WorstCase, ...]:
        """The worst case of each promotion that loses money by itself, where the price before does not."""
        if not self.loses or self.losing_before:
            return ()
        return self.sets.losing_alone(self.promotions, self.offer.currency, lambda one: self._loss_of((one,)))

    @property
    def stated(self) -> WorstCase | None:
        """Where the price is not known, the lowest that one of its promotions states; None where there is neither.

        What other promotions take off besides cannot be told.
        """
        return self.sets.stated(self.promotions, self.offer.currency) if self.worst is None else None

    @property
    def list_price_only(self) -> bool:
        """Whether the list price stands in for the price."""
        return self.offer.price is None and self.offer.list_price is not None

    @cached_property
    def _worst(self) -> tuple[WorstCase | None, Fraction | None]:
        return worst_of(self.sets, self.offer, self.costs, self.promotions)

    def _loss_of(self, promotions: tuple[Promotion, ...]) -> WorstCase | None:
        worst, left = worst_of(self.sets, self.offer, self.costs, promotions)
        return worst if left is not None and left < 0 else None

    def under(self, promotions: Sequence[Promotion]) -> WorstCase | None:
        """The worst that some of its promotions can do; None without a price."""
        return worst_of(self.sets, self.offer, self.costs, tuple(promotions))[0]

    def alone(self, promotion: Promotion) -> WorstCase | None:
        """The worst that one promotion can do by itself; None without a price."""
        return self.under((promotion,))

    def for_buyers(self, segments: Iterable[str]) -> WorstCase | None:
        """The worst that a buyer of these segments, and of no other, can reach; None without a price."""
        known = set(segments)
        return self.under([promotion for promotion in self.promotions if known.issuperset(promotion.segments)])

    def left(self, worst: WorstCase | None) -> Fraction | None:
        """What is left of one unit in exact major units; None without a price or cost."""
        return unit_contribution(worst, self.costs) if worst and self.costs else None

    def margin(self, worst: WorstCase, left: Fraction | None) -> Fraction | None:
        """What is left as a share of the price without tax; None where it is unknown or nothing is paid."""
        return None if left is None or not worst.price else left * (1 + self.offer.vat_rate) / worst.price

    def exposure(self, worst: WorstCase, left: Fraction | None) -> Fraction | None:
        """The most that can be lost in exact major units; None where that is unlimited or unknown."""
        units = units_at_risk(worst, self.offer)
        return None if left is None or units is None else max(-left, Fraction(0)) * units


class Covered(ABC):
    """The offers that a promotion covers, in the catalogue's order, and what can be asked of all of them at once."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __iter__(self) -> Iterator[OfferCase]: ...

    @abstractmethod
    def __getitem__(self, place: int) -> OfferCase: ...

    @abstractmethod
    def extremes(self) -> list[OfferCase]:
        """The offers of the lowest and of the highest price above zero, the first of each; empty without prices."""

    @abstractmethod
    def prices(self) -> set[Fraction]:
        """The distinct prices above zero before any promotion."""

    @abstractmethod
    def hardest_hit(self, promotions: tuple[Promotion, ...]) -> OfferCase | None:
        """The offer that all of these promotions cover and that is left with least by them, the first by SKU of equal
        ones; None where no cost or price is known.
        """


class CoveredCases(Covered):
    """Offers that are at hand as cases."""

    def __init__(self, cases: Sequence[OfferCase]) -> None:
        self._cases = cases

    def __getitem__(self, place: int) -> OfferCase:
        return self._cases[place]

    def __len__(self) -> int:
        return len(self._cases)

    def __iter__(self) -> Iterator[OfferCase]:
        return iter(self._cases)

    def extremes(self) -> list[OfferCase]:
        """Implements `Covered`."""
        priced = [(base, case) for case in self._cases if (base := price_before(case.offer))]
        return [choose(priced, key=lambda entry: entry[0])[1] for choose in (min, max)] if priced else []

    def prices(self) -> set[Fraction]:
        """Implements `Covered`."""
        return {base for case in self._cases if (base := price_before(case.offer))}

    def hardest_hit(self, promotions: tuple[Promotion, ...]) -> OfferCase | None:
        """Implements `Covered`."""
        hit = [
            (left, case.offer.sku, case)
            for case in self._cases
            if all(any(one is other for other in case.promotions) for one in promotions)
            and (left := case.left(case.under(promotions))) is not None
        ]
        return min(hit, key=lambda entry: entry[:2])[2] if hit else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionCase:
    """One promotion that can be live from `at` on, and the offers that it covers.

    `missing` are SKUs that it names and the catalogue does not have in its currency; `offers` counts the whole
    catalogue. `losses` counts, by promotion, the offers that have it in their worst case and lose money there.
    """

    shop: str
    sets: PromotionSets
    in_force: InForce
    covered: Covered
    losses: Losses
    missing: tuple[str, ...]
    offers: int

    @property
    def at(self) -> datetime:
        """The time of the check."""
        return self.sets.at

    @property
    def promotion(self) -> Promotion:
        """Its revision in force."""
        return self.in_force.promotion

    @property
    def before(self) -> Promotion | None:
        """The newest earlier revision that took off something else."""
        return self.in_force.before

    @property
    def losing(self) -> int:
        """How many of the covered offers have it in their worst case and lose money there."""
        return self.losses.counts.get(self.promotion.promotion_id, 0)

    @property
    def currency(self) -> str:
        """The promotion's currency, else that of its first offer, else blank."""
        return self.promotion.currency or (self.covered[0].offer.currency if self.covered else "")

    @property
    def computable(self) -> bool:
        """Whether the promotion has a setting that says what it takes off."""
        return planned_discount(self.promotion, Fraction(1), self.promotion.currency) is not None

    def extremes(self) -> list[OfferCase]:
        """The covered offers of the lowest and of the highest price; the planned share is largest at one of them."""
        return self.covered.extremes()

    def largest_share(self) -> Fraction | None:
        """The largest share that it takes off a covered offer's price (0 to 1); None where that cannot be told."""
        fixed = planned_discount(self.promotion, None, "")
        if fixed is not None and self.promotion.amount_off is None and self.promotion.fixed_price is None:
            return fixed
        shares = (
            planned_discount(self.promotion, price_before(case.offer), case.offer.currency) for case in self.extremes()
        )
        return max((share for share in shares if share is not None), default=None)

    def hardest_hit(self, *beside: Promotion) -> OfferCase | None:
        """The covered offer that is left with least by this promotion, and those `beside` it that cover it too, alone;
        None where no cost or price is known.
        """
        return self.covered.hardest_hit((self.promotion, *beside))


Case = OfferCase | PromotionCase


class Losses(Protocol):
    """How many offers lose money in a worst case that has a promotion in it."""

    @property
    def counts(self) -> Mapping[str, int]:
        """The counts by promotion id; a promotion without any may be missing."""


class CaseLosses:
    """Losses of cases at hand, counted when asked."""

    def __init__(self, cases: Iterable[OfferCase]) -> None:
        self._cases = cases

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Implements `Losses`."""
        losing: Counter[str] = Counter()
        for case in self._cases:
            if case.worst and case.loses:
                losing.update(case.worst.combination)
        return losing


def cases_of(
    shop: str,
    platform: str,
    offers: Iterable[Offer],
    promotions: Iterable[Promotion],
    at: datetime,
    stacking: Stacking | None = None,
) -> list[Case]:
    """All offers of a shop, then all its promotions that can be live from `at` on.

    `promotions` are all known revisions, in any order; those in force at `at` count. A promotion with a currency
    touches only offers in that currency. `stacking` is the platform's table as the shop has corrected it.
    """
    catalogue = list({(offer.sku, offer.currency): offer for offer in offers}.values())
    live = promotions_in_force(promotions, at)
    sets = PromotionSets(platform, at, stacking, {one.promotion.promotion_id: one.opens_at for one in live})
    reach = _Reach([one.promotion for one in live])
    covered: dict[str, list[OfferCase]] = {one.promotion.promotion_id: [] for one in live}
    cases = []
    for offer in catalogue:
        case = OfferCase(shop=shop, sets=sets, offer=offer, promotions=reach.of(offer), costs=costs_of(offer, platform))
        cases.append(case)
        for promotion in case.promotions:
            covered[promotion.promotion_id].append(case)
    losses = CaseLosses(cases)
    return [
        *cases,
        *(
            PromotionCase(
                shop=shop,
                sets=sets,
                in_force=one,
                covered=CoveredCases(hit := covered[one.promotion.promotion_id]),
                losses=losses,
                missing=_missing(one.promotion, hit),
                offers=len(catalogue),
            )
            for one in live
        ),
    ]


def worst_of(
    sets: PromotionSets, offer: Offer, costs: Costs | None, promotions: tuple[Promotion, ...]
) -> tuple[WorstCase | None, Fraction | None]:
    """The worst that promotions can do to an offer, and what is left of a unit; None without a price or a cost.

    That is the cheapest price; where it keeps money and a dearer purchase does not, that one.
    """
    base = price_before(offer)
    if base is None:
        return None, None
    worst = sets.worst_case(base, offer.currency, promotions, offer.floor_price)
    if costs is None:
        return worst, None
    left = unit_contribution(worst, costs)
    if left >= 0 and not sets.compiled(promotions, offer.currency).even:
        other = sets.least_left(
            base, offer.currency, promotions, lambda case: unit_contribution(case, costs), offer.floor_price
        )
        if (remains := unit_contribution(other, costs)) < 0:
            return other, remains
    return worst, left


def price_before(offer: Offer) -> Fraction | None:
    """An offer's unit price before any promotion: its price, else its list price."""
    return offer.price if offer.price is not None else offer.list_price


class _Reach:
    """Which promotions cover an offer, found without asking each of them."""

    def __init__(self, promotions: Sequence[Promotion]) -> None:
        self._everywhere = [(place, promotion) for place, promotion in enumerate(promotions) if "*" in promotion.skus]
        self._named: dict[str, list[tuple[int, Promotion]]] = {}
        for place, promotion in enumerate(promotions):
            if "*" not in promotion.skus:
                for sku in dict.fromkeys(promotion.skus):
                    self._named.setdefault(sku, []).append((place, promotion))
        self._excluding = any(promotion.excluded_skus for promotion in promotions)
        self._known: dict[tuple[str, tuple[int, ...], str], tuple[Promotion, ...]] = {}

    def of(self, offer: Offer) -> tuple[Promotion, ...]:
        """The promotions that cover an offer, in their order; equal sets are one tuple."""
        named = self._named.get(offer.sku, [])
        key = (offer.currency, tuple([place for place, _ in named]), offer.sku if self._excluding else "")
        if key not in self._known:
            both = sorted((*self._everywhere, *named), key=lambda entry: entry[0])
            self._known[key] = tuple(
                p for _, p in both if p.currency in ("", offer.currency) and offer.sku not in p.excluded_skus
            )
        return self._known[key]


def _missing(promotion: Promotion, covered: Sequence[OfferCase]) -> tuple[str, ...]:
    if "*" in promotion.skus:
        return ()
    known = {case.offer.sku for case in covered}
    left_out = set(promotion.excluded_skus)
    return tuple(sku for sku in dict.fromkeys(promotion.skus) if sku not in known and sku not in left_out)
