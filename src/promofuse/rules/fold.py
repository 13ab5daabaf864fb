"""What rules said of many offers, folded: of equal findings the worst, with their number; what is unknown counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from promofuse.rules.base import Draft
from promofuse.verdicts import Finding, Unknown

_PRUNED_AT: Final = 6  # times as many as are listed

# Where something was said: the case's place, and its place among all that was said of the case.
Place = tuple[int, int]
GroupKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """How many of equal findings are listed, of `sku` alone where it is named.

    One promotion on 1,000 SKUs is one thing to know, not 1,000: the worst of them are listed, the others counted.
    """

    most: int = 10
    sku: str = ""


BRIEF: Final = Listing()


@dataclass(slots=True)
class FindingGroup:
    """Equal findings: how many, and the worst of them by rank and place; `last` is the last that is listed."""

    most: int
    count: int = 0
    first: Place = (0, 0)
    kept: list[tuple[tuple[Any, ...], Place, Draft]] = field(default_factory=list)
    last: tuple[tuple[Any, ...], Place] | None = None

    def add(self, draft: Draft, place: Place) -> None:
        """Take in one more."""
        self.first = min(self.first, place) if self.count else place
        self.count += 1
        rank = worst_first(draft.finding)
        if self.last is not None and (rank, place) > self.last:
            return
        self.kept.append((rank, place, draft))
        if len(self.kept) >= _PRUNED_AT * self.most:
            self.prune()

    def merged(self, other: FindingGroup) -> FindingGroup:
        """Both together."""
        return FindingGroup(self.most, self.count + other.count, min(self.first, other.first), self.kept + other.kept)

    def prune(self) -> None:
        """Keep those that are listed."""
        self.kept = sorted(self.kept, key=_rank)[: self.most]
        self.last = _rank(self.kept[-1]) if len(self.kept) == self.most else None

    def findings(self, at: datetime) -> Iterator[Finding]:
        """The worst of them with their words, and the count in the first."""
        self.prune()
        for place, (_, _, draft) in enumerate(self.kept):
            finding = _written(draft, at)
            if place == 0 and self.count > self.most:
                finding = replace(
                    finding, message=f"{finding.message} {self.count} SKUs in all; the worst {self.most} are listed."
                )
            yield finding


@dataclass(slots=True)
class UnknownGroup:
    """Things alike that cannot be told: how many, and the first of them."""

    most: int
    count: int = 0
    kept: list[tuple[Place, Unknown]] = field(default_factory=list)

    def add(self, unknown: Unknown, place: Place) -> None:
        """Take in one more."""
        self.count += 1
        self.kept.append((place, unknown))
        if len(self.kept) >= _PRUNED_AT * self.most:
            self.prune()

    def merged(self, other: UnknownGroup) -> UnknownGroup:
        """Both together."""
        return UnknownGroup(self.most, self.count + other.count, self.kept + other.kept)

    def prune(self) -> None:
        """Keep those that are listed."""
        self.kept = sorted(self.kept, key=lambda entry: entry[0])[: self.most]

    def unknowns(self) -> Iterator[Unknown]:
        """The first of them, and the count in the first if there are more."""
        self.prune()
        first, *others = [unknown for _, unknown in self.kept]
        if self.count > self.most:
            first = replace(first, reason=f"{first.reason} ({self.count} such SKUs in all; {self.most} are listed)")
        yield from (first, *others)


class Fold:
    """Groups of verdicts, taken in one at a time."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.findings: dict[GroupKey, FindingGroup] = {}
        self.unknowns: dict[GroupKey, UnknownGroup] = {}

    def add(self, verdicts: Iterable[Draft | Unknown], case: int) -> None:
        """Take in what was said of one case; what several rules cannot tell for one reason is said once."""
        once: set[tuple[object, ...]] = set()
        most, only = self.listing.most, self.listing.sku
        for number, verdict in enumerate(verdicts):
            if isinstance(verdict, Draft):
                if only in ("", verdict.finding.sku):
                    self.findings.setdefault(finding_key(verdict), FindingGroup(most)).add(verdict, (case, number))
                continue
            same = (verdict.sku, verdict.promotion_ids, verdict.reason)
            if same not in once and only in ("", verdict.sku):
                once.add(same)
                self.unknowns.setdefault(unknown_key(verdict), UnknownGroup(most)).add(verdict, (case, number))

    def merged(self, other: Fold) -> Fold:
        """Both together; neither is changed."""
        both = Fold(self.listing)
        both.findings = {**self.findings, **other.findings}
        both.unknowns = {**self.unknowns, **other.unknowns}
        for key in self.findings.keys() & other.findings.keys():
            both.findings[key] = self.findings[key].merged(other.findings[key])
        for key in self.unknowns.keys() & other.unknowns.keys():
            both.unknowns[key] = self.unknowns[key].merged(other.unknowns[key])
        return both

    def result(self, at: datetime) -> tuple[tuple[Finding, ...], tuple[Unknown, ...]]:
        """All of it, findings worst and dearest first, what is unknown in the order of the cases."""
        groups = sorted(self.findings.values(), key=lambda group: group.first)
        found = [finding for group in groups for finding in group.findings(at)]
        alike = sorted(self.unknowns.values(), key=lambda group: min(group.kept, key=lambda entry: entry[0])[0])
        return tuple(sorted(found, key=worst_first)), tuple(unknown for group in alike for unknown in group.unknowns())


def finding_key(draft: Draft) -> GroupKey:
    """What equal findings have in common."""
    finding = draft.finding
    return (finding.code, finding.severity, finding.waiver, finding.promotion_ids, finding.currency)


def unknown_key(unknown: Unknown) -> GroupKey:
    """What things have in common that cannot be told for one reason."""
    return (unknown.code, unknown.promotion_ids)


def _rank(entry: tuple[tuple[Any, ...], Place, Draft]) -> tuple[tuple[Any, ...], Place]:
    return entry[:2]


def _written(draft: Draft, at: datetime) -> Finding:
    try:
        return draft.written(at)
    except Exception as error:  # noqa: BLE001 the finding counts more than its words
        why = f"{draft.finding.name}: its message could not be written, {type(error).__name__}: {error}"
        return replace(draft.finding, message=why)


def worst_first(finding: Finding) -> tuple[Any, ...]:
    """Findings in order: severity, then no limit to the loss, the greatest exposure, the least contribution."""
    left = finding.contribution
    loses = left is not None and left < 0
    return (
        -finding.severity.rank,
        finding.waived,
        not loses,
        finding.exposure is not None,
        -(finding.exposure or Fraction(0)),
        Fraction(0) if left is None else left,
        finding.code,
        finding.sku,
        finding.promotion_ids,
    )
