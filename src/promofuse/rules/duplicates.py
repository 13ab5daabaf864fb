"""PF3xx, stacking and duplicates: the same thing set up twice, and discounts that were not meant to meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from promofuse.facts import Promotion, PromotionKind
from promofuse.pricing.catalogue import OfferCase, PromotionCase
from promofuse.pricing.stacking import overlap
from promofuse.pricing.worst_case import WorstCase
from promofuse.rules.base import (
    EXAMPLE_AT,
    Draft,
    Example,
    Rule,
    Verdict,
    depth_unknown,
    effect_text,
    example_offer,
    example_promotion,
    last_chance,
    what_to_do,
)
from promofuse.rules.history import ShopCase
from promofuse.rules.wording import assumed_text, ids_text, percent_text, setting_text
from promofuse.verdicts import Severity

_HOUR = timedelta(hours=1)
_COUPON = {"kind": PromotionKind.COUPON, "budget": Fraction(100), "percent_off": Fraction(10)}


def later_twins(case: PromotionCase, shop: ShopCase) -> Iterator[PromotionCase]:
    """The promotions after this one that share an SKU and a minute with it and that can meet on a unit."""
    promotion = case.promotion
    if promotion.level == "shipping":
        return
    stacking = case.sets.stacking
    for other in shop.beside(case):
        twin = other.promotion
        later = promotion.promotion_id < twin.promotion_id
        if (
            later
            and _one_currency(promotion, twin)
            and overlap(promotion, twin)
            and stacking.meet(promotion, twin).together
        ):
            yield other


def _one_currency(one: Promotion, other: Promotion) -> bool:
    return not one.currency or not other.currency or one.currency == other.currency


def _worst_together(case: PromotionCase, other: PromotionCase) -> tuple[OfferCase, WorstCase] | None:
    """The offer that two promotions hit hardest together; None where no price that both cover is known."""
    promotions = (case.promotion, other.promotion)
    hit = case.covered.hardest_hit(promotions)
    if hit is None:
        hit = next((one for one in case.extremes() if other.promotion.covers(one.offer.sku)), None)
    worst = hit.under(promotions) if hit is not None else None
    return (hit, worst) if hit is not None and worst is not None else None


def _together(rule: Rule, case: PromotionCase, other: PromotionCase, message: str, hint: str) -> Draft:
    """A finding on two promotions, with the amounts of the offer that they hit hardest together."""
    promotions = (case.promotion, other.promotion)
    until = last_chance(case, promotions, each=False)
    hint = f"{what_to_do(promotions, until, case.at, each=False)} {hint}".rstrip()
    hit = _worst_together(case, other)
    if hit is None:
        draft = rule.on_promotion(case, words=(message, hint), severity=Severity.WARNING)
        ids = tuple(promotion.promotion_id for promotion in promotions)
        return replace(draft, finding=replace(draft.finding, promotion_ids=ids, combination=ids, editable_until=until))
    offer, worst = hit
    left = offer.left(worst)
    return rule.on_offer(
        offer,
        worst,
        words=lambda: (f"{message}{effect_text(offer, worst, left)}{assumed_text(offer, worst)}", hint),
        at_fault=promotions,
        editable_until=until,
        severity=Severity.CRITICAL if left is not None and left < 0 else Severity.WARNING,
    )


class DuplicatePromotion(Rule):
    """
    The same discount is set up twice for the same SKUs and the same time.

    ## Why it matters
    A promotion that seemed not to be saved is set up once more; a buyer gets both. "1,000 off" twice on a kitchen of
    2,000 is a kitchen for nothing. Two codes of different letters are not duplicates, nor a deal and a coupon of the
    same depth: each is for its own buyers. It is critical where an offer falls below cost.

    ## What to do
    End one of the two, or set them not to combine.
    """

    code: ClassVar[str] = "PF302"
    name: ClassVar[str] = "duplicate-promotion"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="12.00 off twice, the second an hour later",
            offers=(example_offer(),),
            promotions=(
                example_promotion("A", amount_off=Fraction(12)),
                example_promotion("B", amount_off=Fraction(12), starts_at=EXAMPLE_AT + _HOUR),
            ),
            fires=True,
        ),
        Example(
            name="one ends before the other starts",
            offers=(example_offer(),),
            promotions=(
                example_promotion("A", amount_off=Fraction(12), ends_at=EXAMPLE_AT + _HOUR),
                example_promotion("B", amount_off=Fraction(12), starts_at=EXAMPLE_AT + _HOUR),
            ),
            fires=False,
        ),
        Example(
            name="each has its own code",
            offers=(example_offer(),),
            promotions=(
                example_promotion("A", percent_off=Fraction(10), code="ANNA10"),
                example_promotion("B", percent_off=Fraction(10), code="BEN10"),
            ),
            fires=False,
        ),
        Example(
            name="they do not combine",
            offers=(example_offer(),),
            promotions=(
                example_promotion("A", amount_off=Fraction(12), combines=("none",)),
                example_promotion("B", amount_off=Fraction(12)),
            ),
            fires=False,
        ),
        Example(
            name="two promotions whose discounts are not known",
            offers=(example_offer(),),
            promotions=(example_promotion("A", name="Spring"), example_promotion("B", name="Spring")),
            fires=None,
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Pairs of promotions with one and the same discount."""
        for other in later_twins(case, shop):
            promotion, twin = case.promotion, other.promotion
            if _discount(promotion) != _discount(twin):
                continue
            if not case.computable:
                if promotion.name and promotion.name == twin.name:
                    ids = ids_text((promotion, twin))
                    yield self.unknown(case, f"whether {ids} are the same discount twice: neither says what it takes")
                continue
            yield _together(
                self,
                case,
                other,
                f"{ids_text((promotion, twin))} are the same discount twice: {setting_text(promotion, case.currency)}.",
                "Keep one of the two.",
            )


