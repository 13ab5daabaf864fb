"""Plans against every possible choice: no other set of orders costs less, or saves more under the limit."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from builders import affected, line
from promofuse.response.health import CancellationRate
from promofuse.response.penalties import Band, Penalties, penalties_of
from promofuse.response.plan import Prices, bill, cancel_set

SMALL = Penalties(
    bands=(Band(Fraction(1, 10), Fraction(1, 10)), Band(Fraction(3, 10), Fraction(1, 2), blocks=True)),
    days=14, zone="UTC", currency="USD", cap=300,
)  # fmt: skip
LIMITS = st.sampled_from([Fraction(25, 1000), Fraction(1, 10), Fraction(1, 3)])
LOSSES = st.one_of(st.none(), st.integers(-50, 2000), st.fractions(0, 900, max_denominator=7))


@st.composite
def orders_of(draw, most=7):
    losses = draw(st.lists(LOSSES, max_size=most))
    paid = draw(st.lists(st.integers(0, 4000), min_size=len(losses), max_size=len(losses)))
    return [
        affected(line(f"O-{n}", item_price=price, item_discount=0), loss=loss)
        for n, (loss, price) in enumerate(zip(losses, paid, strict=True))
    ]


@st.composite
def rates(draw, limit=None):
    orders = draw(st.integers(1, 120))
    cancelled = draw(st.integers(0, min(orders, 12)))
    return CancellationRate(limit or draw(LIMITS), orders, cancelled)


def subsets(orders):
    return chain.from_iterable(combinations(orders, size) for size in range(len(orders) + 1))


def total(chosen, orders, rate, prices):
    ids = {order.order_id for order in chosen}
    return bill(
        [o for o in orders if o.order_id in ids], [o for o in orders if o.order_id not in ids], rate, prices
    ).total


def plain_total(chosen, orders, rate, prices):
    """The same from the words of the contract, not from the code."""
    ids = {order.order_id for order in chosen}
    cost = sum((o.loss or Fraction(0) for o in orders if o.order_id not in ids), Fraction(0))
    cost += prices.goodwill * len(ids)
    before, after = (Fraction(rate.cancelled + k, rate.orders) for k in (0, len(ids)))
    if prices.breach and before < rate.limit <= after:
        cost += prices.breach
    if prices.penalties and prices.index:
        share = Fraction(prices.index.cancelled + len(ids), prices.index.orders)
        fee = max((b.fee for b in prices.penalties.bands if share > b.over), default=Fraction(0))
        cost += sum(min(fee * o.affected[0].line.paid, prices.penalties.cap) for o in orders if o.order_id in ids)
    return cost


@given(
    orders_of(), rates(), rates(), st.sampled_from([None, SMALL]), st.integers(1, 5000), st.integers(0, 300), st.data()
)
def test_least_cost_is_the_least_of_all_choices(orders, rate, index, penalties, breach, goodwill, data):
    prices = Prices(
        currency="USD", breach=Fraction(breach), goodwill=Fraction(goodwill), penalties=penalties,
        index=index if penalties else None,
    )  # fmt: skip
    pinned = frozenset(data.draw(st.lists(st.sampled_from([o.order_id for o in orders] or [""]), max_size=3)))

    chosen = cancel_set("least-cost", orders, rate, pinned, prices=prices)

    known = [o for o in orders if o.loss is not None or o.order_id in pinned]
    choices = [s for s in subsets(known) if {o.order_id for o in s} >= pinned - {""}]
    least = min(plain_total(s, orders, rate, prices) for s in choices)
    found = [o for o in orders if o.order_id in chosen]
    assert plain_total(found, orders, rate, prices) == least
    assert total(found, orders, rate, prices) == least
    assert pinned - {""} <= chosen
    cheapest = [s for s in choices if plain_total(s, orders, rate, prices) == least]
    assert len(chosen) == min(map(len, cheapest))


@given(orders_of(), rates())
def test_under_limit_saves_the_most_that_fits(orders, rate):
    chosen = cancel_set("under-limit", orders, rate)

    def saved(some):
        return sum((o.loss for o in some if o.loss is not None), Fraction(0))

    fitting = [s for s in subsets(orders) if rate.after(len(s)) < rate.limit]
    full = min(len(orders), rate.room())
    found = [o for o in orders if o.order_id in chosen]
    assert len(found) == full
    same_size = [s for s in fitting if len(s) == full] or [()]
    assert saved(found) == max(map(saved, same_size)) or any(o.loss is None or o.loss < 0 for o in orders)
    assert not found or rate.after(len(found)) < rate.limit


@given(st.integers(0, 300), st.integers(1, 300), st.integers(0, 300))
def test_a_band_of_ozon_is_that_of_its_table(cancelled, orders, more):
    rate = CancellationRate(Fraction(4, 100), orders, min(cancelled, orders)).after(min(more, orders))
    band = penalties_of("ozon").band(rate)
    percent = rate * 100
    fee = 0 if percent <= 4 else 3 if percent <= 10 else 6 if percent <= 20 else 9
    assert (band.fee * 100 if band else 0) == fee
    assert bool(band and band.blocks) is (percent > 40)
