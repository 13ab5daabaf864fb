"""Rules over cases: what they found and what they could not tell, folded and sorted, worst and dearest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promofuse.facts import Offer, Promotion
from promofuse.pricing.catalogue import Case, OfferCase, PromotionCase, cases_of
from promofuse.pricing.meeting import Stacking
from promofuse.rules.base import Draft, Rule, Verdict
from promofuse.rules.fold import BRIEF, Fold, Listing, worst_first
from promofuse.rules.history import NOTHING_ELSE, History, ShopCase
from promofuse.verdicts import Finding, Unknown

__all__ = ["CheckResult", "Judges", "Listing", "check_shop", "run_rules", "worst_first"]

# From so many offers on, columns pay for themselves; loading numpy alone takes as long as a small check.
MANY: Final = 5_000


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the check says of a shop; findings worst and dearest first."""

    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]


def check_shop(
    shop: str,
    platform: str,
    offers: Iterable[Offer],
    promotions: Iterable[Promotion],
    at: datetime,
    rules: Sequence[Rule],
    history: History = NOTHING_ELSE,
    stacking: Stacking | None = None,
    listing: Listing = BRIEF,
) -> CheckResult:
    """Check all offers of a shop against all its promotions that can be live from `at` on.

    `promotions` are all known revisions, in any order; of each promotion the one in force at `at` counts. `stacking` is
    the platform's table as the shop has corrected it.
    """
    catalogue, revisions = list(offers), list(promotions)
    if len(catalogue) >= MANY:
        from promofuse.rules.standing import StandingCheck

        return StandingCheck(shop, platform, catalogue, rules, stacking, listing).check(
            revisions, at, history, once=True
        )
    cases = cases_of(shop, platform, catalogue, revisions, at, stacking)
    whole = ShopCase(
        shop=shop,
        platform=platform,
        at=at,
        promotions=tuple([case for case in cases if isinstance(case, PromotionCase)]),
        offers={(offer.sku, offer.currency): offer for offer in catalogue},
        revisions=revisions,
        history=history,
    )
    findings, unknowns = run_rules(rules, cases, whole, listing)
    return CheckResult(findings, unknowns)


def run_rules(
    rules: Sequence[Rule],
    cases: Iterable[Case],
    shop: ShopCase,
    listing: Listing = BRIEF,
) -> tuple[tuple[Finding, ...], tuple[Unknown, ...]]:
    """Run every rule on every case, and on the shop. A rule that crashes is an Unknown, and stops no other."""
    judges, fold, number = Judges(rules, shop), Fold(listing), 0
    for number, case in enumerate(cases):
        judged = judges.of_offer(case) if isinstance(case, OfferCase) else judges.of_promotion(case)
        fold.add(judged, number)
    fold.add(judges.of_shop(), number + 1)
    return fold.result(shop.at)


class Judges:
    """The rules as the judges of one shop; a rule judges what it overrides a `check_` method for."""

    def __init__(self, rules: Sequence[Rule], shop: ShopCase) -> None:
        self._shop = shop
        self.on_offers = [rule for rule in rules if type(rule).check_offer is not Rule.check_offer]
        self._on_promotions = [rule for rule in rules if type(rule).check_promotion is not Rule.check_promotion]
        self._in_shop = [rule for rule in rules if type(rule).check_in_shop is not Rule.check_in_shop]
        self._on_shop = [rule for rule in rules if type(rule).check_shop is not Rule.check_shop]
        # Asked a million times, most rules have neither overrides nor waivers.
        self._tuned = {rule.code for rule in rules if len(rule.variants) > 1}
        self._waived = {rule.code for rule in rules if rule.waived_until}

    def of_offer(self, case: OfferCase, rules: Iterable[Rule] | None = None) -> Iterator[Verdict]:
        """What all rules on offers, or these of them, say of one offer."""
        for rule in self.on_offers if rules is None else rules:
            yield from self._verdicts(rule, case, lambda rule: rule.check_offer(case))

    def of_promotion(self, case: PromotionCase) -> Iterator[Verdict]:
        """What all rules on promotions say of one promotion."""
        for rule in self._on_promotions:
            yield from self._verdicts(rule, case, lambda rule: rule.check_promotion(case))
        for rule in self._in_shop:
            yield from self._verdicts(rule, case, lambda rule: rule.check_in_shop(case, self._shop))

    def of_shop(self) -> Iterator[Verdict]:
        """What the rules on the whole shop say."""
        for rule in self._on_shop:
            yield from self._verdicts(rule, self._shop, lambda rule: rule.check_shop(self._shop))

    def _verdicts(
        self, rule: Rule, case: Case | ShopCase, check: Callable[[Rule], Iterable[Verdict]]
    ) -> Sequence[Verdict]:
        try:
            told = tuple(check(rule.for_case(case) if rule.code in self._tuned else rule))
            if told and rule.code in self._waived:
                return [rule.waived(said, self._shop.at) if isinstance(said, Draft) else said for said in told]
        except Exception as error:  # noqa: BLE001 any crash must be seen, and must not hide what the others find
            return [rule.unknown(case, f"the rule {rule.name} crashed: {type(error).__name__}: {error}")]
        return told
