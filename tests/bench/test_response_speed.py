"""What decides about 150,000 affected orders, without any I/O: triage, every plan, the days to come, the ledger.

Processor time, because others use the machine too; where it is slow, five seconds become twice what it takes to make
the same orders as values.
"""

from __future__ import annotations

import time
from datetime import timedelta
from fractions import Fraction

from builders import NOON, line
from promofuse.facts import Buyer, CancelledBy, ItemDetail, OrderStatus
from promofuse.incidents import AffectedLine, AffectedOrder
from promofuse.pricing.margin import Contribution
from promofuse.response.health import CancellationRate, clean_on, deadlines, roll
from promofuse.response.ledger import Proofs, settle_all
from promofuse.response.penalties import penalties_of
from promofuse.response.plan import KEPT, PLANS, Prices, bill, choose
from promofuse.response.triage import Decision, asked_by_buyer, bulk_groups, decide, settled

ORDERS = 150_000
SECONDS = 5.0
TIMES_MAKING = 2.0
STATES = {7: OrderStatus.SHIPPED, 11: OrderStatus.PENDING, 13: OrderStatus.CANCELLED}


def order(n: int) -> AffectedOrder:
    state = next((status for every, status in STATES.items() if n % every == 0), OrderStatus.UNSHIPPED)
    one = line(
        f"203-{n:07d}-0000001",
        ordered_at=NOON - timedelta(seconds=n),
        quantity=1 + n % 3,
        status=state,
        cancelled_by=CancelledBy.SELLER if state is OrderStatus.CANCELLED else CancelledBy.NOBODY,
        ship_by=NOON + timedelta(hours=n % 72),
    )
    return AffectedOrder(one.order_id, (one,), (AffectedLine(one, Contribution(-Fraction(900 + n % 700, 1 + n % 7))),))


def test_a_hundred_and_fifty_thousand_orders_are_decided_in_seconds():
    begin = time.process_time()
    orders = [order(n) for n in range(ORDERS)]
    making = time.process_time() - begin
    details = {
        o.order_id: (ItemDetail(order_id=o.order_id, line_id=f"{n:014d}", sku="MUG-1", quantity=1, currency="USD"),)
        for n, o in enumerate(orders)
    }
    buyers = {o.order_id: Buyer(order_id=o.order_id, email=f"b{n // 2}@post.example") for n, o in enumerate(orders)}
    rate = CancellationRate(Fraction(25, 1000), 400_000, 300, "orders", as_of=NOON, leaving=(50, 50, 50, 50, 50, 50, 0))
    prices = Prices(
        currency="RUB", breach=Fraction(10**7), goodwill=Fraction(50), penalties=penalties_of("ozon"), index=rate
    )
    best = min((look(orders, details, buyers, rate, prices) for _ in range(3)), key=lambda figures: figures["all"])
    print("\n" + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in best.items()))
    print(f"making the orders {making:.2f} s")
    assert best["all"] < max(SECONDS, TIMES_MAKING * making)


def look(orders, details, buyers, rate, prices):
    """Processor seconds of each step."""
    figures = {}

    def timed(name, begin):
        figures[name] = time.process_time() - begin

    begin = whole = time.process_time()
    bulk = bulk_groups(orders, buyers, many_orders=3, many_units=10)
    open_orders = [o for o in orders if settled(o, buyer_asked=asked_by_buyer(o, details[o.order_id])) is None]
    timed("triage", begin)
    begin = time.process_time()
    chosen = choose("least-cost", open_orders, rate, {}, bulk=bulk, prices=prices)
    timed("least-cost", begin)
    begin = time.process_time()
    decisions = [
        decide(o, details[o.order_id], buyers[o.order_id], chosen, {}, kept=KEPT["least-cost"]) for o in orders
    ]
    timed("decide", begin)
    begin = time.process_time()
    cancelled = [d.order for d in decisions if d.decision is Decision.CANCEL]
    kept = [d.order for d in decisions if d.decision is Decision.HONOUR]
    days = roll(rate, NOON, [o.ordered_at for o in orders], [o.ordered_at for o in cancelled])
    clean = clean_on(days, rate.limit)
    due = deadlines([d.ship_by for d in decisions], NOON, timedelta(days=7))
    costs = bill(cancelled, kept, rate, prices)
    timed("health and bill", begin)
    begin = time.process_time()
    ledger = settle_all(decisions, Proofs(), ORDERS)
    timed("ledger", begin)
    figures["all"] = time.process_time() - whole
    begin = time.process_time()
    sets = {plan: choose(plan, open_orders, rate, {}, bulk=bulk, prices=prices) for plan in PLANS}
    timed("and a look at all four plans", begin)
    assert len(decisions) == ORDERS
    assert ledger.difference() == ""
    assert len(sets["cancel-all"]) == len(open_orders)
    assert rate.after(len(sets["under-limit"])) < rate.limit
    assert costs.total <= bill(open_orders, [], rate, prices).total
    assert clean is not None
    assert due.late + due.soon + due.later + due.unknown == ORDERS
    return figures
