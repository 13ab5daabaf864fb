"""Reports that a seller downloads from Amazon's Seller Central, recognised by their header under any name.

Layouts differ by marketplace, account and year, so columns are found by name. Sources: the attributes of order
tracking reports and of order reports in the Selling Partner API documentation, and Seller Central help 651.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from promofuse.facts import Buyer, CancelledBy, FulfilledBy, ItemDetail, Offer, OrderLine, OrderStatus
from promofuse.marketplaces import find_marketplace
from promofuse.shops.base import Content
from promofuse.shops.cancellation_report import CANCELLATION_REPORT
from promofuse.shops.cells import (
    Amounts,
    BadCell,
    Remembered,
    choose_word,
    read_currency,
    read_flag,
    read_list,
    read_number,
    read_quantity,
    read_text,
    read_time,
)
from promofuse.shops.delimited import Table
from promofuse.shops.draft import DraftLine, finish
from promofuse.shops.feed_reports import FEED_REPORTS
from promofuse.shops.folder import FolderShop, Format
from promofuse.shops.json_reports import JSON_REPORTS
from promofuse.shops.plain_tables import PLAIN_TABLES

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_ORDER_COLUMNS: Final = (
    "amazon-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "item-status",
    "fulfillment-channel",
    "sales-channel",
    "product-name",
    "sku",
    "asin",
    "quantity",
    "currency",
    "item-price",
    "item-promotion-discount",
    "shipping-price",
    "ship-promotion-discount",
    "ship-country",
    "promotion-ids",
)
_FULFILLERS: Final = {
    "merchant": FulfilledBy.MERCHANT,
    "mfn": FulfilledBy.MERCHANT,
    "amazon": FulfilledBy.MARKETPLACE,
    "afn": FulfilledBy.MARKETPLACE,
}
_UNPRICED: Final = (OrderStatus.PENDING, OrderStatus.CANCELLED)


def read_order_status(cell: str) -> OrderStatus:
    """The state in All Orders' order-status; words such as `Shipped - Delivered to Buyer` refine one of five."""
    word = cell.casefold().replace(" ", "").replace("-", "")
    if word.startswith("pending"):
        return OrderStatus.PENDING
    if word in ("unshipped", "invoiceunconfirmed"):
        return OrderStatus.UNSHIPPED
    if word == "partiallyshipped":
        return OrderStatus.PARTIALLY_SHIPPED
    if word.startswith("shipped") or word == "shipping":  # Shipping: its label is bought
        return OrderStatus.SHIPPED
    if word in ("cancelled", "canceled"):
        return OrderStatus.CANCELLED
    raise BadCell("order-status", f"{cell[:40]!r} is not a known state; the row is left out until it is")


