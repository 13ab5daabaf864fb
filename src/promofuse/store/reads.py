"""What is known of a shop's files: which were read, what could not be read, and the facts that go with a path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, insert, select, update

from promofuse.facts import Gap
from promofuse.instants import micros
from promofuse.store.engine import Connection, upsert
from promofuse.store.evidence_tables import CancellationListedRow, FeedErrorRow, FeedResultRow
from promofuse.store.tables import AccountHealthRow, FileRow, GapRow, OfferRow, PromotionRow, ShopRow

_FILES = FileRow.__table__
_GAPS = GapRow.__table__
_SHOPS = ShopRow.__table__
_FILE_FACTS = tuple(
    kind.__table__
    for kind in (OfferRow, PromotionRow, AccountHealthRow, CancellationListedRow, FeedResultRow, FeedErrorRow)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """A file as it was when it was last read. `finished` is False where it seemed to be still being written.

    `reader` names the program and settings that read it: another one may find more in the same bytes.
    """

    name: str
    content: str
    size: int
    mtime_ns: int
    inode: str
    sha256: str
    finished: bool
    reader: str
    rows: int


def load_files(db: Connection, shop: str) -> dict[str, FileRecord]:
    """The files read so far, by name."""
    rows = db.execute(select(_FILES).where(_FILES.c.shop == shop)).mappings()
    return {row["name"]: FileRecord(**{k: v for k, v in row.items() if k != "shop"}) for row in rows}


def save_file(db: Connection, shop: str, record: FileRecord) -> None:
    """Note that a file has been read. In the same transaction as the last of its facts, or after it."""
    upsert(db, _FILES, [{"shop": shop, **asdict(record)}])


def save_gaps(db: Connection, shop: str, file: str, gaps: Sequence[Gap]) -> None:
    """Make these the gaps of the file."""
    db.execute(delete(_GAPS).where(_GAPS.c.shop == shop, _GAPS.c.file == file))
    if gaps:
        rows = [
            {"shop": shop, "file": file, "number": n, "line": g.line, "column": g.column, "reason": g.reason}
            for n, g in enumerate(gaps)
        ]
        db.execute(insert(_GAPS), rows)


def load_gaps(db: Connection, shop: str) -> list[Gap]:
    """What could not be read, by file and line."""
    rows = select(_GAPS.c.file, _GAPS.c.line, _GAPS.c.column, _GAPS.c.reason).where(_GAPS.c.shop == shop)
    return [Gap(*row) for row in db.execute(rows.order_by(_GAPS.c.file, _GAPS.c.number))]


def drop_gaps_except(db: Connection, shop: str, present: Iterable[str]) -> None:
    """Forget the gaps of files that are gone; a file of the same bytes under another name takes them over."""
    here = set(present)
    files = load_files(db, shop)
    with_gaps = select(_GAPS.c.file).where(_GAPS.c.shop == shop).distinct()
    for gone in sorted(set(db.execute(with_gaps).scalars()) - here):
        digest = files[gone].sha256 if gone in files else ""
        heir = next((name for name in sorted(here & set(files)) if files[name].sha256 == digest), None)
        its_gaps = (_GAPS.c.shop == shop, _GAPS.c.file == gone)
        if (
            heir is not None
            and not db.execute(select(exists().where(_GAPS.c.shop == shop, _GAPS.c.file == heir))).scalar()
        ):
            db.execute(update(_GAPS).where(*its_gaps).values(file=heir))
        else:
            db.execute(delete(_GAPS).where(*its_gaps))


def is_first_read(db: Connection, shop: str) -> bool:
    """Whether the shop's orders have never been read to the end."""
    return not db.execute(select(exists().where(_SHOPS.c.shop == shop))).scalar()


def end_first_read(db: Connection, shop: str, at: datetime) -> None:
    """Note that the shop's orders have been read to the end for the first time."""
    upsert(db, _SHOPS, [{"shop": shop, "first_read_at": micros(at)}])


def newer_last(table: Table) -> tuple[ColumnElement[Any], ...]:
    """How to order rows of a table of facts that go with a path: by the age of their file, then as they stand in it."""
    written = select(_FILES.c.mtime_ns).where(_FILES.c.shop == table.c.shop, _FILES.c.name == table.c.file)
    return written.scalar_subquery(), table.c.file, table.c.row


def replace_file_rows(db: Connection, table: Table, shop: str, file: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Make these the rows of a file in a table of facts that go with a path; returns how many.

    One transaction, so that no reader meets half a catalogue.
    """
    db.execute(delete(table).where(table.c.shop == shop, table.c.file == file))
    numbered = ({"shop": shop, "file": file, "row": n, **row} for n, row in enumerate(rows))
    count = 0
    while some := list(islice(numbered, 5000)):
        db.execute(insert(table), some)
        count += len(some)
    return count


def drop_file_rows(db: Connection, shop: str, file: str) -> None:
    """Forget all facts that go with a path."""
    for table in _FILE_FACTS:
        db.execute(delete(table).where(table.c.shop == shop, table.c.file == file))
