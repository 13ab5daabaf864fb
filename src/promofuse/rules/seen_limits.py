"""PF7xx, seen in orders: promotions that went further than their limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import ClassVar

from promofuse.facts import OrderLine, OrderStatus, Promotion
from promofuse.money import power
from promofuse.pricing.catalogue import PromotionCase
from promofuse.pricing.worst_case import planned_discount
from promofuse.rules.base import Example, Rule, Verdict, example_offer, example_promotion
from promofuse.rules.history import ShopCase
from promofuse.rules.sold import TENTH_OFF, on_lines, orders_text, sold_line, sold_lines
from promofuse.rules.wording import ids_text
from promofuse.verdicts import Severity


class SoldOutsideScope(Rule):
    """
    Orders use a promotion on SKUs that it does not name.

    ## Why it matters
    The platform's product selection is wider than the one on record: a collection, a brand, a parent with all its
    variants. What is not on record was not checked. It is critical where a unit lost money.

    ## What to do
    Compare the selection on the platform with the plan; add the SKUs to `promotions.csv`, or take them out there.
    """

    code: ClassVar[str] = "PF703"
    name: ClassVar[str] = "sold-outside-scope"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="a promotion on mugs was used on a cup",
            offers=(example_offer(), example_offer("CUP-1")),
            promotions=(example_promotion(**TENTH_OFF),),
            fires=True,
            history=sold_lines(sold_line(sku="CUP-1")),
        ),
        Example(
            name="on mugs",
            offers=(example_offer(), example_offer("CUP-1")),
            promotions=(example_promotion(**TENTH_OFF),),
            fires=False,
            history=sold_lines(sold_line()),
        ),
        Example(
            name="nothing was taken off the cup",
            offers=(example_offer(), example_offer("CUP-1")),
            promotions=(example_promotion(**TENTH_OFF),),
            fires=False,
            history=sold_lines(sold_line(sku="CUP-1", item_discount=0)),
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Lines that name the promotion, and whose SKU no revision of it names."""
        promotion = case.promotion
        sold = shop.sold_by_promotion.get(promotion.promotion_id, ())
        if promotion.level != "item" or not sold:
            return
        known = {sku for one in shop.book.revisions(promotion.promotion_id) for sku in one.skus}
        lines = [
            line
            for line in sold
            if "*" not in known and line.sku not in known and line.item_discount > 0 and _names_one(line, shop)
        ]
        if not lines:
            return
        skus = sorted({line.sku for line in lines})
        what = f"{skus[0]} and {len(skus) - 1} more SKUs" if len(skus) > 1 else skus[0]
        yield on_lines(
            self,
            shop,
            (promotion,),
            lines,
            (
                f"{promotion.promotion_id} was used by {orders_text(lines)} on {what}, which it does not name.",
                f"Compare the product selection of {promotion.promotion_id} on the platform with the plan.",
            ),
        )


def _names_one(line: OrderLine, shop: ShopCase) -> bool:
    return len(shop.book.resolve(line.promotion_ids, line.ordered_at)) == 1