class _AllOrders:
    """Reads the rows of one All Orders report; remembers cells that repeat, and counts equal lines of an order."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._amounts = Amounts()
        self._states = Remembered[tuple[str, str], tuple[OrderStatus, int]](_read_state)
        self._units = Remembered[tuple[str, OrderStatus], int](_read_units)
        self._currencies = Remembered[str, str](lambda cell: read_currency(cell, "currency"))
        self._channels = Remembered[str, FulfilledBy](_read_channel)
        self._places = Remembered[str, tuple[str, str]](self._read_place)
        self._promotions = Remembered[str, tuple[str, ...]](lambda cell: read_list(cell, ","))
        self._seen: set[int] = set()
        self._twins: Counter[int] = Counter()

    def lines(self) -> Iterator[OrderLine]:
        """The order lines; rows that cannot be read become gaps."""
        header, gaps = self._table.header, self._table.gaps
        pick = header.picker(_ORDER_COLUMNS)
        for number, row in self._table.rows:
            try:
                line = self._line(*pick(row))
            except BadCell as bad:
                gaps.add(number, header.name(bad.column), bad.reason)
                continue
            if line.item_price is None and line.status not in _UNPRICED:
                reason = f"is blank though the line is {line.status}: it counts, but cannot be priced yet"
                gaps.add(number, header.name("item-price"), reason)
            yield line

    def _line(
        self,
        order_id: str,
        purchased: str,
        updated: str,
        order_status: str,
        item_status: str,
        channel: str,
        sales_channel: str,
        title: str,
        sku: str,
        asin: str,
        quantity: str,
        currency: str,
        price: str,
        discount: str,
        shipping: str,
        shipping_discount: str,
        country: str,
        promotions: str,
    ) -> OrderLine:
        order_id = order_id.strip() or read_text(order_id, "amazon-order-id")
        sku = sku.strip() or read_text(sku, "sku")
        status, order_rank = self._states[order_status, item_status]
        ordered_at = read_time(purchased, "purchase-date")
        updated_at = read_time(updated, "last-updated-date")
        marketplace, usual_currency = self._places[sales_channel]
        currency = self._currencies[currency] if currency or price else usual_currency
        units = self._units[quantity, status]
        amount = self._amounts.read
        copy = (updated_at - _EPOCH) // _MICROSECOND * 8 + order_rank
        line = DraftLine(
            order_id=order_id,
            line_key=self._key(order_id, sku, copy),
            sku=sku,
            quantity=units,
            currency=currency,
            ordered_at=ordered_at,
            seen_at=ordered_at,
            updated_at=updated_at,
            marketplace=marketplace,
            external_id=asin,
            title=title,
            quantity_shipped=units if status is OrderStatus.SHIPPED else 0,
            item_price=amount(price, currency, "item-price") if price else None,
            item_discount=amount(discount, currency, "item-promotion-discount"),
            shipping_price=amount(shipping, currency, "shipping-price"),
            shipping_discount=amount(shipping_discount, currency, "ship-promotion-discount"),
            promotion_ids=self._promotions[promotions],
            status=status,
            fulfilled_by=self._channels[channel],
            ship_country=country,
            cancelled_by=CancelledBy.UNKNOWN if status is OrderStatus.CANCELLED else CancelledBy.NOBODY,
            copy=copy,
        )
        return finish(line)

    def _key(self, order_id: str, sku: str, copy: int) -> str:
        """SKU and its occurrence in this copy of the order, wherever in the file its rows stand."""
        line = hash((order_id, sku, copy))
        if line not in self._seen:
            self._seen.add(line)
            return f"{sku}#1"
        self._twins[line] += 1
        return f"{sku}#{self._twins[line] + 1}"

    def _read_place(self, sales_channel: str) -> tuple[str, str]:
        """Marketplace and its currency; the shop's own where the row names none."""
        shop = self._table.place
        name = sales_channel.strip().casefold()
        place = find_marketplace(name) if name else shop
        return name or (shop.name if shop else ""), place.currency if place else ""


def _read_state(cells: tuple[str, str]) -> tuple[OrderStatus, int]:
    """The line's state and the rank of its order's; a cancelled item overrules its order."""
    order_status, item_status = cells
    order = read_order_status(order_status)
    cancelled = item_status.strip().casefold() in ("cancelled", "canceled")
    return (OrderStatus.CANCELLED if cancelled else order), order.rank


def _read_channel(cell: str) -> FulfilledBy:
    return choose_word(cell, "fulfillment-channel", _FULFILLERS)


def _read_units(cells: tuple[str, OrderStatus]) -> int:
    """A quantity; 0 or blank, which stands for unknown, only where the line is cancelled."""
    cell, status = cells
    units = read_quantity(cell if cell.strip() or status is not OrderStatus.CANCELLED else "0", "quantity")
    if not units and status is not OrderStatus.CANCELLED:
        raise BadCell("quantity", "is 0, which only a cancelled line can have")
    return units


def _read_all_orders(table: Table) -> Iterator[OrderLine]:
    """The lines; those of the last order only if the file does not break off within it.

    A newer copy replaces the whole order, so half of one would take lines away that are known already.
    """
    held: list[OrderLine] = []
    for line in _AllOrders(table).lines():
        if held and line.order_id != held[0].order_id:
            yield from held
            held = []
        held.append(line)
    if held and _may_go_on(held[0].order_id, table):
        reason = f"order {held[0].order_id} may go on there, and is left out until the file is whole"
        table.gaps.add(None, None, reason)
    else:
        yield from held


def _may_go_on(order_id: str, table: Table) -> bool:
    """Whether the line in which a file breaks off can be a part of this order."""
    if table.gaps.cut is None:
        return False
    cells = table.gaps.cut.split("\t")
    place = table.header.place("amazon-order-id")
    if place is None or place >= len(cells):
        return True
    told = cells[place].strip()
    return told == order_id if len(cells) > place + 1 else order_id.startswith(told)


_ITEM_COLUMNS: Final = (
    "order-id",
    "order-item-id",
    "buyer-email",
    "buyer-name",
    "sku",
    "product-name",
    "quantity-purchased",
    "currency",
    "item-price",
    "shipping-price",
    "item-promotion-discount",
    "ship-promotion-discount",
    "item-promotion-id",
    "ship-promotion-id",
    "is-buyer-requested-cancellation",
)


