"""History through the same code: a folder of plain files goes line by line through the watch, as it was seen then.

Orders are streamed: memory grows with the catalogue, the promotions and the line keys of the last weeks, not with the
orders. Files that are not in the order of seen_at are sorted in temporary files first; large ones by DuckDB, where the
`analytics` extra is installed. Each way gives the same alarms.
"""

from __future__ import annotations

import csv
import heapq
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import IO, Final, NamedTuple

from promofuse.app.plots import Tracks
from promofuse.errors import UsageError
from promofuse.facts import Buyer, Fact, Gap, Offer, OrderLine, Promotion
from promofuse.money import decimal_text
from promofuse.outbox.contents import guarded
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.shops.base import Content, SourceFile
from promofuse.shops.delimited import Table
from promofuse.shops.plain_files import PlainFiles
from promofuse.shops.sorted_rows import NotSortable, SortedRows, can_sort
from promofuse.shops.text import Gaps
from promofuse.velocity.settings import WatchSettings
from promofuse.velocity.watch import ShopWatch
from promofuse.verdicts import Alarm

ALARM_COLUMNS: Final = ("alarm_at", "promotion_id", "kind", "score", "orders", "lost", "currency", "message")
_ORDERS: Final = PlainFiles.formats[0]
_NOT_LOOKED_AT: Final = frozenset(
    {"buyer-name", "buyer-language", "fulfilled-by", "ship-by", "ship-country", "quantity-shipped"}
    | {"cancelled-by", "cancelled-at", "cancel-reason", "cancel-requested-by-buyer", "refunded-amount", "refunded-at"}
)
_KEYS_KEPT: Final = 60  # days; a row about a line ordered longer ago is taken for a later state
_SEEN_AT: Final = attrgetter("line.seen_at")
_LARGE: Final = 256 << 20  # bytes of order files, about two million lines
_GZIP_SAVES: Final = 8  # times
_SORT_AT_ONCE: Final = 50_000
_MERGE_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found: alarms in order, how many lines went through the watch, and what could not be read.

    `first` and `last` are when the lines that could alarm were seen; None where there was none. Lines `without_cost`
    could not: nothing is known of what they lost.
    """

    alarms: tuple[Alarm, ...]
    lines: int
    gaps: tuple[Gap, ...]
    first: datetime | None = None
    last: datetime | None = None
    tracks: Tracks | None = None  # for plots, where asked for
    without_cost: Mapping[tuple[str, str], int] = field(default_factory=dict)  # SKU, currency -> lines of promotions


def replay(
    folder: Path,
    settings: WatchSettings,
    *,
    platform: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    plots: bool = False,
) -> Replayed:
    """Watch the lines seen in [since, until); those before are history only. Raises UsageError without orders.

    An alarm rests on nothing but lines and promotion rows seen by then. A line counts in its first row.
    """
    history = _History(folder)

    def watch(lines: Iterable[_Told]) -> _Watching | None:
        """None if the lines turn out not to be in order."""
        in_order = _InOrder(lines)
        watching = _Watching(folder.name, history, settings, platform, plots=plots)
        watching.run(in_order, since, until)
        return None if in_order.broken else watching

    watching = None
    if history.size >= _LARGE and can_sort():
        with suppress(NotSortable):
            watching = watch(history.lines_by_time())
    watching = watching or watch(history.lines()) or watch(_sorted_by_seen(history.lines()))
    assert watching is not None
    return Replayed(
        alarms=tuple(watching.alarms),
        lines=watching.lines,
        gaps=tuple(history.gaps),
        first=watching.first,
        last=watching.last,
        tracks=watching.tracks,
        without_cost=dict(watching.without_cost),
    )


def write_alarms(path: Path, alarms: Iterable[Alarm]) -> None:
    """Write alarms as CSV (UTF-8, `ALARM_COLUMNS`): times ISO 8601 UTC, `lost` in major units of `currency`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ALARM_COLUMNS)
        for alarm in alarms:
            at = alarm.at.isoformat(timespec="microseconds").replace("+00:00", "Z")
            lost = decimal_text(alarm.lost, alarm.currency)
            cells = (at, alarm.promotion_id, alarm.kind, f"{alarm.score:.2f}", alarm.orders, lost)
            writer.writerow(guarded(cell) for cell in (*cells, alarm.currency, alarm.message))


class _Told(NamedTuple):
    """A line as the files have it, and who bought it."""

    line: OrderLine
    buyer: int


def _told(facts: Iterable[Fact]) -> Iterator[_Told]:
    """A buyer's row tells him after the line."""
    line: OrderLine | None = None
    for fact in facts:
        if isinstance(fact, OrderLine):
            if line is not None:
                yield _Told(line, 0)
            line = fact
        elif isinstance(fact, Buyer) and line is not None:
            yield _Told(line, fact.number)
            line = None
    if line is not None:
        yield _Told(line, 0)


class _OnlyWhatCounts(PlainFiles):
    """A folder whose orders are read without the columns that the watch does not look at."""

    formats = (
        replace(_ORDERS, read=lambda table: _ORDERS.read(replace(table, header=table.header.without(_NOT_LOOKED_AT)))),
        *PlainFiles.formats[1:],
    )


