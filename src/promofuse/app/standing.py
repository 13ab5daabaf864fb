"""The check of a large shop that the daemon keeps in memory: a cycle looks again only at what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from promofuse.config import ShopConfig
from promofuse.facts import Offer, Promotion
from promofuse.rules import MANY, CheckResult, Listing, Rule, check_shop
from promofuse.rules.history import History
from promofuse.store.engine import Connection
from promofuse.store.offers import load_offer_files, load_offers

if TYPE_CHECKING:
    from promofuse.rules.standing import StandingCheck


@dataclass(frozen=True, slots=True)
class Loaded:
    """A shop's offers in the order of their keys, None where a check that is kept has them, and their files."""

    offers: list[Offer] | None
    files: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A check, the files that its offers are from and how many they are, and when it was last made."""

    check: StandingCheck
    files: tuple[object, ...]
    offers: int
    at: datetime


class Checks:
    """The checks of a process by shop. Losing them costs time and nothing else."""

    def __init__(self, listing: Listing | None = None) -> None:
        self._listing = listing or Listing()
        self._kept: dict[str, _Kept] = {}

    def load(self, db: Connection, shop: str, at: datetime) -> Loaded:
        """What is needed to check a shop: nothing but its files where they are as they were at its last check."""
        files = load_offer_files(db, shop)
        kept = self._kept.get(shop)
        if kept is not None and kept.files == files and kept.at <= at:
            return Loaded(None, files)
        self._kept.pop(shop, None)
        return Loaded(load_offers(db, shop), files)

    def check(
        self,
        shop: str,
        settings: ShopConfig,
        loaded: Loaded,
        promotions: Sequence[Promotion],
        at: datetime,
        rules: Sequence[Rule],
        history: History,
    ) -> tuple[CheckResult, int]:
        """Check a shop with what `load` gave, and count its offers; the check of a large one is kept."""
        offers, stacking = loaded.offers, settings.stacking_table
        if offers is not None and len(offers) < MANY:
            found = check_shop(shop, settings.platform, offers, promotions, at, rules, history, stacking, self._listing)
            return found, len(offers)
        if offers is None:
            kept = self._kept.pop(shop)  # one that fails is not used again
            standing, count = kept.check, kept.offers
        else:
            from promofuse.rules.standing import StandingCheck

            count = len(offers)
            standing = StandingCheck(shop, settings.platform, offers, rules, stacking, self._listing)
        found = standing.check(promotions, at, history)
        self._kept[shop] = _Kept(standing, loaded.files, count, at)
        return found, count
