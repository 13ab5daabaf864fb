"""Incidents, persons' decisions on their orders, and what was written to their folders."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.engine import RowMapping

from promofuse.incidents import Cause
from promofuse.instants import micros, moment
from promofuse.response.triage import Decision
from promofuse.store.engine import Connection, batches, upsert
from promofuse.store.incident_tables import DraftEditRow, IncidentOrderRow, IncidentRow, LetterEditRow, OutboxFileRow
from promofuse.store.privacy import Keys

_INCIDENTS = IncidentRow.__table__
_ORDERS = IncidentOrderRow.__table__
_LETTERS = LetterEditRow.__table__
_DRAFTS = DraftEditRow.__table__
_FILES = OutboxFileRow.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord:
    """What is kept of an incident: who it is, and what people decided. All else follows from the facts."""

    incident_id: str
    shop: str
    cause: Cause
    state: str = "open"
    opened_at: datetime
    since: datetime | None = None  # only where a person said so
    start: datetime | None = None  # when the faulty setting began, as the facts told it first
    stopped_at: datetime | None = None  # when a person stopped it
    told_open: int = 0  # orders that stood at the last projection though their buyers had been told
    told_since: datetime | None = None  # when the first of those buyers was told
    plan: str = ""
    trial: str = ""
    reading: int = 0  # the news of the shop that its folder shows
    summary: Mapping[str, Any] = field(default_factory=dict)  # incident.json as last projected
    by_person: Mapping[str, Decision] = field(default_factory=dict)
    chosen: Collection[str] = ()  # orders that the plan under the limit cancels
    honoured: frozenset[str] = frozenset()  # orders that were to be honoured, shipped since or not


@dataclass(frozen=True, slots=True)
class LetterEdit:
    """A person's template of one group of letters; `revision` counts such edits, from 1."""

    source: str
    revision: int


def next_incident_id(db: Connection, opened_at: datetime) -> str:
    """`INC-<UTC year>-<four digits or more>`, counting within the year. Call it inside the writing transaction."""
    prefix = f"INC-{opened_at.year}-"
    used = db.execute(select(_INCIDENTS.c.incident_id).where(_INCIDENTS.c.incident_id.startswith(prefix))).scalars()
    return f"{prefix}{max((int(i.removeprefix(prefix)) for i in used), default=0) + 1:04d}"


def save_incident(db: Connection, record: IncidentRecord) -> None:
    """Insert or replace an incident; its orders and decisions are saved apart."""
    upsert(
        db,
        _INCIDENTS,
        [
            {
                "incident_id": record.incident_id,
                "shop": record.shop,
                "cause_key": record.cause.key,
                "promotion_id": record.cause.promotion_id,
                "skus": ";".join(record.cause.skus),
                "state": record.state,
                "opened_at": micros(record.opened_at),
                "since": _moment(record.since),
                "start": _moment(record.start),
                "stopped_at": _moment(record.stopped_at),
                "told_open": record.told_open,
                "told_since": _moment(record.told_since),
                "plan": record.plan,
                "trial": record.trial,
                "reading": record.reading,
                "summary": dict(record.summary),
            }
        ],
    )


def change_incident(db: Connection, incident_id: str, **values: Any) -> None:
    """Change some columns of an incident; what another process decided meanwhile stands. Times are aware."""
    changed = {name: micros(value) if isinstance(value, datetime) else value for name, value in values.items()}
    db.execute(update(_INCIDENTS).where(_INCIDENTS.c.incident_id == incident_id).values(changed))


def load_incident(db: Connection, incident_id: str) -> IncidentRecord | None:
    """One incident with persons' decisions, or None."""
    row = db.execute(select(_INCIDENTS).where(_INCIDENTS.c.incident_id == incident_id)).mappings().first()
    return _record(db, row) if row else None


def find_open_incident(db: Connection, shop: str, cause_key: str) -> IncidentRecord | None:
    """The incident of this cause that is not closed, or None."""
    question = select(_INCIDENTS).where(
        _INCIDENTS.c.shop == shop, _INCIDENTS.c.cause_key == cause_key, _INCIDENTS.c.state != "closed"
    )
    row = db.execute(question).mappings().first()
    return _record(db, row) if row else None


