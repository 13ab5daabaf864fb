"""Which processing report belongs to which version of which cancellation file, and what it says of each item.

A report names neither its file nor its upload: it is known by the number of its records, by the orders that it names,
and by its time. Where several versions fit, only what holds under each of them is evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from promofuse.facts import FeedError, FeedResult

Pair = tuple[str, str]  # order id and item code; a blank code is the whole order


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One version of a cancellation file as we laid it; `rows` in the file's order, `reason` its cancellation code."""

    incident_id: str
    path: str
    sha256: str
    laid_at: datetime
    rows: tuple[Pair, ...]
    reason: str = ""

    @property
    def records(self) -> tuple[tuple[Pair, ...], ...]:
        """The rows as the platform counts records: each row of a flat file, each order of an XML feed."""
        if not self.path.endswith(".xml"):
            return tuple((row,) for row in self.rows)
        orders: dict[str, list[Pair]] = {}
        for row in self.rows:
            orders.setdefault(row[0], []).append(row)
        return tuple(map(tuple, orders.values()))


@dataclass(frozen=True, slots=True)
class Match:
    """A processing report with the file versions that it fits, and what it says of their items.

    `why` says in one sentence why it is no evidence or only in part; blank if it is plain evidence.
    """

    result: FeedResult
    uploads: tuple[Upload, ...] = ()
    accepted: frozenset[Pair] = frozenset()
    rejected: Mapping[Pair, FeedError] = field(default_factory=dict)
    why: str = ""


def match_results(uploads: Iterable[Upload], results: Iterable[FeedResult]) -> tuple[Match, ...]:
    """Every report with the files that it can belong to: laid before it, of as many records, with its orders."""
    by_size: dict[int, list[Upload]] = {}
    for upload in uploads:
        by_size.setdefault(len(upload.records), []).append(upload)
    return tuple(_match(result, by_size) for result in sorted(results, key=lambda result: (result.at, result.name)))


def _match(result: FeedResult, by_size: Mapping[int, Sequence[Upload]]) -> Match:
    if not result.complete:
        return Match(result, why="the platform had not finished when this report was made")
    if result.of_listings:
        return Match(result, why="this report is about listings: its errors name SKUs and no order")
    if result.processed is None or result.successful is None:
        return Match(result, why="the report tells no numbers of records")
    before = (upload for upload in by_size.get(result.processed, ()) if upload.laid_at <= result.at)
    verdicts = [(upload, verdict) for upload in before if (verdict := _verdict(upload, result)) is not None]
    if not verdicts or not result.processed:
        why = f"no cancellation file laid before this report has {result.processed} records with the orders it names"
        return Match(result, why=why)
    verdicts = [pair for pair in verdicts if pair[1].fits] or verdicts
    verdicts.sort(key=lambda pair: pair[0].laid_at, reverse=True)
    accepted = frozenset.intersection(*(verdict.accepted for _, verdict in verdicts))
    first = verdicts[0][1].rejected
    rejected = {pair: first[pair] for pair in first if all(pair in verdict.rejected for _, verdict in verdicts)}
    files = tuple(upload for upload, _ in verdicts)
    return Match(result, files, accepted, rejected, _doubt(result, verdicts, accepted))


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a report would say of a file's items if it were this file's; `fits`: its counts and errors agree."""

    accepted: frozenset[Pair]
    rejected: Mapping[Pair, FeedError]
    fits: bool


def _verdict(upload: Upload, result: FeedResult) -> _Verdict | None:
    """None if the report names an order or a record that the file does not have."""
    records = upload.records
    places: dict[str, list[int]] = {}
    for index, rows in enumerate(records):
        places.setdefault(rows[0][0], []).append(index)
    failed: dict[int, FeedError] = {}
    warned: set[int] = set()
    whole: FeedError | None = None
    for error in result.errors:
        where = _where(error, records, places)
        if where is None:
            return None
        if error.warning:
            warned.update(where)
        else:
            failed |= {index: error for index in where if index not in failed}
            whole = whole or (None if where else error)
    if whole and not result.successful:
        failed = {index: failed.get(index, whole) for index in range(len(records))}
    lost = len(records) - (result.successful or 0)
    # Some reports count a record with a warning as successful, some do not.
    sure = set(failed) if lost == len(failed) else failed.keys() | warned
    fits = lost == len(sure)
    taken = (rows for index, rows in enumerate(records) if fits and index not in sure)
    rejected = {row: error for index, error in failed.items() for row in records[index]}
    return _Verdict(frozenset(row for rows in taken for row in rows if row not in rejected), rejected, fits)


def _where(
    error: FeedError, records: Sequence[Sequence[Pair]], places: Mapping[str, list[int]]
) -> Sequence[int] | None:
    """The records that an error means: none for the whole file, None if the file has no such record."""
    if not error.order_id:
        index = error.record - 1
        return () if index < 0 else (index,) if index < len(records) else None
    named = [
        index
        for index in places.get(error.order_id, ())
        if not error.line_id or any(code in ("", error.line_id) for _, code in records[index])
    ]
    if error.record - 1 in named:
        return (error.record - 1,)
    return named or None


def _doubt(result: FeedResult, verdicts: Sequence[tuple[Upload, _Verdict]], accepted: frozenset[Pair]) -> str:
    if not verdicts[0][1].fits:
        failed = sum(not error.warning for error in result.errors)
        return (
            f"its numbers do not agree: {result.processed} records, {result.successful} successful, "
            f"{failed} errors; no record counts as accepted"
        )
    if len({frozenset(upload.rows) for upload, _ in verdicts}) == 1:
        return ""
    files = ", ".join(dict.fromkeys(f"{upload.incident_id} {upload.path}" for upload, _ in verdicts))
    left = "only the orders in all of them count as accepted" if accepted else "it proves nothing"
    return f"it fits several versions of our files ({files}), which name different orders: {left}"
