"""PF5xx, limits and codes: promotions that nothing stops."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from promofuse.pricing.catalogue import PromotionCase
from promofuse.pricing.stacking import has_code
from promofuse.rules.base import Example, Rule, Verdict, depth_unknown, example_offer, example_promotion
from promofuse.rules.wording import percent_text
from promofuse.verdicts import Severity


class CodeWithoutCap(Rule):
    """
    A code, or a deep discount without a code, has neither a redemption limit nor a budget.

    ## Why it matters
    Codes end up on deal sites. Without a cap the stock is the only limit of what a leaked or mistyped one can cost; a
    deep discount that needs no code at all reaches every visitor.

    ## What to do
    Set a redemption limit or a budget. Where the platform has neither, lower the available quantity to what you are
    ready to sell at this price.
    """

    code: ClassVar[str] = "PF501"
    name: ClassVar[str] = "code-without-cap"
    severity: ClassVar[Severity] = Severity.WARNING
    deep: Fraction = Field(
        Fraction(1, 2), gt=0, le=1, description="Share of the price from which a discount without a code needs a cap."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="a group code without a cap",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(20), code="SPRING20", code_kind="group"),),
            fires=True,
        ),
        Example(
            name="60 % off for everybody without a cap",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(60)),),
            fires=True,
        ),
        Example(
            name="a group code with 100 redemptions",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(20), code="S", code_kind="group", redemption_limit=100),
            ),
            fires=False,
        ),
        Example(
            name="10 % off for everybody",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=False,
        ),
        Example(
            name="15.00 off for everybody, of a price that is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(amount_off=Fraction(15)),),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """Promotions without a cap that have a code or go deep."""
        promotion = case.promotion
        if promotion.redemption_limit is not None or promotion.budget is not None:
            return
        name, hint = promotion.promotion_id, "Set a redemption limit or a budget, or lower the available quantity."
        if has_code(promotion):
            kind = f"{promotion.code_kind} code" if promotion.code_kind in ("single", "group") else "code"
            code = f"the {kind} {promotion.code}" if promotion.code else f"a {kind}"
            yield self.on_promotion(
                case, words=(f"{name} has {code} with neither a redemption limit nor a budget.", hint)
            )
            return
        share = case.largest_share()
        if not case.computable:
            return
        if share is None:
            yield self.unknown(case, depth_unknown(case))
        elif share >= self.deep:
            yield self.on_promotion(
                case,
                words=(
                    f"{name} takes {percent_text(share)} off without a code, "
                    f"and has neither a redemption limit nor a budget.",
                    hint,
                ),
            )
