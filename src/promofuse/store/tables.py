"""The tables of facts. Times are microseconds since 1970 UTC, order money minor units, exact numbers text `n/d`.

A table of another kind of thing goes into a file of its own that subclasses `Row` and is named in
`migrations/env.py`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Index, LargeBinary, MetaData, Table, text
from sqlmodel import Field, SQLModel

_NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    """What all tables share: one metadata with names for every constraint."""

    metadata = MetaData(naming_convention=_NAMING)
    __table__: ClassVar[Table]


def _time(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_type=BigInteger, nullable=nullable)


class OrderLineRow(Row, table=True):
    """Every order line ever told, in its newest state; a line is current if its copy is its order's greatest.

    `version` is the state's age; quantity, price and promotion ids each keep the version that supplied them, so that
    a newer blank never overwrites them and an older report can still fill them.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        Index("ix_order_line_time", "shop", "ordered_at", "updated_at"),
        Index("ix_order_line_sku", "shop", "sku", "ordered_at"),
        Index("ix_order_line_news", "shop", "news"),
        Index(
            "ix_order_line_promotion",
            "shop",
            "promotion_ids",
            sqlite_where=text("promotion_ids <> ''"),
            postgresql_where=text("promotion_ids <> ''"),
        ),
    )

    shop: str = Field(primary_key=True)
    order_id: str = Field(primary_key=True)
    line_key: str = Field(primary_key=True)
    copy_: int = Field(sa_type=BigInteger, sa_column_kwargs={"name": "copy"})
    version: int | None = _time(nullable=True)
    quantity_version: int | None = _time(nullable=True)
    price_version: int | None = _time(nullable=True)
    promotions_version: int | None = _time(nullable=True)
    sku: str
    quantity: int
    currency: str
    ordered_at: int = _time()
    seen_at: int = _time()
    line_id: str
    updated_at: int | None = _time(nullable=True)
    marketplace: str
    external_id: str
    title: str
    quantity_shipped: int
    item_price: int | None = Field(default=None, sa_type=BigInteger)
    item_discount: int = Field(sa_type=BigInteger)
    shipping_price: int = Field(sa_type=BigInteger)
    shipping_discount: int = Field(sa_type=BigInteger)
    promotion_ids: str
    status: str
    fulfilled_by: str
    ship_by: int | None = _time(nullable=True)
    ship_country: str
    cancel_requested_by_buyer: bool
    cancelled_by: str
    cancel_reason: str
    cancelled_at: int | None = _time(nullable=True)
    refunded_amount: int | None = Field(default=None, sa_type=BigInteger)
    refunded_at: int | None = _time(nullable=True)
    replaces_order_id: str
    news: int  # the reading of the shop that brought the line, or that first knew its price


class ItemDetailRow(Row, table=True):
    """An order item as a second report tells it."""

    __tablename__ = "item_detail"
    __table_args__ = (
        Index(
            "ix_item_detail_promotion",
            "shop",
            "promotion_ids",
            sqlite_where=text("promotion_ids <> ''"),
            postgresql_where=text("promotion_ids <> ''"),
        ),
    )

    shop: str = Field(primary_key=True)
    order_id: str = Field(primary_key=True)
    line_id: str = Field(primary_key=True)
    sku: str
    quantity: int
    currency: str
    title: str
    item_price: int | None = Field(default=None, sa_type=BigInteger)
    item_discount: int = Field(sa_type=BigInteger)
    shipping_price: int = Field(sa_type=BigInteger)
    shipping_discount: int = Field(sa_type=BigInteger)
    promotion_ids: str
    cancel_requested_by_buyer: bool


class BuyerRow(Row, table=True):
    """Whom to write to about an order: e-mail, name and language, sealed together."""

    __tablename__ = "buyer"

    shop: str = Field(primary_key=True)
    order_id: str = Field(primary_key=True)
    sealed: bytes = Field(sa_type=LargeBinary)


class ErasedRow(Row, table=True):
    """An order whose buyer was forgotten, and when: he is not learnt again from an old report."""

    __tablename__ = "erased"

    shop: str = Field(primary_key=True)
    order_id: str = Field(primary_key=True)
    at: int = Field(sa_type=BigInteger)


class FileFact(Row):
    """A fact of a file that is the whole truth of its path: a row of that file, in the file's order."""

    shop: str = Field(primary_key=True)
    file: str = Field(primary_key=True)
    row: int = Field(primary_key=True)


class OfferRow(FileFact, table=True):
    """A row of a catalogue or, `listed`, of a listings report."""

    __tablename__ = "offer"

    listed: bool
    sku: str
    currency: str
    unit_cost: str | None = None
    title: str
    external_id: str
    category: str
    price: str | None = None
    list_price: str | None = None
    fee_rate: str | None = None
    min_fee: str
    fulfilment_cost: str
    shipping_cost: str
    vat_rate: str
    stock: int | None = Field(default=None, sa_type=BigInteger)
    floor_price: str | None = None
    min_margin: str | None = None


class PromotionRow(FileFact, table=True):
    """One revision of a promotion."""

    __tablename__ = "promotion"

    promotion_id: str
    seen_at: int = _time()
    name: str
    kind: str
    status: str
    starts_at: int | None = _time(nullable=True)
    ends_at: int | None = _time(nullable=True)
    skus: str
    level: str
    percent_off: str | None = None
    amount_off: str | None = None
    fixed_price: str | None = None
    currency: str
    buy_quantity: int | None = None
    get_quantity: int | None = None
    min_quantity: int | None = None
    min_amount: str | None = None
    tiers: str
    code: str
    code_kind: str
    per_customer_limit: int | None = None
    redemption_limit: int | None = None
    budget: str | None = None
    combines: str | None = None
    priority: int | None = None
    expected_uplift: str | None = None
    intended_percent_off: str | None = None
    intended_price: str | None = None
    fee_fixed: str | None = None
    fee_rate: str | None = None
    fee_cap: str | None = None
    program: str
    segments: str
    combinability: str
    combines_levels: str | None = None
    tags: str
    combines_tags: str
    group: str
    stops_others: bool
    excluded_skus: str
    excludes_discounted: bool
    buy_skus: str
    max_units: int | None = None
    max_discount: str | None = None
    funded_share: str | None = None
    locks_at: int | None = _time(nullable=True)


class AccountHealthRow(FileFact, table=True):
    """One metric of the account as the platform reports it."""

    __tablename__ = "account_health"

    as_of: int = _time()
    metric: str
    numerator: int
    denominator: int
    marketplace: str
    window_from: int | None = _time(nullable=True)
    window_to: int | None = _time(nullable=True)
    target: str | None = None


class FileRow(Row, table=True):
    """A file of a shop's folder as it was when it was last read to its end."""

    __tablename__ = "file"

    shop: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    content: str
    size: int = Field(sa_type=BigInteger)
    mtime_ns: int = Field(sa_type=BigInteger)
    inode: str  # may exceed a signed 64-bit integer
    sha256: str
    finished: bool
    reader: str  # program version and settings it was read with
    rows: int = Field(sa_type=BigInteger)


class GapRow(Row, table=True):
    """Something in a file that could not be read."""

    __tablename__ = "gap"

    shop: str = Field(primary_key=True)
    file: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    line: int | None = None
    column_: str | None = Field(default=None, sa_column_kwargs={"name": "column"})
    reason: str


class ShopRow(Row, table=True):
    """A shop whose orders have been read to the end once, and when."""

    __tablename__ = "shop"

    shop: str = Field(primary_key=True)
    first_read_at: int = _time()
