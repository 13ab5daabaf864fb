"""Reading shops into the store: what is new or changed in their folders, a file after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import datetime
from functools import partial
from itertools import islice
from time import perf_counter
from typing import Any, Final

from promofuse import __version__
from promofuse.config import Config
from promofuse.errors import PromofuseError
from promofuse.facts import Buyer, Fact, FeedResult, Gap, ItemDetail, OrderLine
from promofuse.shops import SHOPS
from promofuse.shops.base import Content, Reading, Shop, SourceFile
from promofuse.store.buyers import save_buyers, save_item_details
from promofuse.store.engine import Connection, Store
from promofuse.store.evidence import keep_feed_results, save_cancellations, save_feed_results
from promofuse.store.offers import save_account_health, save_offers
from promofuse.store.orders import save_order_lines
from promofuse.store.privacy import Keys
from promofuse.store.promotions import save_promotions
from promofuse.store.reads import (
    FileRecord,
    drop_file_rows,
    drop_gaps_except,
    end_first_read,
    is_first_read,
    load_files,
    save_file,
    save_gaps,
)
from promofuse.store.watch import begin_reading

_CHUNK: Final = 8000  # facts in one transaction
_ADDING: Final = (Content.ORDERS, Content.ITEMS)
_SETTINGS: Final = (Content.CATALOGUE, Content.PROMOTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopRead:
    """What came of reading one shop: files read now, their rows and gaps; `error` where it could not be read."""

    shop: str
    files: int = 0
    rows: int = 0
    gaps: tuple[Gap, ...] = ()
    seconds: float = 0.0
    error: PromofuseError | None = None


def read_shops(
    config: Config, store: Store, keys: Keys, at: datetime, names: Sequence[str] | None = None
) -> list[ShopRead]:
    """Read what is new or changed in the named shops, or in all. A shop that fails does not stop the others."""
    return [_read_shop(config, store, keys, at, name) for name in (config.shops if names is None else names)]


def _read_shop(config: Config, store: Store, keys: Keys, at: datetime, name: str) -> ShopRead:
    start = perf_counter()
    settings = config.shops[name]
    shop = SHOPS[settings.kind](settings.folder, settings.marketplace)
    try:
        reader = _ShopReader(shop, name, store, keys, at, f"{__version__} {settings.kind} {settings.marketplace}")
        reader.read()
    except PromofuseError as error:
        return ShopRead(shop=name, seconds=perf_counter() - start, error=error)
    return ShopRead(
        shop=name,
        files=reader.files,
        rows=reader.rows,
        gaps=tuple(reader.gaps),
        seconds=perf_counter() - start,
    )


class _ShopReader:
    """One reading of one shop."""

    def __init__(self, shop: Shop, name: str, store: Store, keys: Keys, at: datetime, reader: str) -> None:
        self._shop, self._name, self._store, self._keys, self._at = shop, name, store, keys, at
        self._reader = reader
        self.files = 0
        self.rows = 0
        self.gaps: list[Gap] = []

    def read(self) -> None:
        """Read every source that is new, changed or was not finished; raises ShopUnreachable."""
        sources = self._shop.sources()
        with self._store.read() as db:
            self._known = load_files(db, self._name)
            self._first = is_first_read(db, self._name)
        for source in sources:
            if not self._is_known(source):
                self._read_source(source)
        orders = [record for record in self._known.values() if record.content == Content.ORDERS]
        with self._store.write() as db:
            present = {source.name for source in sources}
            drop_gaps_except(db, self._name, present)
            for gap in self._missed(present):
                save_gaps(db, self._name, gap.file, [gap])
            if self._first and orders and all(record.finished for record in orders):
                end_first_read(db, self._name, self._at)

    def _missed(self, present: Collection[str]) -> Iterator[Gap]:
        """Settings that go on counting though their file is gone and no other of its kind has come."""
        here = {record.content for name, record in self._known.items() if name in present}
        for name, record in sorted(self._known.items()):
            if name not in present and record.rows and record.content in _SETTINGS and record.content not in here:
                reason = f"is no longer in the folder; its {record.content} counts until another file tells it"
                yield Gap(name, None, None, reason)

    def _stands(self, record: FileRecord) -> bool:
        """Whether the file was read to its end, by this program with these settings."""
        return record.finished and record.reader == self._reader

    def _is_known(self, source: SourceFile) -> bool:
        """Whether the file was read as it is now: by size, time and inode."""
        known = self._known.get(source.name)
        now = (source.size, source.mtime_ns, source.inode)
        return known is not None and self._stands(known) and now == (known.size, known.mtime_ns, known.inode)

    def _read_source(self, source: SourceFile) -> None:
        try:
            with self._shop.open(source, self._at) as reading:
                if not self._is_told(source.name, reading):
                    self._save(source.name, reading)
        except FileNotFoundError:
            return  # moved away since the folder was listed
        except OSError as error:
            gap = Gap(source.name, None, None, f"cannot be read: {error.strerror}; it is tried again next time")
            self.gaps.append(gap)
            with self._store.write() as db:
                save_gaps(db, self._name, source.name, [gap])

    def _is_told(self, name: str, reading: Reading) -> bool:
        """Whether these bytes have been read before: under this name, or under another where facts only add up."""
        if not reading.finished:
            return False
        same = (r for r in self._known.values() if r.sha256 == reading.sha256 and self._stands(r))
        told = next((r for r in same if r.name == name or r.content in _ADDING), None)
        if told is None:
            return False
        with self._store.write() as db:
            self._note(db, name, reading, Content(told.content), told.rows)
            if told.name != name:
                save_gaps(db, self._name, name, [])  # they stand with the other name
        return True

    def _save(self, name: str, reading: Reading) -> None:
        """Save a source's facts, and in the last transaction that it has been read."""
        with self._store.write() as db:
            self._number = begin_reading(db, self._name)
        replace = _REPLACE.get(reading.content)
        with self._store.bulk():
            rows = 0 if replace else self._add(reading)
        with self._store.write() as db:
            before = self._known.get(name)
            if before and before.finished and before.sha256 != reading.sha256:
                keep_feed_results(db, self._name, name, before.sha256)  # what they prove stays proven
            if before and before.content != reading.content and reading.finished:
                drop_file_rows(db, self._name, name)
            if replace:
                rows = replace(db, self._name, name, map(self._seen, reading.batch.facts))
            save_gaps(db, self._name, name, reading.batch.gaps)
            self._note(db, name, reading, reading.content, rows)
            begin_reading(db, self._name)  # what was looked at while this file was half read is out of date
        self.files += 1
        self.rows += rows
        self.gaps += reading.batch.gaps

    def _seen(self, fact: Fact) -> Fact:
        """A processing report tells no time of its own: it gets that of its first reading."""
        return with_changes(fact, seen_at=self._at) if isinstance(fact, FeedResult) else fact

    def _add(self, reading: Reading) -> int:
        """Add order lines, items and buyers to what is known, a short transaction after the other."""
        rows = 0
        seen_from = None if self._first else self._at
        while chunk := list(islice(reading.batch.facts, _CHUNK)):
            lines = [fact for fact in chunk if isinstance(fact, OrderLine)]
            items = [fact for fact in chunk if isinstance(fact, ItemDetail)]
            buyers = [fact for fact in chunk if isinstance(fact, Buyer)]
            with self._store.write() as db:
                save_order_lines(db, self._name, lines, seen_from, self._number)
                save_item_details(db, self._name, items)
                save_buyers(db, self._keys, self._name, buyers, newest_last=reading.content is Content.ORDERS)
            rows += len(lines) + len(items)
        return rows

    def _note(self, db: Connection, name: str, reading: Reading, content: Content, rows: int) -> None:
        source = reading.source
        record = FileRecord(
            name=name,
            content=content.value,
            size=source.size,
            mtime_ns=source.mtime_ns,
            inode=source.inode,
            sha256=reading.sha256,
            finished=reading.finished,
            reader=self._reader,
            rows=rows,
        )
        save_file(db, self._name, record)
        self._known[name] = record


# What is the whole truth of its path replaces the path's former rows.
_REPLACE: Final[dict[Content, Callable[[Connection, str, str, Iterable[Any]], int]]] = {
    Content.CATALOGUE: partial(save_offers, listed=False),
    Content.LISTINGS: partial(save_offers, listed=True),
    Content.PROMOTIONS: save_promotions,
    Content.ACCOUNT_HEALTH: save_account_health,
    Content.CANCELLATIONS: save_cancellations,
    Content.FEED_RESULTS: save_feed_results,
}
