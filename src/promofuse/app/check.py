"""Check: every offer against all promotions that can be live in the same minute, before they start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from promofuse.app.read import ShopRead, read_shops
from promofuse.app.respond import shop_names
from promofuse.config import Config
from promofuse.errors import UsageError
from promofuse.facts import Gap
from promofuse.rules import build_rules, check_shop
from promofuse.store.engine import Store
from promofuse.store.offers import load_offers
from promofuse.store.privacy import Keys
from promofuse.store.promotions import load_promotions
from promofuse.store.reads import load_gaps
from promofuse.verdicts import Finding, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the check says of the shops looked at."""

    reads: tuple[ShopRead, ...]
    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    gaps: tuple[Gap, ...]


def check(config: Config, store: Store, keys: Keys, at: datetime, *, shop: str = "", promotion: str = "") -> Checked:
    """Read the shops and check them, worst first.

    Raises UsageError for an unknown shop or promotion, ShopUnreachable where none of the shops can be read.
    """
    names = shop_names(config, shop)
    reads = read_shops(config, store, keys, at, names)
    errors = [read.error for read in reads if read.error is not None]
    if len(errors) == len(reads):
        raise errors[0]
    results = [check_stored(config, store, read.shop, at) for read in reads if read.error is None]
    unread = tuple(
        Unknown(code="PF800", shop=read.shop, reason=f"the shop could not be read: {read.error}")
        for read in reads
        if read.error is not None
    )
    checked = Checked(
        reads=tuple(reads),
        findings=tuple(finding for result in results for finding in result.findings),
        unknowns=unread + tuple(unknown for result in results for unknown in result.unknowns),
        gaps=tuple(gap for result in results for gap in result.gaps),
    )
    return _about(checked, promotion, store, names) if promotion else checked


def check_stored(config: Config, store: Store, shop: str, at: datetime) -> Checked:
    """Check one shop as it stands in the store."""
    with store.read() as db:
        offers = load_offers(db, shop)
        promotions = [revision for revision in load_promotions(db, shop) if revision.seen_at <= at]
        gaps = load_gaps(db, shop)
    result = check_shop(shop, config.shops[shop].platform, offers, promotions, at, build_rules(config.rules))
    return Checked(reads=(), findings=result.findings, unknowns=result.unknowns, gaps=tuple(gaps))


def _about(checked: Checked, promotion: str, store: Store, names: Sequence[str]) -> Checked:
    """Only what concerns one promotion."""
    with store.read() as db:
        known = {revision.promotion_id for name in names for revision in load_promotions(db, name)}
    if promotion not in known:
        raise UsageError(f"no promotion {promotion!r} on record", hint="promotions.csv lists them")
    return Checked(
        reads=checked.reads,
        findings=tuple(f for f in checked.findings if promotion in f.promotion_ids or promotion in f.combination),
        unknowns=tuple(u for u in checked.unknowns if not u.promotion_ids or promotion in u.promotion_ids),
        gaps=checked.gaps,
    )
