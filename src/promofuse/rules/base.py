"""What a rule is: a frozen model whose fields are its settings, with its explanation and its examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, PrivateAttr

from promofuse.facts import Offer, Promotion
from promofuse.pricing.catalogue import OfferCase, PromotionCase
from promofuse.pricing.worst_case import WorstCase
from promofuse.rules.history import NOTHING_ELSE, History, ShopCase
from promofuse.rules.tuning import Scope, Waiver, waive
from promofuse.rules.wording import amount_text, arithmetic_text, duration_text, ids_text, path_text, time_text
from promofuse.verdicts import Confidence, Finding, Severity, Unknown

if TYPE_CHECKING:  # numpy is loaded for large catalogues only
    from promofuse.pricing.bounds import Bounds
    from promofuse.pricing.columns import Flags


@dataclass(frozen=True)
class Draft:
    """A finding without its words, and how to write its message and hint: of 100,000 equal ones few are ever read."""

    finding: Finding
    words: Callable[[], tuple[str, str]]
    case: OfferCase | None = None
    worst: WorstCase | None = None

    def written(self, at: datetime) -> Finding:
        """The finding with its message and hint, and with the way to its price and what is left of it in words."""
        finding = self._worded
        if (until := finding.editable_until) is not None and until > at:
            return replace(finding, hint=f"{finding.hint} It can be edited for another {duration_text(until - at)}.")
        return finding

    @cached_property
    def _worded(self) -> Finding:
        message, hint = self.words()
        finding = replace(self.finding, message=message, hint=hint)
        if self.case is None or self.worst is None:
            return finding
        arithmetic = arithmetic_text(self.case, self.worst)
        return replace(finding, path=path_text(self.case, self.worst), arithmetic=arithmetic)


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
    history: History = NOTHING_ELSE


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

    A rule sees one offer, one promotion or the whole shop at a time and yields what it finds and what it cannot tell;
    it overrides one or more of the `check_` methods. `severity` is the gravest that it reports. Codes are never used
    again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    examples: ClassVar[tuple[Example, ...]]
    _variants: tuple[tuple[Scope, Rule], ...] = PrivateAttr(())
    _waivers: tuple[Waiver, ...] = PrivateAttr(())

    def tuned(self, variants: Sequence[tuple[Scope, Rule]], waivers: Sequence[Waiver]) -> Rule:
        """The same rule with other settings in some scopes, the most specific first, and with waivers."""
        rule = self.model_copy()
        rule._variants, rule._waivers = tuple(variants), tuple(waivers)
        return rule

    @property
    def variants(self) -> tuple[Rule, ...]:
        """The rule with each of the settings that it has somewhere, its own first."""
        return (self, *(variant for _, variant in self._variants))

    def for_case(self, case: OfferCase | PromotionCase | ShopCase) -> Rule:
        """The rule with the settings that hold for an offer, a promotion or a shop: the most specific override wins."""
        return next((variant for scope, variant in self._variants if scope.fits(case)), self)

    def waived(self, draft: Draft, at: datetime) -> Draft:
        """A draft as its waivers leave it."""
        return replace(draft, finding=waive(draft.finding, self._waivers, at)) if self._waivers else draft

    @property
    def waived_until(self) -> tuple[datetime, ...]:
        """When its waivers end."""
        return tuple(waiver.until for waiver in self._waivers)

    def screen(self, bounds: Bounds) -> Flags | None:
        """On which offers `check_offer` may say something: one flag for each row of `bounds`; None: look at all.

        A screen makes a rule on offers quick on a large catalogue. It is asked once for many offers, and the rule then
        looks only at those that it flags. It may flag too many, never too few: also those of which the rule cannot
        tell. `bounds` has the questions, each a column of flags that is True where it may be so: `may_lose`,
        `margin_below(share)`, `price_at_most(minor units)`, `below_floor`, `untold` (a promotion covers it, and its
        price or cost is not known), `priced`, `costed`, `covered`; join them with `|`, `&`, `~`. `check_offer` has to
        be a function of the case: what was said stands until the offer, one of its promotions or a waiver changes, or
        a promotion starts, ends or locks. A test compares all rules with and without their screens.
        """
        del bounds
        return None

    def check_offer(self, case: OfferCase) -> Iterable[Verdict]:
        """What the rule says of one offer with all promotions that can be live on it."""
        del case
        return ()

    def check_promotion(self, case: PromotionCase) -> Iterable[Verdict]:
        """What the rule says of one promotion with all offers that it covers."""
        del case
        return ()

    def check_in_shop(self, case: PromotionCase, shop: ShopCase) -> Iterable[Verdict]:
        """What the rule says of one promotion beside all else that is known of its shop."""
        del case, shop
        return ()

    def check_shop(self, shop: ShopCase) -> Iterable[Verdict]:
        """What the rule says of the shop as a whole."""
        del shop
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
        usual = (
            case.list_price_only
            or (case.costs is not None and case.costs.assumed)
            or (worst is not None and worst.assumed_fees)
        )
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
        return Draft(finding, words, case, worst)

    def on_hardest_hit(
        self,
        case: PromotionCase,
        *,
        words: tuple[str, str],
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
    ) -> Draft:
        """A finding on a promotion with the amounts of the offer that it hits hardest by itself.

        Without a `severity` it is critical where that offer loses money, else a warning.
        """
        hit = case.hardest_hit() or next(iter(case.extremes()), None)
        alone = hit.alone(case.promotion) if hit else None
        if hit is None or alone is None:
            return self.on_promotion(case, words=words, severity=severity or Severity.WARNING)
        left = hit.left(alone)
        loses = left is not None and left < 0
        return self.on_offer(
            hit,
            alone,
            words=lambda: (f"{words[0]}{effect_text(hit, alone, left)}", words[1]),
            at_fault=(case.promotion,),
            editable_until=last_chance(case, (case.promotion,), each=True),
            severity=severity or (Severity.CRITICAL if loses else Severity.WARNING),
            confidence=confidence,
        )

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
            opens_at=case.in_force.opens_at,
            editable_until=case.sets.stacking.editable_until(promotion, case.at),
        )
        return Draft(finding, lambda: words)

    def on_shop(self, shop: ShopCase, *, words: tuple[str, str], **known: Any) -> Draft:
        """A finding on the shop; `known` are fields of the finding."""
        fields = {"severity": self.severity, **known}
        return Draft(
            Finding(code=self.code, name=self.name, shop=shop.shop, message="", hint="", **fields), lambda: words
        )

    def unknown(self, case: OfferCase | PromotionCase | ShopCase, reason: str) -> Unknown:
        """What the rule cannot tell of an offer, a promotion or a shop, and why."""
        if isinstance(case, ShopCase):
            return Unknown(code=self.code, shop=case.shop, reason=reason)
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


def depth_unknown(case: PromotionCase) -> str:
    """Why it cannot be told how much a promotion takes off; one reason for all rules, so that it is said once."""
    return f"how deep {case.promotion.promotion_id} goes: no price that it covers is known"


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
    return f"Correct {ids} before {time_text(until)}."


def effect_text(case: OfferCase, worst: WorstCase, left: Fraction | None) -> str:
    """What a promotion does to one offer, as a further sentence."""
    sku, price = case.offer.sku, f"{amount_text(worst.price, worst.currency)} {worst.currency}"
    if left is None or left >= 0:
        return f" On {sku} it leaves a price of {price}."
    return f" On {sku} it leaves a price of {price}, and each unit loses {amount_text(-left, worst.currency)}."
