"""Order lines: saved so that the order of the files does not matter, and asked for by promotion, SKU and window."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, distinct, exists, func, or_, select, union
from sqlalchemy.engine import RowMapping

from promofuse.facts import CancelledBy, FulfilledBy, OrderLine, OrderStatus
from promofuse.instants import micros, moment
from promofuse.store.engine import Connection, batches
from promofuse.store.tables import FileRow, ItemDetailRow, OrderLineRow
from promofuse.store.values import from_columns, join_list, split_list

ORDERS: Final = "orders"  # `content` of the files that hold order lines

_LINES = OrderLineRow.__table__
_DETAILS = ItemDetailRow.__table__
_FILES = FileRow.__table__
_LINE = _LINES.c
_ITEM = _DETAILS.c
_DAY: Final = 86_400_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class CancellationWindow:
    """Orders that the seller fulfils in a window, and those of them cancelled by anyone but a known buyer request.

    `reaches_back`: the shop's orders go back to the window's start, so the counts are whole. `leaving` are the
    cancelled ones by the window's days, the oldest first; `places` are both counts by marketplace as orders name it.
    """

    orders: int
    cancelled: int
    reaches_back: bool
    leaving: tuple[int, ...] = ()
    places: tuple[tuple[str, int, int], ...] = ()


def save_order_lines(
    db: Connection, shop: str, lines: Iterable[OrderLine], seen_from: datetime | None, reading: int = 0
) -> None:
    """Insert or update order lines. `reading` numbers the reading of the shop that brings them.

    Lines with a `copy` come from a report: the greatest copy of an order wins whatever the order of arrival, and a
    line not stored yet was seen at the later of its ordered_at and `seen_from`. Lines without a copy are later states
    of themselves: the greater updated_at wins, else the one saved later; they keep the earliest seen_at.
    """
    since = 0 if seen_from is None else micros(seen_from)
    reported: list[tuple[Any, ...]] = []
    single: list[tuple[Any, ...]] = []
    for line in lines:
        (reported if line.copy else single).append(_row(shop, line, since, reading))
    if reported:
        db.exec_driver_sql(_upsert("excluded.version > order_line.{}", keeps_seen_at=True), reported)
    if single:
        newer = "(excluded.version >= order_line.{}) IS NOT FALSE"
        db.exec_driver_sql(_upsert(newer, keeps_seen_at=False), single)


def promotion_id_cells(db: Connection, shop: str) -> list[tuple[str, ...]]:
    """The distinct sets of promotion ids that order lines, or items of a second report, carry."""
    known = [
        select(table.promotion_ids).where(table.shop == shop, table.promotion_ids != "") for table in (_LINE, _ITEM)
    ]
    return [split_list(cell) for cell in db.execute(union(*known)).scalars()]


def load_skus(db: Connection, shop: str) -> list[tuple[str, str]]:
    """The distinct (SKU, currency) of order lines."""
    pairs = select(_LINE.sku, _LINE.currency).where(_LINE.shop == shop).distinct().order_by(_LINE.sku, _LINE.currency)
    return [(sku, currency) for sku, currency in db.execute(pairs)]


def load_orders_naming(db: Connection, shop: str, cells: Collection[tuple[str, ...]]) -> dict[str, list[OrderLine]]:
    """All current lines of every order of which a line, or an item of a second report, carries one of these sets."""
    texts = [join_list(cell) for cell in cells]
    named = [
        select(table.order_id).where(table.shop == shop, table.promotion_ids != "", table.promotion_ids.in_(texts))
        for table in (_LINE, _ITEM)
    ]
    return _load_orders(db, shop, union(*named))


def load_orders_with_sku(
    db: Connection, shop: str, sku: str, since: datetime, until: datetime | None = None
) -> dict[str, list[OrderLine]]:
    """All current lines of every order of which a current line has the SKU and was ordered in [since, until)."""
    with_sku = select(_LINE.order_id).where(_LINE.shop == shop, _LINE.sku == sku, _LINE.ordered_at >= micros(since))
    if until is not None:
        with_sku = with_sku.where(_LINE.ordered_at < micros(until))
    orders = _load_orders(db, shop, with_sku)
    return {k: lines for k, lines in orders.items() if any(line.sku == sku for line in lines)}


def oldest_order(db: Connection, shop: str) -> datetime | None:
    """When the oldest order of the shop was placed; None without any."""
    oldest = db.execute(select(func.min(_LINE.ordered_at)).where(_LINE.shop == shop)).scalar()
    return None if oldest is None else moment(oldest)


def count_orders_with_skus(db: Connection, shop: str, skus: Iterable[str], since: datetime, until: datetime) -> int:
    """How many orders placed in [since, until) have a line with one of the SKUs."""
    placed = _LINE.shop == shop, _LINE.ordered_at >= micros(since), _LINE.ordered_at < micros(until)
    found: set[str] = set()
    for some in batches(sorted(skus)):
        found.update(db.execute(select(_LINE.order_id).where(*placed, _LINE.sku.in_(some)).distinct()).scalars())
    return len(found)


def load_news(db: Connection, shop: str, after: int, at: datetime) -> Iterator[list[OrderLine]]:
    """Current lines that readings after the given one brought or first priced, seen up to `at`, order by order.

    They come in the order in which they were seen; lines of one order that were seen together come together.
    """
    newer = _LINES.alias("newer")
    superseded = exists().where(
        newer.c.shop == _LINE.shop, newer.c.order_id == _LINE.order_id, newer.c.copy > _LINE.copy
    )
    rows = (
        select(_LINES)
        .where(_LINE.shop == shop, _LINE.news > after, _LINE.seen_at <= micros(at), ~superseded)
        .order_by(_LINE.seen_at, _LINE.ordered_at, _LINE.order_id, _LINE.line_key)
    )
    streamed = db.execution_options(yield_per=1000).execute(rows).mappings()
    for _, order in groupby(streamed, key=itemgetter("seen_at", "ordered_at", "order_id")):
        yield [from_columns(OrderLine, row) for row in order]


def postpone_news(db: Connection, shop: str, after: int, at: datetime, reading: int) -> None:
    """What was to be seen only after `at` is news of a later reading."""
    db.execute(
        _LINES.update().where(_LINE.shop == shop, _LINE.news > after, _LINE.seen_at > micros(at)).values(news=reading)
    )


def load_cancellation_window(db: Connection, shop: str, start: datetime, end: datetime) -> CancellationWindow:
    """Count the cancellation rate's orders, by ordered_at in [start, end)."""
    newer, flagged = _LINES.alias("newer"), _LINES.alias("flagged")
    superseded = exists().where(
        newer.c.shop == _LINE.shop, newer.c.order_id == _LINE.order_id, newer.c.copy > _LINE.copy
    )
    asked = or_(
        exists().where(
            flagged.c.shop == _LINE.shop, flagged.c.order_id == _LINE.order_id, flagged.c.cancel_requested_by_buyer
        ),
        exists().where(
            _DETAILS.c.shop == _LINE.shop,
            _DETAILS.c.order_id == _LINE.order_id,
            _DETAILS.c.cancel_requested_by_buyer,
        ),
    )
    by_seller = and_(_LINE.status == OrderStatus.CANCELLED, _LINE.cancelled_by != CancelledBy.BUYER, ~asked)
    order = (
        select(
            func.min(_LINE.ordered_at).label("first"),
            func.max(_LINE.marketplace).label("place"),
            func.max(case((by_seller, 1), else_=0)).label("cancelled"),
        )
        .where(
            _LINE.shop == shop,
            _LINE.ordered_at >= micros(start),
            _LINE.ordered_at < micros(end),
            _LINE.fulfilled_by == FulfilledBy.MERCHANT,
            ~superseded,
        )
        .group_by(_LINE.order_id)
        .subquery()
    )
    day = (order.c.first - micros(start)) // _DAY
    counts = select(order.c.place, day, func.count(), func.sum(order.c.cancelled)).group_by(order.c.place, day)
    leaving = [0] * -((start - end) // timedelta(days=1))
    places: dict[str, tuple[int, int]] = {}
    for place, number, orders, cancelled in db.execute(counts):
        leaving[number] += cancelled
        known = places.get(place, (0, 0))
        places[place] = known[0] + orders, known[1] + cancelled
    before = select(exists().where(_LINE.shop == shop, _LINE.ordered_at <= micros(start)))
    return CancellationWindow(
        orders=sum(orders for orders, _ in places.values()),
        cancelled=sum(leaving),
        reaches_back=bool(db.execute(before).scalar()),
        leaving=tuple(leaving),
        places=tuple((place, *places[place]) for place in sorted(places)),
    )


def data_as_of(db: Connection, shop: str, at: datetime) -> datetime | None:
    """The latest of the order rows' ordered_at and updated_at and of the order files' own times, up to `at`."""
    until = micros(at)
    times = (
        _latest(db, _LINE.ordered_at, _LINE.shop == shop, _LINE.ordered_at <= until),
        _latest(db, _LINE.updated_at, _LINE.shop == shop, _LINE.updated_at <= until),
        _latest(
            db,
            _FILES.c.mtime_ns // 1000,
            _FILES.c.shop == shop,
            _FILES.c.content == ORDERS,
            _FILES.c.mtime_ns <= until * 1000,
        ),
    )
    known = [time for time in times if time is not None]
    return moment(max(known)) if known else None


def load_orders_over(db: Connection, shop: str, before: datetime) -> set[str]:
    """Orders shipped or cancelled, every line of them, of which nothing was heard since `before`."""
    heard = func.max(_LINE.ordered_at, func.coalesce(_LINE.updated_at, 0), func.coalesce(_LINE.cancelled_at, 0))
    standing = case((_LINE.status.in_((OrderStatus.SHIPPED, OrderStatus.CANCELLED)), 0), else_=1)
    orders = select(_LINE.order_id).where(_LINE.shop == shop).group_by(_LINE.order_id)
    over = orders.having(func.max(heard) < micros(before), func.sum(standing) == 0)
    return set(db.execute(over).scalars())


def count_orders_without_lines(db: Connection, shop: str) -> int:
    """Orders that only a second report names: their price and state are unknown."""
    line = exists().where(_LINE.shop == _DETAILS.c.shop, _LINE.order_id == _DETAILS.c.order_id)
    alone = select(func.count(distinct(_DETAILS.c.order_id))).where(_DETAILS.c.shop == shop, ~line)
    return int(db.execute(alone).scalar_one())


def _latest(db: Connection, time: ColumnElement[Any], *where: ColumnElement[bool]) -> int | None:
    return db.execute(select(func.max(time)).where(*where)).scalar()


def _load_orders(
    db: Connection, shop: str, order_ids: Select[tuple[str]] | CompoundSelect[tuple[str]]
) -> dict[str, list[OrderLine]]:
    """The current lines of these orders, in the order of their keys."""
    rows = select(_LINES).where(_LINE.shop == shop, _LINE.order_id.in_(order_ids))
    ordered = rows.order_by(_LINE.order_id, _LINE.line_key).execution_options(yield_per=1000)
    streamed = groupby(db.execute(ordered).mappings(), key=itemgetter("order_id"))
    return {order_id: _current(list(lines)) for order_id, lines in streamed}


def _current(rows: Sequence[RowMapping]) -> list[OrderLine]:
    newest = max(row["copy"] for row in rows)
    return [from_columns(OrderLine, row) for row in rows if row["copy"] == newest]


_COLUMNS: Final = tuple(column.name for column in _LINES.columns)
_PRICE: Final = ("currency", "item_price", "item_discount", "shipping_price", "shipping_discount", "price_version")
_TEXTS: Final = ("line_id", "marketplace", "external_id", "title", "ship_country", "cancel_reason", "replaces_order_id")
_OPTIONAL: Final = ("updated_at", "ship_by", "cancelled_at", "refunded_amount", "refunded_at")
_STATE: Final = ("copy", "version", "sku", "ordered_at", "quantity_shipped", "status", "fulfilled_by")
_STATUS: Final = {status: (status.value, status.rank) for status in OrderStatus}
_FULFILLED: Final = {who: who.value for who in FulfilledBy}
_CANCELLED: Final = {who: who.value for who in CancelledBy}


def _row(shop: str, line: OrderLine, since: int, reading: int) -> tuple[Any, ...]:
    """The line in the order of the table's columns."""
    ordered_at = micros(line.ordered_at)
    updated_at = None if line.updated_at is None else micros(line.updated_at)
    status, rank = _STATUS[line.status]
    version: int | None
    if line.copy:
        version, seen_at = line.copy * 8 + rank, max(ordered_at, since)
    else:
        version, seen_at = updated_at, ordered_at if line.seen_at is line.ordered_at else micros(line.seen_at)
    return (
        shop,
        line.order_id,
        line.line_key,
        line.copy,
        version,
        version,
        version,
        version,
        line.sku,
        line.quantity,
        line.currency,
        ordered_at,
        seen_at,
        line.line_id,
        updated_at,
        line.marketplace,
        line.external_id,
        line.title,
        line.quantity_shipped,
        line.item_price,
        line.item_discount,
        line.shipping_price,
        line.shipping_discount,
        join_list(line.promotion_ids) if line.promotion_ids else "",
        status,
        _FULFILLED[line.fulfilled_by],
        None if line.ship_by is None else micros(line.ship_by),
        line.ship_country,
        line.cancel_requested_by_buyer,
        _CANCELLED[line.cancelled_by],
        line.cancel_reason,
        None if line.cancelled_at is None else micros(line.cancelled_at),
        line.refunded_amount,
        None if line.refunded_at is None else micros(line.refunded_at),
        line.replaces_order_id,
        reading,
    )


@cache
def _upsert(newer: str, *, keeps_seen_at: bool) -> str:
    """The INSERT … ON CONFLICT of order lines; `newer` compares the incoming version with a stored one.

    Plain SQL text, because building it for every chunk costs more than running it. Each group of columns is taken
    from the newest row that knows it, so a blank never overwrites and the order of arrival does not matter.
    """
    state = newer.format("version")
    quantity = _group("quantity", "0", newer.format("quantity_version"))
    promotions = _group("promotion_ids", "''", newer.format("promotions_version"))
    price = f"(excluded.item_price IS NOT NULL AND (order_line.item_price IS NULL OR {newer.format('price_version')}))"
    changes = {name: _choose(state, name) for name in _STATE}
    changes |= {name: _choose(quantity, name) for name in ("quantity", "quantity_version")}
    changes |= {name: _choose(promotions, name) for name in ("promotion_ids", "promotions_version")}
    changes |= {name: _choose(price, name) for name in _PRICE}
    changes |= {name: _choose(_group(name, "''", state), name) for name in _TEXTS}
    for name in _OPTIONAL:
        known = f"(excluded.{name} IS NOT NULL AND (order_line.{name} IS NULL OR {state}))"
        changes[name] = _choose(known, name)
    changes["cancel_requested_by_buyer"] = _choose(
        "excluded.cancel_requested_by_buyer > order_line.cancel_requested_by_buyer", "cancel_requested_by_buyer"
    )
    changes["news"] = _choose("order_line.item_price IS NULL AND excluded.item_price IS NOT NULL", "news")
    # Who cancelled, once told, outlives a later row that does not know it.
    changes["cancelled_by"] = _choose(
        f"({state}) AND (excluded.cancelled_by <> 'unknown' OR order_line.cancelled_by = '')", "cancelled_by"
    )
    where = f" WHERE excluded.version <> order_line.version OR {state} OR {quantity} OR {price} OR {promotions}"
    if not keeps_seen_at:
        changes["seen_at"] = _choose("excluded.seen_at < order_line.seen_at", "seen_at")
        where = ""
    sets = ", ".join(f"{name} = {value}" for name, value in changes.items())
    return (
        f"INSERT INTO order_line ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608 names are the table's own
        f"ON CONFLICT (shop, order_id, line_key) DO UPDATE SET {sets}{where}"
    )


def _group(name: str, blank: str, newer: str) -> str:
    return f"(excluded.{name} <> {blank} AND (order_line.{name} = {blank} OR {newer}))"


def _choose(condition: str, name: str) -> str:
    return f"CASE WHEN {condition} THEN excluded.{name} ELSE order_line.{name} END"
