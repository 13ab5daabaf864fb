"""PF3xx, stacking: promotions that are sound one by one and lose money together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

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
    why_unknown,
)
from promofuse.rules.price import loss_text
from promofuse.rules.wording import amount_text, ids_text
from promofuse.verdicts import Severity

if TYPE_CHECKING:
    from promofuse.pricing.bounds import Bounds
    from promofuse.pricing.columns import Flags

_THREE_TENTHS = Fraction(30)


class StackBelowCost(Rule):
    """
    Promotions that are sound one by one go below cost together.

    ## Why it matters
    Whoever set each of them up checked that one. Where they run in the same minute on the same offer a buyer gets all
    of them, and on most platforms discounts add up on the original price: 30 % and 30 % are 60 %, not 51 %.

    ## What to do
    End or move one of them, or set them not to combine. If the platform keeps them apart by itself, say so in
    `combines`, so that it is not assumed.
    """

    code: ClassVar[str] = "PF301"
    name: ClassVar[str] = "stack-below-cost"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="30 % and 30 % overlap by an hour",
            offers=(example_offer(),),
            promotions=(
                example_promotion("SPRING", percent_off=_THREE_TENTHS, ends_at=EXAMPLE_AT + timedelta(hours=9)),
                example_promotion("CLUB", percent_off=_THREE_TENTHS, starts_at=EXAMPLE_AT + timedelta(hours=8)),
            ),
            fires=True,
        ),
        Example(
            name="one ends in the minute in which the other starts",
            offers=(example_offer(),),
            promotions=(
                example_promotion("SPRING", percent_off=_THREE_TENTHS, ends_at=EXAMPLE_AT + timedelta(hours=8)),
                example_promotion("CLUB", percent_off=_THREE_TENTHS, starts_at=EXAMPLE_AT + timedelta(hours=8)),
            ),
            fires=False,
        ),
        Example(
            name="one of them does not combine",
            offers=(example_offer(),),
            promotions=(
                example_promotion("SPRING", percent_off=_THREE_TENTHS, combines=("none",)),
                example_promotion("CLUB", percent_off=_THREE_TENTHS),
            ),
            fires=False,
        ),
        Example(
            name="one of them is below cost alone: that is below-cost",
            offers=(example_offer(),),
            promotions=(
                example_promotion("SPRING", percent_off=Fraction(75)),
                example_promotion("CLUB", percent_off=Fraction(5)),
            ),
            fires=False,
        ),
        Example(
            name="the unit cost is not known",
            offers=(example_offer(unit_cost=None),),
            promotions=(
                example_promotion("SPRING", percent_off=_THREE_TENTHS),
                example_promotion("CLUB", percent_off=_THREE_TENTHS),
            ),
            fires=None,
        ),
    )

    def screen(self, bounds: Bounds) -> Flags:
        """Offers that may lose money, and those of which it cannot be told."""
        return bounds.may_lose | bounds.untold

    def check_offer(self, case: OfferCase) -> Iterable[Verdict]:
        """The worst combination, where no member loses money alone."""
        if len(case.promotions) > 1 and (reason := why_unknown(case)):
            yield self.unknown(case, reason)
        worst = case.worst
        if worst is None or not case.loses or len(worst.promotions) < 2:
            return
        if case.losing_before or any(alone.combination[0] in worst.combination for alone in case.losing_alone):
            return
        until = last_chance(case, worst.promotions, each=False)
        yield self.on_offer(
            case,
            worst,
            words=lambda: (
                f"{ids_text(worst.promotions)} together leave {amount_text(worst.price, worst.currency)} "
                f"{worst.currency} of {case.offer.sku}, below cost, though none of them is alone: "
                f"{loss_text(case, worst)}",
                f"{what_to_do(worst.promotions, until, case.at, each=False)} Or set them not to combine.",
            ),
            at_fault=worst.promotions,
            editable_until=until,
        )
