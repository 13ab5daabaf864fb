"""The tables of the watch: where it stands in each shop, the alarms it raised, and what the seller was told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field

from promofuse.store.tables import Row


class WatchRow(Row, table=True):
    """How far the orders of a shop have been watched, and what the watch remembers."""

    __tablename__ = "watch"

    shop: str = Field(primary_key=True)
    readings: int  # readings of the shop begun so far
    watched: int  # the last of them whose news have been watched
    promotions: dict[str, int] = Field(sa_type=JSON)  # of each promotion the seen_at of the newest revision watched
    state: dict[str, Any] = Field(sa_type=JSON)


class AlarmRow(Row, table=True):
    """An alarm; `answered` once an incident was opened for it or it was too old for one."""

    __tablename__ = "alarm"

    shop: str = Field(primary_key=True)
    promotion_id: str = Field(primary_key=True)
    at: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(primary_key=True)
    score: float
    orders: int
    lost: int = Field(sa_type=BigInteger)
    currency: str
    message: str
    answered: bool
    sku: str = ""  # of a price that no promotion names; then `promotion_id` is the cause's key, to tell SKUs apart
    since: int | None = Field(default=None, sa_type=BigInteger)


class NoticeRow(Row, table=True):
    """Something to tell the seller once: `key` says what, `sent_at` when it went out."""

    __tablename__ = "notice"

    key: str = Field(primary_key=True)
    shop: str
    subject: str
    body: str
    made_at: int = Field(sa_type=BigInteger)
    sent_at: int | None = Field(default=None, sa_type=BigInteger)