def load_incidents(db: Connection) -> list[IncidentRecord]:
    """All incidents, the newest first."""
    rows = db.execute(select(_INCIDENTS).order_by(_INCIDENTS.c.opened_at.desc(), _INCIDENTS.c.incident_id.desc()))
    return [_record(db, row) for row in rows.mappings().all()]


def load_told(db: Connection, incident_id: str) -> int:
    """How many orders the incident had when the seller was last told of it; 0 if he was not."""
    return int(db.execute(select(_INCIDENTS.c.told).where(_INCIDENTS.c.incident_id == incident_id)).scalar_one())


def save_told(db: Connection, incident_id: str, orders: int) -> None:
    """The seller is told of an incident with so many orders."""
    db.execute(update(_INCIDENTS).where(_INCIDENTS.c.incident_id == incident_id).values(told=orders))


def orders_of_others(db: Connection, record: IncidentRecord) -> set[str]:
    """Orders that other incidents of this cause deal with: an order belongs to one incident."""
    question = (
        select(_ORDERS.c.order_id)
        .join(_INCIDENTS, _INCIDENTS.c.incident_id == _ORDERS.c.incident_id)
        .where(
            _INCIDENTS.c.shop == record.shop,
            _INCIDENTS.c.cause_key == record.cause.key,
            _INCIDENTS.c.incident_id != record.incident_id,
        )
    )
    return set(db.execute(question).scalars())


def load_incident_orders(db: Connection, incident_id: str) -> set[str]:
    """The orders that were ever found to belong to the incident."""
    return set(db.execute(select(_ORDERS.c.order_id).where(_ORDERS.c.incident_id == incident_id)).scalars())


def save_incident_orders(db: Connection, incident_id: str, order_ids: Iterable[str]) -> int:
    """Record which orders an incident has; returns how many are new."""
    known = load_incident_orders(db, incident_id)
    new = [order_id for order_id in order_ids if order_id not in known]
    if new:
        db.execute(_ORDERS.insert(), [{"incident_id": incident_id, "order_id": i, "by_person": ""} for i in new])
    return len(new)


def save_chosen(db: Connection, incident_id: str, order_ids: Collection[str]) -> None:
    """Make these the orders that the incident's plan has chosen to cancel."""
    _mark_orders(db, incident_id, "chosen", order_ids)


def save_honoured(db: Connection, incident_id: str, order_ids: Collection[str]) -> None:
    """Make these the incident's orders that are honoured, those that were shipped since among them."""
    _mark_orders(db, incident_id, "honoured", order_ids)


def _mark_orders(db: Connection, incident_id: str, mark: str, order_ids: Collection[str]) -> None:
    of_incident = _ORDERS.c.incident_id == incident_id
    known = set(db.execute(select(_ORDERS.c.order_id).where(of_incident, _ORDERS.c[mark])).scalars())
    for marked, changed in ((True, set(order_ids) - known), (False, known - set(order_ids))):
        for order_id in changed:
            db.execute(update(_ORDERS).where(of_incident, _ORDERS.c.order_id == order_id).values({mark: marked}))


def save_by_person(db: Connection, incident_id: str, decisions: Mapping[str, Decision | None]) -> None:
    """Keep what a person decided of single orders; None gives an order back to the plan."""
    of_incident = _ORDERS.c.incident_id == incident_id
    for order_id, decision in decisions.items():
        said = decision.value if decision else ""
        db.execute(update(_ORDERS).where(of_incident, _ORDERS.c.order_id == order_id).values(by_person=said))


def load_letter_edits(db: Connection, incident_id: str) -> dict[str, LetterEdit]:
    """Persons' templates by group."""
    rows = db.execute(select(_LETTERS).where(_LETTERS.c.incident_id == incident_id)).mappings()
    return {row["letter_group"]: LetterEdit(row["source"], row["revision"]) for row in rows}


def save_letter_edit(db: Connection, incident_id: str, group: str, edit: LetterEdit) -> None:
    """Keep a person's template of one group."""
    upsert(
        db,
        _LETTERS,
        [{"incident_id": incident_id, "letter_group": group, "source": edit.source, "revision": edit.revision}],
    )


