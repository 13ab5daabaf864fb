"""Watch: what is new in a shop's orders goes through the detector; alarms and the place reached are saved together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import islice
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

from promofuse.config import Config, WatchConfig
from promofuse.facts import OrderLine, Promotion, fill_blanks
from promofuse.instants import micros, moment
from promofuse.marketplaces import find_marketplace
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.store.buyers import load_buyers, load_item_details
from promofuse.store.engine import Connection, Store
from promofuse.store.events import load_dismissals
from promofuse.store.offers import load_offers
from promofuse.store.orders import load_news, postpone_news
from promofuse.store.privacy import Keys
from promofuse.store.promotions import load_promotions
from promofuse.store.watch import WatchRecord, load_watch, save_alarms, save_watch
from promofuse.velocity.question import Question
from promofuse.velocity.settings import WatchSettings
from promofuse.velocity.watch import STATE_VERSION, ShopWatch
from promofuse.verdicts import Alarm

_STILL_NEWS: Final = timedelta(days=1)  # of a revision that asks for a word


@dataclass(frozen=True, slots=True)
class Watched:
    """What a look brought: alarms, and questions about revisions of the last day."""

    alarms: tuple[Alarm, ...] = ()
    questions: tuple[Question, ...] = ()


def watch_shop(config: Config, store: Store, keys: Keys, shop: str, at: datetime) -> Watched:
    """Watch what the readings since the last time brought, in the order in which it was seen, up to `at`.

    A kill leaves the watch where it stood: the same news are watched again and raise the same alarms.
    """
    settings = watch_settings(config.watch)
    with store.read() as db:
        record = load_watch(db, shop)
        if record.state and record.state.get("version") != STATE_VERSION:
            record = WatchRecord(shop=shop, readings=record.readings)  # of an older program: all is watched anew
        revisions = [revision for revision in load_promotions(db, shop) if revision.seen_at <= at]
        newest = {r.promotion_id: micros(r.seen_at) for r in revisions}  # in order: the newest stays
        fresh = [r for r in revisions if micros(r.seen_at) > record.promotions.get(r.promotion_id, -1)]
        known = [r for r in revisions if micros(r.seen_at) <= record.promotions.get(r.promotion_id, -1)]
        costs = CostBook(load_offers(db, shop), config.shops[shop].platform)
        zone = find_marketplace(config.shops[shop].marketplace)
        watch = ShopWatch(shop, costs, PromotionBook(known), settings, offset_in(zone.zone if zone else ""))
        if record.state:
            watch.restore(dict(record.state))
        orders = _Counted(load_news(db, shop, record.watched, at))
        dismissed = [told for told in load_dismissals(db, shop, at) if not watch.knows_dismissal(*told)]
        told_apart = _Feed(watch, fresh, dismissed)
        alarms = tuple(told_apart.run(_filled(db, keys, shop, orders)))
    if not orders.count and not fresh and not dismissed:
        return Watched()
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
                promotions={**record.promotions, **newest},
                state=watch.to_state(),
            ),
        )
    return Watched(alarms, tuple(q for q in told_apart.questions if at - q.seen_at <= _STILL_NEWS))


def watch_settings(watch: WatchConfig) -> WatchSettings:
    """What `[watch]` says of when to speak."""
    return WatchSettings.allowing(float(watch.false_alarms_per_month), Fraction(watch.loss_budget), watch.intended)


def offset_in(zone: str) -> Callable[[int], int]:
    """How far local time in a zone is ahead of UTC at a moment, in microseconds; blank is UTC."""
    if not zone:
        return lambda _: 0
    local = ZoneInfo(zone)

    def offset(at: int) -> int:
        ahead = moment(at).astimezone(local).utcoffset()
        return int(ahead.total_seconds()) * 1_000_000 if ahead is not None else 0

    return offset


class _Counted:
    """An iterator that knows how many came by."""

    def __init__(self, items: Iterator[list[OrderLine]]) -> None:
        self._items = items
        self.count = 0

    def __iter__(self) -> Iterator[list[OrderLine]]:
        for item in self._items:
            self.count += 1
            yield item


def _filled(
    db: Connection, keys: Keys, shop: str, orders: Iterable[list[OrderLine]]
) -> Iterator[tuple[list[OrderLine], int]]:
    """Orders with their blanks filled from the second report, and the number of their buyer, many at a time."""
    coming = iter(orders)
    while batch := list(islice(coming, 500)):
        details = load_item_details(db, shop, {order[0].order_id for order in batch})
        filled = [fill_blanks(order, details.get(order[0].order_id, ())) for order in batch]
        promoted = {order[0].order_id for order in filled if any(line.promotion_ids for line in order)}
        buyers = load_buyers(db, keys, shop, promoted) if promoted else {}
        for order in filled:
            buyer = buyers.get(order[0].order_id)
            yield order, buyer.number if buyer else 0


class _Feed:
    """Revisions, dismissals and orders into the watch as they were seen; of the same moment the order comes last."""

    def __init__(
        self, watch: ShopWatch, revisions: list[Promotion], dismissed: Sequence[tuple[str, datetime, str]]
    ) -> None:
        self._watch = watch
        self._revisions = sorted(revisions, key=attrgetter("seen_at", "promotion_id"), reverse=True)
        self._dismissed = list(reversed(dismissed))
        self.questions: list[Question] = []

    def run(self, orders: Iterable[tuple[list[OrderLine], int]]) -> Iterator[Alarm]:
        """The alarms as they come; `questions` is complete once they are taken."""
        for order, buyer in orders:
            self._until(order[0].seen_at)
            yield from self._watch.see_order(order, buyer=buyer)
        self._until(None)

    def _until(self, seen_at: datetime | None) -> None:
        """All that was seen up to `seen_at`; None: all."""
        while self._revisions and (seen_at is None or self._revisions[-1].seen_at <= seen_at):
            if question := self._watch.see_promotion(self._revisions.pop()):
                self.questions.append(question)
        while self._dismissed and (seen_at is None or self._dismissed[-1][1] <= seen_at):
            self._watch.dismiss(*self._dismissed.pop())
