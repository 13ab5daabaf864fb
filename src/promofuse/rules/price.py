"""PF1xx, price and margin: the worst price that a buyer can reach, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from promofuse.money import power
from promofuse.pricing.catalogue import OfferCase, PromotionCase
from promofuse.pricing.worst_case import WorstCase
from promofuse.rules.base import (
    EXAMPLE_AT,
    Example,
    Rule,
    Verdict,
    example_offer,
    example_promotion,
    last_chance,
    what_to_do,
    why_unknown,
)
from promofuse.rules.wording import amount_text, assumed_text, ids_text, percent_text, when_text
from promofuse.verdicts import Severity

if TYPE_CHECKING:
    from promofuse.pricing.bounds import Bounds
    from promofuse.pricing.columns import Flags


def loss_text(case: OfferCase, worst: WorstCase) -> str:
    """What each unit loses at a price and since when: the end of a message."""
    lost = amount_text(-(case.left(worst) or Fraction(0)), worst.currency)
    return f"each unit loses {lost} {worst.currency}{when_text(worst, case.at)}.{assumed_text(case, worst)}"


class BelowCost(Rule):
    """
    A buyer can reach a price below cost.

    ## Why it matters
    Every order at this price loses money, and buyers who find it order many. The contribution counts tax, fees, goods
    and shipping, so a price above the cost of the goods can still be below cost.

    ## What to do
    Correct the promotion while it can still be edited. If it runs already, end it and set the quantity to 0 until the
    price is right again. If the cost in `catalogue.csv` is wrong, correct it there.
    """

    code: ClassVar[str] = "PF101"
    name: ClassVar[str] = "below-cost"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="75 % off leaves 6.00 of 24.00, with costs of 11.40",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(75)),),
            fires=True,
        ),
        Example(
            name="the price is below cost before any promotion",
            offers=(example_offer(price=Fraction("2.40")),),
            promotions=(),
            fires=True,
        ),
        Example(
            name="a fixed price of 2.40, and the price before is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(fixed_price=Fraction("2.40")),),
            fires=True,
        ),
        Example(
            name="10 % off leaves 7.86 on each unit",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=False,
        ),
        Example(
            name="the promotion has ended",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(75), ends_at=EXAMPLE_AT),),
            fires=False,
        ),
        Example(
            name="the unit cost is not known",
            offers=(example_offer(unit_cost=None),),
            promotions=(example_promotion(percent_off=Fraction(75)),),
            fires=None,
        ),
        Example(
            name="the promotion says nothing that can be computed",
            offers=(example_offer(),),
            promotions=(example_promotion(),),
            fires=None,
        ),
    )

    def screen(self, bounds: Bounds) -> Flags:
        """Offers that may lose money, and those of which it cannot be told."""
        return bounds.may_lose | bounds.untold

    def check_offer(self, case: OfferCase) -> Iterable[Verdict]:
        """One finding for each promotion that loses money by itself, or one for the price before any."""
        if (stated := case.stated) is not None and (case.left(stated) or 0) < 0:
            yield self.on_offer(
                case,
                stated,
                words=partial(_below_cost, case, stated, stated),
                at_fault=stated.promotions,
                editable_until=last_chance(case, stated.promotions, each=True),
            )
        elif reason := why_unknown(case):
            yield self.unknown(case, reason)
        if case.worst is None or not case.loses:
            return
        if case.losing_before:
            yield self.on_offer(
                case,
                case.worst,
                words=partial(_below_cost, case, case.worst),
                at_fault=case.worst.promotions,
                editable_until=last_chance(case, case.worst.promotions, each=True),
            )
        for alone in case.losing_alone:
            worst = case.worst if alone.combination[0] in case.worst.combination else alone
            draft = self.on_offer(
                case,
                worst,
                words=partial(_below_cost, case, worst, alone),
                at_fault=alone.promotions,
                editable_until=last_chance(case, alone.promotions, each=True),
            )
            # A limit of the others in the stack does not stop what the promotion loses without them.
            both = (draft.finding.exposure, case.exposure(alone, case.left(alone)))
            most = None if None in both else max(amount for amount in both if amount is not None)
            yield replace(draft, finding=replace(draft.finding, exposure=most))

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """A promotion that says nothing that can be computed is unknown."""
        if not case.computable:
            name = case.promotion.promotion_id
            yield self.unknown(case, f"{name} has no percentage, amount or price that can be computed")


def _below_cost(case: OfferCase, worst: WorstCase, alone: WorstCase | None = None) -> tuple[str, str]:
    sku, loss = case.offer.sku, loss_text(case, worst)
    if alone is None:
        message = f"{sku} is below cost even before any promotion: {loss}"
        return message, "Correct the price, or the unit cost in catalogue.csv."
    message = f"{sku} can be bought for {amount_text(worst.price, worst.currency)} {worst.currency}, below cost: {loss}"
    if len(worst.promotions) > 1:
        single = amount_text(alone.price, alone.currency)
        message += f" {ids_text(alone.promotions)} alone leaves {single}{when_text(alone, case.at)}."
    until = last_chance(case, alone.promotions, each=True)
    return message, what_to_do(alone.promotions, until, case.at, each=True)


class MarginBelowMinimum(Rule):
    """
    A buyer can reach a price that leaves less margin than the minimum.

    ## Why it matters
    The promotion still earns, but less than you decided that it has to: a return or a claim turns it into a loss. The
    margin is the contribution as a share of the price without tax. An offer's own `min_margin` in `catalogue.csv` wins
    over the setting.

    ## What to do
    Lower the discount, or set a lower minimum for this offer if the thin margin is meant.
    """

    code: ClassVar[str] = "PF102"
    name: ClassVar[str] = "margin-below-minimum"
    severity: ClassVar[Severity] = Severity.WARNING
    minimum: Fraction = Field(
        Fraction(1, 10), ge=-1, lt=1, description="Lowest contribution as a share of the price without tax."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="45 % off leaves 5.5 % of the price",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(45)),),
            fires=True,
        ),
        Example(
            name="the offer's own minimum is higher than what 20 % off leaves",
            offers=(example_offer(min_margin=Fraction("0.4")),),
            promotions=(example_promotion(percent_off=Fraction(20)),),
            fires=True,
        ),
        Example(
            name="the offer's own minimum allows it",
            offers=(example_offer(min_margin=Fraction(0)),),
            promotions=(example_promotion(percent_off=Fraction(45)),),
            fires=False,
        ),
        Example(
            name="below cost is the business of below-cost",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(75)),),
            fires=False,
        ),
        Example(
            name="the unit cost is not known",
            offers=(example_offer(unit_cost=None),),
            promotions=(example_promotion(percent_off=Fraction(45)),),
            fires=None,
        ),
    )

    def screen(self, bounds: Bounds) -> Flags:
        """Offers that may keep too little, and those of which it cannot be told."""
        return bounds.margin_below(self.minimum) | bounds.untold

    def check_offer(self, case: OfferCase) -> Iterable[Verdict]:
        """Prices that still earn, but too little."""
        if reason := why_unknown(case):
            yield self.unknown(case, reason)
        worst = case.worst
        if worst is None or not worst.promotions or case.loses:
            return
        margin, minimum = case.margin(worst, case.contribution), case.offer.min_margin
        if minimum is None:
            minimum = self.minimum
        if margin is None or margin >= minimum:
            return
        yield self.on_offer(
            case,
            worst,
            words=lambda: (
                f"{case.offer.sku} keeps {percent_text(margin)} of the price, less than the minimum of "
                f"{percent_text(minimum)}{when_text(worst, case.at)}.{assumed_text(case, worst)}",
                "Lower the discount, or set min_margin for this offer in catalogue.csv if it is meant.",
            ),
            at_fault=worst.promotions,
            editable_until=last_chance(case, worst.promotions, each=False),
        )


class PriceZeroOrNegative(Rule):
    """
    A buyer can get it for nothing.

    ## Why it matters
    A price of nothing spreads within minutes, and every unit in stock is gone. Two promotions of 50 % are enough where
    discounts add up on the original price.

    ## What to do
    Correct one of the promotions, or keep them from combining. If it runs already, end it and set the quantity to 0.
    """

    code: ClassVar[str] = "PF103"
    name: ClassVar[str] = "price-zero-or-negative"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="two promotions of 50 % add up to 100 %",
            offers=(example_offer(),),
            promotions=(
                example_promotion("SPRING", percent_off=Fraction(50)),
                example_promotion("CLUB", percent_off=Fraction(50), starts_at=EXAMPLE_AT + timedelta(days=1)),
            ),
            fires=True,
        ),
        Example(
            name="25.00 off where 2.50 was meant",
            offers=(example_offer(),),
            promotions=(example_promotion(amount_off=Fraction(25)),),
            fires=True,
        ),
        Example(
            name="a fixed price of nothing, and the price before is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(fixed_price=Fraction(0)),),
            fires=True,
        ),
        Example(
            name="a cent is left",
            offers=(example_offer(),),
            promotions=(example_promotion(fixed_price=Fraction("0.01")),),
            fires=False,
        ),
        Example(
            name="two promotions of 50 % on a platform that multiplies",
            offers=(example_offer(),),
            promotions=(
                example_promotion("SPRING", percent_off=Fraction(50)),
                example_promotion("CLUB", percent_off=Fraction(50)),
            ),
            fires=False,
            platform="medusa",
        ),
        Example(
            name="the price is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(amount_off=Fraction(25)),),
            fires=None,
        ),
    )

    def screen(self, bounds: Bounds) -> Flags:
        """Offers whose worst price may round to nothing, and those without a price."""
        return bounds.price_at_most(Fraction(1, 2)) | bounds.untold

    def check_offer(self, case: OfferCase) -> Iterable[Verdict]:
        """Prices that are nothing, or that round to nothing."""
        worst, sku = case.worst or case.stated, case.offer.sku
        if worst is None or round(worst.price * power(worst.currency)) > 0:
            if case.worst is None and (reason := why_unknown(case)):
                yield self.unknown(case, reason)
            return
        if not worst.promotions:
            yield self.on_offer(
                case,
                worst,
                words=lambda: (f"{sku} costs nothing before any promotion.", "Correct the price."),
            )
            return
        until = last_chance(case, worst.promotions, each=False)
        yield self.on_offer(
            case,
            worst,
            words=lambda: (
                f"{sku} is free{when_text(worst, case.at)}.{assumed_text(case, worst)}",
                what_to_do(worst.promotions, until, case.at, each=False),
            ),
            at_fault=worst.promotions,
            editable_until=until,
        )