def load_draft_edits(db: Connection, keys: Keys, incident_id: str) -> dict[tuple[str, str], bytes]:
    """Persons' versions of single drafts by (order id, kind)."""
    rows = db.execute(select(_DRAFTS).where(_DRAFTS.c.incident_id == incident_id)).mappings()
    return {
        (row["order_id"], row["kind"]): keys.open(row["raw"], _draft_context(incident_id, row["order_id"], row["kind"]))
        for row in rows
    }


def save_draft_edit(db: Connection, keys: Keys, incident_id: str, order_id: str, kind: str, raw: bytes) -> None:
    """Keep a person's version of one draft, encrypted."""
    sealed = keys.seal(raw, _draft_context(incident_id, order_id, kind))
    upsert(db, _DRAFTS, [{"incident_id": incident_id, "order_id": order_id, "kind": kind, "raw": sealed}])


def erase_draft_edits(db: Connection, incident_id: str, order_ids: Collection[str]) -> None:
    """Forget what people wrote into single drafts of these orders."""
    of_incident = select(_DRAFTS.c.order_id).where(_DRAFTS.c.incident_id == incident_id)
    for order_id in set(db.execute(of_incident).scalars()) & set(order_ids):
        db.execute(delete(_DRAFTS).where(_DRAFTS.c.incident_id == incident_id, _DRAFTS.c.order_id == order_id))


def _draft_context(incident_id: str, order_id: str, kind: str) -> str:
    return f"draft_edits|raw|{incident_id}|{order_id}|{kind}"


def load_written(db: Connection, incident_id: str) -> dict[str, tuple[str, str]]:
    """Of each file that we wrote to the incident's folder: its digest, and one that was about to be written."""
    rows = db.execute(select(_FILES).where(_FILES.c.incident_id == incident_id)).mappings()
    return {intern(row["path"]): (intern(row["sha256"]), intern(row["next_sha256"])) for row in rows}


def save_written(db: Connection, incident_id: str, digests: Mapping[str, tuple[str, str]]) -> None:
    """Record digests of files: (written, about to be written)."""
    for some in batches(digests.items()):
        upsert(
            db,
            _FILES,
            [
                {"incident_id": incident_id, "path": path, "sha256": sha, "next_sha256": following}
                for path, (sha, following) in some
            ],
        )


def forget_written(db: Connection, incident_id: str, paths: Iterable[str]) -> None:
    """Files that are no longer in the folder."""
    for path in paths:
        db.execute(delete(_FILES).where(_FILES.c.incident_id == incident_id, _FILES.c.path == path))


def _record(db: Connection, row: RowMapping) -> IncidentRecord:
    of_incident = _ORDERS.c.incident_id == row["incident_id"]
    decided = db.execute(select(_ORDERS.c.order_id, _ORDERS.c.by_person).where(of_incident, _ORDERS.c.by_person != ""))
    chosen = db.execute(select(_ORDERS.c.order_id).where(of_incident, _ORDERS.c.chosen)).scalars()
    honoured = db.execute(select(_ORDERS.c.order_id).where(of_incident, _ORDERS.c.honoured)).scalars()
    return IncidentRecord(
        incident_id=row["incident_id"],
        shop=row["shop"],
        cause=Cause(row["promotion_id"], tuple(row["skus"].split(";")) if row["skus"] else ()),
        state=row["state"],
        opened_at=moment(row["opened_at"]),
        since=moment(row["since"]) if row["since"] is not None else None,
        start=moment(row["start"]) if row["start"] is not None else None,
        stopped_at=moment(row["stopped_at"]) if row["stopped_at"] is not None else None,
        told_open=row["told_open"],
        told_since=moment(row["told_since"]) if row["told_since"] is not None else None,
        plan=row["plan"],
        trial=row["trial"],
        reading=row["reading"],
        summary=row["summary"],
        by_person={order_id: Decision(decision) for order_id, decision in decided},
        chosen=frozenset(chosen),
        honoured=frozenset(honoured),
    )


def _moment(time: datetime | None) -> int | None:
    return micros(time) if time else None
