"""PF2xx, typed-number slips: a setting that differs from what it was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from promofuse.facts import Promotion
from promofuse.pricing.catalogue import PromotionCase
from promofuse.pricing.worst_case import planned_discount, planned_price
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
from promofuse.rules.named_discount import NamedDiscount, named_discounts
from promofuse.rules.wording import amount_text, number_text, percent_text, setting_text
from promofuse.verdicts import Confidence, Severity


@dataclass(frozen=True, slots=True)
class _Slip:
    """A setting that is not what it was meant to be; `deeper`: it takes off more."""

    meant: str
    deeper: bool
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class _CannotTell:
    why: str


def digit_slip(before: Fraction, now: Fraction) -> str:
    """How one number becomes the other by a slip of the hand, in words; blank if none of the usual slips does."""
    if before <= 0 or now <= 0 or before == now:
        return ""
    for factor, words in ((10, "ten times"), (100, "a hundred times")):
        # 19.99 becomes 1.99, not 1.999: a hundredth of the number is let pass.
        if abs(now / before - factor) * 100 <= factor:
            return words
        if abs(before / now - factor) * 100 <= factor:
            return {10: "a tenth", 100: "a hundredth"}[factor]
    one, other = number_text(before), number_text(now)
    if any(one[:place] + digit + one[place:] == other for place, digit in enumerate(one) if digit.isdigit()):
        return "a digit typed twice"
    if len(one) != len(other) or one.find(".") != other.find("."):
        return ""
    one, other = one.replace(".", ""), other.replace(".", "")
    differ = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    neighbours = len(differ) == 2 and differ[1] == differ[0] + 1
    swapped = neighbours and one[differ[0]] == other[differ[1]] and one[differ[1]] == other[differ[0]]
    return "two digits swapped" if swapped else ""


class TypedNumberSlip(Rule):
    """
    A number was typed that is not the one that was meant.

    ## Why it matters
    97.5 for 9.75, 90 % off where nine tenths were to be paid, 1.99 for 19.99: the platform takes them all. What was
    meant is known from the planned value (`intended_percent_off`, `intended_price` in `promotions.csv`), else from a
    discount in the promotion's name, else from the revision before. The first of these that there is decides. It is
    critical where an offer falls below cost, info where less was taken off than planned, else a warning.

    ## What to do
    Compare the promotion with your plan and correct it. If the number is meant, correct the planned value or the name.
    """

    code: ClassVar[str] = "PF201"
    name: ClassVar[str] = "typed-number-slip"
    severity: ClassVar[Severity] = Severity.CRITICAL
    tolerance: Fraction = Field(
        Fraction(1, 100), ge=0, lt=1, description="Share of the price up to which a difference counts as rounding."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="97.5 typed for a planned 9.75",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction("97.5"), intended_percent_off=Fraction("9.75")),),
            fires=True,
        ),
        Example(
            name="a fixed price of 1.99 where 19.99 was planned",
            offers=(example_offer(),),
            promotions=(example_promotion(fixed_price=Fraction("1.99"), intended_price=Fraction("19.99")),),
            fires=True,
        ),
        Example(
            name="the same, and the price before is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(fixed_price=Fraction("1.99"), intended_price=Fraction("19.99")),),
            fires=True,
        ),
        Example(
            name="the name says 9折, pay nine tenths, and 90 % are taken off",
            offers=(example_offer(),),
            promotions=(example_promotion(name="春季 9折", percent_off=Fraction(90)),),
            fires=True,
        ),
        Example(
            name="the name says $5 off, and 50 % are taken off",
            offers=(example_offer(),),
            promotions=(example_promotion(name="$5 off mugs", percent_off=Fraction(50)),),
            fires=True,
        ),
        Example(
            name="12 % became 21 %",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(12)),
                example_promotion(percent_off=Fraction(21), seen_at=EXAMPLE_AT - timedelta(hours=1)),
            ),
            fires=True,
        ),
        Example(
            name="9 % became 99 %",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(9)),
                example_promotion(percent_off=Fraction(99), seen_at=EXAMPLE_AT - timedelta(hours=1)),
            ),
            fires=True,
        ),
        Example(
            name="as planned",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction("9.75"), intended_percent_off=Fraction("9.75")),),
            fires=False,
        ),
        Example(
            name="as the name says",
            offers=(example_offer(),),
            promotions=(example_promotion(name="Summer 2026: 10% off", percent_off=Fraction(10)),),
            fires=False,
        ),
        Example(
            name="a slip that has been corrected",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction("97.5")),
                example_promotion(percent_off=Fraction("9.75"), seen_at=EXAMPLE_AT - timedelta(hours=1)),
            ),
            fires=False,
        ),
        Example(
            name="15.00 off where 10 % was planned, of a price that is not known",
            offers=(example_offer(price=None),),
            promotions=(example_promotion(amount_off=Fraction(15), intended_percent_off=Fraction(10)),),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """One finding or none: the first source that tells what was meant decides."""
        slip = self._slip(case)
        if isinstance(slip, _CannotTell):
            yield self.unknown(case, slip.why)
        elif slip is not None:
            yield self._finding(case, slip)

    def _slip(self, case: PromotionCase) -> _Slip | _CannotTell | None:
        promotion = case.promotion
        if promotion.level == "shipping" or not case.computable:
            return None
        if promotion.intended_percent_off is not None:
            return self._against_share(case, promotion.intended_percent_off / 100)
        if promotion.intended_price is not None:
            return self._against_price(case, promotion.intended_price)
        if named := named_discounts(promotion.name):
            return self._against_name(case, named)
        return _against_revision(promotion, case.before) if case.before else None

    def _against_share(self, case: PromotionCase, meant: Fraction) -> _Slip | _CannotTell | None:
        share = case.largest_share()
        if share is None:
            return _no_price(case)
        if abs(share - meant) <= self.tolerance:
            return None
        return _Slip(f"you planned {percent_text(meant)} off", share > meant, Confidence.HIGH)

    def _against_price(self, case: PromotionCase, meant: Fraction) -> _Slip | _CannotTell | None:
        known, stated = case.covered.prices(), case.promotion.fixed_price
        if not known and stated is None:
            return _no_price(case)
        # An offer that costs less than the planned price before any promotion says nothing of the promotion.
        bases = {base for base in known if base > meant}
        prices = (planned_price(case.promotion, base, case.currency) for base in bases)
        lowest = min((price for price in prices if price is not None), default=meant)
        if not known and stated is not None:
            lowest = stated
        if abs(lowest - meant) <= self.tolerance * meant:
            return None
        return _Slip(f"you planned a price of {amount_text(meant, case.currency)}", lowest < meant, Confidence.HIGH)

    def _against_name(self, case: PromotionCase, named: tuple[NamedDiscount, ...]) -> _Slip | _CannotTell | None:
        """A name is read as the most that it can mean; less than it says is no slip."""
        prices = [offer.worst.base for offer in case.extremes() if offer.worst]
        if not prices:
            return _no_price(case)
        for price in prices:
            share = planned_discount(case.promotion, price, case.currency)
            most, text = max((discount.share_of(price), discount.text) for discount in named)
            if share is not None and share > most + self.tolerance:
                return _Slip(f'its name says "{text}"', deeper=True, confidence=Confidence.MEDIUM)
        return None

    def _finding(self, case: PromotionCase, slip: _Slip) -> Verdict:
        promotion = case.promotion
        until = last_chance(case, (promotion,), each=True)
        hint = what_to_do((promotion,), until, case.at, each=True)
        if not slip.deeper:
            hint = "Compare it with your plan: it takes off less than you meant."
        return self.on_hardest_hit(
            case,
            words=(f"{promotion.promotion_id} says {setting_text(promotion, case.currency)}, but {slip.meant}.", hint),
            severity=None if slip.deeper else Severity.INFO,
            confidence=slip.confidence,
        )


def _no_price(case: PromotionCase) -> _CannotTell:
    return _CannotTell(f"whether {case.promotion.promotion_id} is as planned: no price that it covers is known")


def slip_of_revision(promotion: Promotion, before: Promotion) -> str:
    """The slip by which one of its settings takes off more than it did before, in words; blank without one."""
    pairs = [
        (before.percent_off, promotion.percent_off, False),
        (before.amount_off, promotion.amount_off, False),
        (before.fixed_price, promotion.fixed_price, True),
        *((old, new, False) for (_, old), (_, new) in zip(before.tiers, promotion.tiers, strict=False)),
    ]
    for old, new, lower_is_deeper in pairs:
        if old is None or new is None or (new < old) is not lower_is_deeper:
            continue
        if words := digit_slip(old, new):
            return f"{number_text(old)} ({words})"
    return ""


def _against_revision(promotion: Promotion, before: Promotion) -> _Slip | None:
    """Only a slip that takes off more is one: the other way it was corrected."""
    if words := slip_of_revision(promotion, before):
        return _Slip(f"the revision before said {words}", deeper=True, confidence=Confidence.MEDIUM)
    return None
