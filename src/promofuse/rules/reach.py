"""PF4xx, scope: offers that a promotion reaches and that it was hardly made for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from promofuse.pricing.catalogue import PromotionCase
from promofuse.rules.base import (
    EXAMPLE_AT,
    Example,
    Rule,
    Verdict,
    depth_unknown,
    example_offer,
    example_promotion,
    last_chance,
    what_to_do,
)
from promofuse.rules.history import ShopCase
from promofuse.rules.wording import amount_text, percent_text
from promofuse.verdicts import Severity

_SHELF = tuple(example_offer(f"MUG-{number}") for number in range(1, 21))
_SKUS = tuple(offer.sku for offer in _SHELF)
_NOW = EXAMPLE_AT - timedelta(hours=1)


class ScopeGrew(Rule):
    """
    A promotion covers many more SKUs than when it was last seen.

    ## Why it matters
    A wrong file or a collection in place of a product spreads a discount that was made for a few SKUs. A platform that
    adds offers to its own sale looks the same. It is critical where some of them fall below cost, else a warning.

    ## What to do
    Compare the SKUs with the plan, and take out what was not meant.
    """

    code: ClassVar[str] = "PF402"
    name: ClassVar[str] = "scope-grew"
    severity: ClassVar[Severity] = Severity.CRITICAL
    factor: Fraction = Field(Fraction(3), gt=1, description="From how many times as many SKUs as before it is told.")
    least_added: int = Field(5, ge=1, description="Below this many added SKUs it is not told.")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="2 SKUs became 9",
            offers=_SHELF,
            promotions=(
                example_promotion(percent_off=Fraction(10), skus=_SKUS[:2]),
                example_promotion(percent_off=Fraction(10), skus=_SKUS[:9], seen_at=_NOW),
            ),
            fires=True,
        ),
        Example(
            name="one SKU became the whole catalogue",
            offers=_SHELF,
            promotions=(
                example_promotion(percent_off=Fraction(10), skus=_SKUS[:1]),
                example_promotion(percent_off=Fraction(10), skus=("*",), seen_at=_NOW),
            ),
            fires=True,
        ),
        Example(
            name="8 SKUs became 10",
            offers=_SHELF,
            promotions=(
                example_promotion(percent_off=Fraction(10), skus=_SKUS[:8]),
                example_promotion(percent_off=Fraction(10), skus=_SKUS[:10], seen_at=_NOW),
            ),
            fires=False,
        ),
        Example(
            name="one SKU became 4",
            offers=_SHELF,
            promotions=(
                example_promotion(percent_off=Fraction(10), skus=_SKUS[:1]),
                example_promotion(percent_off=Fraction(10), skus=_SKUS[:4], seen_at=_NOW),
            ),
            fires=False,
        ),
        Example(
            name="one SKU became all, and the catalogue has not been read",
            offers=(),
            promotions=(
                example_promotion(percent_off=Fraction(10), skus=_SKUS[:1]),
                example_promotion(percent_off=Fraction(10), skus=("*",), seen_at=_NOW),
            ),
            fires=None,
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """The SKUs of the revision in force against those of the newest one with others."""
        promotion = case.promotion
        if promotion.level == "shipping":
            return
        others = [one for one in shop.earlier(promotion) if {*one.skus} != {*promotion.skus}]
        if not others or "*" in others[-1].skus:
            return
        before = len({*others[-1].skus})
        if "*" in promotion.skus and not case.covered:
            yield self.unknown(case, f"how many offers {promotion.promotion_id} covers: it grew from {before} to all")
            return
        now = len(case.covered) if "*" in promotion.skus else len({*promotion.skus} - {*promotion.excluded_skus})
        if now - before < self.least_added or now < before * self.factor:
            return
        until = last_chance(case, (promotion,), each=True)
        yield self.on_promotion(
            case,
            words=(
                f"{promotion.promotion_id} covered {before} SKUs and now covers {now}; with it {case.losing or 'none'} "
                f"of them can be bought below cost.",
                what_to_do((promotion,), until, case.at, each=True)
                if case.losing
                else "Compare the SKUs with the plan, and take out what was not meant.",
            ),
            severity=Severity.CRITICAL if case.losing else Severity.WARNING,
        )


class AmountOffCheapOffers(Rule):
    """
    An amount off without a minimum covers offers that cost hardly more than the amount.

    ## Why it matters
    15.00 off is a discount on a lamp of 120 and a gift with a cable of 16. "2.00 off from 15.00" that lost its minimum
    sold 3,000 orders in a night. It is critical where an offer falls below cost.

    ## What to do
    Set a minimum spend, or take the cheap offers out.
    """

    code: ClassVar[str] = "PF403"
    name: ClassVar[str] = "amount-off-cheap-offers"
    severity: ClassVar[Severity] = Severity.CRITICAL
    share: Fraction = Field(
        Fraction(1, 2), gt=0, le=1, description="Share of an offer's price from which the amount is too much for it."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="15.00 off a lamp of 120.00 and a cable of 16.00",
            offers=(example_offer("LAMP", price=Fraction(120)), example_offer("CABLE", price=Fraction(16))),
            promotions=(example_promotion(amount_off=Fraction(15), skus=("LAMP", "CABLE")),),
            fires=True,
        ),
        Example(
            name="the same from 50.00",
            offers=(example_offer("LAMP", price=Fraction(120)), example_offer("CABLE", price=Fraction(16))),
            promotions=(example_promotion(amount_off=Fraction(15), min_amount=Fraction(50), skus=("LAMP", "CABLE")),),
            fires=False,
        ),
        Example(
            name="3.00 off both",
            offers=(example_offer("LAMP", price=Fraction(120)), example_offer("CABLE", price=Fraction(16))),
            promotions=(example_promotion(amount_off=Fraction(3), skus=("LAMP", "CABLE")),),
            fires=False,
        ),
        Example(
            name="15.00 off, of prices that are not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(amount_off=Fraction(15)),),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """Amounts off that are a large share of the cheapest covered price."""
        promotion = case.promotion
        amount = promotion.amount_off
        if not amount or promotion.level == "shipping" or promotion.min_amount:
            return
        extremes = case.extremes()
        if not extremes:
            if case.covered:
                yield self.unknown(case, depth_unknown(case))
            return
        cheapest = extremes[0]
        price = cheapest.worst.base if cheapest.worst else Fraction(0)
        units = promotion.min_quantity or 1
        if price <= 0 or amount < price * units * self.share:
            return
        until = last_chance(case, (promotion,), each=True)
        yield self.on_hardest_hit(
            case,
            words=(
                f"{promotion.promotion_id} takes {amount_text(amount, case.currency)} off without a minimum spend: of "
                f"{cheapest.offer.sku}, which costs {amount_text(price, case.currency)}, that is "
                f"{percent_text(amount / (price * units))}.",
                f"{what_to_do((promotion,), until, case.at, each=True)} Set a minimum, or take out the cheap offers.",
            ),
        )
