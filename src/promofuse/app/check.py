"""Check: every offer against all promotions that can be live in the same minute, before they start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from promofuse.app.read import ShopRead, read_shops
from promofuse.app.respond import shop_names
from promofuse.app.standing import Checks
from promofuse.config import Config
from promofuse.errors import UsageError
from promofuse.facts import Gap
from promofuse.marketplaces import find_marketplace
from promofuse.pricing.stacking import can_be_live
from promofuse.rules import Listing, build_rules
from promofuse.rules.history import History
from promofuse.store.engine import Store
from promofuse.store.histories import load_lines_with_promotions, load_past_incidents
from promofuse.store.offers import load_offers
from promofuse.store.orders import data_as_of
from promofuse.store.privacy import Keys
from promofuse.store.promotions import load_promotions
from promofuse.store.reads import load_gaps
from promofuse.verdicts import Finding, Unknown

_LISTED: Final = 1000  # of equal findings; the worst of more are listed
_INCIDENTS_FOR: Final = timedelta(days=366)  # rules look back as far as their settings say, at most so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the check says of the shops looked at; `offers` and `promotions` count what it looked at."""

    reads: tuple[ShopRead, ...]
    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    gaps: tuple[Gap, ...]
    offers: int
    promotions: int


def check(
    config: Config, store: Store, keys: Keys, at: datetime, *, shop: str = "", promotion: str = "", sku: str = ""
) -> Checked:
    """Read the shops and check them, the gravest first over all of them.

    Raises UsageError for an unknown shop, promotion or SKU, ShopUnreachable where none of the shops can be read.
    """
    names = shop_names(config, shop)
    reads = read_shops(config, store, keys, at, names)
    errors = [read.error for read in reads if read.error is not None]
    if len(errors) == len(reads):
        raise errors[0]
    listing = Listing(_LISTED, sku)
    results = [check_stored(config, store, read.shop, at, Checks(listing)) for read in reads if read.error is None]
    unread = tuple(
        Unknown(code="PF800", shop=read.shop, reason=f"the shop could not be read: {read.error}")
        for read in reads
        if read.error is not None
    )
    checked = Checked(
        reads=tuple(reads),
        findings=tuple(sorted((finding for result in results for finding in result.findings), key=_gravest_first)),
        unknowns=unread + tuple(unknown for result in results for unknown in result.unknowns),
        gaps=tuple(gap for result in results for gap in result.gaps),
        offers=sum(result.offers for result in results),
        promotions=sum(result.promotions for result in results),
    )
    return _about(checked, store, names, promotion, sku)


def check_stored(config: Config, store: Store, shop: str, at: datetime, checks: Checks | None = None) -> Checked:
    """Check one shop as it stands in the store; `checks` are those that a daemon keeps between its cycles."""
    checks = Checks() if checks is None else checks
    settings = config.shops[shop]
    place = find_marketplace(settings.marketplace)
    lately = at - timedelta(days=config.watch.lookback_days)
    rules = build_rules(config.rules, config.shops)
    with store.read() as db:
        loaded = checks.load(db, shop, at)
        promotions = [revision for revision in load_promotions(db, shop) if revision.seen_at <= at]
        gaps = load_gaps(db, shop)
        history = History(
            zone=place.zone if place else "",
            sold=tuple(load_lines_with_promotions(db, shop, lately, at)),
            incidents=tuple(load_past_incidents(db, shop, at - _INCIDENTS_FOR, at)),
            orders_as_of=data_as_of(db, shop, at),
        )
    result, count = checks.check(shop, settings, loaded, promotions, at, rules, history)
    live = {promotion.promotion_id for promotion in promotions if can_be_live(promotion, at)}
    return Checked(
        reads=(),
        findings=result.findings,
        unknowns=result.unknowns,
        gaps=tuple(gaps),
        offers=count,
        promotions=len(live),
    )


def _gravest_first(finding: Finding) -> tuple[int, bool]:
    """Over several shops the severity alone: amounts of two currencies do not compare, each shop keeps its order."""
    return -finding.severity.rank, finding.waived


def _about(checked: Checked, store: Store, names: Sequence[str], promotion: str, sku: str) -> Checked:
    """Only what concerns one promotion, one SKU, or both; all where neither is named."""
    with store.read() as db:
        known = {revision.promotion_id for name in names for revision in load_promotions(db, name) if promotion}
        skus = {offer.sku for name in names for offer in load_offers(db, name) if sku}
    if promotion and promotion not in known:
        raise UsageError(f"no promotion {promotion!r} on record", hint="promotions.csv lists them")
    if sku and sku not in skus:
        raise UsageError(f"no SKU {sku!r} in the catalogue", hint="catalogue.csv lists them")

    def concerns(verdict: Finding | Unknown, promotions: Sequence[str]) -> bool:
        return (not promotion or promotion in promotions) and (not sku or verdict.sku == sku)

    return replace(
        checked,
        findings=tuple(f for f in checked.findings if concerns(f, (*f.promotion_ids, *f.combination))),
        unknowns=tuple(u for u in checked.unknowns if concerns(u, u.promotion_ids or (promotion,))),
    )
