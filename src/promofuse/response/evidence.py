"""Which processing report belongs to which version of which cancellation file, and what it says of each item.

A report names neither its file nor its upload: it is known by the number of its records, by the orders that it names,
and by its time. That is its file's own; where no file was laid before that (clocks differ, an archive keeps old times)
it is when the report was first read. Where several versions fit, only what holds under each of them is evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

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

    `why` says in one sentence why it is no evidence or only in part, and `todo` what helps; blank if it is plain
    evidence.
    """

    result: FeedResult
    uploads: tuple[Upload, ...] = ()
    accepted: frozenset[Pair] = frozenset()
    rejected: Mapping[Pair, FeedError] = field(default_factory=dict)
    why: str = ""
    todo: str = ""


def match_results(uploads: Iterable[Upload], results: Iterable[FeedResult]) -> tuple[Match, ...]:
    """Every report with the files that it can belong to: laid before it, of as many records, with its orders."""
    by_size: dict[int, list[Upload]] = {}
    for upload in uploads:
        by_size.setdefault(len(upload.records), []).append(upload)
    return tuple(_match(result, by_size) for result in sorted(results, key=lambda result: (result.at, result.name)))


def not_taken(matches: Iterable[Match], incident_id: str) -> tuple[Match, ...]:
    """The reports that prove nothing, or less than they tell, of this incident; the newest first.

    One that belongs to files of other incidents alone is theirs.
    """
    doubtful = (match for match in matches if match.why)
    own = [m for m in doubtful if not m.uploads or any(upload.incident_id == incident_id for upload in m.uploads)]
    return tuple(sorted(own, key=lambda match: (match.result.at, match.result.name), reverse=True))


_UPLOAD: Final = "upload the files in 4-cancel as they lie there, each by itself, and save the report of each"
_LIST: Final = "put the platform's list of cancelled orders into the shop's folder too"
_ANOTHER: Final = f"leave it if it is about another upload; else {_UPLOAD}"


def _match(result: FeedResult, by_size: Mapping[int, Sequence[Upload]]) -> Match:
    if not result.complete:
        why = "the platform had not finished when this report was made"
        return Match(result, why=why, todo="download it again when it is done")
    if result.of_listings:
        return Match(result, why="this report is about listings: its errors name SKUs and no order", todo=_ANOTHER)
    if result.processed is None or result.successful is None:
        why = "the report tells no numbers of records"
        return Match(result, why=why, todo="download the whole report: it begins with its summary")
    verdicts = _verdicts(result, by_size.get(result.processed, ()) if result.processed else ())
    if not verdicts:
        return Match(result, why=_no_file(result, by_size), todo=_ANOTHER)
    verdicts = [pair for pair in verdicts if pair[1].fits] or verdicts
    verdicts.sort(key=lambda pair: pair[0].laid_at, reverse=True)
    accepted = frozenset.intersection(*(verdict.accepted for _, verdict in verdicts))
    first = verdicts[0][1].rejected
    rejected = {pair: first[pair] for pair in first if all(pair in verdict.rejected for _, verdict in verdicts)}
    files = tuple(upload for upload, _ in verdicts)
    return Match(result, files, accepted, rejected, *_doubt(result, verdicts, accepted))


def _verdicts(result: FeedResult, uploads: Sequence[Upload]) -> list[tuple[Upload, _Verdict]]:
    """What the report says of each file that it can belong to.

    A report that was read when a file was laid is not about it: both have one time if one command did both.
    """
    seen_at = result.seen_at or result.at
    fitting = [(upload, verdict) for upload in uploads if (verdict := _verdict(upload, result)) is not None]
    before = [(upload, verdict) for upload, verdict in fitting if upload.laid_at <= result.at]
    return before or [(upload, verdict) for upload, verdict in fitting if upload.laid_at < seen_at]


def _no_file(result: FeedResult, by_size: Mapping[int, Sequence[Upload]]) -> str:
    """Why a report belongs to no file of ours."""
    uploads = by_size.get(result.processed or 0, ())
    size = f"{result.processed} {'record' if result.processed == 1 else 'records'}"
    if not uploads or not result.processed:
        return f"no cancellation file of ours has {size}"
    if any(_verdict(upload, result) is not None for upload in uploads):
        return f"no cancellation file with {size} was laid before this report was made or first read"
    ours = {order_id for upload in uploads for order_id, _ in upload.rows}
    foreign = next((error.order_id for error in result.errors if error.order_id and error.order_id not in ours), "")
    return f"it names {f'order {foreign}' if foreign else 'a record'}, which no cancellation file with {size} has"


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


def _doubt(
    result: FeedResult, verdicts: Sequence[tuple[Upload, _Verdict]], accepted: frozenset[Pair]
) -> tuple[str, str]:
    """Why a report that fits is no evidence or only in part, and what to do; blanks if it is plain evidence."""
    if not verdicts[0][1].fits:
        failed = sum(not error.warning for error in result.errors)
        return (
            f"its numbers do not agree: {result.processed} records, {result.successful} successful, "
            f"{failed} errors; no record counts as accepted",
            f"download it again, whole; if it says the same, {_LIST}",
        )
    if len({frozenset(upload.rows) for upload, _ in verdicts}) == 1:
        return "", ""
    files = ", ".join(dict.fromkeys(f"{upload.incident_id} {upload.path}" for upload, _ in verdicts))
    left = "only the orders in all of them count as accepted" if accepted else "it proves nothing"
    return f"it fits several versions of our files ({files}), which name different orders: {left}", _LIST
