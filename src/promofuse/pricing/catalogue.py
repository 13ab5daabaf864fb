"""Every offer with all promotions that can be live on it, and every promotion with all its offers, in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from promofuse.facts import Offer, Promotion
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import Costs, costs_of
from promofuse.pricing.promotion_sets import PromotionSets
from promofuse.pricing.stacking import can_be_live
from promofuse.pricing.worst_case import WorstCase, planned_discount, unit_contribution, units_at_risk


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCase:
    """One offer, the promotions that can be live on it from `at` on, and the worst that they can do.

    `worst` is None without a price; `contribution` is that of one unit at the worst price, in exact major units, None
    without a price or cost, and `loses` where it is known to be below zero. `losing_before`: the price loses money
    before any promotion. Where it does not, `losing_alone` has the worst case of each promotion that loses money
    without the help of others.
    `list_price_only`: the price is unknown and the list price stands in.
    """

    shop: str
    at: datetime
    sets: PromotionSets
    offer: Offer
    promotions: tuple[Promotion, ...]
    costs: Costs | None
    worst: WorstCase | None
    contribution: Fraction | None
    loses: bool
    losing_before: bool
    losing_alone: tuple[WorstCase, ...]
    list_price_only: bool

    def alone(self, promotion: Promotion) -> WorstCase | None:
        """The worst that one promotion can do by itself; None without a price."""
        return self.sets.worst_case(self.worst.base, self.offer.currency, (promotion,)) if self.worst else None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionCase:
    """One promotion that can be live from `at` on, and the offers that it covers.

    `losing` counts those of them that have it in their worst case and lose money there.
    `before` is the newest earlier revision that took off something else. `missing` are SKUs that it names and the
    catalogue does not have in its currency; `offers` counts the whole catalogue.
    """

    shop: str
    at: datetime
    sets: PromotionSets
    promotion: Promotion
    before: Promotion | None
    covered: Sequence[OfferCase]
    losing: int
    missing: tuple[str, ...]
    offers: int

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
        priced = [case for case in self.covered if case.worst is not None and case.worst.base]
        return [choose(priced, key=_base) for choose in (min, max)] if priced else []

    def largest_share(self) -> Fraction | None:
        """The largest share that it takes off a covered offer's price (0 to 1); None where that cannot be told."""
        fixed = planned_discount(self.promotion, None, "")
        if fixed is not None and self.promotion.amount_off is None and self.promotion.fixed_price is None:
            return fixed
        shares = (planned_discount(self.promotion, _base(case), case.offer.currency) for case in self.extremes())
        return max((share for share in shares if share is not None), default=None)

    def hardest_hit(self) -> OfferCase | None:
        """The covered offer that is left with least by this promotion alone; None where no cost or price is known."""
        hit = [
            (left, case.offer.sku, case)
            for case in self.covered
            if (left := case.left(case.alone(self.promotion))) is not None
        ]
        return min(hit, key=lambda entry: entry[:2])[2] if hit else None


Case = OfferCase | PromotionCase


def _base(case: OfferCase) -> Fraction:
    return case.worst.base if case.worst else Fraction(0)


def cases_of(
    shop: str, platform: str, offers: Iterable[Offer], promotions: Iterable[Promotion], at: datetime
) -> list[Case]:
    """All offers of a shop, then all its promotions that can be live from `at` on.

    `promotions` are all known revisions, in any order; those in force at `at` count. A promotion with a currency
    touches only offers in that currency.
    """
    catalogue = list({(offer.sku, offer.currency): offer for offer in offers}.values())
    in_force = _in_force(promotions, at)
    sets = PromotionSets(platform, at)
    reach = _Reach([promotion for promotion, _ in in_force])
    cases: list[OfferCase] = []
    losing: Counter[str] = Counter()
    covered: dict[str, list[OfferCase]] = {promotion.promotion_id: [] for promotion, _ in in_force}
    for offer in catalogue:
        case = _offer_case(shop, platform, offer, reach.of(offer), sets)
        cases.append(case)
        for promotion in case.promotions:
            covered[promotion.promotion_id].append(case)
        if case.worst and case.loses:
            losing.update(case.worst.combination)
    return [
        *cases,
        *(
            PromotionCase(
                shop=shop,
                at=at,
                sets=sets,
                promotion=promotion,
                before=before,
                covered=(hit := covered[promotion.promotion_id]),
                losing=losing[promotion.promotion_id],
                missing=_missing(promotion, hit),
                offers=len(catalogue),
            )
            for promotion, before in in_force
        ),
    ]