class _History:
    """A folder's files: offers and promotions in memory, order lines as often as they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._shop = _OnlyWhatCounts(folder, "")
        self.offers: list[Offer] = []
        self.promotions: list[Promotion] = []
        self.gaps: list[Gap] = []
        self._orders: list[SourceFile] = []
        for source in self._shop.sources():
            with self._shop.open(source) as reading:
                if reading.content is Content.ORDERS:
                    self._orders.append(source)
                    continue
                for fact in reading.batch.facts:
                    if isinstance(fact, Offer):
                        self.offers.append(fact)
                    elif isinstance(fact, Promotion):
                        self.promotions.append(fact)
                self.gaps.extend(reading.batch.gaps)
        if not self._orders:
            raise UsageError(f"no orders in {folder}", hint="put orders.csv or orders.csv.gz there")
        self.promotions.sort(key=attrgetter("seen_at"))
        self._gaps_but_orders = tuple(self.gaps)

    @property
    def size(self) -> int:
        """Of the order files in bytes, unpacked, about."""
        return sum(s.size * (_GZIP_SAVES if s.name.endswith(".gz") else 1) for s in self._orders)

    def lines_by_time(self) -> Iterator[_Told]:
        """All order lines by seen_at, sorted by DuckDB; raises NotSortable."""
        self.gaps = list(self._gaps_but_orders)
        return heapq.merge(*map(self._by_time, self._orders), key=_SEEN_AT)

    def _by_time(self, source: SourceFile) -> Iterator[_Told]:
        rows = SortedRows(source.path, _NOT_LOOKED_AT)
        gaps = Gaps(source.name)
        yield from _told(_ORDERS.read(Table(rows.header, rows.by(("seen_at", "ordered_at")), gaps, None)))
        gaps.close()
        self.gaps.extend(sorted(gaps.found, key=lambda gap: gap.line or 0))

    def lines(self) -> Iterator[_Told]:
        """All order lines as the files have them."""
        self.gaps = list(self._gaps_but_orders)
        for source in self._orders:
            with self._shop.open(source) as reading:
                yield from _told(reading.batch.facts)
                self.gaps.extend(reading.batch.gaps)


class _Watching:
    """One run of the watch over a history."""

    def __init__(self, shop: str, history: _History, settings: WatchSettings, platform: str, *, plots: bool) -> None:
        self._watch = ShopWatch(shop, CostBook(history.offers, platform), PromotionBook(), settings)
        self._promotions = history.promotions
        self.alarms: list[Alarm] = []
        self.without_cost = self._watch.without_cost
        self.lines = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.tracks = Tracks(self._watch) if plots else None
        if self.tracks:
            self._watch.watcher = self.tracks.see

    def run(self, lines: Iterable[_Told], since: datetime | None, until: datetime | None) -> None:
        """Lines in the order of seen_at; lines of one order that were seen together go together."""
        revisions = iter(self._promotions)
        revision = next(revisions, None)
        for (_, seen_at), order in groupby(_first_states(lines), key=attrgetter("line.order_id", "line.seen_at")):
            if until is not None and seen_at >= until:
                break
            while revision is not None and revision.seen_at <= seen_at:
                self._watch.see_promotion(revision)
                revision = next(revisions, None)
            told = list(order)
            together = [line for line, _ in told]
            self.lines += len(together)
            history = since is not None and seen_at < since
            if not history:
                self.first, self.last = self.first or seen_at, seen_at
            self.alarms += self._watch.see_order(together, history=history, buyer=told[0].buyer)


class _InOrder:
    """Passes lines on until one was seen before the one in front of it; `broken` then says so."""

    def __init__(self, lines: Iterable[_Told]) -> None:
        self._lines = lines
        self.broken = False

    def __iter__(self) -> Iterator[_Told]:
        last: datetime | None = None
        for told in self._lines:
            seen_at = told.line.seen_at
            if last is not None and seen_at < last:
                self.broken = True
                return
            last = seen_at
            yield told


def _first_states(lines: Iterable[_Told]) -> Iterator[_Told]:
    """Each line once: a repeated key is a later state."""
    known: dict[int, set[int]] = {}  # by day of the order
    for told in lines:
        line = told.line
        day = line.ordered_at.toordinal()
        keys = known.get(day)
        if keys is None:
            oldest = line.seen_at.toordinal() - _KEYS_KEPT
            if day < oldest:
                continue
            known = {kept: keys for kept, keys in known.items() if kept >= oldest}
            keys = known[day] = set()
        key = hash((line.order_id, line.line_key))
        if key not in keys:
            keys.add(key)
            yield told


def _sorted_by_seen(lines: Iterable[_Told]) -> Iterator[_Told]:
    """All lines by seen_at, equal ones as they came: sorted parts go to temporary files and are merged from there."""
    rest = iter(lines)
    with ExitStack() as files:
        parts: list[IO[bytes]] = []
        while part := list(islice(rest, _SORT_AT_ONCE)):
            part.sort(key=_SEEN_AT)
            file = files.enter_context(tempfile.TemporaryFile())
            for start in range(0, len(part), _MERGE_AT_ONCE):
                pickle.dump(part[start : start + _MERGE_AT_ONCE], file, pickle.HIGHEST_PROTOCOL)
            file.seek(0)
            parts.append(file)
        yield from heapq.merge(*(_stored(file) for file in parts), key=_SEEN_AT)


def _stored(file: IO[bytes]) -> Iterator[_Told]:
    while True:
        try:
            lines: list[_Told] = pickle.load(file)  # noqa: S301 written above, in a file without a name
        except EOFError:
            return
        yield from lines
