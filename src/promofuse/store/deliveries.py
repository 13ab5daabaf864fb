"""Letters that a person decided on, and what became of each; every step is a compare-and-set of one row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from sys import intern
from typing import Final, Protocol

from sqlalchemy import Table, delete, func, select, update

from promofuse.errors import StoreError
from promofuse.instants import micros, moment
from promofuse.store.delivery_tables import DeliveryMessageRow, DeliveryRow
from promofuse.store.engine import Connection, batches
from promofuse.store.privacy import Keys

Pair = tuple[str, str]  # (order id, kind): what one letter of an incident is known by

_DELIVERIES = DeliveryRow.__table__
_MESSAGES = DeliveryMessageRow.__table__
INTERRUPTED: Final = "the program ended while this letter was being sent"


class DeliveryState(StrEnum):
    """What became of a letter."""

    APPROVED = "approved"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HANDED_OUT = "handed_out"
    WITHHELD = "withheld"
    REJECTED = "rejected"


# In these a letter is on its way, has left, or may have: its bytes are never replaced.
_FINAL: Final = (
    DeliveryState.CLAIMED,
    DeliveryState.SENDING,
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
    DeliveryState.HANDED_OUT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One letter that a person decided on, without its bytes.

    `reply` is the server's final text, the only receipt there is. `error` is one line without personal data.
    """

    order_id: str
    kind: str
    group: str
    language: str
    message_id: str
    sha256: str
    batch: int
    state: DeliveryState
    attempts: int
    not_before: datetime | None
    reply: str
    error: str
    changed_at: datetime


class ApprovedDraft(Protocol):
    """What `save_approved` needs of a draft; `raw` has no Date header, and `sha256` is the digest of `raw`."""

    # ruff: disable[D102]
    @property
    def order_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def raw(self) -> bytes: ...
    @property
    def sha256(self) -> str: ...

    # ruff: enable[D102]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One letter's step from a state to another."""

    pair: Pair
    before: DeliveryState
    after: DeliveryState
    at: datetime
    not_before: datetime | None = None
    reply: str = ""
    error: str = ""


def save_approved(
    db: Connection, keys: Keys, incident_id: str, batch: int, drafts: Iterable[ApprovedDraft], at: datetime
) -> list[Pair]:
    """Save drafts as approved, with their bytes; a letter that was not on its way yet is replaced.

    Returns the ones that it could not save, because they are being sent, have left or may have.
    """
    gone = select(_DELIVERIES.c.order_id, _DELIVERIES.c.kind).where(
        _DELIVERIES.c.incident_id == incident_id, _DELIVERIES.c.state.in_([state.value for state in _FINAL])
    )
    final = {(order_id, kind) for order_id, kind in db.execute(gone)}
    refused: list[Pair] = []
    for some in batches(drafts):
        rows, messages = [], []
        for draft in some:
            pair = draft.order_id, draft.kind
            if pair in final:
                refused.append(pair)
                continue
            named = draft.group, draft.language, draft.message_id, draft.sha256, batch
            rows.append((incident_id, *pair, *named, DeliveryState.APPROVED.value, 0, None, "", "", micros(at)))
            messages.append((incident_id, *pair, keys.seal(draft.raw, _context(incident_id, *pair))))
        if rows:
            db.exec_driver_sql(_insert(_DELIVERIES), rows)
            db.exec_driver_sql(_insert(_MESSAGES), messages)
    return refused


def load_deliveries(db: Connection, incident_id: str) -> dict[Pair, Delivery]:
    """All letters of an incident that a person decided on, by (order id, kind)."""
    rows = db.execute(select(*_COLUMNS).where(_DELIVERIES.c.incident_id == incident_id))
    return {(row[0], row[1]): _delivery(*row) for row in rows}


def count_deliveries(db: Connection, incident_id: str) -> dict[DeliveryState, int]:
    """How many letters of an incident are in each state."""
    counts = select(_DELIVERIES.c.state, func.count()).where(_DELIVERIES.c.incident_id == incident_id)
    return {DeliveryState(state): count for state, count in db.execute(counts.group_by(_DELIVERIES.c.state))}


def load_begun(db: Connection) -> dict[str, tuple[int, datetime]]:
    """How many letters have left, or may have, and since when, of incidents that a sender is at work on or died at."""
    begun = [DeliveryState.CLAIMED.value, DeliveryState.SENDING.value]
    left = [state.value for state in _FINAL if state is not DeliveryState.CLAIMED]
    incidents = select(_DELIVERIES.c.incident_id).where(_DELIVERIES.c.state.in_(begun)).distinct()
    rows = (
        select(_DELIVERIES.c.incident_id, func.count(), func.min(_DELIVERIES.c.changed_at))
        .where(_DELIVERIES.c.incident_id.in_(incidents), _DELIVERIES.c.state.in_(left))
        .group_by(_DELIVERIES.c.incident_id)
    )
    return {incident_id: (count, moment(since)) for incident_id, count, since in db.execute(rows)}


def load_messages(db: Connection, keys: Keys, incident_id: str, pairs: Iterable[Pair]) -> dict[Pair, bytes]:
    """The approved bytes of these letters; one without an entry has been erased.

    Raises StoreError where the bytes are not the ones that were approved.
    """
    wanted = set(pairs)
    found: dict[Pair, bytes] = {}
    of_letter = [_MESSAGES.c[name] == _DELIVERIES.c[name] for name in ("incident_id", "order_id", "kind")]
    for some in batches({order_id for order_id, _ in wanted}):
        rows = select(_MESSAGES.c.order_id, _MESSAGES.c.kind, _MESSAGES.c.sealed, _DELIVERIES.c.sha256).where(
            *of_letter, _MESSAGES.c.incident_id == incident_id, _MESSAGES.c.order_id.in_(some)
        )
        for order_id, kind, sealed, digest in db.execute(rows):
            if (order_id, kind) in wanted:
                raw = keys.open(sealed, _context(incident_id, order_id, kind))
                if sha256(raw).hexdigest() != digest:
                    raise StoreError(f"the letter for order {order_id} is not the one that was approved")
                found[order_id, kind] = raw
    return found