def _offer_case(
    shop: str, platform: str, offer: Offer, promotions: tuple[Promotion, ...], sets: PromotionSets
) -> OfferCase:
    base = offer.price if offer.price is not None else offer.list_price
    costs = costs_of(offer, platform)
    worst = None if base is None else sets.worst_case(base, offer.currency, promotions)
    contribution = unit_contribution(worst, costs) if worst and costs else None
    losing_before = False
    losing_alone: tuple[WorstCase, ...] = ()
    loses = contribution is not None and contribution.numerator < 0
    if worst and costs and loses:
        losing_before = unit_contribution(sets.worst_case(worst.base, offer.currency, ()), costs) < 0
        if not losing_before:
            losing_alone = sets.losing_alone(
                worst.base, offer.currency, promotions, lambda alone: unit_contribution(alone, costs) < 0
            )
    return OfferCase(
        shop=shop,
        at=sets.at,
        sets=sets,
        offer=offer,
        promotions=promotions,
        costs=costs,
        worst=worst,
        contribution=contribution,
        loses=loses,
        losing_before=losing_before,
        losing_alone=losing_alone,
        list_price_only=offer.price is None and base is not None,
    )


class _Reach:
    """Which promotions cover an offer, found without asking each of them."""

    def __init__(self, promotions: Sequence[Promotion]) -> None:
        self._everywhere = [(place, promotion) for place, promotion in enumerate(promotions) if "*" in promotion.skus]
        self._named: dict[str, list[tuple[int, Promotion]]] = {}
        for place, promotion in enumerate(promotions):
            if "*" not in promotion.skus:
                for sku in dict.fromkeys(promotion.skus):
                    self._named.setdefault(sku, []).append((place, promotion))
        self._known: dict[tuple[str, tuple[int, ...]], tuple[Promotion, ...]] = {}

    def of(self, offer: Offer) -> tuple[Promotion, ...]:
        """The promotions that cover an offer, in their order; equal sets are one tuple."""
        named = self._named.get(offer.sku, [])
        key = (offer.currency, tuple([place for place, _ in named]))
        if key not in self._known:
            both = sorted((*self._everywhere, *named), key=lambda entry: entry[0])
            self._known[key] = tuple(p for _, p in both if p.currency in ("", offer.currency))
        return self._known[key]


def _in_force(promotions: Iterable[Promotion], at: datetime) -> list[tuple[Promotion, Promotion | None]]:
    """The revisions in force that can be live from `at` on, each with the one before that took off something else."""
    revisions = list(promotions)
    book = PromotionBook(revisions)
    found = []
    for promotion_id in dict.fromkeys(promotion.promotion_id for promotion in revisions):
        promotion = book.revision(promotion_id, at)
        if promotion is None or not can_be_live(promotion, at):
            continue
        earlier = book.revisions(promotion_id)
        earlier = earlier[: earlier.index(promotion)]
        before = next((r for r in reversed(earlier) if _takes(r) != _takes(promotion)), None)
        found.append((promotion, before))
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


def _missing(promotion: Promotion, covered: Sequence[OfferCase]) -> tuple[str, ...]:
    if "*" in promotion.skus:
        return ()
    known = {case.offer.sku for case in covered}
    return tuple(sku for sku in dict.fromkeys(promotion.skus) if sku not in known)
