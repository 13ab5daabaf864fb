"""The check of a large catalogue: rules look only at offers on which they can fire, and again only at what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import numpy as np

from promofuse.facts import Offer, Promotion
from promofuse.pricing.batch import Catalogue
from promofuse.pricing.columns import Flags, Ints
from promofuse.pricing.meeting import Stacking
from promofuse.rules.base import Draft, Rule, Verdict
from promofuse.rules.fold import BRIEF, Fold, GroupKey, Listing, finding_key, unknown_key
from promofuse.rules.history import NOTHING_ELSE, History, ShopCase
from promofuse.rules.judges import CheckResult, Judges
from promofuse.rules.shared_skus import SharedSkus

# Verdicts kept between two checks; of a catalogue in which more is wrong everything is judged again.
_MOST_KEPT: Final = 200_000


class StandingCheck:
    """The check of one shop that stays in memory between two looks.

    It says exactly what `check_shop` says. A rule's `screen` tells on which offers it may fire; the others are not
    looked at. What was said of an offer stands until one of its promotions, its own amounts or a waiver changes, or a
    promotion starts, ends or locks; what is said of promotions and of the shop is said anew each time.
    """

    def __init__(
        self,
        shop: str,
        platform: str,
        offers: Iterable[Offer],
        rules: Sequence[Rule],
        stacking: Stacking | None = None,
        listing: Listing = BRIEF,
    ) -> None:
        self._rules = rules
        self._listing = listing
        self._catalogue = Catalogue(shop, platform, offers, stacking)
        self._shared = SharedSkus()
        self._kept: _Kept | None = None
        self._at: datetime | None = None

    def check(
        self,
        promotions: Sequence[Promotion],
        at: datetime,
        history: History = NOTHING_ELSE,
        *,
        changed: Iterable[Offer] = (),
        once: bool = False,
    ) -> CheckResult:
        """Check as of `at`, not earlier than before: all known revisions, and the offers that changed since.

        `once`: nothing is kept for a next time. Raises KeyError for an offer that is new: a new catalogue is a new
        check.
        """
        catalogue = self._catalogue
        touched = catalogue.move(promotions, at)
        if len(rows := catalogue.change(changed)):
            touched = np.union1d(touched, rows)
        self._shared.update([case.promotion for case in catalogue.promotions.values()])
        whole = ShopCase(
            shop=catalogue.shop,
            platform=catalogue.platform,
            at=at,
            promotions=tuple(catalogue.promotions.values()),
            offers=catalogue.by_key,
            revisions=promotions,
            history=history,
            shared=self._shared,
        )
        judges = Judges(self._rules, whole)
        if self._kept is None or self._waiver_ended(at):
            touched = np.arange(len(catalogue))
        self._at = at
        offers = self._judge_offers(judges, touched, once=once)
        others = Fold(self._listing)
        for number, case in enumerate(whole.promotions):
            others.add(judges.of_promotion(case), len(catalogue) + number)
        others.add(judges.of_shop(), len(catalogue) + len(whole.promotions))
        return CheckResult(*offers.merged(others).result(at))

    def _judge_offers(self, judges: Judges, touched: Ints, *, once: bool) -> Fold:
        catalogue, rules = self._catalogue, judges.on_offers
        everything = len(touched) == len(catalogue)
        kept = _Kept(self._listing) if everything or self._kept is None else self._kept
        fold = Fold(self._listing)
        if everything:
            catalogue.losses.clear()
        else:
            catalogue.losses.forget(touched.tolist())
            kept.forget(touched.tolist())
        rows, may_lose, screens = self._screened(rules, touched)
        for place in np.flatnonzero(np.logical_or.reduce([may_lose, *screens])).tolist():
            row = int(rows[place])
            case = catalogue.case(row)
            if may_lose[place]:
                catalogue.losses.note(row, case)
            told = list(judges.of_offer(case, [rule for rule, on in zip(rules, screens, strict=True) if on[place]]))
            if told and everything:
                fold.add(told, row)
            if told and not once:
                kept.add(row, told)
        self._kept = None if once or kept.many else kept
        return fold if everything else kept.fold()

    def _screened(self, rules: Sequence[Rule], touched: Ints) -> tuple[Ints, Flags, list[Flags]]:
        """The rows in order, which of them may lose money, and for each rule those that it looks at."""
        bounds = self._catalogue.bounds(touched)
        order = np.argsort(bounds.rows, kind="stable")
        every = np.ones(len(touched), np.bool_)
        screens = []
        for rule in rules:
            seen = [variant.screen(bounds) for variant in rule.variants]
            known = [screen for screen in seen if screen is not None]
            flags = np.logical_or.reduce([bounds.unsure, *known]) if len(known) == len(seen) else every
            screens.append(flags[order])
        return bounds.rows[order], (bounds.may_lose | bounds.unsure)[order], screens

    def _waiver_ended(self, at: datetime) -> bool:
        """Whether a waiver of a rule has ended since the last check."""
        return any(
            self._at is not None and self._at <= until < at for rule in self._rules for until in rule.waived_until
        )


class _Kept:
    """What was said of offers, by row, with the groups that have to be folded again once a row changes."""

    def __init__(self, listing: Listing) -> None:
        self._told: dict[int, list[Verdict]] = {}
        self._rows: dict[GroupKey, set[int]] = defaultdict(set)
        self._folded = Fold(listing)
        self._stale: set[GroupKey] = set()
        self._count = 0

    @property
    def many(self) -> bool:
        """Whether it is more than should be kept."""
        return self._count > _MOST_KEPT

    def add(self, row: int, told: list[Verdict]) -> None:
        """Keep what was said of a row."""
        self._count += len(told)
        if self.many:
            return
        self._told[row] = told
        for key in map(_key, told):
            self._rows[key].add(row)
            self._stale.add(key)

    def forget(self, rows: Iterable[int]) -> None:
        """Drop what was said of these rows."""
        for row in rows:
            told = self._told.pop(row, [])
            self._count -= len(told)
            for key in map(_key, told):
                self._rows[key].discard(row)
                self._stale.add(key)

    def fold(self) -> Fold:
        """All of it, folded; only groups that changed are folded again."""
        for key in self._stale:
            self._folded.findings.pop(key, None)
            self._folded.unknowns.pop(key, None)
        again = Fold(self._folded.listing)
        for row in sorted({row for key in self._stale for row in self._rows[key]}):
            again.add(self._told[row], row)
        for key in self._stale & again.findings.keys():
            self._folded.findings[key] = again.findings[key]
        for key in self._stale & again.unknowns.keys():
            self._folded.unknowns[key] = again.unknowns[key]
        self._stale.clear()
        return self._folded


def _key(verdict: Verdict) -> GroupKey:
    return finding_key(verdict) if isinstance(verdict, Draft) else unknown_key(verdict)
