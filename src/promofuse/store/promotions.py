"""Promotions: every revision of their settings."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from promofuse.facts import Promotion
from promofuse.store.engine import Connection
from promofuse.store.reads import newer_last, replace_file_rows
from promofuse.store.tables import PromotionRow
from promofuse.store.values import from_columns, to_columns

_PROMOTIONS = PromotionRow.__table__


def save_promotions(db: Connection, shop: str, file: str, promotions: Iterable[Promotion]) -> int:
    """Make these the promotions of the file, and count them."""
    return replace_file_rows(db, _PROMOTIONS, shop, file, map(to_columns, promotions))


def load_promotions(db: Connection, shop: str) -> list[Promotion]:
    """All revisions, by promotion id and then by seen_at.

    Of two with the same both, the one in the newer file counts, and in one file the row further down.
    """
    rows = select(_PROMOTIONS).where(_PROMOTIONS.c.shop == shop)
    ordered = rows.order_by(_PROMOTIONS.c.promotion_id, _PROMOTIONS.c.seen_at, *newer_last(_PROMOTIONS))
    revisions = {(row["promotion_id"], row["seen_at"]): row for row in db.execute(ordered).mappings()}
    return [from_columns(Promotion, row) for row in revisions.values()]