class OverlappingCoupons(Rule):
    """
    Two coupons run on the same SKU at the same time.

    ## Why it matters
    A coupon that was set up again, or made active again, runs beside the one before; on Amazon a buyer can clip and
    use both. It is critical where an offer falls below cost. Two equal ones are duplicate-promotion.

    ## What to do
    End the older coupon, or move the newer one behind its end.
    """

    code: ClassVar[str] = "PF303"
    name: ClassVar[str] = "overlapping-coupons"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="the old coupon is still running when the new one starts",
            offers=(example_offer(),),
            promotions=(
                example_promotion("OLD", ends_at=EXAMPLE_AT + 3 * _HOUR, **_COUPON),
                example_promotion("NEW", starts_at=EXAMPLE_AT + _HOUR, **(_COUPON | {"percent_off": Fraction(15)})),
            ),
            fires=True,
        ),
        Example(
            name="the new one starts when the old one ends",
            offers=(example_offer(),),
            promotions=(
                example_promotion("OLD", ends_at=EXAMPLE_AT + _HOUR, **_COUPON),
                example_promotion("NEW", starts_at=EXAMPLE_AT + _HOUR, **(_COUPON | {"percent_off": Fraction(15)})),
            ),
            fires=False,
        ),
        Example(
            name="on different SKUs",
            offers=(example_offer(), example_offer("CUP-1")),
            promotions=(
                example_promotion("MUGS", **_COUPON),
                example_promotion("CUPS", skus=("CUP-1",), **(_COUPON | {"percent_off": Fraction(15)})),
            ),
            fires=False,
        ),
        Example(
            name="the discount of one of them is not known",
            offers=(example_offer(),),
            promotions=(
                example_promotion("OLD", **_COUPON),
                example_promotion("NEW", **(_COUPON | {"percent_off": None})),
            ),
            fires=None,
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Pairs of coupons that are not the same discount."""
        if case.promotion.kind is not PromotionKind.COUPON:
            return
        for other in later_twins(case, shop):
            promotion, twin = case.promotion, other.promotion
            if twin.kind is not PromotionKind.COUPON or _discount(promotion) == _discount(twin):
                continue
            ids = ids_text((promotion, twin))
            if not (case.computable and other.computable):
                yield self.unknown(case, f"what {ids} take off together: one of the two coupons does not say it")
                continue
            message = f"{ids} are coupons on the same SKU at the same time, and a buyer can use both."
            yield _together(self, case, other, message, "End the older one.")


class DeepDiscountCombines(Rule):
    """
    A deep discount is set to combine with all others.

    ## Why it matters
    Discounts that add up on the original price need not be many: beside 50 % off every other promotion, also one that
    a colleague sets up next week, comes out of what is left.

    ## What to do
    Set it not to combine, or only with the promotions that you mean.
    """

    code: ClassVar[str] = "PF304"
    name: ClassVar[str] = "deep-discount-combines"
    severity: ClassVar[Severity] = Severity.WARNING
    deep: Fraction = Field(
        Fraction(1, 2), gt=0, le=1, description="Share of the price from which a discount is not to combine with all."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="60 % off combines with all",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(60), combines=("all",)),),
            fires=True,
        ),
        Example(
            name="an unrestricted code of 60 %",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(60), code="HALF", combinability="unrestricted"),),
            fires=True,
        ),
        Example(
            name="60 % off combines with one",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(60), combines=("CLUB",)),),
            fires=False,
        ),
        Example(
            name="10 % off combines with all",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), combines=("all",)),),
            fires=False,
        ),
        Example(
            name="15.00 off combines with all, of a price that is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(amount_off=Fraction(15), combines=("all",)),),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """Promotions that say `all`, or whose code is unrestricted, and that go deep."""
        promotion = case.promotion
        open_to_all = "all" in (promotion.combines or ()) or promotion.combinability == "unrestricted"
        if promotion.level == "shipping" or not open_to_all or not case.computable:
            return
        share = case.largest_share()
        if share is None:
            yield self.unknown(case, depth_unknown(case))
        elif share >= self.deep:
            name = promotion.promotion_id
            message = f"{name} takes {percent_text(share)} off and combines with all other promotions."
            hint = "Set it not to combine, or only with the promotions that you mean."
            yield self.on_promotion(case, words=(message, hint))


def _discount(promotion: Promotion) -> tuple[object, ...]:
    """All that makes two promotions the same discount for the same buyers."""
    return (
        promotion.kind,
        promotion.level,
        promotion.segments,
        promotion.percent_off,
        promotion.amount_off,
        promotion.fixed_price,
        promotion.tiers,
        promotion.buy_quantity,
        promotion.get_quantity,
        promotion.min_quantity,
        promotion.min_amount,
        promotion.code.casefold(),
    )
