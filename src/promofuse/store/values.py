"""How a fact's fields become columns and back: times as microseconds, fractions and lists as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from sys import intern
from typing import Any, Final, TypeVar, get_args, get_type_hints

from sqlalchemy.engine import RowMapping

from promofuse.facts import (
    AccountHealth,
    CancellationListed,
    FeedError,
    ItemDetail,
    Offer,
    OrderLine,
    Promotion,
)
from promofuse.instants import micros, moment

Record = TypeVar(
    "Record", bound=Offer | Promotion | OrderLine | ItemDetail | AccountHealth | CancellationListed | FeedError
)
_LIST = "\n"  # between the items of a list: no cell of a file can hold it


def join_list(items: Iterable[str]) -> str:
    """A list of texts as one column."""
    return _LIST.join(items)


def split_list(text: str) -> tuple[str, ...]:
    """The list that `join_list` wrote."""
    return tuple(text.split(_LIST)) if text else ()


def to_columns(record: Record) -> dict[str, Any]:
    """Every field of a fact as a plain column value."""
    return {field.name: _encode(getattr(record, field.name)) for field in fields(record)}


def from_columns(kind: type[Record], row: RowMapping) -> Record:
    """The fact that `to_columns` wrote; other columns of the row are ignored."""
    values = {name: row[name] if decode is None else _known(decode, row[name]) for name, decode in _DECODERS[kind]}
    return kind(**values)


def _known(decode: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else decode(value)


def _encode(value: Any) -> Any:
    match value:
        case StrEnum():
            return value.value
        case datetime():
            return micros(value)
        case Fraction():
            return str(value)
        case tuple():
            return join_list(item if isinstance(item, str) else _tier(item) for item in value)
        case _:
            return value


def _decoder(hint: Any) -> Callable[[Any], Any] | None:
    if hint == tuple[tuple[int, Fraction], ...]:
        return lambda text: tuple(_split_tier(item) for item in split_list(text))
    for option in (hint, *get_args(hint)):
        if option in (tuple, tuple[str, ...]):
            return split_list
        if option is datetime:
            return moment
        if isinstance(option, type) and issubclass(option, Fraction | StrEnum | bool):
            return option
    return None


def _tier(tier: tuple[int, Fraction]) -> str:
    return f"{tier[0]}:{tier[1]}"


def _split_tier(text: str) -> tuple[int, Fraction]:
    quantity, percent = text.split(":")
    return int(quantity), Fraction(percent)


# Texts that many rows share are kept once: a hundred thousand order lines have a few SKUs, titles and marketplaces,
# and an order's id stands in its lines, items, buyer and letter.
_SHARED: Final = frozenset(
    {"order_id", "sku", "currency", "marketplace", "external_id", "title", "ship_country", "cancel_reason"}
)
# For each field its decoder; None where the column's value is the field's.
_DECODERS: Final[dict[Any, tuple[tuple[str, Callable[[Any], Any] | None], ...]]] = {
    kind: tuple((name, intern if name in _SHARED else _decoder(hint)) for name, hint in get_type_hints(kind).items())
    for kind in (Offer, Promotion, OrderLine, ItemDetail, AccountHealth, CancellationListed, FeedError)
}
