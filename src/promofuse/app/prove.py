"""Prove: read the shop again, and settle what really happened to each order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promofuse.app.outbox import configured_incident, refresh_outbox
from promofuse.app.project import Projection
from promofuse.app.read import ShopRead, read_shops
from promofuse.config import Config
from promofuse.errors import Refused
from promofuse.response.case import Case
from promofuse.response.ledger import Ledger
from promofuse.store.engine import Store
from promofuse.store.events import Act, add_event, load_events
from promofuse.store.privacy import Keys

_NAMED: Final = 5  # orders in one hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The ledger as it stands, and the folder that shows it."""

    read: ShopRead
    ledger: Ledger
    projection: Projection


def prove(config: Config, store: Store, keys: Keys, incident_id: str, at: datetime) -> Proved:
    """Read the shop, settle each order, and complete the request to annotate the account.

    Raises ShopUnreachable, and Refused where the counts do not balance; the folder then names the difference too.
    """
    record = configured_incident(config, store, incident_id)
    (read,) = read_shops(config, store, keys, at, [record.shop])
    if read.error is not None:
        raise read.error
    projection = refresh_outbox(config, store, keys, incident_id, at)
    ledger = projection.case.ledger
    if ledger is None:
        raise AssertionError("a composed case has a ledger")
    if difference := ledger.difference():
        raise Refused(
            f"the counts do not balance: {difference}",
            hint=_way_out(projection.case, ledger),
        )
    if record.state != "closed":
        with store.write() as db:
            last = load_events(db, keys, incident_id)[-1:]
            if not any((e.what, e.at, e.details) == (Act.PROVED, at, ledger.counts) for e in last):  # the same, twice
                add_event(db, keys, incident_id, Act.PROVED, at, details=ledger.counts)
    return Proved(read=read, ledger=ledger, projection=projection)


def _way_out(case: Case, ledger: Ledger) -> str:
    """What a person can do about orders that are affected no more."""
    if not ledger.left:
        return "did a promotion record, a cost or an order file change? orders.csv shows what is affected now"
    told = [order_id for order_id in ledger.left if order_id in case.told]
    some = ledger.left[:_NAMED]
    why = "; ".join(f"{order_id}: {case.left[order_id]}" for order_id in some)
    more = f"; and {len(ledger.left) - _NAMED} more" if len(ledger.left) > _NAMED else ""
    first = f"; write to the buyer of {told[0]} first, who was told that it is being cancelled" if told else ""
    words = " ".join(f"--honour {order_id}" for order_id in some)
    return f"{why}{more}{first}. If they stand as they are: promofuse plan {case.incident_id} {words}, then prove again"
