"""Rules over cases: what they found and what they could not tell, folded and sorted, worst and dearest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from heapq import nsmallest
from typing import Final

from promofuse.facts import Offer, Promotion
from promofuse.pricing.catalogue import Case, OfferCase, cases_of
from promofuse.rules.base import Draft, Rule, Verdict
from promofuse.verdicts import Finding, Unknown

# One promotion on 1,000 SKUs is one thing to know, not 1,000: the worst of them are listed, the others counted.
LISTED: Final = 10


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
) -> CheckResult:
    """Check all offers of a shop against all its promotions that can be live from `at` on.

    `promotions` are all known revisions, in any order; of each promotion the one in force at `at` counts.
    """
    findings, unknowns = run_rules(rules, cases_of(shop, platform, offers, promotions, at))
    return CheckResult(findings, unknowns)


def run_rules(rules: Sequence[Rule], cases: Iterable[Case]) -> tuple[tuple[Finding, ...], tuple[Unknown, ...]]:
    """Run every rule on every case. A rule that crashes is an Unknown with its code, and stops no other."""
    on_offers = [rule for rule in rules if type(rule).check_offer is not Rule.check_offer]
    on_promotions = [rule for rule in rules if type(rule).check_promotion is not Rule.check_promotion]
    drafts: list[Draft] = []
    unknowns: list[Unknown] = []
    for case in cases:
        for rule in on_offers if isinstance(case, OfferCase) else on_promotions:
            for verdict in _verdicts(rule, case):
                if isinstance(verdict, Draft):
                    drafts.append(verdict)
                else:
                    unknowns.append(verdict)
    return tuple(sorted(_fold_findings(drafts), key=_worst_first)), tuple(_fold_unknowns(unknowns))


def _verdicts(rule: Rule, case: Case) -> list[Verdict]:
    try:
        return list(rule.check_offer(case) if isinstance(case, OfferCase) else rule.check_promotion(case))
    except Exception as error:  # noqa: BLE001 any crash must be seen, and must not hide what the others find
        return [rule.unknown(case, f"the rule {rule.name} crashed: {type(error).__name__}: {error}")]


def _fold_findings(drafts: Iterable[Draft]) -> Iterator[Finding]:
    """Of equal findings on many SKUs the worst, with the count in the first of them; only these get their words."""
    alike: dict[tuple[object, ...], list[Draft]] = defaultdict(list)
    for draft in drafts:
        finding = draft.finding
        alike[finding.code, finding.severity, finding.promotion_ids, finding.currency].append(draft)
    for group in alike.values():
        listed = nsmallest(LISTED, group, key=lambda draft: _worst_first(draft.finding))
        for place, draft in enumerate(listed):
            message, hint = _words(draft)
            if place == 0 and len(group) > LISTED:
                message += f" {len(group)} SKUs in all; the worst {LISTED} are listed."
            yield replace(draft.finding, message=message, hint=hint)


def _words(draft: Draft) -> tuple[str, str]:
    try:
        return draft.words()
    except Exception as error:  # noqa: BLE001 the finding counts more than its words
        return f"{draft.finding.name}: its message could not be written, {type(error).__name__}: {error}", ""


def _fold_unknowns(unknowns: Iterable[Unknown]) -> Iterator[Unknown]:
    """What several rules cannot tell for one reason is said once; many SKUs are counted."""
    once: dict[tuple[object, ...], Unknown] = {}
    for unknown in unknowns:
        once.setdefault((unknown.shop, unknown.sku, unknown.promotion_ids, unknown.reason), unknown)
    alike: dict[tuple[object, ...], list[Unknown]] = defaultdict(list)
    for unknown in once.values():
        alike[unknown.code, unknown.promotion_ids].append(unknown)
    for group in alike.values():
        if len(group) <= LISTED:
            yield from group
            continue
        first, *others = group[:LISTED]
        yield replace(first, reason=f"{first.reason} ({len(group)} such SKUs in all; {LISTED} are listed)")
        yield from others


def _worst_first(finding: Finding) -> tuple[object, ...]:
    """Severity; then what has no limit to its loss, then the greatest exposure, then the least contribution."""
    left = finding.contribution
    loses = left is not None and left < 0
    return (
        -finding.severity.rank,
        not loses,
        finding.exposure is not None,
        -(finding.exposure or Fraction(0)),
        Fraction(0) if left is None else left,
        finding.code,
        finding.sku,
        finding.promotion_ids,
    )
