"""PF2xx, typed-number slips: the same amount in two currencies."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from statistics import median
from typing import ClassVar

from pydantic import Field

from promofuse.facts import Promotion
from promofuse.pricing.catalogue import PromotionCase
from promofuse.rules.base import Example, Rule, Verdict, example_offer, example_promotion, last_chance, what_to_do
from promofuse.rules.history import ShopCase
from promofuse.rules.wording import number_text, setting_text
from promofuse.verdicts import Confidence, Severity

_TWO_STORES = (example_offer(), example_offer(currency="JPY", price=Fraction(3600), unit_cost=Fraction(1100)))
_YEN = example_promotion("JP-500", name="Spring", amount_off=Fraction(500), currency="JPY")


class CurrencySlip(Rule):
    """
    The same amount stands in two currencies that are far apart.

    ## Why it matters
    500 off is 14 % of 3,600 yen, and twenty times the price in dollars. Promotions that are copied from one store to
    the next keep the number and change the currency. What the currencies are worth is taken from the shop's own
    prices of the same SKUs. It is critical where an offer falls below cost.

    ## What to do
    Convert the amount for the store that it is in.
    """

    code: ClassVar[str] = "PF206"
    name: ClassVar[str] = "currency-slip"
    severity: ClassVar[Severity] = Severity.CRITICAL
    apart: Fraction = Field(
        Fraction(3), gt=1, description="From how many times the worth on two currencies count as far apart."
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="500 off in yen, and 500 off in dollars",
            offers=_TWO_STORES,
            promotions=(_YEN, example_promotion("US-500", name="Spring", amount_off=Fraction(500))),
            fires=True,
        ),
        Example(
            name="500 off in yen, and 4 off in dollars",
            offers=_TWO_STORES,
            promotions=(_YEN, example_promotion("US-4", name="Spring", amount_off=Fraction(4))),
            fires=False,
        ),
        Example(
            name="2 off in euros and in dollars, whose prices are alike",
            offers=(example_offer(), example_offer(currency="EUR")),
            promotions=(
                example_promotion("DE-2", amount_off=Fraction(2), currency="EUR"),
                example_promotion("US-2", amount_off=Fraction(2)),
            ),
            fires=False,
        ),
        Example(
            name="two promotions of one name, and no SKU with a price in both currencies",
            offers=(example_offer(), example_offer("CUP-1", currency="JPY", price=Fraction(3600))),
            promotions=(
                example_promotion("JP-500", name="Spring", amount_off=Fraction(500), currency="JPY", skus=("CUP-1",)),
                example_promotion("US-500", name="Spring", amount_off=Fraction(500)),
            ),
            fires=None,
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """A promotion with an amount that another one has in a currency whose units are worth much less."""
        promotion = case.promotion
        amount = _amount(promotion)
        if amount is None or not promotion.currency:
            return
        for other in shop.promotions:
            twin = other.promotion
            if _amount(twin) != amount or twin.currency in ("", promotion.currency) or not _related(promotion, twin):
                continue
            worth = _worth(shop, promotion.currency, twin.currency)
            if worth is None:
                if promotion.name and promotion.name == twin.name and promotion.promotion_id < twin.promotion_id:
                    ids = f"{promotion.promotion_id} and {twin.promotion_id}"
                    yield self.unknown(
                        case,
                        f"{ids} say {number_text(amount[1])} in {promotion.currency} and in {twin.currency}, and no "
                        f"SKU has a price in both",
                    )
                continue
            # Money off is a slip in the dear currency, a stated price in the cheap one.
            if (1 / worth if amount[0] == "off" else worth) < self.apart:
                continue
            until = last_chance(case, (promotion,), each=True)
            yield self.on_hardest_hit(
                case,
                words=(
                    f"{promotion.promotion_id} says {setting_text(promotion, promotion.currency)} in "
                    f"{promotion.currency}, the same number as {twin.promotion_id} in {twin.currency}.",
                    what_to_do((promotion,), until, case.at, each=True),
                ),
                confidence=Confidence.MEDIUM,
            )
            return


def _amount(promotion: Promotion) -> tuple[str, Fraction] | None:
    if promotion.level == "shipping":
        return None
    if promotion.fixed_price:
        return "price", promotion.fixed_price
    return ("off", promotion.amount_off) if promotion.amount_off else None


def _related(one: Promotion, other: Promotion) -> bool:
    """Whether one may have been copied from the other: they share their name or an SKU."""
    return (bool(one.name) and one.name == other.name) or bool({*one.skus} & {*other.skus})


def _worth(shop: ShopCase, currency: str, other: str) -> Fraction | None:
    """How many units of `currency` one unit of the other buys, by the prices of SKUs in both; None without any."""
    rates = [
        offer.price / twin.price
        for (sku, its_currency), offer in shop.offers.items()
        if its_currency == currency and offer.price and (twin := shop.offers.get((sku, other))) and twin.price
    ]
    return median(rates) if rates else None
