"""Where the watch stands, the alarms it raised, and the notices to the seller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.sqlite import insert

from promofuse.incidents import Cause
from promofuse.instants import micros, moment
from promofuse.money import Money
from promofuse.response.post_mortem import Raised
from promofuse.store.engine import Connection, upsert
from promofuse.store.watch_tables import AlarmRow, NoticeRow, WatchRow
from promofuse.verdicts import Alarm, AlarmKind

_WATCH, _ALARMS, _NOTICES = WatchRow.__table__, AlarmRow.__table__, NoticeRow.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRecord:
    """The watch of one shop; `state` is blank before the first order was watched."""

    shop: str
    readings: int = 0
    watched: int = 0
    promotions: Mapping[str, int] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)

    @property
    def news(self) -> int:
        """Grows with every reading, and whenever lines that were read before come due."""
        return max(self.readings, self.watched)


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An alarm that no incident has answered yet."""

    cause: Cause
    at: datetime
    message: str
    since: datetime | None = None  # when what it speaks of began


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to the seller; the same key is told once."""

    key: str
    shop: str
    subject: str
    body: str
    made_at: datetime


def load_watch(db: Connection, shop: str) -> WatchRecord:
    """Where the watch of a shop stands."""
    row = db.execute(select(_WATCH).where(_WATCH.c.shop == shop)).mappings().first()
    return WatchRecord(**row) if row else WatchRecord(shop=shop)


def save_watch(db: Connection, record: WatchRecord) -> None:
    """Save where the watch stands; in one transaction with its alarms."""
    row = {
        "shop": record.shop,
        "readings": record.readings,
        "watched": record.watched,
        "promotions": dict(record.promotions),
        "state": dict(record.state),
    }
    upsert(db, _WATCH, [row])


def begin_reading(db: Connection, shop: str) -> int:
    """The number of a new reading of a shop: what it brings is news to the watch until that number is watched."""
    first = {"shop": shop, "readings": 1, "watched": 0, "promotions": {}, "state": {}}
    following = func.max(_WATCH.c.readings, _WATCH.c.watched) + 1
    counted = insert(_WATCH).values(first).on_conflict_do_update(index_elements=["shop"], set_={"readings": following})
    db.execute(counted)
    return int(db.execute(select(_WATCH.c.readings).where(_WATCH.c.shop == shop)).scalar_one())


def save_alarms(db: Connection, alarms: Iterable[Alarm]) -> None:
    """Keep alarms until they are answered; one that is known already stays as it is."""
    for alarm in alarms:
        row = {
            "shop": alarm.shop,
            "promotion_id": alarm.promotion_id or Cause(skus=(alarm.sku,)).key,
            "at": micros(alarm.at),
            "kind": alarm.kind.value,
            "score": alarm.score,
            "orders": alarm.orders,
            "lost": alarm.lost,
            "currency": alarm.currency,
            "message": alarm.message,
            "answered": False,
            "sku": alarm.sku,
            "since": micros(alarm.since),
        }
        db.execute(insert(_ALARMS).values(row).on_conflict_do_nothing())


def load_open_alarms(db: Connection, shop: str) -> list[OpenAlarm]:
    """Alarms without an answer, the oldest first."""
    question = select(_ALARMS).where(_ALARMS.c.shop == shop, ~_ALARMS.c.answered).order_by(_ALARMS.c.at)
    return [
        OpenAlarm(
            Cause(skus=(row["sku"],)) if row["sku"] else Cause(row["promotion_id"]),
            moment(row["at"]),
            row["message"],
            None if row["since"] is None else moment(row["since"]),
        )
        for row in db.execute(question).mappings()
    ]


def load_alarms(db: Connection, shop: str, cause: Cause, until: datetime) -> list[Raised]:
    """All alarms that a cause raised up to `until`, answered or not, the oldest first."""
    own = *_alarms_of(shop, cause), _ALARMS.c.at <= micros(until)
    rows = db.execute(select(_ALARMS).where(*own).order_by(_ALARMS.c.at, _ALARMS.c.kind)).mappings()
    return [
        Raised(
            at=moment(row["at"]),
            kind=AlarmKind(row["kind"]),
            orders=row["orders"],
            lost=Money(row["lost"], row["currency"]),
            message=row["message"],
        )
        for row in rows
    ]


def answer_alarms(db: Connection, shop: str, cause: Cause) -> None:
    """The alarms of a cause have their incident, or need none."""
    db.execute(update(_ALARMS).where(*_alarms_of(shop, cause)).values(answered=True))


def _alarms_of(shop: str, cause: Cause) -> tuple[ColumnElement[bool], ...]:
    own = _ALARMS.c.shop == shop, _ALARMS.c.promotion_id == (cause.promotion_id or cause.key)
    return *own, _ALARMS.c.sku == ";".join(cause.skus)


def save_notice(db: Connection, notice: Notice) -> None:
    """Put a message to the seller on its way; nothing happens if its key is known."""
    row = {
        "key": notice.key,
        "shop": notice.shop,
        "subject": notice.subject,
        "body": notice.body,
        "made_at": micros(notice.made_at),
        "sent_at": None,
    }
    db.execute(insert(_NOTICES).values(row).on_conflict_do_nothing())


def has_notice(db: Connection, begins: str) -> bool:
    """Whether there is, or was, a message whose key begins so."""
    known = select(_NOTICES.c.key).where(_NOTICES.c.key.startswith(begins, autoescape=True)).limit(1)
    return db.execute(known).first() is not None


def load_unsent_notices(db: Connection) -> list[Notice]:
    """Messages that have not gone out, the oldest first."""
    question = select(_NOTICES).where(_NOTICES.c.sent_at.is_(None)).order_by(_NOTICES.c.made_at, _NOTICES.c.key)
    return [
        Notice(key=r["key"], shop=r["shop"], subject=r["subject"], body=r["body"], made_at=moment(r["made_at"]))
        for r in db.execute(question).mappings()
    ]


def mark_notice_sent(db: Connection, key: str, at: datetime) -> None:
    """A message went out."""
    db.execute(update(_NOTICES).where(_NOTICES.c.key == key).values(sent_at=micros(at)))
