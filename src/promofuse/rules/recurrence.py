"""PF6xx, schedule: the same thing again, soon after an incident."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from promofuse.facts import Promotion
from promofuse.pricing.catalogue import PromotionCase
from promofuse.pricing.stacking import begins
from promofuse.rules.base import (
    EXAMPLE_AT,
    Example,
    Rule,
    Verdict,
    example_offer,
    example_promotion,
    last_chance,
)
from promofuse.rules.history import History, PastIncident, ShopCase
from promofuse.rules.wording import setting_text, time_text
from promofuse.verdicts import Severity

_DAY = timedelta(days=1)
_LAST_WEEK = History(
    incidents=(
        PastIncident(
            incident_id="INC-2026-0001", opened_at=EXAMPLE_AT - 7 * _DAY, promotion_id="AUTUMN", skus=("MUG-1",)
        ),
    )
)
_LAST_WEEK_98 = History(
    incidents=(
        PastIncident(
            incident_id="INC-2026-0001",
            opened_at=EXAMPLE_AT - 20 * _DAY,
            over_at=EXAMPLE_AT - 7 * _DAY,
            promotion_id="AUTUMN",
            skus=("MUG-1",),
        ),
    )
)
_AUTUMN = example_promotion(
    "AUTUMN", name="Autumn sale", percent_off=Fraction(98), seen_at=EXAMPLE_AT - 21 * _DAY, status="ended"
)
_DEEP = Fraction(50)  # percent; a discount that small shops give every week is no likeness
_PLAIN = {"percent_off": Fraction(10), "ends_at": EXAMPLE_AT + 9 * _DAY}


class SoonAfterIncident(Rule):
    """
    A promotion starts or changes on what has just had an incident.

    ## Why it matters
    The airline that sold first class for the price of a bus ticket did it again within two weeks: the cause was still
    there. It is told for the promotion of the incident, for its SKUs, its name, and its discount where that was half
    the price or more. The days count from when the incident was closed.

    ## What to do
    Have a second person read the settings before it starts, and watch the first ten orders. If the cause is known and
    gone, add a waiver that says so.
    """

    code: ClassVar[str] = "PF605"
    name: ClassVar[str] = "soon-after-incident"
    severity: ClassVar[Severity] = Severity.WARNING
    days: int = Field(14, ge=1, description="For how many days after an incident was closed it is told.")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            name="a new promotion on the SKU of last week's incident",
            offers=(example_offer(),),
            promotions=(example_promotion("WINTER", starts_at=EXAMPLE_AT + _DAY, **_PLAIN),),
            fires=True,
            history=_LAST_WEEK,
        ),
        Example(
            name="the promotion of the incident was changed and runs again",
            offers=(example_offer(),),
            promotions=(example_promotion("AUTUMN", **_PLAIN),),
            fires=True,
            history=_LAST_WEEK,
        ),
        Example(
            name="another promotion that ran before the incident",
            offers=(example_offer(),),
            promotions=(example_promotion("CLUB", seen_at=EXAMPLE_AT - 30 * _DAY, **_PLAIN),),
            fires=False,
            history=_LAST_WEEK,
        ),
        Example(
            name="a promotion on another SKU has the name of the incident's, which was closed last week",
            offers=(example_offer(), example_offer("CUP-1")),
            promotions=(
                _AUTUMN,
                example_promotion(
                    "A-2", name="autumn sale", skus=("CUP-1",), starts_at=EXAMPLE_AT + _DAY, percent_off=Fraction(10)
                ),
            ),
            fires=True,
            history=_LAST_WEEK_98,
        ),
        Example(
            name="a promotion on another SKU takes off as much as the incident's did",
            offers=(example_offer(), example_offer("CUP-1")),
            promotions=(
                _AUTUMN,
                example_promotion("A-2", skus=("CUP-1",), starts_at=EXAMPLE_AT + _DAY, percent_off=Fraction(98)),
            ),
            fires=True,
            history=_LAST_WEEK_98,
        ),
        Example(
            name="another SKU",
            offers=(example_offer("CUP-1"),),
            promotions=(example_promotion("WINTER", skus=("CUP-1",), starts_at=EXAMPLE_AT + _DAY, **_PLAIN),),
            fires=False,
            history=_LAST_WEEK,
        ),
        Example(
            name="an incident of a month ago",
            offers=(example_offer(),),
            promotions=(example_promotion("WINTER", starts_at=EXAMPLE_AT + _DAY, **_PLAIN),),
            fires=False,
            history=History(
                incidents=(
                    PastIncident(incident_id="INC-2026-0001", opened_at=EXAMPLE_AT - 30 * _DAY, skus=("MUG-1",)),
                )
            ),
        ),
    )

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """Promotions that started or changed after an incident of theirs, of their name, SKUs or deep setting."""
        promotion = case.promotion
        if promotion.level == "shipping":
            return
        fresh = max(begins(promotion), promotion.seen_at)
        for incident in sorted(shop.history.incidents, key=lambda one: one.opened_at, reverse=True):
            until = max(incident.opened_at, incident.over_at or incident.opened_at) + timedelta(days=self.days)
            soon = incident.opened_at <= begins(promotion) <= until
            changed = incident.opened_at < promotion.seen_at <= until
            if fresh <= incident.opened_at or not (soon or changed):
                continue
            what = _likeness(promotion, incident, shop.book.revision(incident.promotion_id, incident.opened_at))
            if not what:
                continue
            yield self.on_hardest_hit(
                case,
                words=(
                    f"{promotion.promotion_id} ({setting_text(promotion, case.currency)}) follows {what}, "
                    f"{incident.incident_id} of {time_text(incident.opened_at)}.",
                    f"Have a second person read it before {self._before(case)}, and watch the first ten orders.",
                ),
                severity=self.severity,
            )
            return

    def _before(self, case: PromotionCase) -> str:
        until = last_chance(case, (case.promotion,), each=True)
        return time_text(until) if until is not None and until > case.at else "the next orders come"


def _likeness(promotion: Promotion, incident: PastIncident, was: Promotion | None) -> str:
    """In what a promotion is like an incident, whose setting was `was`; blank if in nothing."""
    if incident.promotion_id == promotion.promotion_id:
        return "its own incident"
    if skus := [sku for sku in incident.skus if promotion.covers(sku)]:
        return f"an incident on {skus[0]}"
    if was is None:
        return ""
    if was.name.strip() and was.name.strip().casefold() == promotion.name.strip().casefold():
        return "an incident of the same name"
    deep = promotion.percent_off is not None and promotion.percent_off >= _DEEP
    if deep and promotion.percent_off == was.percent_off:
        return "an incident of the same discount"
    same_price = promotion.fixed_price is not None and promotion.fixed_price == was.fixed_price
    return "an incident of the same price" if same_price and promotion.currency == was.currency else ""
