"""Rules over cases: what they found and what they could not tell, folded and sorted, worst and dearest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from promofuse.facts import Offer, Promotion
from promofuse.pricing.catalogue import Case, OfferCase, PromotionCase, cases_of
from promofuse.pricing.meeting import Stacking
from promofuse.rules.base import Rule
from promofuse.rules.fold import BRIEF, Fold, Listing, worst_first
from promofuse.rules.history import NOTHING_ELSE, History, ShopCase
from promofuse.rules.judges import CheckResult, Judges
from promofuse.verdicts import Finding, Unknown

__all__ = ["CheckResult", "Listing", "check_shop", "run_rules", "worst_first"]

# From so many offers on, columns pay for themselves; loading numpy alone takes as long as a small check.
MANY: Final = 5_000


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
