"""PF2xx, typed-number slips: what a revision changed that is hardly meant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from promofuse.facts import Promotion
from promofuse.pricing.catalogue import PromotionCase
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
from promofuse.rules.named_discount import named_discounts
from promofuse.rules.slips import slip_of_revision
from promofuse.rules.wording import amount_text, number_text, percent_text, setting_text
from promofuse.verdicts import Confidence, Severity

_NOW = EXAMPLE_AT - timedelta(hours=1)


def _is_told(promotion: Promotion) -> bool:
    """Whether the plan or the name tells what is meant: then that decides, and no earlier revision does."""
    planned = promotion.intended_percent_off is not None or promotion.intended_price is not None
    return planned or bool(named_discounts(promotion.name))


class NumberInWrongField(Rule):
    """
    A number moved from one field into another one, and now takes off more.

    ## Why it matters
    10 % became 10.00 off, "2.00 off from 15.00" became 15.00 off without a minimum, 5.00 off became a price of 5.00:
    each number is right and stands in the wrong place, so it looks right when it is read once more. It is critical
    where an offer falls below cost.

    ## What to do
    Compare percentage, amount, fixed price and minimum with the plan, and correct the promotion. If it is meant,
    write the plan down: `intended_percent_off` or `intended_price` in `promotions.csv`.
    """

    code: ClassVar[str] = "PF202"
    name: ClassVar[str] = "number-in-wrong-field"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="10 % off became 10.00 off",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(10)),
                example_promotion(amount_off=Fraction(10), seen_at=_NOW),
            ),
            fires=True,
        ),
        Example(
            name="2.00 off from 15.00 became 15.00 off",
            offers=(example_offer(),),
            promotions=(
                example_promotion(amount_off=Fraction(2), min_amount=Fraction(15)),
                example_promotion(amount_off=Fraction(15), seen_at=_NOW),
            ),
            fires=True,
        ),
        Example(
            name="10.00 off became 10 % off, which is less",
            offers=(example_offer(),),
            promotions=(
                example_promotion(amount_off=Fraction(10)),
                example_promotion(percent_off=Fraction(10), seen_at=_NOW),
            ),
            fires=False,
        ),
        Example(
            name="15.00 off as planned",
            offers=(example_offer(price=Fraction(100)),),
            promotions=(
                example_promotion(percent_off=Fraction(15)),
                example_promotion(amount_off=Fraction(15), intended_price=Fraction(85), seen_at=_NOW),
            ),
            fires=False,
        ),
        Example(
            name="10 % off became 10.00 off, of a price that is not known",
            offers=(example_offer(price=None),),
            promotions=(
                example_promotion(percent_off=Fraction(10)),
                example_promotion(amount_off=Fraction(10), seen_at=_NOW),
            ),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """The fields of the revision in force against the other fields of the one before."""
        promotion, before = case.promotion, case.before
        if before is None or promotion.level == "shipping" or _is_told(promotion):
            return
        now, then = _fields(promotion), _fields(before)
        moved = [
            (number, old, new)
            for new, number in now.items()
            for old, earlier in then.items()
            if new not in ("minimum", old) and number == earlier and now.get(old) != number
        ]
        if not moved:
            return
        number, old, new = moved[0]
        shares = [(_share(promotion, one), _share(before, one)) for one in _prices(case)]
        if not shares:
            yield self.unknown(case, depth_unknown(case))
            return
        if all(share <= earlier for share, earlier in shares):
            return
        text = number_text(number)
        until = last_chance(case, (promotion,), each=True)
        yield self.on_hardest_hit(
            case,
            words=(
                f"{promotion.promotion_id} says {setting_text(promotion, case.currency)}; before it said "
                f"{setting_text(before, case.currency)}: {text} was the {old} and is now the {new}.",
                what_to_do((promotion,), until, case.at, each=True),
            ),
            confidence=Confidence.MEDIUM,
        )


class LargeChange(Rule):
    """
    A promotion's settings have changed by a large factor since they were last seen.

    ## Why it matters
    Marketplaces with a price quarantine hold such a change until a person confirms it; the others let it pass. Most
    large changes of a promotion that was already set up are slips. It is critical where an offer falls below cost.

    ## What to do
    Compare it with what you meant. If it is meant, write the plan down (`intended_percent_off` or `intended_price` in
    `promotions.csv`) or add a waiver.
    """

    code: ClassVar[str] = "PF203"
    name: ClassVar[str] = "large-change"
    severity: ClassVar[Severity] = Severity.CRITICAL
    factor: Fraction = Field(
        Fraction(2), gt=1, description="How many times smaller the price has to be than before the change."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="15 % off became 60 % off",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(15)),
                example_promotion(percent_off=Fraction(60), seen_at=_NOW),
            ),
            fires=True,
        ),
        Example(
            name="a sale price of 21.00 became 9.00",
            offers=(example_offer(),),
            promotions=(
                example_promotion(fixed_price=Fraction(21)),
                example_promotion(fixed_price=Fraction(9), seen_at=_NOW),
            ),
            fires=True,
        ),
        Example(
            name="15 % off became 25 % off",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(15)),
                example_promotion(percent_off=Fraction(25), seen_at=_NOW),
            ),
            fires=False,
        ),
        Example(
            name="60 % off as planned",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(15)),
                example_promotion(percent_off=Fraction(60), intended_percent_off=Fraction(60), seen_at=_NOW),
            ),
            fires=False,
        ),
        Example(
            name="15 % off became 60 % off, and its name says so",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(15)),
                example_promotion(name="Last days: 60% off", percent_off=Fraction(60), seen_at=_NOW),
            ),
            fires=False,
        ),
        Example(
            name="the change is undone",
            offers=(example_offer(),),
            promotions=(
                example_promotion(percent_off=Fraction(60)),
                example_promotion(percent_off=Fraction(15), seen_at=_NOW),
            ),
            fires=False,
        ),
        Example(
            name="5.00 off became 15.00 off, of a price that is not known",
            offers=(example_offer(price=None),),
            promotions=(
                example_promotion(amount_off=Fraction(5)),
                example_promotion(amount_off=Fraction(15), seen_at=_NOW),
            ),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """The planned price now against the one that the revision before planned."""
        promotion, before = case.promotion, case.before
        if before is None or promotion.level == "shipping" or _is_told(promotion) or not case.computable:
            return
        if slip_of_revision(promotion, before):
            return  # that is typed-number-slip
        prices = _prices(case)
        if not prices:
            if promotion.amount_off is not None or promotion.fixed_price is not None:
                yield self.unknown(case, depth_unknown(case))
            return
        for price in prices:
            keeps, kept = 1 - _share(promotion, price), 1 - _share(before, price)
            if keeps * self.factor <= kept:
                break
        else:
            return
        until = last_chance(case, (promotion,), each=True)
        yield self.on_hardest_hit(
            case,
            words=(
                f"{promotion.promotion_id} was changed from {setting_text(before, case.currency)} to "
                f"{setting_text(promotion, case.currency)}: of {amount_text(price, case.currency)} a buyer now pays "
                f"{percent_text(keeps)} and not {percent_text(kept)}.",
                f"{what_to_do((promotion,), until, case.at, each=True)} If it is meant, write the plan down.",
            ),
            confidence=Confidence.MEDIUM,
        )


def _fields(promotion: Promotion) -> dict[str, Fraction]:
    known = {
        "percentage": promotion.percent_off,
        "amount off": promotion.amount_off,
        "fixed price": promotion.fixed_price,
        "minimum": promotion.min_amount,
    }
    return {name: number for name, number in known.items() if number}


def _prices(case: PromotionCase) -> list[Fraction]:
    return [offer.worst.base for offer in case.extremes() if offer.worst]


def _share(promotion: Promotion, price: Fraction) -> Fraction:
    return planned_discount(promotion, price, promotion.currency) or Fraction(0)
