"""The outbox: list incidents, and bring one incident's folder up to date with the facts and with people's edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from promofuse.app.case import compose_case
from promofuse.app.project import Drafted, Projection, project_case
from promofuse.config import Config
from promofuse.errors import UsageError
from promofuse.facts import Gap
from promofuse.outbox.letters import Letters
from promofuse.response.case import Case
from promofuse.store.deliveries import DeliveryState, count_deliveries, load_begun
from promofuse.store.engine import Connection, Store
from promofuse.store.events import Event, load_events
from promofuse.store.incidents import IncidentRecord, load_incident, load_incidents
from promofuse.store.privacy import Keys
from promofuse.store.reads import load_gaps


def list_incidents(store: Store) -> list[IncidentRecord]:
    """All incidents, the newest first."""
    with store.read() as db:
        begun = load_begun(db)
        return [_with_told(record, begun) for record in load_incidents(db)]


def _with_told(record: IncidentRecord, begun: Mapping[str, tuple[int, datetime]]) -> IncidentRecord:
    """The record with the buyers that a sender has told since the folder was written, should it be cut off."""
    told, since = begun.get(record.incident_id, (0, None))
    return replace(record, told_open=told, told_since=since) if told > record.told_open else record


def show_incident(store: Store, incident_id: str) -> IncidentRecord:
    """One incident; raises UsageError if there is none of that id."""
    with store.read() as db:
        record = load_incident(db, incident_id)
    if record is None:
        raise UsageError(f"no incident {incident_id!r}", hint="`promofuse incidents` lists them")
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An incident as it stood when its folder was last written, where its letters stand, and what people did."""

    record: IncidentRecord
    letters: Mapping[DeliveryState, int]
    events: Sequence[Event]


def look_at_incident(store: Store, keys: Keys, incident_id: str) -> Look:
    """One incident without working anything out: at once, however large it is. Raises UsageError if there is none."""
    record = show_incident(store, incident_id)
    with store.read() as db:
        return Look(
            record=_with_told(record, load_begun(db)),
            letters=count_deliveries(db, incident_id),
            events=load_events(db, keys, incident_id),
        )


def configured_incident(config: Config, store: Store, incident_id: str) -> IncidentRecord:
    """One incident whose shop is configured; raises UsageError otherwise."""
    record = show_incident(store, incident_id)
    if record.shop not in config.shops:
        raise UsageError(
            f"{incident_id} belongs to shop {record.shop!r}, which is not in the configuration",
            hint=f"write its table into config.toml again: [shops.{record.shop}]; a shop keeps its name",
        )
    return record


def recompose(db: Connection, config: Config, keys: Keys, record: IncidentRecord, at: datetime) -> Case:
    """An incident's case again; raises UsageError where none of its orders is known at that time."""
    case = compose_case(db, config, keys, record, at)
    if case is None:
        raise UsageError(
            f"{record.incident_id}: no affected order is known as of {at:%Y-%m-%d %H:%M} UTC", hint="is --at too early?"
        )
    return case


def refresh_outbox(
    config: Config,
    store: Store,
    keys: Keys,
    incident_id: str,
    at: datetime,
    act: Callable[[Case, Drafted], Letters] | None = None,
) -> Projection:
    """Project an incident again from the facts in the store, taking up hand edits, and do with its letters `act`."""

    def compose() -> tuple[Case, Sequence[Gap]]:
        record = configured_incident(config, store, incident_id)
        with store.read() as db:
            return recompose(db, config, keys, record, at), load_gaps(db, record.shop)

    return project_case(config, store, keys, compose, act)