def load_message(db: Connection, keys: Keys, incident_id: str, order_id: str, kind: str) -> bytes:
    """The approved bytes of one letter; raises StoreError if there are none any more."""
    raw = load_messages(db, keys, incident_id, [(order_id, kind)]).get((order_id, kind))
    if raw is None:
        raise StoreError(f"the letter for order {order_id} is not kept any more")
    return raw


def set_state(
    db: Connection,
    incident_id: str,
    keys_of_rows: Collection[Pair],
    from_states: Collection[DeliveryState],
    to_state: DeliveryState,
    at: datetime,
    error: str = "",
) -> int:
    """Move letters to a state if they are in one of some others; returns how many were."""
    if not keys_of_rows:
        return 0
    before = [state.value for state in from_states]
    columns = _columns(to_state, at, None, "", error)
    rows = [(*columns, incident_id, *pair, *before) for pair in keys_of_rows]
    return db.exec_driver_sql(_update(len(before)), rows).rowcount


def take_steps(db: Connection, incident_id: str, steps: Sequence[Step]) -> list[bool]:
    """Take steps one after the other; says of each whether its letter was still where the step begins."""
    statement = _update(1)
    cursor = db.connection.cursor()  # the driver's own: four times as fast, and this is the hot path of sending
    taken = []
    for step in steps:
        columns = _columns(step.after, step.at, step.not_before, step.reply, step.error)
        cursor.execute(statement, (*columns, incident_id, *step.pair, step.before.value))
        taken.append(cursor.rowcount == 1)
    cursor.close()
    return taken


def erase_messages(db: Connection, incident_id: str, order_ids: Iterable[str]) -> int:
    """Forget the bytes of these orders' letters; returns how many there were. What became of each stays."""
    return sum(
        db.execute(
            delete(_MESSAGES).where(_MESSAGES.c.incident_id == incident_id, _MESSAGES.c.order_id.in_(some))
        ).rowcount
        for some in batches(order_ids)
    )


def recover(db: Connection, at: datetime) -> tuple[int, int]:
    """After a sender died, under the lock of the next one: claimed becomes approved, sending becomes unknown.

    Returns how many of each, over all incidents.
    """
    released, doubtful = (
        db.execute(
            update(_DELIVERIES)
            .where(_DELIVERIES.c.state == before.value)
            .values(state=after.value, error=error, changed_at=micros(at))
        ).rowcount
        for before, after, error in (
            (DeliveryState.CLAIMED, DeliveryState.APPROVED, ""),
            (DeliveryState.SENDING, DeliveryState.UNKNOWN, INTERRUPTED),
        )
    )
    return released, doubtful


def count_sent_since(db: Connection, since: datetime) -> int:
    """How many letters of all incidents have left since then, or may have."""
    left = [DeliveryState.SENT.value, DeliveryState.UNKNOWN.value]
    question = select(func.count()).where(_DELIVERIES.c.state.in_(left), _DELIVERIES.c.changed_at >= micros(since))
    return int(db.execute(question).scalar_one())


_STATES: Final = {state.value: state for state in DeliveryState}
_COLUMNS: Final = tuple(
    _DELIVERIES.c["letter_group" if field.name == "group" else field.name] for field in fields(Delivery)
)


def _delivery(
    order_id: str,
    kind: str,
    group: str,
    language: str,
    message_id: str,
    digest: str,
    batch: int,
    state: str,
    attempts: int,
    not_before: int | None,
    reply: str,
    error: str,
    changed_at: int,
) -> Delivery:
    """From the columns in the order of the value's fields."""
    return Delivery(
        order_id=intern(order_id),  # all of these stand elsewhere too, a hundred thousand times
        kind=intern(kind),
        group=intern(group),
        language=intern(language),
        message_id=message_id,
        sha256=intern(digest),
        batch=batch,
        state=_STATES[state],
        attempts=attempts,
        not_before=None if not_before is None else moment(not_before),
        reply=reply,
        error=error,
        changed_at=moment(changed_at),
    )


@cache
def _insert(table: Table) -> str:
    """Insert whole rows, or replace the ones of the same key; plain SQL text, as for `_update`."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "  # noqa: S608 names are the table's own
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )


@cache
def _update(states: int) -> str:
    """One letter's compare-and-set, as plain SQL text: building it costs more than running it."""
    before = ", ".join("?" * states)
    return (
        "UPDATE delivery SET state = ?, attempts = attempts + ?, not_before = ?, reply = ?, error = ?, changed_at = ? "  # noqa: S608 only question marks vary
        f"WHERE incident_id = ? AND order_id = ? AND kind = ? AND state IN ({before})"
    )


def _columns(
    state: DeliveryState, at: datetime, not_before: datetime | None, reply: str, error: str
) -> tuple[str, int, int | None, str, str, int]:
    attempt = int(state is DeliveryState.SENDING)
    return state.value, attempt, micros(not_before) if not_before else None, reply, error, micros(at)


def _context(incident_id: str, order_id: str, kind: str) -> str:
    return f"delivery_message|sealed|{incident_id}|{order_id}|{kind}"
