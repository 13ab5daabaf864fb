"""A small shop drawn from a seed: over-dispersed orders with a daily rhythm, routine promotions, leaks on request.

What makes the watch's life hard is in it: busy loss leaders, odd coupons, baskets of many pieces, late deliveries and
outages after which orders come in a heap.
"""

from __future__ import annotations

import csv
import gzip
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.money import decimal_text

START = datetime(2027, 3, 1, tzinfo=UTC)
SLOT = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Leak:
    """A fault: the promotion sells at `percent` off in [start, end), `speed` times as fast as usual at its height."""

    promotion_id: str
    start: datetime
    end: datetime
    speed: float


@dataclass(slots=True)
class _Running:
    """A promotion on one SKU while it sells."""

    promotion_id: str
    sku: int
    start: datetime
    end: datetime
    percent: int
    speed: float
    ramp: timedelta = timedelta(0)


@dataclass(slots=True)
class SimulatedShop:
    """Facts in the order in which they were seen."""

    offers: list[Offer] = field(default_factory=list)
    promotions: list[Promotion] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)

    def write(self, folder: Path, lines: list[OrderLine] | None = None) -> None:
        """Write plain files; `lines` stand in for the shop's own, as they are ordered."""
        with (folder / "catalogue.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("sku", "currency", "unit_cost", "price", "fee_rate", "shipping_cost"))
            for o in self.offers:
                money = (float(o.unit_cost), float(o.price), float(o.fee_rate), float(o.shipping_cost))
                writer.writerow((o.sku, o.currency, *money))
        with (folder / "promotions.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("promotion_id", "seen_at", "status", "starts_at", "ends_at", "skus", "percent_off"))
            for p in self.promotions:
                times = (p.starts_at.isoformat(), p.ends_at.isoformat())
                writer.writerow((p.promotion_id, p.seen_at.isoformat(), p.status, *times, p.skus[0], p.percent_off))
        with gzip.open(folder / "orders.csv.gz", "wt", newline="") as file:
            writer = csv.writer(file)
            columns = "order_id line_id ordered_at seen_at sku quantity item_price item_discount currency promotion_ids"
            writer.writerow(columns.split())
            for line in self.lines if lines is None else lines:
                times = (line.ordered_at.isoformat(), line.seen_at.isoformat())
                paid = (decimal_text(line.item_price, "USD"), decimal_text(line.item_discount, "USD"))
                ids = ";".join(line.promotion_ids)
                writer.writerow((line.order_id, "1", *times, line.sku, line.quantity, *paid, line.currency, ids))


def simulate(seed: int, *, skus: int = 60, days: int = 16, leaks: int = 0, quiet_days: int = 10) -> SimulatedShop:
    """Draw a shop. Its leaks begin after `quiet_days`, each on a promotion and a SKU of its own."""
    rng = random.Random(seed)
    shop = SimulatedShop()
    rates = [min(rng.lognormvariate(-1.2, 1.1), 4.0) for _ in range(skus)]
    for number in range(skus):
        price = round(min(rng.lognormvariate(3.2, 0.5), 90.0), 2)
        cost = round(price * rng.uniform(0.45, 0.62), 2)
        shipping = round(min(3.0, price * 0.08), 2)
        shop.offers.append(
            Offer(
                sku=f"SIM-{number:03d}",
                currency="USD",
                price=Fraction(str(price)),
                unit_cost=Fraction(str(cost)),
                fee_rate=Fraction(12, 100),
                shipping_cost=Fraction(str(shipping)),
            )
        )
    running = [*_routine(rng, shop, skus, days, leaks)]
    running += _leaks(rng, shop, skus, days, leaks, quiet_days)
    shop.promotions.sort(key=lambda p: p.seen_at)
    outages = [START + rng.uniform(1, days) * DAY for _ in range(days // 8)]
    drawn = [line for number in range(skus) for line in _orders(rng, shop.offers[number], number, rates, running, days)]
    seen = [_seen(rng, at, outages) for at, *_ in drawn]
    arrived = sorted(zip(seen, drawn, strict=True), key=lambda pair: pair[0])
    shop.lines = [
        OrderLine(
            order_id=f"SIM{number:07d}",
            line_key="1",
            line_id="1",
            sku=offer.sku,
            quantity=quantity,
            currency="USD",
            ordered_at=at,
            seen_at=seen_at,
            item_price=round(offer.price * 100) * quantity,
            item_discount=round(offer.price * percent) * quantity,
            promotion_ids=(promotion_id,) if promotion_id else (),
        )
        for number, (seen_at, (at, offer, quantity, promotion_id, percent)) in enumerate(arrived)
    ]
    return shop


def _routine(rng: random.Random, shop: SimulatedShop, skus: int, days: int, leaks: int) -> Iterator[_Running]:
    """Promotions of one to four days, one on a SKU at a time; a fifth of them are loss leaders. Few SKUs stay free."""
    for sku in range(leaks, skus):
        start = START + rng.uniform(0, 20) * DAY
        while start < START + days * DAY:
            end = start + rng.uniform(1, 4) * DAY
            percent = rng.randint(28, 42) if rng.random() < 0.2 else rng.randint(5, 24)
            promotion_id = f"SP-{sku:03d}-{(start - START).days:02d}"
            _record(shop, promotion_id, sku, start, start, end, percent)
            if rng.random() < 0.4:  # looked at again, nothing changed but the end
                _record(shop, promotion_id, sku, start + (end - start) / 3, start, end + MINUTE, percent)
            _record(shop, promotion_id, sku, end, start, end, percent, status="ended")
            yield _Running(promotion_id, sku, start, end, percent, rng.uniform(1, 4))
            start = end + rng.uniform(2, 20) * DAY


def _leaks(
    rng: random.Random, shop: SimulatedShop, skus: int, days: int, leaks: int, quiet_days: int
) -> Iterator[_Running]:
    """Half are typed wrong in an edit, half sell far below what the record says."""
    for sku in range(leaks):
        promotion_id = f"LEAK-{sku:02d}"
        fault = START + rng.uniform(quiet_days, days - 0.5) * DAY
        begun, end = fault - 8 * timedelta(hours=1), fault + rng.uniform(5, 10) * timedelta(hours=1)
        speed = rng.choice((6.0, 20.0, 60.0))
        percent = rng.randint(5, 12)
        _record(shop, promotion_id, sku, begun, begun, end, percent)
        if sku % 2:
            _record(shop, promotion_id, sku, fault, begun, end, min(97, percent * 10))
        _record(shop, promotion_id, sku, end, begun, end, percent, status="ended")
        shop.leaks.append(Leak(promotion_id, fault, end, speed))
        yield _Running(promotion_id, sku, begun, fault, percent, 1.5)
        yield _Running(promotion_id, sku, fault, end, min(97, percent * 10), speed, ramp=timedelta(minutes=90))


def _record(
    shop: SimulatedShop, promotion_id: str, sku: int, seen_at: datetime, start: datetime, end: datetime, percent: int,
    status: str = "active",
) -> None:  # fmt: skip
    shop.promotions.append(
        Promotion(
            promotion_id=promotion_id,
            seen_at=seen_at,
            status=status,
            starts_at=start,
            ends_at=end,
            skus=(f"SIM-{sku:03d}",),
            percent_off=Fraction(percent),
        )
    )


def _orders(
    rng: random.Random, offer: Offer, sku: int, rates: list[float], running: list[_Running], days: int
) -> Iterator[tuple[datetime, Offer, int, str, float]]:
    """Time, offer, quantity, promotion id and percent off of one SKU's orders."""
    own = [r for r in running if r.sku == sku]
    for slot in range(days * 48):
        begin = START + slot * SLOT
        hour = slot % 48 / 2
        rhythm = 1 - 0.8 * math.cos((hour - 4) / 24 * 2 * math.pi)
        burst = rng.gammavariate(3, 1 / 3)
        now = next((r for r in own if r.start <= begin < r.end), None)
        mean = rates[sku] / 2 * rhythm * burst
        if now is not None:
            risen = min(1.0, (begin + SLOT - now.start) / now.ramp) if now.ramp else 1.0
            mean *= 1 + (now.speed - 1) * risen
        for _ in range(_poisson(rng, mean)):
            at = begin + rng.random() * SLOT
            at = at.replace(microsecond=at.microsecond // 1000 * 1000)
            quantity = 1 if rng.random() < 0.85 else rng.randint(2, 4)
            if rng.random() < 0.001:
                quantity = rng.randint(10, 40)
            percent = float(now.percent) if now else 0.0
            if now and rng.random() < 0.02:  # an odd coupon on top
                percent = min(95.0, percent + rng.randint(5, 30))
            yield at, offer, quantity, now.promotion_id if now else "", percent


def _poisson(rng: random.Random, mean: float) -> int:
    limit, count, product = math.exp(-min(mean, 500.0)), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


def _seen(rng: random.Random, at: datetime, outages: list[datetime]) -> datetime:
    delay = rng.expovariate(1 / 600) if rng.random() < 0.03 else rng.expovariate(1 / 5)
    seen = at + timedelta(milliseconds=int(delay * 1000))
    for outage in outages:
        if outage <= seen < outage + timedelta(hours=2):
            return outage + timedelta(hours=2) + timedelta(milliseconds=rng.randint(0, 60_000))
    return seen
