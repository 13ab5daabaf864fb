"""Any shop as plain CSV files: catalogue, promotions, orders and account health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from promofuse.facts import Buyer, CancelledBy, FulfilledBy, OrderLine, OrderStatus
from promofuse.shops.base import Content
from promofuse.shops.cells import (
    Amounts,
    BadCell,
    choose_word,
    read_currency,
    read_flag,
    read_list,
    read_quantity,
    read_text,
    read_time,
)
from promofuse.shops.delimited import Table
from promofuse.shops.folder import FolderShop, Format
from promofuse.shops.plain_tables import PLAIN_TABLES

_NEEDED: Final = ("order_id", "ordered_at", "sku", "quantity", "currency", "item_price")
_COLUMNS: Final = (
    "order_id",
    "line_id",
    "ordered_at",
    "seen_at",
    "updated_at",
    "marketplace",
    "sku",
    "quantity",
    "quantity_shipped",
    "item_price",
    "item_discount",
    "shipping_price",
    "shipping_discount",
    "currency",
    "promotion_ids",
    "status",
    "fulfilled_by",
    "ship_by",
    "ship_country",
    "buyer_name",
    "buyer_email",
    "buyer_language",
    "cancel_requested_by_buyer",
    "cancelled_by",
    "cancel_reason",
    "cancelled_at",
    "refunded_amount",
    "refunded_at",
    "replaces_order_id",
)
_STATUSES: Final = {status.value: status for status in OrderStatus} | {"canceled": OrderStatus.CANCELLED}
_FULFILLERS: Final = {who.value: who for who in FulfilledBy}
_CANCELLERS: Final = {who.value: who for who in CancelledBy if who}
_UNPRICED: Final = (OrderStatus.PENDING, OrderStatus.CANCELLED)


def _read_orders(table: Table) -> Iterator[OrderLine | Buyer]:
    """A line for each row, as it was told; a buyer after it where the row names one."""
    pick = table.header.picker(_COLUMNS)
    amounts, ordinals = Amounts(), Counter[int]()
    for number, row in table.rows:
        cells = dict(zip(_COLUMNS, map(str.strip, pick(row)), strict=True))
        try:
            line = _order_line(cells, amounts, ordinals)
        except BadCell as bad:
            table.gaps.add(number, table.header.name(bad.column), bad.reason)
            continue
        yield line
        email, name, language = cells["buyer_email"], cells["buyer_name"], cells["buyer_language"]
        if email or name or language:
            yield Buyer(order_id=line.order_id, email=email, name=name, language=language)


def _order_line(cells: dict[str, str], amounts: Amounts, ordinals: Counter[int]) -> OrderLine:
    def time(column: str) -> datetime | None:
        return read_time(cells[column], column) if cells[column] else None

    def amount(column: str) -> int:
        return amounts.read(cells[column], currency, column)

    status = choose_word(cells["status"] or "unshipped", "status", _STATUSES)
    currency = read_currency(cells["currency"], "currency")
    quantity = read_quantity(cells["quantity"], "quantity")
    if not quantity and status is not OrderStatus.CANCELLED:
        raise BadCell("quantity", "is 0, which only a cancelled line can have")
    if not cells["item_price"] and status not in _UNPRICED:
        raise BadCell("item_price", "is blank, but needed unless the line is pending or cancelled")
    order_id, sku = read_text(cells["order_id"], "order_id"), read_text(cells["sku"], "sku")
    ordered_at = read_time(cells["ordered_at"], "ordered_at")
    seen_at, updated_at = time("seen_at"), time("updated_at")
    cancelled_by = cells["cancelled_by"] or ("unknown" if status is OrderStatus.CANCELLED else "")
    line_key = cells["line_id"]
    if not line_key:
        same = hash((order_id, sku, updated_at, seen_at))
        ordinals[same] += 1
        line_key = f"{sku}#{ordinals[same]}"
    return OrderLine(
        order_id=order_id,
        line_key=line_key,
        line_id=cells["line_id"],
        sku=sku,
        quantity=quantity,
        currency=currency,
        ordered_at=ordered_at,
        seen_at=seen_at or ordered_at,
        updated_at=updated_at,
        marketplace=cells["marketplace"].casefold(),
        quantity_shipped=read_quantity(cells["quantity_shipped"] or "0", "quantity_shipped"),
        item_price=amount("item_price") if cells["item_price"] else None,
        item_discount=amount("item_discount"),
        shipping_price=amount("shipping_price"),
        shipping_discount=amount("shipping_discount"),
        promotion_ids=read_list(cells["promotion_ids"], ";"),
        status=status,
        fulfilled_by=choose_word(cells["fulfilled_by"] or "merchant", "fulfilled_by", _FULFILLERS),
        ship_by=time("ship_by"),
        ship_country=cells["ship_country"],
        cancel_requested_by_buyer=read_flag(cells["cancel_requested_by_buyer"], "cancel_requested_by_buyer"),
        cancelled_by=choose_word(cancelled_by, "cancelled_by", _CANCELLERS) if cancelled_by else CancelledBy.NOBODY,
        cancel_reason=cells["cancel_reason"],
        cancelled_at=time("cancelled_at"),
        refunded_amount=amount("refunded_amount") if cells["refunded_amount"] else None,
        refunded_at=time("refunded_at"),
        replaces_order_id=cells["replaces_order_id"],
    )


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
