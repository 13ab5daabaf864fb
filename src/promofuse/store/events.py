"""What people did with an incident, in order: who approved what and when, and why. Events are added, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from promofuse.instants import micros, moment
from promofuse.store.engine import Connection
from promofuse.store.incident_tables import EventRow, IncidentRow
from promofuse.store.privacy import Keys

_EVENTS = EventRow.__table__
_INCIDENTS = IncidentRow.__table__


class Act(StrEnum):
    """What a person did."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPORTED = "exported"
    SENT = "sent"
    RESOLVED = "resolved"
    NOTED = "noted"
    STOPPED = "stopped"
    PROVED = "proved"
    DISMISSED = "dismissed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act. `number` counts an incident's events from 1; an approval's number is its batch.

    `text` is what somebody wrote, as an answer of seller support; it may name buyers and is kept encrypted.
    """

    number: int
    at: datetime
    what: Act
    by: str = ""
    why: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


def add_event(
    db: Connection,
    keys: Keys,
    incident_id: str,
    what: Act,
    at: datetime,
    *,
    by: str = "",
    why: str = "",
    details: Mapping[str, Any] | None = None,
    text: str = "",
) -> int:
    """Add an event; returns its number. Call it in the transaction that does what it tells."""
    last = db.execute(select(func.max(_EVENTS.c.number)).where(_EVENTS.c.incident_id == incident_id)).scalar()
    number = (last or 0) + 1
    db.execute(
        _EVENTS.insert().values(
            incident_id=incident_id,
            number=number,
            at=micros(at),
            what=what.value,
            by_name=by,
            why=why,
            details=dict(details or {}),
            sealed=keys.seal(text.encode(), _context(incident_id, number)) if text else None,
        )
    )
    return number


def load_events(db: Connection, keys: Keys, incident_id: str) -> list[Event]:
    """All events of an incident, the oldest first."""
    rows = db.execute(select(_EVENTS).where(_EVENTS.c.incident_id == incident_id).order_by(_EVENTS.c.number))
    return [
        Event(
            number=row["number"],
            at=moment(row["at"]),
            what=Act(row["what"]),
            by=row["by_name"],
            why=row["why"],
            details=row["details"],
            text=keys.open(row["sealed"], _context(incident_id, row["number"])).decode() if row["sealed"] else "",
        )
        for row in rows.mappings()
    ]


def was_confirmed(db: Connection, incident_id: str) -> bool:
    """Whether a person agreed that the orders of an inferred incident belong to it."""
    acts = _EVENTS.c.incident_id == incident_id, _EVENTS.c.what == Act.CONFIRMED.value
    return db.execute(select(_EVENTS.c.number).where(*acts).limit(1)).first() is not None


def load_dismissals(db: Connection, shop: str, until: datetime) -> list[tuple[str, datetime, str]]:
    """What was dismissed as a false alarm in a shop up to `until`, oldest first: promotion, time, SKUs of a price."""
    question = (
        select(_INCIDENTS.c.promotion_id, _EVENTS.c.at, _INCIDENTS.c.skus)
        .join(_INCIDENTS, _INCIDENTS.c.incident_id == _EVENTS.c.incident_id)
        .where(_INCIDENTS.c.shop == shop, _EVENTS.c.what == Act.DISMISSED.value, _EVENTS.c.at <= micros(until))
        .order_by(_EVENTS.c.at, _EVENTS.c.incident_id)
    )
    return [(promotion_id, moment(at), skus) for promotion_id, at, skus in db.execute(question)]


def erase_event_texts(db: Connection, incident_id: str) -> None:
    """Forget what others wrote; who did what and when stays."""
    db.execute(_EVENTS.update().where(_EVENTS.c.incident_id == incident_id).values(sealed=None))


def _context(incident_id: str, number: int) -> str:
    return f"event|sealed|{incident_id}|{number}"
