"""The tables of letters that people decided on: what became of each, and apart from it the approved bytes.

The bytes have a table of their own, so that a step of a letter rewrites a short row, and reading where 100,000 letters
stand does not read their texts.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field

from promofuse.store.tables import Row


class DeliveryRow(Row, table=True):
    """One letter that a person decided on. `promofuse.delivery.journal` says which states follow each other."""

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_state", "incident_id", "state"),)

    incident_id: str = Field(primary_key=True, foreign_key="incident.incident_id")
    order_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    letter_group: str
    language: str
    message_id: str = Field(unique=True)
    sha256: str
    batch: int
    state: str
    attempts: int
    not_before: int | None = Field(default=None, sa_type=BigInteger)
    reply: str
    error: str
    changed_at: int = Field(sa_type=BigInteger)


class DeliveryMessageRow(Row, table=True):
    """The approved bytes of a letter, sealed: they hold the buyer's name and address."""

    __tablename__ = "delivery_message"
    __table_args__ = (
        ForeignKeyConstraint(
            ["incident_id", "order_id", "kind"],
            ["delivery.incident_id", "delivery.order_id", "delivery.kind"],
        ),
    )

    incident_id: str = Field(primary_key=True)
    order_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    sealed: bytes = Field(sa_type=LargeBinary)
