"""PF8xx, blind spots: what cannot be judged for want of facts."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar

from promofuse.pricing.catalogue import OfferCase, PromotionCase
from promofuse.rules.base import Example, Rule, Verdict, example_offer, example_promotion
from promofuse.rules.wording import ids_text
from promofuse.verdicts import Severity


class MissingCost(Rule):
    """
    A promotion covers an offer whose cost is not known.

    ## Why it matters
    Without its cost nobody can tell whether the offer loses money, neither before the promotion nor in its orders: no
    alarm can be raised for it. Not known does not mean fine.

    ## What to do
    Add the SKU to `catalogue.csv`; the columns `sku,currency,unit_cost` are enough.
    """

    code: ClassVar[str] = "PF801"
    name: ClassVar[str] = "missing-cost"
    severity: ClassVar[Severity] = Severity.WARNING
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="the unit cost is blank",
            offers=(example_offer(unit_cost=None),),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=True,
        ),
        Example(
            name="the promotion names a SKU that is not in the catalogue",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), skus=("MUG-1", "MUG-2")),),
            fires=True,
        ),
        Example(
            name="the cost is known in another currency only",
            offers=(example_offer(currency="EUR"),),
            promotions=(example_promotion(percent_off=Fraction(10), currency="USD"),),
            fires=True,
        ),
        Example(
            name="the cost is known",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=False,
        ),
        Example(
            name="no promotion covers the offer without a cost",
            offers=(example_offer(), example_offer("MUG-2", unit_cost=None)),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=False,
        ),
        Example(
            name="a promotion on everything, and a catalogue that has not been read",
            offers=(),
            promotions=(example_promotion(percent_off=Fraction(10), skus=("*",)),),
            fires=None,
        ),
    )

    def check_offer(self, case: OfferCase) -> Iterable[Verdict]:
        """Offers in the catalogue without a unit cost."""
        promotions = [promotion for promotion in case.promotions if promotion.level != "shipping"]
        if not promotions or case.costs is not None:
            return
        offer = case.offer
        yield self.on_offer(
            case,
            case.worst,
            words=lambda: (
                f"{offer.sku} is covered by {ids_text(promotions)}, and its unit cost is not known.",
                f"Add unit_cost for {offer.sku} in {offer.currency} to catalogue.csv.",
            ),
            at_fault=promotions,
        )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """SKUs that a promotion names and the catalogue does not have."""
        promotion = case.promotion
        if promotion.level == "shipping":
            return
        if "*" in promotion.skus and not case.covered:
            yield self.unknown(case, f"which offers {promotion.promotion_id} covers: the catalogue has none for it")
        if not case.missing:
            return
        first, count = case.missing[0], len(case.missing)
        where = f" in {promotion.currency}" if promotion.currency else ""
        others = f" and {count - 1} more SKUs" if count > 1 else ""
        yield self.on_promotion(
            case,
            words=(
                f"{promotion.promotion_id} names {first}{others} that the catalogue does not have{where}.",
                f"Add sku,currency,unit_cost and price for {'them' if others else first} to catalogue.csv.",
            ),
            sku=first,
        )
