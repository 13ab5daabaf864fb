"""Offers, with what a listings report adds to them, and the account's health."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select

from promofuse.facts import AccountHealth, Offer
from promofuse.store.engine import Connection
from promofuse.store.reads import newer_last, replace_file_rows
from promofuse.store.tables import AccountHealthRow, FileRow, OfferRow
from promofuse.store.values import from_columns, to_columns

_OFFERS = OfferRow.__table__
_HEALTH = AccountHealthRow.__table__
_FILES = FileRow.__table__


def save_offers(db: Connection, shop: str, file: str, offers: Iterable[Offer], *, listed: bool) -> int:
    """Make these the offers of the file, and count them; `listed`: of a listings report, which knows no costs."""
    return replace_file_rows(db, _OFFERS, shop, file, ({"listed": listed, **to_columns(offer)} for offer in offers))


def load_offers(db: Connection, shop: str) -> list[Offer]:
    """One offer for each SKU and currency: the newest catalogue's, its blanks filled from the listings."""
    offers: dict[tuple[str, str], Offer] = {}
    rows = select(_OFFERS).where(_OFFERS.c.shop == shop).order_by(_OFFERS.c.listed, *newer_last(_OFFERS))
    for row in db.execute(rows).mappings():
        offer = from_columns(Offer, row)
        key = (offer.sku, offer.currency)
        offers[key] = _fill(offers[key], offer) if row["listed"] and key in offers else offer
    return [offers[key] for key in sorted(offers)]


def load_offer_files(db: Connection, shop: str) -> tuple[tuple[object, ...], ...]:
    """The files that a shop's offers are from, with what tells whether one has changed."""
    known = _FILES.c.name, _FILES.c.sha256, _FILES.c.mtime_ns, _FILES.c.finished, _FILES.c.reader
    rows = select(*known).where(_FILES.c.shop == shop, _FILES.c.content.in_(("catalogue", "listings")))
    return tuple(tuple(row) for row in db.execute(rows.order_by(_FILES.c.name)))


def save_account_health(db: Connection, shop: str, file: str, metrics: Iterable[AccountHealth]) -> int:
    """Make these the account health of the file, and count them."""
    return replace_file_rows(db, _HEALTH, shop, file, map(to_columns, metrics))


def load_account_health(db: Connection, shop: str) -> list[AccountHealth]:
    """All metrics ever reported by the files as they stand, the oldest first."""
    rows = select(_HEALTH).where(_HEALTH.c.shop == shop)
    ordered = rows.order_by(_HEALTH.c.as_of, _HEALTH.c.metric, _HEALTH.c.file, _HEALTH.c.row)
    return [from_columns(AccountHealth, row) for row in db.execute(ordered).mappings()]


def _fill(offer: Offer, listing: Offer) -> Offer:
    return replace(
        offer,
        price=listing.price if offer.price is None else offer.price,
        title=offer.title or listing.title,
        external_id=offer.external_id or listing.external_id,
    )
