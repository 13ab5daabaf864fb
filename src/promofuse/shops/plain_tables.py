"""catalogue.csv, promotions.csv and account_health.csv: the plain format that every kind of shop can have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from promofuse.facts import AccountHealth, Offer, Promotion, PromotionKind
from promofuse.shops.base import Content
from promofuse.shops.cells import (
    BadCell,
    Cell,
    choose_word,
    read_currency,
    read_flag,
    read_list,
    read_number,
    read_quantity,
    read_share,
    read_text,
    read_time,
)
from promofuse.shops.delimited import Table
from promofuse.shops.folder import Format


def read_rows(
    table: Table, kind: Callable[..., Any], cells: Mapping[str, Cell], needed: tuple[str, ...]
) -> Iterator[Any]:
    """A fact for each row: the columns that have a cell; a blank leaves the fact's default unless it is needed."""
    columns = tuple(cells)
    pick = table.header.picker(columns)
    for number, row in table.rows:
        try:
            values = {
                column: cells[column](cell, column)
                for column, cell in zip(columns, map(str.strip, pick(row)), strict=True)
                if cell or column in needed
            }
        except BadCell as bad:
            table.gaps.add(number, table.header.name(bad.column), bad.reason)
        else:
            yield number, kind(**values)


def _text(cell: str, _: str) -> str:
    return cell


def _one_of(*words: str) -> Cell:
    def read(cell: str, column: str) -> str:
        word = cell.casefold()
        if word not in words:
            raise BadCell(column, f"{cell[:40]!r} is not known; use one of: {', '.join(words)}")
        return word

    return read


def _program(cell: str, _: str) -> str:
    return cell.casefold().replace(" ", "_").replace("-", "_")


_level = _one_of("item", "order", "shipping")


def _kind(cell: str, column: str) -> PromotionKind:
    return choose_word(cell, column, {kind.value: kind for kind in PromotionKind})


def _list(cell: str, _: str) -> tuple[str, ...]:
    return read_list(cell, ";")


def _words(cell: str, _: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in read_list(cell, ";"))


def _levels(cell: str, column: str) -> tuple[str, ...]:
    """What it combines with: item, order, shipping, or none of them."""
    words = read_list(cell.casefold(), ";")
    if words == ("none",):
        return ()
    for word in words:
        _level(word, column)
    return words


def _tiers(cell: str, column: str) -> tuple[tuple[int, Fraction], ...]:
    tiers = []
    for tier in read_list(cell, ";"):
        quantity, colon, percent = tier.partition(":")
        if not colon:
            raise BadCell(column, f"{tier[:40]!r} is not quantity:percent, such as 2:10")
        tiers.append((read_quantity(quantity, column), read_number(percent, column)))
    return tuple(tiers)


_CATALOGUE_NEEDED: Final = ("sku", "currency", "unit_cost")
_CATALOGUE: Final[Mapping[str, Cell]] = {
    "sku": read_text,
    "currency": read_currency,
    "unit_cost": read_number,
    "title": _text,
    "external_id": _text,
    "category": _text,
    "price": read_number,
    "list_price": read_number,
    "fee_rate": read_share,
    "min_fee": read_number,
    "fulfilment_cost": read_number,
    "shipping_cost": read_number,
    "vat_rate": read_share,
    "stock": read_quantity,
    "floor_price": read_number,
    "min_margin": read_share,
}
_PROMOTIONS_NEEDED: Final = ("promotion_id", "seen_at")
_PROMOTIONS: Final[Mapping[str, Cell]] = {
    "promotion_id": read_text,
    "seen_at": read_time,
    "name": _text,
    "kind": _kind,
    "status": _one_of("scheduled", "active", "ended"),
    "starts_at": read_time,
    "ends_at": read_time,
    "skus": _list,
    "level": _level,
    "percent_off": read_number,
    "amount_off": read_number,
    "fixed_price": read_number,
    "currency": read_currency,
    "buy_quantity": read_quantity,
    "get_quantity": read_quantity,
    "min_quantity": read_quantity,
    "min_amount": read_number,
    "tiers": _tiers,
    "code": _text,
    "code_kind": _one_of("none", "single", "group"),
    "per_customer_limit": read_quantity,
    "redemption_limit": read_quantity,
    "budget": read_number,
    "combines": _list,
    "priority": read_quantity,
    "expected_uplift": read_number,
    "intended_percent_off": read_number,
    "intended_price": read_number,
    "fee_fixed": read_number,
    "fee_rate": read_share,
    "fee_cap": read_number,
    "program": _program,
    "segments": _words,
    "combinability": _one_of("unrestricted", "preferential", "exclusive"),
    "combines_levels": _levels,
    "tags": _list,
    "combines_tags": _list,
    "group": _text,
    "stops_others": read_flag,
    "excluded_skus": _list,
    "excludes_discounted": read_flag,
    "buy_skus": _list,
    "max_units": read_quantity,
    "max_discount": read_number,
    "funded_share": read_share,
    "locks_at": read_time,
}
_HEALTH_NEEDED: Final = ("as_of", "metric", "numerator", "denominator")
_HEALTH: Final[Mapping[str, Cell]] = {
    "as_of": read_time,
    "metric": _one_of("cancellation_rate", "order_defect_rate", "late_shipment_rate"),
    "numerator": read_quantity,
    "denominator": read_quantity,
    "marketplace": _text,
    "window_from": read_time,
    "window_to": read_time,
    "target": read_share,
}


def _read_catalogue(table: Table) -> Iterator[Offer]:
    """Offers; a blank unit cost is a SKU whose cost is not known yet, which the rules say."""
    listed: set[tuple[str, str]] = set()
    for number, offer in read_rows(table, Offer, _CATALOGUE, ("sku", "currency")):
        key = (offer.sku, offer.currency)
        if key in listed:
            reason = f"{offer.sku} in {offer.currency} is listed twice; this row counts: remove one"
            table.gaps.add(number, table.header.name("sku"), reason)
        listed.add(key)
        yield offer


def _read_promotions(table: Table) -> Iterator[Promotion]:
    return (promotion for _, promotion in read_rows(table, Promotion, _PROMOTIONS, _PROMOTIONS_NEEDED))


def _read_health(table: Table) -> Iterator[AccountHealth]:
    return (metric for _, metric in read_rows(table, AccountHealth, _HEALTH, _HEALTH_NEEDED))


PLAIN_TABLES: Final = (
    Format(
        content=Content.CATALOGUE,
        title="catalogue.csv",
        stem="catalogue",
        known_by=(("sku", "unit_cost"),),
        needed=_CATALOGUE_NEEDED,
        read=_read_catalogue,
    ),
    Format(
        content=Content.PROMOTIONS,
        title="promotions.csv",
        stem="promotions",
        known_by=(("promotion_id", "seen_at"),),
        needed=_PROMOTIONS_NEEDED,
        read=_read_promotions,
    ),
    Format(
        content=Content.ACCOUNT_HEALTH,
        title="account_health.csv",
        stem="account_health",
        known_by=(("as_of", "metric"),),
        needed=_HEALTH_NEEDED,
        read=_read_health,
    ),
)
