"""Buyers (encrypted) and the items of a second report, which fill blanks and never overrule."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from sys import intern
from typing import Final

from sqlalchemy import delete, select

from promofuse.facts import Buyer, ItemDetail
from promofuse.instants import micros
from promofuse.store.engine import Connection, batches, upsert
from promofuse.store.privacy import Keys
from promofuse.store.tables import BuyerRow, ErasedRow, ItemDetailRow
from promofuse.store.values import from_columns, to_columns

_BUYERS = BuyerRow.__table__
_ERASED = ErasedRow.__table__
_DETAILS = ItemDetailRow.__table__


def save_buyers(db: Connection, keys: Keys, shop: str, buyers: Iterable[Buyer], *, newest_last: bool) -> None:
    """Save buyers, encrypted; a known value is never overwritten by a blank.

    Of two known values the later one wins where the rows come in the order of their news (`newest_last`), else the
    greater one, so that the order of the files does not matter. A buyer who was erased is not learnt again.
    """
    told: dict[str, list[Buyer]] = defaultdict(list)
    for buyer in buyers:
        told[buyer.order_id].append(buyer)
    stored = load_buyers(db, keys, shop, told)
    erased = _load_erased(db, shop, told)
    changed = []
    for order_id, news in told.items():
        if order_id in erased:
            continue
        known = merged = stored.get(order_id)
        for buyer in news:
            merged = buyer if merged is None else _merge(merged, buyer, newest_last=newest_last)
        if merged is not None and merged != known:
            changed.append(merged)
    upsert(
        db,
        _BUYERS,
        [
            {"shop": shop, "order_id": b.order_id, "sealed": keys.seal(_pack(b), _context(shop, b.order_id))}
            for b in changed
        ],
    )


def erase_buyers(db: Connection, shop: str, order_ids: Collection[str], at: datetime) -> int:
    """Forget the buyers of these orders for good; returns how many were known."""
    known = 0
    for some in batches(order_ids):
        these = _BUYERS.c.shop == shop, _BUYERS.c.order_id.in_(some)
        known += db.execute(delete(_BUYERS).where(*these)).rowcount
        upsert(db, _ERASED, [{"shop": shop, "order_id": order_id, "at": micros(at)} for order_id in some])
    return known


def _load_erased(db: Connection, shop: str, order_ids: Collection[str]) -> set[str]:
    erased: set[str] = set()
    for some in batches(order_ids):
        rows = select(_ERASED.c.order_id).where(_ERASED.c.shop == shop, _ERASED.c.order_id.in_(some))
        erased.update(db.execute(rows).scalars())
    return erased


def load_buyers(db: Connection, keys: Keys, shop: str, order_ids: Collection[str]) -> dict[str, Buyer]:
    """The known buyers of these orders."""
    buyers = {}
    for some in batches(order_ids):
        rows = select(_BUYERS.c.order_id, _BUYERS.c.sealed).where(_BUYERS.c.shop == shop, _BUYERS.c.order_id.in_(some))
        for order_id, sealed in db.execute(rows):
            email, name, language = json.loads(keys.open(sealed, _context(shop, order_id)))
            buyers[intern(order_id)] = Buyer(order_id=intern(order_id), email=email, name=name, language=language)
    return buyers


def save_item_details(db: Connection, shop: str, details: Iterable[ItemDetail]) -> None:
    """Save items of a second report: blanks are filled, a buyer's request stays, else the greater value wins."""
    rows = [tuple({"shop": shop, **to_columns(detail)}[name] for name in _COLUMNS) for detail in details]
    if rows:
        db.exec_driver_sql(_upsert(), rows)


def load_item_details(db: Connection, shop: str, order_ids: Collection[str]) -> dict[str, list[ItemDetail]]:
    """The items of these orders, by item code."""
    details: dict[str, list[ItemDetail]] = defaultdict(list)
    for some in batches(order_ids):
        rows = select(_DETAILS).where(_DETAILS.c.shop == shop, _DETAILS.c.order_id.in_(some))
        for row in db.execute(rows.order_by(_DETAILS.c.order_id, _DETAILS.c.line_id)).mappings():
            details[row["order_id"]].append(from_columns(ItemDetail, row))
    return dict(details)


_COLUMNS: Final = tuple(column.name for column in _DETAILS.columns)


@cache
def _upsert() -> str:
    kept = ", ".join(
        f"{name} = CASE WHEN item_detail.{name} IS NULL OR excluded.{name} > item_detail.{name} "
        f"THEN excluded.{name} ELSE item_detail.{name} END"
        for name in _COLUMNS
        if name not in ("shop", "order_id", "line_id")
    )
    return (
        f"INSERT INTO item_detail ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608 names are the table's own
        f"ON CONFLICT (shop, order_id, line_id) DO UPDATE SET {kept}"
    )


def _merge(known: Buyer, news: Buyer, *, newest_last: bool) -> Buyer:
    def choose(old: str, new: str) -> str:
        return (new or old) if newest_last else max(old, new)

    return Buyer(
        order_id=known.order_id,
        email=choose(known.email, news.email),
        name=choose(known.name, news.name),
        language=choose(known.language, news.language),
    )


def _pack(buyer: Buyer) -> bytes:
    return json.dumps([buyer.email, buyer.name, buyer.language]).encode()


def _context(shop: str, order_id: str) -> str:
    return f"buyer|sealed|{shop}|{order_id}"
