"""The watch over a month of orders: microseconds a line, found leaks and false alarms on shops of its own seeds."""

import json
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
    clock = time.process_time
    begun, watched, promoted, largest = clock(), 0.0, 0, 0
    for line in shop.lines:
        while waiting and waiting[-1].seen_at <= line.seen_at:
            watch.see_promotion(waiting.pop())
        if not line.promotion_ids:
            alarms += watch.see_order([line])
            continue
        before = clock()
        alarms += watch.see_order([line])
        watched += clock() - before
        promoted += 1
        if promoted % 5000 == 0:
            states = watch.to_state()["watched"]
            largest = max(largest, *(len(json.dumps(state, separators=(",", ":"))) for _, _, state in states))
    each = (clock() - begun) / len(shop.lines) * 1e6
    begun = clock()
    for _ in range(1_000_000):
        len(shop.lines)
    unit = clock() - begun
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
        f"{len(shop.lines)} lines, {each:.1f} us each; {watched / promoted * 1e6:.1f} us for each of {promoted} of a"
        f" promotion (a million calls of len: {unit:.2f} s); state of a promotion at most {largest} bytes;"
        f" {len(found)} of {len(leaks)} leaks found,"
        f" median {orders[len(orders) // 2]} orders; {false} false alarms in 1.5 shop-months"
    )

    assert each < MICROSECONDS_A_LINE
    assert largest <= 2000
    assert sum(leak.promotion_id in found for leak in fast) >= 0.9 * len(fast)
    assert orders[len(orders) // 2] <= 4
    assert false <= 6
