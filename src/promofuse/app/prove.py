"""Prove: read the shop again, and settle what really happened to each order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from promofuse.app.outbox import configured_incident, refresh_outbox
from promofuse.app.project import Projection
from promofuse.app.read import ShopRead, read_shops
from promofuse.config import Config
from promofuse.errors import Refused
from promofuse.response.ledger import Ledger
from promofuse.store.engine import Store
from promofuse.store.events import Act, add_event, load_events
from promofuse.store.privacy import Keys


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
            hint="did a promotion record, a cost or an order file change? orders.csv shows what is affected now",
        )
    if record.state != "closed":
        with store.write() as db:
            last = load_events(db, keys, incident_id)[-1:]
            if not any((e.what, e.at, e.details) == (Act.PROVED, at, ledger.counts) for e in last):  # the same, twice
                add_event(db, keys, incident_id, Act.PROVED, at, details=ledger.counts)
    return Proved(read=read, ledger=ledger, projection=projection)
