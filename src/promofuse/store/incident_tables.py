"""The tables of incidents: what people decided and did, their edits, and what was written to the folders."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, text
from sqlmodel import Field

from promofuse.store.tables import Row


class IncidentRow(Row, table=True):
    """One incident; at most one of a shop and cause is not closed.

    `since` is a person's word; `start` is when the faulty setting began as the facts told it first.
    """

    __tablename__ = "incident"
    __table_args__ = (
        Index(
            "ix_incident_cause",
            "shop",
            "cause_key",
            unique=True,
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
    )

    incident_id: str = Field(primary_key=True)
    shop: str
    cause_key: str
    promotion_id: str
    skus: str
    state: str
    opened_at: int = Field(sa_type=BigInteger)
    since: int | None = Field(default=None, sa_type=BigInteger)
    start: int | None = Field(default=None, sa_type=BigInteger)
    stopped_at: int | None = Field(default=None, sa_type=BigInteger)
    told_open: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    told_since: int | None = Field(default=None, sa_type=BigInteger)
    plan: str
    trial: str
    reading: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    told: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    summary: dict[str, Any] = Field(sa_type=JSON)


class IncidentOrderRow(Row, table=True):
    """An order that an incident has; `by_person` is a person's decision or blank.

    `chosen`: the plan under the limit cancels it, and goes on doing so whatever comes later. `honoured`: it was to be
    honoured when its folder was last written, or had been when it was shipped.
    """

    __tablename__ = "incident_order"

    incident_id: str = Field(primary_key=True, foreign_key="incident.incident_id")
    order_id: str = Field(primary_key=True)
    by_person: str
    chosen: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    honoured: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})


class LetterEditRow(Row, table=True):
    """A person's template of one group of letters."""

    __tablename__ = "letter_edit"

    incident_id: str = Field(primary_key=True, foreign_key="incident.incident_id")
    letter_group: str = Field(primary_key=True)
    source: str
    revision: int


class DraftEditRow(Row, table=True):
    """A person's version of one draft, sealed: it holds the buyer's name and address."""

    __tablename__ = "draft_edit"

    incident_id: str = Field(primary_key=True, foreign_key="incident.incident_id")
    order_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    raw: bytes = Field(sa_type=LargeBinary)


class OutboxFileRow(Row, table=True):
    """Digest of a file as we wrote it, and of one that was being written."""

    __tablename__ = "outbox_file"

    incident_id: str = Field(primary_key=True, foreign_key="incident.incident_id")
    path: str = Field(primary_key=True)
    sha256: str
    next_sha256: str


class EventRow(Row, table=True):
    """What a person did with an incident, in order; never changed. `sealed` is a text that may name buyers."""

    __tablename__ = "event"

    incident_id: str = Field(primary_key=True, foreign_key="incident.incident_id")
    number: int = Field(primary_key=True)
    at: int = Field(sa_type=BigInteger)
    what: str
    by_name: str
    why: str
    details: dict[str, Any] = Field(sa_type=JSON)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
