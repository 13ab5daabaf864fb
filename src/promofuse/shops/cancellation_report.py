"""The platform's list of cancelled orders, as a seller downloads it from the account health page.

Seller Central's help (200285210, read 2026-11) names the download, but no public file shows its columns. So they are
found by what such a list must have: an order id, and two of when, by whom and why it was cancelled, in American or
British spelling. An order that is listed as cancelled by its buyer, or for the reason that the buyer wished it, is
the buyer's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from promofuse.facts import CancellationListed, CancelledBy
from promofuse.shops.base import Content
from promofuse.shops.cells import BadCell, read_time
from promofuse.shops.delimited import Header, Table
from promofuse.shops.folder import Format
from promofuse.shops.text import one_line

_CANCELLED: Final = ("cancelled", "canceled", "cancellation", "cancelation", "cancel")
_ORDER: Final = ("order-id", "amazon-order-id", "orderid", "order-number")
_ITEM: Final = ("order-item-id", "amazon-order-item-code", "order-item-code", "item-code", "line-id")
_STATUS: Final = ("order-status", "item-status", "status")
_AT: Final = (
    *(f"{word}-{what}" for word in _CANCELLED for what in ("date", "at", "on", "time", "date-time")),
    *(f"date-{word}" for word in _CANCELLED),
)
_BY: Final = (
    *(f"{word}-{what}" for word in _CANCELLED for what in ("by", "initiated-by", "initiator", "requested-by")),
    "initiated-by",
)
_REASON: Final = (
    *(f"{word}-{what}" for word in _CANCELLED for what in ("reason", "reason-code")),
    *(f"reason-for-{word}" for word in ("cancellation", "cancelation", "cancel")),
)
# The first that fits counts: "by the seller at the buyer's request" is the buyer's, "by Amazon" nobody's doubt.
_WHO: Final = (
    (("buyer", "customer", "käufer", "kunde", "acheteur", "cliente", "購入者", "买家"), CancelledBy.BUYER),
    (("amazon", "marketplace", "system", "auto"), CancelledBy.MARKETPLACE),
    (("seller", "merchant", "verkäufer", "vendeur", "venditore", "vendedor", "出品者", "卖家"), CancelledBy.SELLER),
)


def read_cancellations(table: Table) -> Iterator[CancellationListed]:
    """The rows that tell a cancellation. One that can be an order of another state is set aside."""
    header, gaps = table.header, table.gaps
    columns = tuple(_first(header, names) for names in (_ORDER, _ITEM, _AT, _BY, _REASON, _STATUS))
    pick = header.picker(columns)
    undated = False
    for number, row in table.rows:
        order_id, line_id, when, by, reason, status = map(one_line, pick(row))
        if not order_id:
            gaps.add(number, header.name(columns[0]), "is blank, but needed")
            continue
        if status and "cancel" not in status.casefold():
            gaps.add(number, header.name(columns[5]), f"{status!r} is not cancelled: the row is left out")
            continue
        if not (when or by or reason):
            gaps.add(number, None, "tells neither when nor by whom nor why it was cancelled: the row is left out")
            continue
        cancelled_at = _time(when, columns[2])
        if when and cancelled_at is None and not undated:
            undated = True
            gaps.add(number, header.name(columns[2]), f"{when!r} has no time with an offset: these times are left out")
        yield CancellationListed(
            order_id=order_id,
            line_id=line_id,
            cancelled_at=cancelled_at,
            cancelled_by=_who(by, reason),
            reason=reason,
        )


def _first(header: Header, names: tuple[str, ...]) -> str:
    return next((name for name in names if name in header), names[0])


def _time(cell: str, column: str) -> datetime | None:
    try:
        return read_time(cell, column)
    except BadCell:
        return None


def _who(by: str, reason: str) -> CancelledBy:
    """Who cancelled; a reason can tell that the buyer wished it, whoever did it then."""
    words, buyer = _WHO[0]
    if any(word in reason.casefold() for word in words):
        return buyer
    return next((who for words, who in _WHO if any(word in by.casefold() for word in words)), CancelledBy.UNKNOWN)


def _tells(header: Header) -> bool:
    told = [any(name in header for name in names) for names in (_AT, _BY, _REASON)]
    return sum(told) > 1 and any(name in header for name in _ORDER)


CANCELLATION_REPORT: Final = Format(
    content=Content.CANCELLATIONS,
    title="cancellation report (an order id, and two of when, by whom and why it was cancelled)",
    tells=_tells,
    read=read_cancellations,
)
