"""The tables of evidence: what platforms report back, and the cancellation files as we laid them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index
from sqlmodel import Field

from promofuse.store.tables import FileFact, Row


class CancellationListedRow(FileFact, table=True):
    """A row of the platform's list of cancelled orders."""

    __tablename__ = "cancellation_listed"

    order_id: str
    line_id: str
    cancelled_at: int | None = Field(default=None, sa_type=BigInteger)
    cancelled_by: str
    reason: str


class FeedResultRow(FileFact, table=True):
    """A feed processing report; its errors lie beside it. `seen_at` is when it was first read; 0 is not known."""

    __tablename__ = "feed_result"

    at: int = Field(sa_type=BigInteger)
    processed: int | None = None
    successful: int | None = None
    complete: bool
    of_listings: bool
    seen_at: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


class FeedErrorRow(FileFact, table=True):
    """What a processing report has against one record; `result` is the row of its report in the file."""

    __tablename__ = "feed_error"

    result: int
    record: int
    order_id: str
    line_id: str
    code: str
    message: str
    warning: bool


class UploadRow(Row, table=True):
    """One version of a cancellation file as it was laid; `records` is how many the platform counts in it."""

    __tablename__ = "upload"
    __table_args__ = (Index("ix_upload_records", "shop", "records"),)

    incident_id: str = Field(primary_key=True, foreign_key="incident.incident_id")
    path: str = Field(primary_key=True)
    laid_at: int = Field(primary_key=True, sa_type=BigInteger)
    shop: str
    sha256: str
    reason: str
    records: int
    pairs: list[Any] = Field(sa_type=JSON)
