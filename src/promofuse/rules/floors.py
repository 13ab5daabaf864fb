"""PF1xx, price and margin: prices below what the seller set himself, or far below the list price."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from promofuse.pricing.catalogue import OfferCase
from promofuse.rules.base import (
    EXAMPLE_AT,
    Example,
    Rule,
    Verdict,
    example_offer,
    example_promotion,
    last_chance,
    what_to_do,
)
from promofuse.rules.wording import amount_text, assumed_text, ids_text, percent_text, when_text
from promofuse.verdicts import Severity

if TYPE_CHECKING:
    from promofuse.pricing.bounds import Bounds
    from promofuse.pricing.columns import Flags


class PriceBelowFloor(Rule):
    """
    A buyer can reach a price below the offer's own floor.

    ## Why it matters
    The floor is a decision: below it you do not want to sell, whatever the costs say. Platforms put offers into their
    own sales and compute the price from theirs, not from your floor. It is critical where a unit also loses money.

    ## What to do
    Take the offer out of the promotion, or correct the promotion. If the platform enrolled it by itself, opt out of
    automatic promotions. If the floor is old, correct `floor_price` in `catalogue.csv`.
    """

    code: ClassVar[str] = "PF104"
    name: ClassVar[str] = "price-below-floor"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="the platform's sale at 15.00 goes below the floor of 18.00",
            offers=(example_offer(floor_price=Fraction(18)),),
            promotions=(example_promotion("SALE", fixed_price=Fraction(15)),),
            fires=True,
            platform="ozon",
        ),
        Example(
            name="the price itself is below the floor",
            offers=(example_offer(floor_price=Fraction(30)),),
            promotions=(),
            fires=True,
        ),
        Example(
            name="20 % off stays above the floor",
            offers=(example_offer(floor_price=Fraction(18)),),
            promotions=(example_promotion(percent_off=Fraction(20)),),
            fires=False,
        ),
        Example(
            name="no floor is set",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(50)),),
            fires=False,
        ),
        Example(
            name="there is a floor, and the price is not known",
            offers=(example_offer(price=None, floor_price=Fraction(18)),),
            promotions=(example_promotion(percent_off=Fraction(50)),),
            fires=None,
        ),
    )

    def screen(self, bounds: Bounds) -> Flags:
        """Offers that may go below their floor, and those without a price."""
        return bounds.below_floor | bounds.untold

    def check_offer(self, case: OfferCase) -> Iterable[Verdict]:
        """Offers with a floor whose worst price is below it."""
        floor, worst, sku = case.offer.floor_price, case.worst, case.offer.sku
        if floor is None:
            return
        if worst is None:
            if any(promotion.level != "shipping" for promotion in case.promotions):
                yield self.unknown(case, f"no price for {sku} in {case.offer.currency}")
            return
        if worst.price >= floor:
            return
        until = last_chance(case, worst.promotions, each=False)
        yield self.on_offer(
            case,
            worst,
            words=lambda: (
                f"{sku} can be bought for {amount_text(worst.price, worst.currency)} {worst.currency}, below its floor "
                f"of {amount_text(floor, worst.currency)}{when_text(worst, case.at)}.{assumed_text(case, worst)}",
                f"{what_to_do(worst.promotions, until, case.at, each=False)} Or take {sku} out of it."
                if worst.promotions
                else "Correct the price, or floor_price in catalogue.csv.",
            ),
            at_fault=worst.promotions,
            editable_until=until,
            severity=Severity.CRITICAL if case.loses else Severity.WARNING,
        )


class PriceFarBelowList(Rule):
    """
    The price before any promotion is a small part of the list price.

    ## Why it matters
    1.99 for 19.99, a spreadsheet formula over all SKUs, a repricer that found one cent: a wrong price needs no
    promotion. It is seen here even where the cost is not known. Critical where a unit loses money, else a warning.

    ## What to do
    Compare the price with what you meant, and correct it where it is set: the listing, the feed, the repricer.
    """

    code: ClassVar[str] = "PF105"
    name: ClassVar[str] = "price-far-below-list"
    severity: ClassVar[Severity] = Severity.CRITICAL
    share: Fraction = Field(
        Fraction(15, 100), gt=0, lt=1, description="Share of the list price from which on down a price counts as wrong."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="1.99 where the list price is 19.99",
            offers=(example_offer(price=Fraction("1.99"), list_price=Fraction("19.99")),),
            promotions=(),
            fires=True,
        ),
        Example(
            name="a penny, and the cost is not known",
            offers=(example_offer(price=Fraction("0.01"), list_price=Fraction(24), unit_cost=None),),
            promotions=(),
            fires=True,
        ),
        Example(
            name="half the list price",
            offers=(example_offer(price=Fraction(24), list_price=Fraction(48)),),
            promotions=(),
            fires=False,
        ),
        Example(
            name="the list price is not known",
            offers=(example_offer(price=Fraction(20)),),
            promotions=(),
            fires=False,
        ),
        Example(
            name="a promotion takes it down, not the price",
            offers=(example_offer(list_price=Fraction(24)),),
            promotions=(example_promotion(percent_off=Fraction(90), ends_at=EXAMPLE_AT + timedelta(days=1)),),
            fires=False,
        ),
    )

    def screen(self, bounds: Bounds) -> Flags:
        """Offers that may cost so little before any promotion."""
        return bounds.price_before_at_most(self.share)

    def check_offer(self, case: OfferCase) -> Iterable[Verdict]:
        """Offers whose price is at most the share of their list price."""
        offer = case.offer
        price, usual = offer.price, offer.list_price
        if price is None or not usual or price > usual * self.share:
            return
        before = case.under(())
        left = case.left(before)
        loses = left is not None and left < 0
        loss = f", and each unit loses {amount_text(-left, offer.currency)}" if left is not None and loses else ""
        covered = f" {ids_text(case.promotions)} would take off more." if case.promotions else ""
        yield self.on_offer(
            case,
            before,
            words=lambda: (
                f"{offer.sku} costs {amount_text(price, offer.currency)} {offer.currency} before any promotion, "
                f"{percent_text(price / usual)} of its list price of {amount_text(usual, offer.currency)}{loss}."
                f"{covered}",
                "Correct the price where it is set: the listing, the feed or the repricer.",
            ),
            severity=Severity.CRITICAL if loses else Severity.WARNING,
        )
