"""The watch over a month of orders: microseconds a line, found leaks and false alarms on shops of its own seeds."""

import time

from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.velocity.settings import WatchSettings
from promofuse.velocity.watch import ShopWatch
from simulated_shop import MINUTE, simulate

MICROSECONDS_A_LINE = 150  # three times what a quiet machine needs


def test_speed_and_quality_on_a_busy_shop():
    shop = simulate(2027, skus=300, days=45, leaks=30, quiet_days=28)
    watch = ShopWatch("sim", CostBook(shop.offers, ""), PromotionBook(), WatchSettings())
    waiting = shop.promotions[::-1]
    alarms = []
    begun = time.perf_counter()
    for line in shop.lines:
        while waiting and waiting[-1].seen_at <= line.seen_at:
            watch.see_promotion(waiting.pop())
        alarms += watch.see_order([line])
    each = (time.perf_counter() - begun) / len(shop.lines) * 1e6
    leaks = {leak.promotion_id: leak for leak in shop.leaks}
    fast = [leak for leak in shop.leaks if leak.speed >= 20]
    found = {
        a.promotion_id: a
        for a in reversed(alarms)
        if (leak := leaks.get(a.promotion_id)) and leak.start <= a.at <= leak.end + 30 * MINUTE
    }
    orders = sorted(a.orders for a in found.values())
    false = sum(a.promotion_id not in leaks for a in alarms)
    print(
        f"{len(shop.lines)} lines, {each:.1f} us each; {len(found)} of {len(leaks)} leaks found,"
        f" median {orders[len(orders) // 2]} orders; {false} false alarms in 1.5 shop-months"
    )

    assert each < MICROSECONDS_A_LINE
    assert sum(leak.promotion_id in found for leak in fast) >= 0.9 * len(fast)
    assert orders[len(orders) // 2] <= 4
    assert false <= 6
