"""The outbox: list incidents, and bring one incident's folder up to date with the facts and with people's edits."""

from __future__ import annotations

from datetime import datetime

from promofuse.app.case import compose_case
from promofuse.app.project import Projection, project_case, save_projected
from promofuse.config import Config
from promofuse.errors import UsageError
from promofuse.store.engine import Store
from promofuse.store.incidents import IncidentRecord, load_incident, load_incidents, orders_of_closed
from promofuse.store.privacy import Keys
from promofuse.store.reads import load_gaps


def list_incidents(store: Store) -> list[IncidentRecord]:
    """All incidents, the newest first."""
    with store.read() as db:
        return load_incidents(db)


def show_incident(store: Store, incident_id: str) -> IncidentRecord:
    """One incident; raises UsageError if there is none of that id."""
    with store.read() as db:
        record = load_incident(db, incident_id)
    if record is None:
        raise UsageError(f"no incident {incident_id!r}", hint="`promofuse incidents` lists them")
    return record


def refresh_outbox(config: Config, store: Store, keys: Keys, incident_id: str, at: datetime) -> Projection:
    """Project an incident again from the facts in the store, taking up hand edits."""
    record = show_incident(store, incident_id)
    if record.shop not in config.shops:
        raise UsageError(f"{incident_id} belongs to shop {record.shop!r}, which is not in the configuration")
    with store.read() as db:
        skip = orders_of_closed(db, record.shop, record.cause.key) if record.state != "closed" else set()
        case = compose_case(db, config, keys, record, at, skip=skip)
        gaps = load_gaps(db, record.shop)
    if case is None:
        raise UsageError(
            f"{incident_id}: no affected order is known as of {at:%Y-%m-%d %H:%M} UTC", hint="is --at too early?"
        )
    projection = project_case(config, store, keys, case, gaps)
    save_projected(store, record, projection)
    return projection
