"""What a rule is: a frozen model whose fields are its settings, with its explanation and its examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict

from promofuse.facts import Offer, Promotion
from promofuse.pricing.catalogue import OfferCase, PromotionCase
from promofuse.pricing.stacking import begins
from promofuse.pricing.worst_case import WorstCase
from promofuse.rules.wording import ids_text, time_text
from promofuse.verdicts import Confidence, Finding, Severity, Unknown


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding without its words, and how to write its message and hint: of 100,000 equal ones few are ever read."""

    finding: Finding
    words: Callable[[], tuple[str, str]]


Verdict = Draft | Unknown

EXAMPLE_AT: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A shop at EXAMPLE_AT on which a rule fires (True), does not (False), or cannot tell (None)."""

    name: str
    offers: tuple[Offer, ...]
    promotions: tuple[Promotion, ...]
    fires: bool | None
    platform: str = "amazon"


def example_offer(sku: str = "MUG-1", **changes: Any) -> Offer:
    """An offer that keeps 9.90 of its price of 24.00 and breaks even at 12.36, with changes."""
    usual = {
        "currency": "USD",
        "price": Fraction(24),
        "unit_cost": Fraction("7.50"),
        "fee_rate": Fraction("0.15"),
        "shipping_cost": Fraction(3),
        "stock": 200,
    }
    return Offer(sku=sku, **{**usual, **changes})


def example_promotion(promotion_id: str = "SPRING", **changes: Any) -> Promotion:
    """A running promotion on MUG-1, with changes; it takes nothing off unless they say so."""
    usual = {"seen_at": EXAMPLE_AT - timedelta(days=1), "skus": ("MUG-1",), "currency": "USD"}
    return Promotion(promotion_id=promotion_id, **{**usual, **changes})


class Rule(BaseModel):
    """One rule: its class says what it finds, its fields are its settings under `[rules.NAME]`.

    A rule sees one offer or one promotion at a time and yields what it finds and what it cannot tell; it overrides
    `check_offer`, `check_promotion` or both. `severity` is the gravest that it reports. Codes are never used again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    examples: ClassVar[tuple[Example, ...]]

    def check_offer(self, case: OfferCase) -> Iterable[Verdict]:
        """What the rule says of one offer with all promotions that can be live on it."""
        del case
        return ()

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """What the rule says of one promotion with all offers that it covers."""
        del case
        return ()

    def on_offer(
        self,
        case: OfferCase,
        worst: WorstCase | None,
        *,
        words: Callable[[], tuple[str, str]],
        at_fault: Sequence[Promotion] = (),
        editable_until: datetime | None = None,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
    ) -> Draft:
        """A finding on an offer with the amounts of its worst price; `worst` is None without a price."""
        left = case.contribution if worst is case.worst else case.left(worst)
        usual = case.list_price_only or (case.costs is not None and case.costs.assumed)
        doubts = (confidence, worst.confidence if worst else confidence, Confidence.MEDIUM if usual else confidence)
        finding = Finding(
            code=self.code,
            name=self.name,
            severity=severity or self.severity,
            confidence=max(doubts, key=_doubt),
            shop=case.shop,
            promotion_ids=tuple([promotion.promotion_id for promotion in at_fault]),
            sku=case.offer.sku,
            message="",
            hint="",
            price=worst.price if worst else None,
            currency=case.offer.currency,
            contribution=left,
            margin=case.margin(worst, left) if worst else None,
            exposure=case.exposure(worst, left) if worst else None,
            combination=worst.combination if worst else (),
            opens_at=worst.opens_at if worst else None,
            editable_until=editable_until,
            assumed=usual or (worst is not None and worst.assumed),
        )
        return Draft(finding, words)

    def on_promotion(
        self,
        case: PromotionCase,
        *,
        words: tuple[str, str],
        severity: Severity | None = None,
        sku: str = "",
    ) -> Draft:
        """A finding on a promotion as a whole; without `sku` it names one only where the promotion covers no other."""
        promotion = case.promotion
        only = case.covered[0].offer.sku if len(case.covered) == 1 else ""
        finding = Finding(
            code=self.code,
            name=self.name,
            severity=severity or self.severity,
            shop=case.shop,
            promotion_ids=(promotion.promotion_id,),
            sku=sku or only,
            message="",
            hint="",
            currency=case.currency,
            combination=(promotion.promotion_id,),
            opens_at=begins(promotion),
            editable_until=case.sets.stacking.editable_until(promotion, case.at),
        )
        return Draft(finding, lambda: words)

    def unknown(self, case: OfferCase | PromotionCase, reason: str) -> Unknown:
        """What the rule cannot tell of an offer or a promotion, and why."""
        if isinstance(case, PromotionCase):
            return Unknown(code=self.code, shop=case.shop, reason=reason, promotion_ids=(case.promotion.promotion_id,))
        ids = tuple(promotion.promotion_id for promotion in case.promotions)
        return Unknown(code=self.code, shop=case.shop, reason=reason, sku=case.offer.sku, promotion_ids=ids)


def _doubt(confidence: Confidence) -> int:
    return confidence.doubt


def why_unknown(case: OfferCase) -> str | None:
    """Why it cannot be told what an offer's promotions leave of it; None where it can, or where it has none."""
    offer = case.offer
    if all(promotion.level == "shipping" for promotion in case.promotions):
        return None
    if case.worst is None:
        return f"no price for {offer.sku} in {offer.currency}"
    return None if case.costs else f"no unit_cost for {offer.sku} in {offer.currency}"


def last_chance(case: OfferCase | PromotionCase, promotions: Sequence[Promotion], *, each: bool) -> datetime | None:
    """Until when the promotions can be edited: `each` of them, or the last that still can; None once they run."""
    until = [case.sets.stacking.editable_until(promotion, case.at) for promotion in promotions]
    open_ = [deadline for deadline in until if deadline is not None]
    if each:
        return min(open_) if open_ and len(open_) == len(until) else None
    return max(open_, default=None)


def what_to_do(promotions: Sequence[Promotion], until: datetime | None, at: datetime, *, each: bool) -> str:
    """The next step against promotions: correct them in time, or stop them."""
    ids = ids_text(promotions) if each or len(promotions) == 1 else f"one of {ids_text(promotions)}"
    if until is None:
        return f"End {ids} now and set the quantity to 0 until the price is right again."
    if until <= at:
        return f"{ids} can no longer be edited since {time_text(until)}: cancel it, or set the quantity to 0 in time."
    return f"Correct {ids} before {time_text(until)}, while it can still be edited."
