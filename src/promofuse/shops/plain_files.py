"""Any shop as plain CSV files: catalogue, promotions, orders and account health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from promofuse.facts import Buyer, CancelledBy, FulfilledBy, OrderLine, OrderStatus
from promofuse.shops.base import Content
from promofuse.shops.cells import (
    Amounts,
    BadCell,
    Cell,
    Remembered,
    choose_word,
    read_currency,
    read_flag,
    read_list,
    read_quantity,
    read_time,
)
from promofuse.shops.delimited import Table
from promofuse.shops.draft import DraftLine, finish
from promofuse.shops.folder import FolderShop, Format
from promofuse.shops.plain_tables import PLAIN_TABLES

_NEEDED: Final = ("order_id", "ordered_at", "sku", "quantity", "currency", "item_price")
_STATUSES: Final = {status.value: status for status in OrderStatus} | {"canceled": OrderStatus.CANCELLED}
_FULFILLERS: Final = {who.value: who for who in FulfilledBy}
_CANCELLERS: Final = {who.value: who for who in CancelledBy if who}
_UNPRICED: Final = (OrderStatus.PENDING, OrderStatus.CANCELLED)


def _text(cell: str, _: str) -> str:
    return cell


def _status(cell: str, column: str) -> OrderStatus:
    return choose_word(cell, column, _STATUSES)


def _fulfiller(cell: str, column: str) -> FulfilledBy:
    return choose_word(cell, column, _FULFILLERS)


def _canceller(cell: str, column: str) -> CancelledBy:
    return choose_word(cell, column, _CANCELLERS)


def _domain(cell: str, _: str) -> str:
    return cell.casefold()


def _ids(cell: str, _: str) -> tuple[str, ...]:
    return read_list(cell, ";")


# How the cells that are not blank are read. Those of the first group differ in every row, the others repeat.
_SINGLE: Final[Mapping[str, Cell]] = {
    "order_id": _text,
    "line_id": _text,
    "ordered_at": read_time,
    "seen_at": read_time,
    "updated_at": read_time,
    "ship_by": read_time,
    "cancel_reason": _text,
    "cancelled_at": read_time,
    "refunded_at": read_time,
    "replaces_order_id": _text,
}
_REPEATED: Final[Mapping[str, Cell]] = {
    "sku": _text,
    "quantity": read_quantity,
    "quantity_shipped": read_quantity,
    "currency": read_currency,
    "marketplace": _domain,
    "promotion_ids": _ids,
    "status": _status,
    "fulfilled_by": _fulfiller,
    "ship_country": _text,
    "cancel_requested_by_buyer": read_flag,
    "cancelled_by": _canceller,
}
_AMOUNTS: Final = ("item_price", "item_discount", "shipping_price", "shipping_discount", "refunded_amount")
_BUYER: Final = {"buyer_email": "email", "buyer_name": "name", "buyer_language": "language"}


def _bind(read: Cell, column: str) -> Callable[[str], Any]:
    return lambda cell: read(cell, column)


class _Orders:
    """Reads the rows of one orders.csv; columns that it does not have cost nothing."""

    def __init__(self, table: Table) -> None:
        self._table = table
        readers = {c: _bind(read, c) for c, read in _SINGLE.items()}
        readers |= {c: Remembered[str, Any](_bind(read, c)).__getitem__ for c, read in _REPEATED.items()}
        self._readers = [(c, read) for c, read in readers.items() if c in table.header]
        self._amount_columns = [column for column in _AMOUNTS if column in table.header]
        self._amounts = Amounts()
        self._twins: Counter[int] = Counter()

    def facts(self) -> Iterator[OrderLine | Buyer]:
        """A line for each row, as it was told; a buyer after it where the row names one."""
        header, gaps = self._table.header, self._table.gaps
        columns = tuple(c for c in (*_SINGLE, *_REPEATED, *_AMOUNTS, *_BUYER) if c in header)
        pick = header.picker(columns)
        for number, row in self._table.rows:
            cells = {column: cell for column, cell in zip(columns, map(str.strip, pick(row)), strict=True) if cell}
            try:
                line = self._line(cells)
            except BadCell as bad:
                gaps.add(number, header.name(bad.column), bad.reason)
                continue
            yield line
            if buyer := {name: cells[column] for column, name in _BUYER.items() if column in cells}:
                yield Buyer(order_id=line.order_id, **buyer)

    def _line(self, cells: dict[str, str]) -> OrderLine:
        values = {column: read(cells[column]) for column, read in self._readers if column in cells}
        status = values.setdefault("status", OrderStatus.UNSHIPPED)
        for column in _NEEDED:
            if column not in cells and (column != "item_price" or status not in _UNPRICED):
                raise BadCell(column, "is blank, but needed")
        for column in self._amount_columns:
            if column in cells:
                values[column] = self._amounts.read(cells[column], values["currency"], column)
        if status is OrderStatus.CANCELLED:
            values.setdefault("cancelled_by", CancelledBy.UNKNOWN)
        elif not values["quantity"]:
            raise BadCell("quantity", "is 0, which only a cancelled line can have")
        values["line_key"] = values.get("line_id") or self._key(values)
        values.setdefault("seen_at", values["ordered_at"])
        return finish(DraftLine(**values))

    def _key(self, values: dict[str, Any]) -> str:
        """SKU and its ordinal among the order's rows of the same time."""
        same = hash((values["order_id"], values["sku"], values.get("updated_at"), values.get("seen_at")))
        self._twins[same] += 1
        return f"{values['sku']}#{self._twins[same]}"


def _read_orders(table: Table) -> Iterator[OrderLine | Buyer]:
    return _Orders(table).facts()


class PlainFiles(FolderShop):
    """A folder of plain CSV files; also what `replay` reads."""

    formats = (
        Format(
            content=Content.ORDERS,
            title="orders.csv",
            stem="orders",
            known_by=(("order_id", "ordered_at", "sku"),),
            needed=_NEEDED,
            read=_read_orders,
        ),
        *PLAIN_TABLES,
    )
