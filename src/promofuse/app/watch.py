"""Watch: what is new in a shop's orders goes through the detector; alarms and the place reached are saved together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from itertools import islice
from operator import attrgetter

from promofuse.config import Config
from promofuse.facts import OrderLine, Promotion, fill_blanks
from promofuse.instants import micros
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.store.buyers import load_item_details
from promofuse.store.engine import Connection, Store
from promofuse.store.offers import load_offers
from promofuse.store.orders import load_news, postpone_news
from promofuse.store.promotions import load_promotions
from promofuse.store.watch import WatchRecord, load_watch, save_alarms, save_watch
from promofuse.velocity.watch import ShopWatch, WatchSettings
from promofuse.verdicts import Alarm


def watch_shop(config: Config, store: Store, shop: str, at: datetime) -> tuple[Alarm, ...]:
    """Watch what the readings since the last time brought, in the order in which it was seen, up to `at`.

    A kill leaves the watch where it stood: the same news are watched again and raise the same alarms.
    """
    settings = WatchSettings.allowing(float(config.watch.false_alarms_per_month), Fraction(config.watch.loss_budget))
    with store.read() as db:
        record = load_watch(db, shop)
        revisions = [revision for revision in load_promotions(db, shop) if revision.seen_at <= at]
        told = {r.promotion_id: micros(r.seen_at) for r in revisions}  # in order: the newest stays
        fresh = [r for r in revisions if micros(r.seen_at) > record.promotions.get(r.promotion_id, -1)]
        known = [r for r in revisions if micros(r.seen_at) <= record.promotions.get(r.promotion_id, -1)]
        costs = CostBook(load_offers(db, shop), config.shops[shop].platform)
        watch = ShopWatch(shop, costs, PromotionBook(known), settings)
        if record.state:
            watch.restore(dict(record.state))
        orders = _Counted(load_news(db, shop, record.watched, at))
        alarms = tuple(_feed(watch, fresh, _filled(db, shop, orders)))
    if not orders.count and not fresh:
        return ()
    reached = max(record.readings, record.watched + 1)
    with store.write() as db:
        save_alarms(db, alarms)
        postpone_news(db, shop, record.watched, at, reached + 1)
        save_watch(
            db,
            WatchRecord(
                shop=shop,
                readings=record.readings,
                watched=reached,
                promotions={**record.promotions, **told},
                state=watch.to_state(),
            ),
        )
    return alarms


class _Counted:
    """An iterator that knows how many came by."""

    def __init__(self, items: Iterator[list[OrderLine]]) -> None:
        self._items = items
        self.count = 0

    def __iter__(self) -> Iterator[list[OrderLine]]:
        for item in self._items:
            self.count += 1
            yield item


def _filled(db: Connection, shop: str, orders: Iterable[list[OrderLine]]) -> Iterator[list[OrderLine]]:
    """Orders with their blanks filled from the second report, looked up many at a time."""
    coming = iter(orders)
    while batch := list(islice(coming, 500)):
        details = load_item_details(db, shop, {order[0].order_id for order in batch})
        for order in batch:
            yield fill_blanks(order, details.get(order[0].order_id, ()))


def _feed(watch: ShopWatch, revisions: list[Promotion], orders: Iterable[list[OrderLine]]) -> Iterator[Alarm]:
    """Revisions and orders as they were seen; a revision before an order of the same moment."""
    waiting = sorted(revisions, key=attrgetter("seen_at", "promotion_id"), reverse=True)
    for order in orders:
        while waiting and waiting[-1].seen_at <= order[0].seen_at:
            watch.see_promotion(waiting.pop())
        yield from watch.see_order(order)
    while waiting:
        watch.see_promotion(waiting.pop())
