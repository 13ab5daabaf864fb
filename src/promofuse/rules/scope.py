"""PF4xx, scope: promotions that reach further than they were meant to."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from promofuse.pricing.catalogue import PromotionCase
from promofuse.rules.base import Example, Rule, Verdict, example_offer, example_promotion, last_chance, what_to_do
from promofuse.rules.wording import count_text, percent_text, setting_text
from promofuse.verdicts import Severity

_SHELF = tuple(example_offer(f"MUG-{number}") for number in range(1, 21))


class WholeCatalogue(Rule):
    """
    A promotion covers the whole catalogue, or most of it.

    ## Why it matters
    One wrong click in the product selection puts a discount that was meant for one product on all of them, the ones
    with a thin margin included. It is critical where some of them fall below cost, else a warning.

    ## What to do
    Compare the selection with what was planned, and leave out what cannot bear the discount.
    """

    code: ClassVar[str] = "PF401"
    name: ClassVar[str] = "whole-catalogue"
    severity: ClassVar[Severity] = Severity.CRITICAL
    share: Fraction = Field(
        Fraction(1, 2), gt=0, le=1, description="Share of the offers from which a list of SKUs counts as most of them."
    )
    least_offers: int = Field(10, ge=1, description="Below this many offers the share means nothing.")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="all SKUs",
            offers=_SHELF,
            promotions=(example_promotion(percent_off=Fraction(10), skus=("*",)),),
            fires=True,
        ),
        Example(
            name="15 of 20 offers",
            offers=_SHELF,
            promotions=(example_promotion(percent_off=Fraction(10), skus=tuple(o.sku for o in _SHELF[:15])),),
            fires=True,
        ),
        Example(
            name="one of 20 offers",
            offers=_SHELF,
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=False,
        ),
        Example(
            name="a shop that has only two offers",
            offers=_SHELF[:2],
            promotions=(example_promotion(percent_off=Fraction(10), skus=("MUG-1", "MUG-2")),),
            fires=False,
        ),
        Example(
            name="free shipping on all SKUs",
            offers=_SHELF,
            promotions=(example_promotion(level="shipping", percent_off=Fraction(100), skus=("*",)),),
            fires=False,
        ),
        Example(
            name="the catalogue has not been read",
            offers=(),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """Promotions on `*`, or on a large share of the offers."""
        promotion = case.promotion
        if promotion.level == "shipping":
            return
        everything = "*" in promotion.skus
        if not case.offers and not everything:
            yield self.unknown(case, f"how much of the catalogue {promotion.promotion_id} covers: no offer is known")
            return
        covered = len(case.covered)
        if not everything and (case.offers < self.least_offers or covered < self.share * case.offers):
            return
        reach = "the whole catalogue" if everything else f"{percent_text(Fraction(covered, case.offers))} of the offers"
        what = setting_text(promotion, case.currency) or "something that cannot be computed"
        until = last_chance(case, (promotion,), each=True)
        count = count_text(covered, "offer")
        yield self.on_promotion(
            case,
            words=(
                f"{promotion.promotion_id} ({what}) covers {reach}, {count}; "
                f"with it {case.losing or 'none'} of them can be bought below cost.",
                what_to_do((promotion,), until, case.at, each=True)
                if case.losing
                else "Compare the selection with what was planned.",
            ),
            severity=Severity.CRITICAL if case.losing else Severity.WARNING,
        )
