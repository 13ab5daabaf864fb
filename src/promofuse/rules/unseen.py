"""PF8xx, blind spots: orders that do not come, and promotions that only orders know."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from promofuse.pricing.stacking import begins
from promofuse.rules.base import EXAMPLE_AT, Example, Rule, Verdict, example_offer, example_promotion
from promofuse.rules.history import History, ShopCase
from promofuse.rules.sold import sold_line
from promofuse.rules.wording import duration_text, time_text
from promofuse.verdicts import Severity


class StaleOrders(Rule):
    """
    No order data has come for a long time while promotions run.

    ## Why it matters
    Silence means nothing then: no spike can be seen, and nothing of what the rules find in orders.

    ## What to do
    Drop a new All Orders report into the shop's folder, or see why the shop is not read.
    """

    code: ClassVar[str] = "PF804"
    name: ClassVar[str] = "stale-orders"
    severity: ClassVar[Severity] = Severity.INFO
    hours: int = Field(48, ge=1, description="From how many hours on order data is stale.")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="the newest order data is three days old",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=True,
            history=History(orders_as_of=EXAMPLE_AT - timedelta(days=3)),
        ),
        Example(
            name="it is an hour old",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10)),),
            fires=False,
            history=History(orders_as_of=EXAMPLE_AT - timedelta(hours=1)),
        ),
        Example(
            name="nothing runs yet",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), starts_at=EXAMPLE_AT + timedelta(days=1)),),
            fires=False,
            history=History(orders_as_of=EXAMPLE_AT - timedelta(days=3)),
        ),
    )

    def check_shop(self, shop: ShopCase) -> Iterable[Verdict]:
        """Old order data beside a running promotion."""
        as_of = shop.history.orders_as_of
        running = [case.promotion for case in shop.promotions if begins(case.promotion) <= shop.at]
        if as_of is None or not running or shop.at - as_of < timedelta(hours=self.hours):
            return
        count = f"{len(running)} promotions run" if len(running) > 1 else f"{running[0].promotion_id} runs"
        yield self.on_shop(
            shop,
            words=(
                f"The newest order data of {shop.shop} is of {time_text(as_of)}, "
                f"{duration_text(shop.at - as_of)} ago, while {count}: what happens there is not seen.",
                "Drop a new order report into the shop's folder.",
            ),
        )


class UnrecordedPromotion(Rule):
    """
    Orders name a promotion of which there is no record.

    ## Why it matters
    What is not in `promotions.csv` or in a promotion report was not checked, alone or in a stack. It may be a
    platform's own, or one that somebody set up in passing.

    ## What to do
    Add it to `promotions.csv`; a row with its id, `seen_at` and what it takes off is enough.
    """

    code: ClassVar[str] = "PF805"
    name: ClassVar[str] = "unrecorded-promotion"
    severity: ClassVar[Severity] = Severity.INFO
    orders: int = Field(3, ge=1, description="From how many orders with a discount on it is told.")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="three orders name a promotion without a record",
            offers=(example_offer(),),
            promotions=(),
            fires=True,
            history=History(sold=tuple(sold_line(f"O-{number}") for number in range(3))),
        ),
        Example(
            name="one order does",
            offers=(example_offer(),),
            promotions=(),
            fires=False,
            history=History(sold=(sold_line(),)),
        ),
        Example(
            name="three orders name it, and nothing was taken off",
            offers=(example_offer(),),
            promotions=(),
            fires=False,
            history=History(sold=tuple(sold_line(f"O-{number}", item_discount=0) for number in range(3))),
        ),
        Example(
            name="there is a record",
            offers=(example_offer(),),
            promotions=(example_promotion(percent_off=Fraction(10), seen_at=EXAMPLE_AT - timedelta(days=2)),),
            fires=False,
            history=History(sold=tuple(sold_line(f"O-{number}") for number in range(3))),
        ),
    )

    def check_shop(self, shop: ShopCase) -> Iterable[Verdict]:
        """Ids on discounted lines that no record explains: one finding, the most used first."""
        unknown: dict[str, set[str]] = {}
        for line in shop.history.sold:
            ids = shop.book.resolve(line.promotion_ids, line.ordered_at)
            if line.item_discount > 0 and not any(promotion_id in shop.book for promotion_id in ids):
                for promotion_id in ids:
                    unknown.setdefault(promotion_id, set()).add(line.order_id)
        found = sorted((-len(orders), promotion_id) for promotion_id, orders in unknown.items())
        found = [(count, promotion_id) for count, promotion_id in found if -count >= self.orders]
        if not found:
            return
        count, first = found[0]
        others = f", and {len(found) - 1} more promotions" if len(found) > 1 else ""
        yield self.on_shop(
            shop,
            words=(
                f"{-count} orders name {first}{others}, of which there is no record: it was never checked.",
                f"Add {first} with what it takes off to promotions.csv.",
            ),
            promotion_ids=tuple(promotion_id for _, promotion_id in found),
        )