class StackedAgainstRules(Rule):
    """
    Orders got two promotions that do not combine.

    ## Why it matters
    The check believed that these two keep each other out, so the worst price is lower than it said. One order that got
    both proves it. It is critical where a unit lost money.

    ## What to do
    End or move one of them, and correct `combines` in `promotions.csv` so that the check reckons with it.
    """

    code: ClassVar[str] = "PF704"
    name: ClassVar[str] = "stacked-against-rules"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="one of them says that it combines with none",
            offers=(example_offer(),),
            promotions=(
                example_promotion(combines=("none",), **TENTH_OFF),
                example_promotion("CLUB", **TENTH_OFF),
            ),
            fires=True,
            history=sold_lines(sold_line(item_discount=480, promotion_ids=("SPRING", "CLUB"))),
        ),
        Example(
            name="they combine",
            offers=(example_offer(),),
            promotions=(example_promotion(**TENTH_OFF), example_promotion("CLUB", **TENTH_OFF)),
            fires=False,
            history=sold_lines(sold_line(item_discount=480, promotion_ids=("SPRING", "CLUB"))),
        ),
        Example(
            name="both are named, and only one was taken off",
            offers=(example_offer(),),
            promotions=(
                example_promotion(combines=("none",), **TENTH_OFF),
                example_promotion("CLUB", **TENTH_OFF),
            ),
            fires=False,
            history=sold_lines(sold_line(promotion_ids=("SPRING", "CLUB"))),
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Lines with this promotion and a later one that do not combine, and with more off than the deeper one."""
        found: dict[str, list[OrderLine]] = {}
        for line in shop.sold_by_promotion.get(case.promotion.promotion_id, ()):
            ids = shop.book.resolve(line.promotion_ids, line.ordered_at)
            known = [revision for i in ids if (revision := shop.book.revision(i, line.ordered_at))]
            on_items = [promotion for promotion in known if promotion.level != "shipping"]
            for pair in combinations(sorted(on_items, key=lambda promotion: promotion.promotion_id), 2):
                apart = not case.sets.stacking.meet(*pair).together
                if pair[0].promotion_id == case.promotion.promotion_id and apart and _took_more(line, pair):
                    found.setdefault(pair[1].promotion_id, []).append(line)
        for other_id, lines in found.items():
            other = shop.book.revision(other_id, shop.at) or shop.book.revisions(other_id)[0]
            ids_of_both = ids_text((case.promotion, other))
            yield on_lines(
                self,
                shop,
                (case.promotion, other),
                lines,
                (
                    f"{ids_of_both} were both used by {orders_text(lines)}, though they do not combine.",
                    f"End or move one of {ids_of_both}, and correct combines in promotions.csv.",
                ),
            )


def _took_more(line: OrderLine, pair: Sequence[Promotion]) -> bool:
    """Whether more was taken off than the deeper of the two alone takes, by more than a hundredth of the price."""
    if not line.item_price:
        return False
    price = Fraction(line.item_price, line.quantity * power(line.currency))
    shares = [planned_discount(promotion, price, line.currency) for promotion in pair]
    if None in shares:
        return False
    deepest = max(share for share in shares if share is not None)
    return Fraction(line.item_discount, line.item_price) > deepest + Fraction(1, 100)


class LimitExceeded(Rule):
    """
    A promotion was used more often than its limit allows.

    ## Why it matters
    The limit on record is the fuse that the exposure is reckoned with. If it does not hold on the platform, nothing
    caps the loss. It is critical where a unit lost money.

    ## What to do
    See on the platform whether the limit is set, and end the promotion if it is not.
    """

    code: ClassVar[str] = "PF705"
    name: ClassVar[str] = "limit-exceeded"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="one redemption allowed, two orders",
            offers=(example_offer(),),
            promotions=(example_promotion(redemption_limit=1, **TENTH_OFF),),
            fires=True,
            history=sold_lines(sold_line(), sold_line("O-2")),
        ),
        Example(
            name="two redemptions allowed, two orders",
            offers=(example_offer(),),
            promotions=(example_promotion(redemption_limit=2, **TENTH_OFF),),
            fires=False,
            history=sold_lines(sold_line(), sold_line("O-2")),
        ),
        Example(
            name="one of the two orders was cancelled",
            offers=(example_offer(),),
            promotions=(example_promotion(redemption_limit=1, **TENTH_OFF),),
            fires=False,
            history=sold_lines(sold_line(), sold_line("O-2", status=OrderStatus.CANCELLED)),
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Orders that name the promotion and are not cancelled, counted against its limit."""
        promotion, limit = case.promotion, case.promotion.redemption_limit
        if limit is None:
            return
        lines = [
            line
            for line in shop.sold_by_promotion.get(promotion.promotion_id, ())
            if line.status is not OrderStatus.CANCELLED
        ]
        count = len({line.order_id for line in lines})
        if count <= limit:
            return
        yield on_lines(
            self,
            shop,
            (promotion,),
            lines,
            (
                f"{promotion.promotion_id} allows {limit} redemptions, and {orders_text(lines)} used it.",
                f"See on the platform whether the limit of {promotion.promotion_id} is set; end it if it is not.",
            ),
        )
