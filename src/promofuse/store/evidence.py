"""What proves a cancellation: processing reports, the platform's list of cancelled orders, the files that we laid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, delete, func, insert, select, update

from promofuse.facts import CancellationListed, FeedError, FeedResult
from promofuse.instants import micros, moment
from promofuse.response.evidence import Upload
from promofuse.store.engine import Connection
from promofuse.store.evidence_tables import CancellationListedRow, FeedErrorRow, FeedResultRow, UploadRow
from promofuse.store.reads import replace_file_rows
from promofuse.store.values import from_columns, to_columns

__all__ = [
    "Evidence",
    "Upload",
    "keep_feed_results",
    "load_evidence",
    "load_uploads",
    "save_cancellations",
    "save_feed_results",
    "save_upload",
]

_LISTED = CancellationListedRow.__table__
_RESULTS = FeedResultRow.__table__
_ERRORS = FeedErrorRow.__table__
_UPLOADS = UploadRow.__table__


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a shop's platform reported back, and the versions of our files that its reports can belong to."""

    results: tuple[FeedResult, ...] = ()
    listed: tuple[CancellationListed, ...] = ()
    uploads: tuple[Upload, ...] = ()


def save_cancellations(db: Connection, shop: str, file: str, rows: Iterable[CancellationListed]) -> int:
    """Make these the cancellations that the file lists, and count them."""
    return replace_file_rows(db, _LISTED, shop, file, map(to_columns, rows))


def save_feed_results(db: Connection, shop: str, file: str, results: Iterable[FeedResult]) -> int:
    """Make these the processing reports of the file, and count them. What is read again was seen before."""
    told = list(results)
    here = _RESULTS.c.shop == shop, _RESULTS.c.file == file
    known = db.execute(select(func.min(_RESULTS.c.seen_at)).where(*here)).scalar()
    errors = ({"result": n, **to_columns(error)} for n, result in enumerate(told) for error in result.errors)
    replace_file_rows(db, _ERRORS, shop, file, errors)
    plain = ("processed", "successful", "complete", "of_listings")
    rows = (
        {
            "at": micros(r.at),
            "seen_at": (micros(r.seen_at) if r.seen_at else 0) if known is None else known,
            **{name: getattr(r, name) for name in plain},
        }
        for r in told
    )
    return replace_file_rows(db, _RESULTS, shop, file, rows)


def keep_feed_results(db: Connection, shop: str, file: str, sha256: str) -> None:
    """Let the processing reports of a file's former contents, with this digest, stand beside what takes its name."""
    former = f"{file} ({sha256[:8]})"
    for table in (_RESULTS, _ERRORS):
        of_shop = table.c.shop == shop
        db.execute(delete(table).where(of_shop, table.c.file == former))  # the same contents, once before
        db.execute(update(table).where(of_shop, table.c.file == file).values(file=former))


def save_upload(db: Connection, shop: str, upload: Upload) -> bool:
    """Remember a version of a cancellation file; False where it lies there as it is, which changes nothing.

    A version that comes back after another one is remembered again: it is the newest one then.
    """
    here = _UPLOADS.c.incident_id == upload.incident_id, _UPLOADS.c.path == upload.path
    newest = select(_UPLOADS.c.sha256).where(*here).order_by(_UPLOADS.c.laid_at.desc()).limit(1)
    if db.execute(newest).scalar() == upload.sha256:
        return False
    at = _UPLOADS.c.laid_at == micros(upload.laid_at)
    db.execute(_UPLOADS.delete().where(*here, at))  # laid twice in one moment: the later one lies there
    db.execute(
        insert(_UPLOADS).values(
            incident_id=upload.incident_id,
            path=upload.path,
            laid_at=micros(upload.laid_at),
            shop=shop,
            sha256=upload.sha256,
            reason=upload.reason,
            records=len(upload.records),
            pairs=[list(pair) for pair in upload.rows],
        )
    )
    return True


def load_uploads(db: Connection, shop: str) -> list[Upload]:
    """All versions of all cancellation files of a shop, in the order in which they were laid."""
    return _uploads(db, select(_UPLOADS).where(_UPLOADS.c.shop == shop))


def load_evidence(db: Connection, shop: str) -> Evidence:
    """Everything that can prove or disprove a cancellation in this shop.

    Of the files that we laid only versions with as many records as some report has: no other can be meant.
    """
    results = _results(db, shop)
    sizes = {result.processed for result in results if result.processed}
    laid = select(_UPLOADS).where(_UPLOADS.c.shop == shop, _UPLOADS.c.records.in_(sizes))
    listed = select(_LISTED).where(_LISTED.c.shop == shop).order_by(_LISTED.c.file, _LISTED.c.row)
    return Evidence(
        results=results,
        listed=tuple(from_columns(CancellationListed, row) for row in db.execute(listed).mappings()),
        uploads=tuple(_uploads(db, laid)) if sizes else (),
    )


def _results(db: Connection, shop: str) -> tuple[FeedResult, ...]:
    """Processing reports, the oldest first."""
    errors: dict[tuple[str, int], list[FeedError]] = defaultdict(list)
    rows = select(_ERRORS).where(_ERRORS.c.shop == shop).order_by(_ERRORS.c.file, _ERRORS.c.row)
    for row in db.execute(rows).mappings():
        errors[row["file"], row["result"]].append(from_columns(FeedError, row))
    reports = select(_RESULTS).where(_RESULTS.c.shop == shop).order_by(_RESULTS.c.at, _RESULTS.c.file, _RESULTS.c.row)
    return tuple(
        FeedResult(
            name=row["file"],
            at=moment(row["at"]),
            processed=row["processed"],
            successful=row["successful"],
            complete=row["complete"],
            of_listings=row["of_listings"],
            errors=tuple(errors[row["file"], row["row"]]),
            seen_at=moment(row["seen_at"]) if row["seen_at"] else None,
        )
        for row in db.execute(reports).mappings()
    )


def _uploads(db: Connection, chosen: Select[tuple[object, ...]]) -> list[Upload]:
    ordered = chosen.order_by(_UPLOADS.c.laid_at, _UPLOADS.c.incident_id, _UPLOADS.c.path)
    return [
        Upload(
            incident_id=row["incident_id"],
            path=row["path"],
            sha256=row["sha256"],
            laid_at=moment(row["laid_at"]),
            rows=tuple((order_id, code) for order_id, code in row["pairs"]),
            reason=row["reason"],
        )
        for row in db.execute(ordered).mappings()
    ]
