"""PF7xx, seen in orders: what buyers really paid, and when, against what the settings say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from promofuse.facts import OrderLine, Promotion
from promofuse.money import power
from promofuse.pricing.catalogue import PromotionCase
from promofuse.pricing.worst_case import planned_discount
from promofuse.rules.base import EXAMPLE_AT, Example, Rule, Verdict, example_offer, example_promotion
from promofuse.rules.history import ShopCase
from promofuse.rules.sold import HOUR, TENTH_OFF, on_lines, orders_text, sold_line, sold_lines, unit_paid
from promofuse.rules.wording import amount_text, setting_text, time_text
from promofuse.verdicts import Severity


class PaidBelowPlan(Rule):
    """
    Buyers paid much less than the promotion's settings plan.

    ## Why it matters
    The settings on record and what the platform does are two things: a second promotion that is not on record, a tier
    that was misread, a platform's own discount on top. Orders tell first. It is critical where a unit lost money.

    ## What to do
    Look at the order's discounts on the platform, and end what should not be there. Then correct `promotions.csv`.
    """

    code: ClassVar[str] = "PF701"
    name: ClassVar[str] = "paid-below-plan"
    severity: ClassVar[Severity] = Severity.CRITICAL
    share: Fraction = Field(
        Fraction(1, 2), gt=0, lt=1, description="Share of the planned price below which a buyer paid too little."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="10 % off is planned, and 20.00 of 24.00 were taken off",
            offers=(example_offer(),),
            promotions=(example_promotion(**TENTH_OFF),),
            fires=True,
            history=sold_lines(sold_line(item_discount=2000)),
        ),
        Example(
            name="a little below the plan, as it happens with other discounts of the platform",
            offers=(example_offer(),),
            promotions=(example_promotion(**TENTH_OFF),),
            fires=False,
            history=sold_lines(sold_line(item_discount=600)),
        ),
        Example(
            name="as planned",
            offers=(example_offer(),),
            promotions=(example_promotion(**TENTH_OFF),),
            fires=False,
            history=sold_lines(sold_line()),
        ),
        Example(
            name="two promotions on record together explain it",
            offers=(example_offer(),),
            promotions=(example_promotion(**TENTH_OFF), example_promotion("CLUB", **TENTH_OFF)),
            fires=False,
            history=sold_lines(sold_line(item_discount=480, promotion_ids=("SPRING", "CLUB"))),
        ),
        Example(
            name="what the promotion takes off is not known",
            offers=(example_offer(),),
            promotions=(example_promotion(**(TENTH_OFF | {"percent_off": None})),),
            fires=None,
            history=sold_lines(sold_line(item_discount=2000)),
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Lines that name the promotion, paid below what all promotions on them plan together."""
        promotion = case.promotion
        lines = shop.sold_by_promotion.get(promotion.promotion_id, ())
        if promotion.level == "shipping" or not lines:
            return
        if not case.computable:
            yield self.unknown(case, f"whether {len(lines)} lines were paid as {promotion.promotion_id} plans")
            return
        below = [line for line in lines if self._is_below(line, shop)]
        if not below:
            return
        cheapest = min(paid for line in below if (paid := unit_paid(line)) is not None)
        plan = setting_text(promotion, case.currency)
        yield on_lines(
            self,
            shop,
            (promotion,),
            below,
            (
                f"{promotion.promotion_id} plans {plan}, and {orders_text(below)} with it paid down to "
                f"{amount_text(cheapest, below[0].currency)} a unit: nothing on record explains the rest.",
                "Look at the order's discounts on the platform, and end what should not be there.",
            ),
        )

    def _is_below(self, line: OrderLine, shop: ShopCase) -> bool:
        """Whether a line was paid below its plan; discounts add up, which is the most that they can take."""
        paid = unit_paid(line)
        if paid is None or line.item_price is None:
            return False
        offer = shop.offers.get((line.sku, line.currency))
        listed = Fraction(line.item_price, line.quantity * power(line.currency))
        price = min(listed, offer.price) if offer and offer.price else listed
        share = Fraction(0)
        for promotion_id in shop.book.resolve(line.promotion_ids, line.ordered_at):
            revision = shop.book.revision(promotion_id, line.ordered_at)
            planned = None if revision is None else planned_discount(revision, price, line.currency)
            if planned is None:
                return False  # a promotion that is not known may explain it
            share += planned
        return paid < price * max(1 - share, Fraction(0)) * self.share


class OrdersAfterEnd(Rule):
    """
    Orders still use a promotion after its end.

    ## Why it matters
    A coupon that was clipped before goes on for about half an hour, a code may live on, a promotion that was ended in
    one place may run in another one. As long as such orders come it has not stopped. It is critical where a unit lost
    money.

    ## What to do
    See on the platform that it has ended, for every marketplace. Set the quantity to 0 until no such order comes.
    """

    code: ClassVar[str] = "PF702"
    name: ClassVar[str] = "orders-after-end"
    severity: ClassVar[Severity] = Severity.CRITICAL
    tail_minutes: int = Field(60, ge=0, description="How long after its end orders with a clipped coupon are normal.")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="it was ended five hours ago, and an hour ago it was used",
            offers=(example_offer(),),
            promotions=(
                example_promotion(**TENTH_OFF),
                example_promotion(**(TENTH_OFF | {"status": "ended", "seen_at": EXAMPLE_AT - 5 * HOUR})),
            ),
            fires=True,
            history=sold_lines(sold_line()),
        ),
        Example(
            name="its time ran out five hours ago, and an hour ago it was used",
            offers=(example_offer(),),
            promotions=(example_promotion(ends_at=EXAMPLE_AT - 5 * HOUR, **TENTH_OFF),),
            fires=True,
            history=sold_lines(sold_line()),
        ),
        Example(
            name="half an hour after its end",
            offers=(example_offer(),),
            promotions=(example_promotion(ends_at=EXAMPLE_AT - 1.5 * HOUR, **TENTH_OFF),),
            fires=False,
            history=sold_lines(sold_line()),
        ),
        Example(
            name="it is running",
            offers=(example_offer(),),
            promotions=(example_promotion(**TENTH_OFF),),
            fires=False,
            history=sold_lines(sold_line()),
        ),
    )

    def check_shop(self, shop: ShopCase) -> Iterable[Verdict]:
        """Lines ordered after the end of a promotion that they name, and after its tail."""
        for promotion_id, lines in shop.sold_by_promotion.items():
            promotion = shop.book.revision(promotion_id, shop.at)
            ended = None if promotion is None else _ended_at(promotion, shop)
            if promotion is None or ended is None or promotion.level == "shipping":
                continue
            late = [line for line in lines if line.ordered_at >= ended + timedelta(minutes=self.tail_minutes)]
            if late:
                newest = max(line.ordered_at for line in late)
                yield on_lines(
                    self,
                    shop,
                    (promotion,),
                    late,
                    (
                        f"{promotion_id} ended at {time_text(ended)}, and {orders_text(late)} used it since, the "
                        f"newest at {time_text(newest)}.",
                        f"See on the platform that {promotion_id} has ended; quantity 0 until no such order comes.",
                    ),
                )


def _ended_at(promotion: Promotion, shop: ShopCase) -> datetime | None:
    """When a promotion ended, by its dates or by the first revision that says so; None while it has not."""
    ends = [] if promotion.ends_at is None or promotion.ends_at > shop.at else [promotion.ends_at]
    if promotion.status == "ended":
        first = promotion
        for earlier in reversed(shop.earlier(promotion)):
            if earlier.status != "ended":
                break
            first = earlier
        ends.append(first.seen_at)
    return min(ends, default=None)
