"""What the check would have said of a faulty setting, and the minute in which it could have said so.

The rules run as `check` runs them, on the promotions as they were known at that minute. Offers have no history: they
count as they are on record now, and the texts say so. No order had been seen by then, so the rules on orders are mute.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Final

from promofuse.facts import Offer, Promotion
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.meeting import Stacking
from promofuse.rules import MANY, Rule, check_shop
from promofuse.rules.history import History
from promofuse.rules.price import MarginBelowMinimum
from promofuse.rules.scope import WholeCatalogue
from promofuse.verdicts import Finding, Severity

_HIGHEST_MINIMUM: Final = Fraction(1, 2)  # a minimum margin above it would forbid ordinary sales

_BLIND_SPOTS: Final = "PF8"  # they say what the check cannot tell, which catches nothing


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shop as the check sees it: `promotions` are all revisions, `offers` those on record now."""

    shop: str
    platform: str
    offers: Sequence[Offer]
    promotions: Sequence[Promotion]
    rules: Sequence[Rule]
    history: History
    stacking: Stacking | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """What the check would have said. `findings` are warnings and worse on the cause, the gravest first.

    `at` is when all that the first finding rests on was on record. `lacking` are SKUs and currencies without a cost.
    `blind` says why there is no finding: `no-record` (the promotion, or the price, is on no record), `missing-cost`,
    `nothing` (the rules see nothing wrong). `minimum` is the lowest minimum margin, in whole percents, with which
    margin-below-minimum speaks, where nothing else does and one of at most a half suffices.
    """

    findings: tuple[Finding, ...] = ()
    at: datetime | None = None
    blind: str = ""
    lacking: tuple[tuple[str, str], ...] = ()
    minimum: Fraction | None = None


def look_back(shelf: Shelf, faulty: Promotion | None, first_order: datetime, skus: Collection[str]) -> Caught:
    """What the check would have said of a revision when it was first seen, else when its first order came.

    `skus` are those of the incident's orders.
    """
    if faulty is None:
        return Caught(blind="no-record")
    shelf = _narrowed(shelf, skus)
    lacking = _lacking(shelf.offers, skus)
    for moment in dict.fromkeys((faulty.seen_at, max(first_order, faulty.seen_at))):
        findings = _findings(shelf, faulty.promotion_id, moment)
        if findings:
            at = _visible_at(shelf, findings[0], faulty, moment)
            return Caught(findings=findings, at=at, lacking=lacking)
    if lacking:
        return Caught(blind="missing-cost", lacking=lacking)
    return Caught(blind="nothing", minimum=_speaking_minimum(shelf, faulty.promotion_id, first_order))


def _lacking(offers: Sequence[Offer], skus: Collection[str]) -> tuple[tuple[str, str], ...]:
    """SKUs of the incident without a cost, with the currency of their offer; blank where the catalogue has none."""
    bare = [(offer.sku, offer.currency) for offer in offers if offer.sku in skus and offer.unit_cost is None]
    return (*bare, *((sku, "") for sku in sorted(set(skus) - {offer.sku for offer in offers})))


def _narrowed(shelf: Shelf, skus: Collection[str]) -> Shelf:
    """Of a large catalogue only the incident's offers: what a promotion does to the rest tells nothing more.

    The rule on how much of the catalogue is covered cannot judge such a part, and is left out.
    """
    if len(shelf.offers) < MANY:
        return shelf
    own = [offer for offer in shelf.offers if offer.sku in skus]
    return replace(shelf, offers=own, rules=[rule for rule in shelf.rules if not isinstance(rule, WholeCatalogue)])


def _findings(shelf: Shelf, promotion_id: str, at: datetime, rules: Sequence[Rule] = ()) -> tuple[Finding, ...]:
    known = [revision for revision in shelf.promotions if revision.seen_at <= at]
    result = check_shop(
        shelf.shop, shelf.platform, shelf.offers, known, at, rules or shelf.rules, shelf.history, shelf.stacking
    )
    return tuple(
        finding
        for finding in result.findings
        if finding.severity.rank >= Severity.WARNING.rank
        and not finding.code.startswith(_BLIND_SPOTS)
        and promotion_id in (*finding.promotion_ids, *finding.combination)
    )


def _visible_at(shelf: Shelf, finding: Finding, faulty: Promotion, moment: datetime) -> datetime:
    """When the newest of the settings that a finding rests on was seen."""
    book = PromotionBook(revision for revision in shelf.promotions if revision.seen_at <= moment)
    names = (*finding.promotion_ids, *finding.combination)
    seen = [revision.seen_at for name in names if (revision := book.revision(name, moment))]
    return max(seen, default=faulty.seen_at)


def _speaking_minimum(shelf: Shelf, promotion_id: str, at: datetime) -> Fraction | None:
    """The lowest minimum margin in whole percents with which the check speaks of the promotion; tried, not guessed."""
    open_shelf = replace(shelf, offers=[replace(offer, min_margin=None) for offer in shelf.offers])
    found = _findings(open_shelf, promotion_id, at, (MarginBelowMinimum(minimum=_HIGHEST_MINIMUM),))
    margins = [finding.margin for finding in found if finding.margin is not None]
    if not margins:
        return None
    minimum = min(Fraction(floor(min(margins) * 100) + 1, 100), _HIGHEST_MINIMUM)
    tried = _findings(open_shelf, promotion_id, at, (MarginBelowMinimum(minimum=minimum),))
    return minimum if tried else None
