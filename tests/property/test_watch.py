"""The watch knows no future, and a kill between any two orders changes nothing."""

import json
import random
from datetime import timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from promofuse.instants import DAY, HOUR, micros
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.velocity.counts import OrderCounts
from promofuse.velocity.settings import WatchSettings
from promofuse.velocity.watch import ShopWatch
from simulated_shop import START, SimulatedShop, simulate


@cache
def shop() -> SimulatedShop:
    return simulate(7, skus=24, days=12, leaks=4, quiet_days=6)


def in_summer(at: int) -> int:
    """Local time goes an hour ahead in the middle of the shop's days."""
    return HOUR if at >= micros(START) + 8 * DAY else 0


def fresh(book: PromotionBook) -> ShopWatch:
    return ShopWatch("sim", CostBook(shop().offers, ""), book, WatchSettings(false_alarms=0.5), in_summer)


def dismissals():
    """A person dismisses what a routine promotion did, twice."""
    ids = [p.promotion_id for p in shop().promotions if not p.promotion_id.startswith("LEAK")]
    return [(ids[3], START + timedelta(days=5)), (ids[5], START + timedelta(days=7, hours=3))]


def feed(watch, lines, promotions):
    """All alarms, feeding what was seen in its order."""
    waiting = list(reversed(promotions))
    alarms = []
    for line in lines:
        while waiting and waiting[-1].seen_at <= line.seen_at:
            watch.see_promotion(waiting.pop())
        for dismissed in dismissals():
            if dismissed[1] <= line.seen_at and not watch.knows_dismissal(*dismissed):
                watch.dismiss(*dismissed)
        alarms += watch.see_order([line], buyer=int(line.order_id.removeprefix("SIM")) // 2)
    return alarms


@cache
def whole():
    alarms = feed(fresh(PromotionBook()), shop().lines, shop().promotions)
    assert len(alarms) >= 3
    return alarms


@settings(max_examples=8)
@given(share=st.floats(0.3, 1.0))
def test_alarms_up_to_any_instant_do_not_depend_on_what_comes_later(share):
    now = shop().lines[int((len(shop().lines) - 1) * share)].seen_at
    lines = [line for line in shop().lines if line.seen_at <= now]
    promotions = [promotion for promotion in shop().promotions if promotion.seen_at <= now]

    assert feed(fresh(PromotionBook()), lines, promotions) == [alarm for alarm in whole() if alarm.at <= now]


@settings(max_examples=8)
@given(shares=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4))
def test_kills_and_restarts_anywhere_give_the_same_alarms(shares):
    lines, promotions = shop().lines, shop().promotions
    cuts = sorted({int(len(lines) * share) for share in shares} - {0, len(lines)})
    watch = fresh(PromotionBook())
    alarms = []
    for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True):
        part = lines[start:end]
        before = [p for p in promotions if start and p.seen_at <= lines[start - 1].seen_at]
        if start:
            state = json.loads(json.dumps(watch.to_state()))
            watch = fresh(PromotionBook(before))
            watch.restore(state)
        alarms += feed(watch, part, [p for p in promotions if p not in before])
    assert alarms == whole()


@given(minutes=st.lists(st.integers(0, 1400), min_size=1, max_size=60), seed=st.integers(0, 99))
def test_orders_may_arrive_in_any_order(minutes, seed):
    shuffled = list(minutes)
    random.Random(seed).shuffle(shuffled)
    counts = [OrderCounts(), OrderCounts()]
    for kept, order in zip(counts, (minutes, shuffled), strict=True):
        for minute in order:
            kept.add(minute)

    assert counts[0].to_state() == counts[1].to_state()
    assert counts[0].within(60) == sum(max(minutes) - m <= 60 for m in minutes)


def test_the_leaks_are_found_and_little_else():
    leaks = {leak.promotion_id: leak for leak in shop().leaks}
    found = {a.promotion_id for a in whole() if a.promotion_id in leaks and a.at >= leaks[a.promotion_id].start}

    assert len(found) >= len(leaks) - 1
    assert sum(a.promotion_id not in leaks for a in whole()) <= 1
