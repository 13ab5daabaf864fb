"""PF2xx, typed-number slips: quantities that are the wrong way round."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

from promofuse.facts import PromotionKind
from promofuse.pricing.catalogue import PromotionCase
from promofuse.rules.base import Example, Rule, Verdict, example_offer, example_promotion, last_chance, what_to_do
from promofuse.rules.history import ShopCase
from promofuse.rules.wording import amount_text, number_text
from promofuse.verdicts import Severity

_GIFT = example_promotion(kind=PromotionKind.BUY_GET, buy_quantity=1, get_quantity=1, buy_skus=("CABLE",))


class BuyGetReversed(Rule):
    """
    A buyer gets more than he has to buy.

    ## Why it matters
    "Buy 1, get 2" where "buy 2, get 1" was meant gives two thirds away and not one third. It is critical where an offer
    falls below cost.

    ## What to do
    Exchange the two quantities. If it is meant, add a waiver.
    """

    code: ClassVar[str] = "PF204"
    name: ClassVar[str] = "buy-get-reversed"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="buy 1, get 2",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.BUY_GET, buy_quantity=1, get_quantity=2),),
            fires=True,
        ),
        Example(
            name="buy 2, get 1",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.BUY_GET, buy_quantity=2, get_quantity=1),),
            fires=False,
        ),
        Example(
            name="buy one, get one",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.BUY_GET, buy_quantity=1, get_quantity=1),),
            fires=False,
        ),
        Example(
            name="how many have to be bought is not known",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.BUY_GET, get_quantity=2),),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """Promotions with a free quantity above the bought one."""
        promotion = case.promotion
        bought, free = promotion.buy_quantity, promotion.get_quantity
        if bought is None or free is None:
            if promotion.kind is PromotionKind.BUY_GET:
                missing = "buy_quantity" if bought is None else "get_quantity"
                yield self.unknown(case, f"what {promotion.promotion_id} gives away: its {missing} is not known")
            return
        if free <= bought:
            return
        off = "free" if promotion.percent_off is None else f"{number_text(promotion.percent_off)} % off"
        yield self.on_hardest_hit(
            case,
            words=(
                f"{promotion.promotion_id} says buy {bought}, get {free} {off}: a buyer gets more than he buys.",
                what_to_do((promotion,), last_chance(case, (promotion,), each=True), case.at, each=True),
            ),
        )


class FreeItemDearer(Rule):
    """
    The item that is given away costs more than the one that has to be bought.

    ## Why it matters
    "Buy a cable, get a charger" where "buy a charger, get a cable" was meant. The two product selections of such a
    promotion are easily exchanged. It is critical where an offer falls below cost.

    ## What to do
    Exchange the two selections.
    """

    code: ClassVar[str] = "PF207"
    name: ClassVar[str] = "free-item-dearer"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="buy a cable of 8.00, get a mug of 24.00",
            offers=(example_offer(), example_offer("CABLE", price=Fraction(8))),
            promotions=(_GIFT,),
            fires=True,
        ),
        Example(
            name="buy a lamp of 60.00, get a mug of 24.00",
            offers=(example_offer(), example_offer("CABLE", price=Fraction(60))),
            promotions=(_GIFT,),
            fires=False,
        ),
        Example(
            name="what is bought is what is given",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.BUY_GET, buy_quantity=1, get_quantity=1),),
            fires=False,
        ),
        Example(
            name="the price of what has to be bought is not known",
            offers=(example_offer(),),
            promotions=(_GIFT,),
            fires=None,
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Promotions that give away other SKUs than those bought: the dearest gift against the cheapest purchase."""
        promotion = case.promotion
        if not promotion.buy_skus or not promotion.get_quantity:
            return
        bought = [offer.price for sku in promotion.buy_skus if (offer := shop.offers.get((sku, case.currency)))]
        given = case.extremes()
        prices = [price for price in bought if price is not None]
        if not given or len(prices) < len(promotion.buy_skus):
            yield self.unknown(case, f"whether {promotion.promotion_id} gives away what is dearer: a price is missing")
            return
        dearest, purchase = given[-1], min(prices) * (promotion.buy_quantity or 1)
        gift = dearest.worst.base * promotion.get_quantity if dearest.worst else Fraction(0)
        if gift <= purchase:
            return
        until = last_chance(case, (promotion,), each=True)
        yield self.on_hardest_hit(
            case,
            words=(
                f"{promotion.promotion_id} gives away {dearest.offer.sku}, worth {amount_text(gift, case.currency)}, "
                f"with a purchase of {amount_text(purchase, case.currency)}.",
                what_to_do((promotion,), until, case.at, each=True),
            ),
        )


class TiersOutOfOrder(Rule):
    """
    A higher tier takes off no more than a lower one.

    ## Why it matters
    Tiers rise: 5 % from 2 units, 10 % from 4. One that falls is a slip in one of the two, and the deeper of them is
    what buyers find. It is critical where an offer falls below cost.

    ## What to do
    Compare the tiers with the plan and correct the one that does not fit.
    """

    code: ClassVar[str] = "PF205"
    name: ClassVar[str] = "tiers-out-of-order"
    severity: ClassVar[Severity] = Severity.CRITICAL
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="50 % from 2 units, 10 % from 4",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.TIERS, tiers=((2, Fraction(50)), (4, Fraction(10)))),),
            fires=True,
        ),
        Example(
            name="the same quantity twice",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.TIERS, tiers=((2, Fraction(5)), (2, Fraction(10)))),),
            fires=True,
        ),
        Example(
            name="5 % from 2 units, 10 % from 4",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.TIERS, tiers=((2, Fraction(5)), (4, Fraction(10)))),),
            fires=False,
        ),
        Example(
            name="rising tiers that are not sorted",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.TIERS, tiers=((4, Fraction(10)), (2, Fraction(5)))),),
            fires=False,
        ),
        Example(
            name="the tiers are not known",
            offers=(example_offer(),),
            promotions=(example_promotion(kind=PromotionKind.TIERS),),
            fires=None,
        ),
    )

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """The first tier that does not rise above the one below it."""
        promotion = case.promotion
        if promotion.kind is PromotionKind.TIERS and not promotion.tiers:
            yield self.unknown(case, f"the tiers of {promotion.promotion_id} are not known")
        for (few, small), (many, large) in pairwise(sorted(promotion.tiers, key=_quantity)):
            if few < many and small < large:
                continue
            yield self.on_hardest_hit(
                case,
                words=(
                    f"{promotion.promotion_id} takes {number_text(small)} % off from {few} units and "
                    f"{number_text(large)} % from {many}: a higher tier has to take off more.",
                    what_to_do((promotion,), last_chance(case, (promotion,), each=True), case.at, each=True),
                ),
            )
            return


def _quantity(tier: tuple[int, Fraction]) -> int:
    return tier[0]
