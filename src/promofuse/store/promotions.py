"""Promotions: every revision of their settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import select

from promofuse.facts import ASIN, Promotion
from promofuse.store.engine import Connection
from promofuse.store.reads import newer_last, replace_file_rows
from promofuse.store.tables import OfferRow, PromotionRow
from promofuse.store.values import from_columns, to_columns

_PROMOTIONS = PromotionRow.__table__
_OFFERS = OfferRow.__table__
_ITEM_IDS = 500  # in one question


def save_promotions(db: Connection, shop: str, file: str, promotions: Iterable[Promotion]) -> int:
    """Make these the promotions of the file, and count them."""
    return replace_file_rows(db, _PROMOTIONS, shop, file, map(to_columns, promotions))


def load_promotions(db: Connection, shop: str) -> list[Promotion]:
    """All revisions, by promotion id and then by seen_at.

    Of two with the same both, the one in the newer file counts, and in one file the row further down. Item ids in
    `skus` become the SKUs that have them. A revision that tells no discount has the one of the revision before.
    """
    rows = select(_PROMOTIONS).where(_PROMOTIONS.c.shop == shop)
    ordered = rows.order_by(_PROMOTIONS.c.promotion_id, _PROMOTIONS.c.seen_at, *newer_last(_PROMOTIONS))
    revisions = {(row["promotion_id"], row["seen_at"]): row for row in db.execute(ordered).mappings()}
    known = [from_columns(Promotion, row) for row in revisions.values()]
    skus = _skus_of(db, shop, {sku for promotion in known for sku in promotion.skus if sku.startswith(ASIN)})
    return list(_filled([_with_skus(promotion, skus) for promotion in known] if skus else known))


def _skus_of(db: Connection, shop: str, item_ids: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The SKUs of the offers with these item ids; an id that no offer has is missing."""
    found: dict[str, tuple[str, ...]] = {}
    ids = sorted(item_id.removeprefix(ASIN) for item_id in item_ids)
    for first in range(0, len(ids), _ITEM_IDS):
        some = _OFFERS.c.external_id.in_(ids[first : first + _ITEM_IDS])
        pairs = select(_OFFERS.c.external_id, _OFFERS.c.sku).where(_OFFERS.c.shop == shop, some).distinct()
        for item_id, sku in db.execute(pairs.order_by(_OFFERS.c.sku)):
            found[ASIN + item_id] = (*found.get(ASIN + item_id, ()), sku)
    return found


def _with_skus(promotion: Promotion, skus: Mapping[str, tuple[str, ...]]) -> Promotion:
    named = (sku for told in promotion.skus for sku in skus.get(told, (told,)))
    return replace(promotion, skus=tuple(dict.fromkeys(named)))


_DISCOUNT = ("percent_off", "amount_off", "fixed_price", "buy_quantity", "get_quantity", "tiers")


def _filled(revisions: Iterable[Promotion]) -> Iterator[Promotion]:
    """Amazon's promotion report tells that a promotion changed, but no discount: a blank does not undo a known one."""
    before: Promotion | None = None
    for revision in revisions:
        same = before if before is not None and before.promotion_id == revision.promotion_id else None
        if same is not None and all(getattr(revision, name) in (None, ()) for name in _DISCOUNT):
            told = {name: getattr(same, name) for name in ("kind", *_DISCOUNT)}
            revision = replace(revision, **told)  # noqa: PLW2901 the same revision, filled
        before = revision
        yield revision
