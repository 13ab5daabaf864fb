"""PF8xx, blind spots: what cannot be judged for want of facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from promofuse.pricing.catalogue import OfferCase, PromotionCase
from promofuse.rules.base import EXAMPLE_AT, Example, Rule, Verdict, example_offer, example_promotion
from promofuse.rules.duplicates import later_twins
from promofuse.rules.history import ShopCase
from promofuse.rules.wording import ids_text
from promofuse.verdicts import Confidence, Severity

if TYPE_CHECKING:
    from promofuse.pricing.bounds import Bounds
    from promofuse.pricing.columns import Flags


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

    def screen(self, bounds: Bounds) -> Flags:
        """Offers that a promotion covers and whose unit cost is not known."""
        return bounds.covered & ~bounds.costed

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


class UnreadablePromotion(Rule):
    """
    A promotion says nothing that its price can be computed from.

    ## Why it matters
    It is live, and nobody can tell what it takes off: no rule can judge it, and no stack that it is part of.

    ## What to do
    Add what it takes off to `promotions.csv`: `percent_off`, `amount_off`, `fixed_price`, `tiers`, or the two
    quantities of a buy-and-get.
    """

    code: ClassVar[str] = "PF802"
    name: ClassVar[str] = "unreadable-promotion"
    severity: ClassVar[Severity] = Severity.WARNING
    examples: ClassVar[tuple[Example, ...]] = (
        Example(name="no discount", offers=(example_offer(),), promotions=(example_promotion(),), fires=True),
        Example(
            name="an amount off in a currency in which it has no offer",
            offers=(example_offer(),),
            promotions=(example_promotion(amount_off=Fraction(5), currency="EUR"),),
            fires=False,
        ),
        Example(
            name="10 % off",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=False,
        ),
        Example(
            name="it is about shipping",
            offers=(example_offer(),),
            promotions=(example_promotion(level="shipping"),),
            fires=False,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """Promotions that cannot be computed."""
        if case.promotion.level == "shipping" or case.computable:
            return
        name = case.promotion.promotion_id
        yield self.on_promotion(
            case,
            words=(
                f"What {name} takes off is not known: it was not checked, alone or with others.",
                f"Add percent_off, amount_off, fixed_price or tiers of {name} to promotions.csv.",
            ),
        )


class UnknownStacking(Rule):
    """
    It is not known whether promotions that overlap combine.

    ## Why it matters
    The check assumes the worst: they combine, and add up on the original price. If the platform keeps them apart the
    worst price is too low, and if you know that, you can say it.

    ## What to do
    Set `platform` of the shop in `config.toml`, or `combines` of one of them in `promotions.csv`.
    """

    code: ClassVar[str] = "PF803"
    name: ClassVar[str] = "unknown-stacking"
    severity: ClassVar[Severity] = Severity.INFO
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="two promotions on a platform whose rules are not known",
            offers=(example_offer(),),
            promotions=(
                example_promotion("A", percent_off=Fraction(10)),
                example_promotion("B", percent_off=Fraction(5)),
            ),
            fires=True,
            platform="somewhere",
        ),
        Example(
            name="one of them says that it combines with none",
            offers=(example_offer(),),
            promotions=(
                example_promotion("A", percent_off=Fraction(10), combines=("none",)),
                example_promotion("B", percent_off=Fraction(5)),
            ),
            fires=False,
            platform="somewhere",
        ),
        Example(
            name="two promotions on Amazon, whose rule is known",
            offers=(example_offer(),),
            promotions=(
                example_promotion("A", percent_off=Fraction(10)),
                example_promotion("B", percent_off=Fraction(5)),
            ),
            fires=False,
        ),
        Example(
            name="they do not overlap",
            offers=(example_offer(),),
            promotions=(
                example_promotion("A", percent_off=Fraction(10), ends_at=EXAMPLE_AT + timedelta(hours=1)),
                example_promotion("B", percent_off=Fraction(5), starts_at=EXAMPLE_AT + timedelta(hours=1)),
            ),
            fires=False,
            platform="somewhere",
        ),
    )

    def check_shop(self, shop: ShopCase) -> Iterable[Verdict]:
        """One finding for the shop: the first pair that is only assumed to combine, and how many there are."""
        pairs = [
            (case.promotion, other.promotion)
            for case in shop.promotions
            for other in later_twins(case, shop)
            if case.sets.stacking.meet(case.promotion, other.promotion).confidence is Confidence.LOW
        ]
        if not pairs:
            return
        first, others = pairs[0], f" and {len(pairs) - 1} more pairs" if len(pairs) > 1 else ""
        where = shop.platform or "the shop's platform"
        yield self.on_shop(
            shop,
            words=(
                f"It is assumed, not known, that {ids_text(first)}{others} combine on {where}.",
                "Set the shop's platform in config.toml, or combines in promotions.csv.",
            ),
            confidence=Confidence.LOW,
            promotion_ids=tuple(dict.fromkeys(promotion.promotion_id for pair in pairs for promotion in pair)),
            assumed=True,
        )