def _read_items(table: Table) -> Iterator[ItemDetail | Buyer]:
    """The items and buyers of an Order Report or Unshipped Orders report.

    A row without ids continues the one before: several promotions on one item (Seller Central help 651).
    """
    header, gaps, amounts = table.header, table.gaps, Amounts()
    pick = header.picker(_ITEM_COLUMNS)
    item: ItemDetail | None = None
    for number, row in table.rows:
        cells = dict(zip(_ITEM_COLUMNS, map(str.strip, pick(row)), strict=True))
        continues = not cells["order-id"] and not cells["order-item-id"]
        if not continues and item is not None:
            yield item
            item = None
        try:
            item = _item(cells, table, amounts) if item is None else _continued(item, cells, amounts)
        except BadCell as bad:
            gaps.add(number, header.name(bad.column), bad.reason)
            continue
        if not continues and (cells["buyer-email"] or cells["buyer-name"]):
            yield Buyer(order_id=cells["order-id"], email=cells["buyer-email"], name=cells["buyer-name"])
    if item is not None:
        yield item


def _item(cells: dict[str, str], table: Table, amounts: Amounts) -> ItemDetail:
    usual = table.place.currency if table.place and cells["item-price"] else ""
    blank = ItemDetail(
        order_id=read_text(cells["order-id"], "order-id"),
        line_id=read_text(cells["order-item-id"], "order-item-id"),
        sku=read_text(cells["sku"], "sku"),
        quantity=read_quantity(cells["quantity-purchased"] or "0", "quantity-purchased"),
        currency=read_currency(cells["currency"] or usual, "currency")
        if cells["currency"] or cells["item-price"]
        else "",
        title=cells["product-name"],
        cancel_requested_by_buyer=read_flag(
            cells["is-buyer-requested-cancellation"], "is-buyer-requested-cancellation"
        ),
    )
    if not cells["item-price"]:
        return _continued(blank, cells, amounts)
    priced = replace(
        blank,
        item_price=amounts.read(cells["item-price"], blank.currency, "item-price"),
        shipping_price=amounts.read(cells["shipping-price"], blank.currency, "shipping-price"),
    )
    return _continued(priced, cells, amounts)


def _continued(item: ItemDetail, cells: dict[str, str], amounts: Amounts) -> ItemDetail:
    """The item with the promotion ids and discounts of one more row."""

    def discount(column: str) -> int:
        return amounts.read(cells[column], item.currency, column)

    ids = (*read_list(cells["item-promotion-id"], ","), *read_list(cells["ship-promotion-id"], ","))
    return replace(
        item,
        item_discount=item.item_discount + discount("item-promotion-discount"),
        shipping_discount=item.shipping_discount + discount("ship-promotion-discount"),
        promotion_ids=tuple(dict.fromkeys((*item.promotion_ids, *ids))),
    )


_LISTING_COLUMNS: Final = ("seller-sku", "sku", "asin1", "asin", "item-name", "price", "status")


def _read_listings(table: Table) -> Iterator[Offer]:
    """Prices, titles and ASINs of listings that are on sale, in the marketplace's currency."""
    pick = table.header.picker(_LISTING_COLUMNS)
    if table.place is None:
        table.gaps.add(None, None, "the listings' currency is unknown: set `marketplace` of the shop in config.toml")
        return
    for number, row in table.rows:
        seller_sku, sku, asin1, asin, title, price, status = map(str.strip, pick(row))
        if status and status.casefold() != "active":
            continue
        try:
            yield Offer(
                sku=read_text(seller_sku or sku, "seller-sku"),
                currency=table.place.currency,
                title=title,
                external_id=asin1 or asin,
                price=read_number(price, "price") if price else None,
            )
        except BadCell as bad:
            table.gaps.add(number, table.header.name(bad.column), bad.reason)


class AmazonReports(FolderShop):
    """A folder of Amazon's reports, with the plain catalogue, promotions and account health beside them."""

    documents = (*FEED_REPORTS, JSON_REPORTS)
    formats = (
        CANCELLATION_REPORT,  # before the reports that share its order id
        Format(
            content=Content.ORDERS,
            title="All Orders report",
            known_by=(("amazon-order-id",),),
            needed=(
                "amazon-order-id",
                "purchase-date",
                "last-updated-date",
                "order-status",
                "fulfillment-channel",
                "sku",
                "quantity",
                "currency",
                "item-price",
            ),
            read=_read_all_orders,
        ),
        Format(
            content=Content.ITEMS,
            title="Order Report",
            known_by=(("order-id", "order-item-id"),),
            needed=("order-id", "order-item-id", "sku", "quantity-purchased"),
            read=_read_items,
        ),
        Format(
            content=Content.LISTINGS,
            title="open listings report",
            known_by=(("seller-sku", "price"), ("sku", "asin", "price", "quantity")),
            needed=("price",),
            read=_read_listings,
        ),
        *PLAIN_TABLES,
    )
