"""PF5xx, limits and codes: who may use a promotion, how often, and for how much."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from math import floor
from typing import ClassVar, Final

from pydantic import Field

from promofuse.facts import PromotionKind
from promofuse.pricing.catalogue import PromotionCase
from promofuse.pricing.stacking import has_code
from promofuse.pricing.worst_case import planned_discount
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
from promofuse.verdicts import Confidence, Severity

# Words with which sellers name a promotion that is not for everybody.
_FOR_SOME: Final = re.compile(
    r"\b(?:claim code|promo ?code|coupon code|voucher|vip|members only|subscribers only|influencer|"
    r"gutscheincode|rabattcode|code promo)\b|промокод|优惠码|折扣码|クーポンコード"
)
_NOW = EXAMPLE_AT - timedelta(hours=1)


class NoPerCustomerLimit(Rule):
    """
    A deep code or coupon can be used again and again by one buyer.

    ## Why it matters
    Resellers buy what stands below its worth in tens and hundreds; the largest single order of one night was 41,000
    boxes. On Amazon a percentage coupon without "limit to one" holds for several units of an order.

    ## What to do
    Set one redemption for each customer.
    """

    code: ClassVar[str] = "PF502"
    name: ClassVar[str] = "no-per-customer-limit"
    severity: ClassVar[Severity] = Severity.WARNING
    deep: Fraction = Field(
        Fraction(3, 10), gt=0, le=1, description="Share of the price from which a limit for each customer is needed."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="a coupon of 50 % that one buyer may use often",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.COUPON, percent_off=Fraction(50), budget=Fraction(500)),),
            fires=True,
        ),
        Example(
            name="the same, once for each customer",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.COUPON, percent_off=Fraction(50), per_customer_limit=1),),
            fires=False,
        ),
        Example(
            name="a code of 10 %",
            offers=(example_offer(),),
            promotions=(example_promotion(code="SPRING", code_kind="group", percent_off=Fraction(10)),),
            fires=False,
        ),
        Example(
            name="single-use codes",
            offers=(example_offer(),),
            promotions=(example_promotion(code_kind="single", percent_off=Fraction(50)),),
            fires=False,
        ),
        Example(
            name="a code of 15.00 off, of a price that is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(code="SPRING", code_kind="group", amount_off=Fraction(15)),),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """Group codes and coupons that go deep, without a limit for each customer."""
        promotion = case.promotion
        coupon = promotion.kind is PromotionKind.COUPON
        if promotion.level == "shipping" or promotion.per_customer_limit is not None or not case.computable:
            return
        if promotion.code_kind == "single" or not (coupon or has_code(promotion)):
            return
        share = case.largest_share()
        if share is None:
            yield self.unknown(case, depth_unknown(case))
        elif share >= self.deep:
            several = ", for several units of an order too" if coupon and promotion.percent_off else ""
            name = promotion.promotion_id
            message = f"{name} takes {percent_text(share)} off, and one buyer can use it again and again{several}."
            yield self.on_promotion(case, words=(message, "Set one redemption for each customer."))


class CodeMissing(Rule):
    """
    A promotion that was meant for those with a code is open to everybody.

    ## Why it matters
    Without its code a discount for ten bloggers is a discount for all visitors, and on a marketplace it is printed on
    the page. It is told where an earlier revision had a code, or where the name speaks of a code or of a closed group.
    It is critical where an offer falls below cost.

    ## What to do
    Set the claim code again, or rename the promotion if it is meant for all.
    """

    code: ClassVar[str] = "PF503"
    name: ClassVar[str] = "code-missing"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="VIP in its name, and no code",
            offers=(example_offer(),),
            promotions=(example_promotion(name="VIP thanks 40% off", percent_off=Fraction(40), code_kind="none"),),
            fires=True,
        ),
        Example(
            name="the code of the revision before is gone",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(40), code="ANNA40", code_kind="group"),
                example_promotion(percent_off=Fraction(40), code_kind="none", seen_at=_NOW),
            ),
            fires=True,
        ),
        Example(
            name="VIP in its name, with a code",
            offers=(example_offer(),),
            promotions=(example_promotion(name="VIP", percent_off=Fraction(40), code="THANKS", code_kind="group"),),
            fires=False,
        ),
        Example(
            name="a sale for everybody",
            offers=(example_offer(),),
            promotions=(example_promotion(name="Spring sale", percent_off=Fraction(20), code_kind="none"),),
            fires=False,
        ),
        Example(
            name="VIP in its name, and whether it has a code is not known",
            offers=(example_offer(),),
            promotions=(example_promotion(name="VIP thanks", percent_off=Fraction(40)),),
            fires=None,
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Promotions without a code that had one, or whose name speaks of one."""
        promotion = case.promotion
        closed = has_code(promotion) or promotion.kind is PromotionKind.COUPON or promotion.segments
        if promotion.level == "shipping" or closed:
            return
        had = next((one.code or "a code" for one in reversed(shop.earlier(promotion)) if has_code(one)), "")
        named = _FOR_SOME.search(promotion.name.casefold())
        if not had and named is None:
            return
        why = f"it had {had} before" if had else f'its name says "{named[0] if named else ""}"'
        if promotion.code_kind != "none":
            yield self.unknown(case, f"whether {promotion.promotion_id} needs a code: {why}, and code_kind is blank")
            return
        until = last_chance(case, (promotion,), each=True)
        yield self.on_hardest_hit(
            case,
            words=(
                f"{promotion.promotion_id} needs no code, but {why}.",
                what_to_do((promotion,), until, case.at, each=True),
            ),
            confidence=Confidence.HIGH if had else Confidence.MEDIUM,
        )


class BudgetAboveStock(Rule):
    """
    A promotion's budget pays for more units than there are in stock.

    ## Why it matters
    A budget is the fuse of a coupon: it goes off when the money is spent. One that outlasts the stock never goes off,
    so a slip sells everything. On Amazon a coupon is taken down at about 80 % of its budget, and clipped ones go on.

    ## What to do
    Lower the budget to the number of units that you want to sell times the discount.
    """

    code: ClassVar[str] = "PF504"
    name: ClassVar[str] = "budget-above-stock"
    severity: ClassVar[Severity] = Severity.INFO
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="a budget of 5,000 for 200 mugs at 2.40 off",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), budget=Fraction(5000)),),
            fires=True,
        ),
        Example(
            name="a budget of 240 pays for 100 of 200 mugs",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), budget=Fraction(240)),),
            fires=False,
        ),
        Example(
            name="the stock is not known",
            offers=(example_offer(stock=None),),
            promotions=(example_promotion(percent_off=Fraction(10), budget=Fraction(5000)),),
            fires=False,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """Budgets that are more than the whole stock at the planned discount."""
        promotion, budget = case.promotion, case.promotion.budget
        if not budget or promotion.level == "shipping" or promotion.currency not in ("", case.currency):
            return
        needed, units = Fraction(0), 0
        for covered in case.covered:
            stock, worst = covered.offer.stock, covered.worst
            share = planned_discount(promotion, worst.base, covered.offer.currency) if worst else None
            if stock is None or worst is None or share is None or covered.offer.currency != case.currency:
                return
            needed += share * worst.base * stock
            units += stock
            if budget <= needed:
                return
        if not needed:
            return
        average = needed / units
        yield self.on_promotion(
            case,
            words=(
                f"{promotion.promotion_id} has a budget of {amount_text(budget, case.currency)}, which pays for "
                f"{floor(budget / average)} units; there are {units} in stock, so the budget stops nothing.",
                f"A budget of {amount_text(needed / 2, case.currency)} would pay for half of the stock.",
            ),
        )
