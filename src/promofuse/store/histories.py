"""What the check asks of a shop's past: lines of the last days that name promotions, and its incidents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, select

from promofuse.facts import OrderLine
from promofuse.instants import micros, moment
from promofuse.rules.history import PastIncident
from promofuse.store.engine import Connection
from promofuse.store.events import Act
from promofuse.store.incident_tables import EventRow, IncidentRow
from promofuse.store.tables import OrderLineRow
from promofuse.store.values import from_columns

_LINES = OrderLineRow.__table__
_INCIDENTS = IncidentRow.__table__
_EVENTS = EventRow.__table__


def load_lines_with_promotions(db: Connection, shop: str, since: datetime, at: datetime) -> list[OrderLine]:
    """Current lines ordered in [since, at] that name promotions, the oldest first."""
    line, newer = _LINES.c, _LINES.alias("newer")
    superseded = exists().where(newer.c.shop == line.shop, newer.c.order_id == line.order_id, newer.c.copy > line.copy)
    rows = (
        select(_LINES)
        .where(
            line.shop == shop,
            line.promotion_ids != "",
            line.ordered_at >= micros(since),
            line.ordered_at <= micros(at),
            line.seen_at <= micros(at),
            ~superseded,
        )
        .order_by(line.ordered_at, line.order_id, line.line_key)
    )
    return [from_columns(OrderLine, row) for row in db.execute(rows).mappings()]


def load_past_incidents(db: Connection, shop: str, since: datetime, at: datetime) -> list[PastIncident]:
    """Incidents of the shop that opened in [since, at] and were not dismissed, the oldest first.

    The SKUs of a promotion's incident are those that its last summary tells.
    """
    dismissed = exists().where(_EVENTS.c.incident_id == _INCIDENTS.c.incident_id, _EVENTS.c.what == Act.DISMISSED)
    closed = (
        select(func.max(_EVENTS.c.at))
        .where(_EVENTS.c.incident_id == _INCIDENTS.c.incident_id, _EVENTS.c.what == Act.CLOSED.value)
        .where(_EVENTS.c.at <= micros(at))
        .scalar_subquery()
    )
    rows = (
        select(_INCIDENTS, closed.label("closed_at"))
        .where(
            _INCIDENTS.c.shop == shop,
            _INCIDENTS.c.opened_at >= micros(since),
            _INCIDENTS.c.opened_at <= micros(at),
            ~dismissed,
        )
        .order_by(_INCIDENTS.c.opened_at, _INCIDENTS.c.incident_id)
    )
    return [
        PastIncident(
            incident_id=row["incident_id"],
            opened_at=moment(row["opened_at"]),
            over_at=_over(row["state"], row["closed_at"], at),
            promotion_id=row["promotion_id"],
            skus=tuple(row["summary"].get("cause", {}).get("skus", ())) or _skus(row["skus"]),
        )
        for row in db.execute(rows).mappings()
    ]


def _over(state: str, closed_at: int | None, at: datetime) -> datetime | None:
    """When an incident was closed, `at` while it is not; None where nobody noted the closing."""
    if closed_at is not None:
        return moment(closed_at)
    return None if state == "closed" else at


def _skus(cell: str) -> tuple[str, ...]:
    return tuple(sku for sku in cell.split(";") if sku)
