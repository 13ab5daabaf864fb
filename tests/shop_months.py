"""Months of a whole shop drawn from a seed, with faults whose truth is known and with all that only looks like one.

Legitimate and hard: loss leaders, odd coupons, staff orders in a row, wholesale baskets, clearances at half the cost,
one percentage over many SKUs, a holiday, late deliveries, and outages after which orders come in a heap. Faults are of
five kinds: `typed` (the record itself is wrong), `leak` (buyers pay far less than the record says), `many` (one wrong
percentage over dozens of SKUs), `partial` (only some buyers get the wrong price), `slow` (few orders, for days).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from operator import attrgetter

from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.verdicts import Alarm

START = datetime(2028, 2, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
KINDS = ("typed", "leak", "many", "partial", "slow")
_RHYTHM = [1 - 0.8 * math.cos((hour - 4) / 24 * 2 * math.pi) for hour in range(24)]
_SLOT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Fault:
    """Wrong prices in [start, end); buyers find out at `onset`."""

    kind: str
    promotion_id: str
    start: datetime
    onset: datetime
    end: datetime


@dataclass(slots=True)
class Months:
    """Facts in the order in which they were seen, and the truth; alarms count from `watch_from`."""

    offers: list[Offer] = field(default_factory=list)
    promotions: list[Promotion] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    clearances: set[str] = field(default_factory=set)
    buyers: dict[str, int] = field(default_factory=dict)  # by order, where they are known
    watch_from: datetime = START
    watch_until: datetime = START


@dataclass(slots=True)
class _Run:
    """A promotion as it sells in [start, end): `discount` percent off, `speed` times the usual rate."""

    promotion_id: str
    skus: tuple[int, ...]
    start: datetime
    end: datetime
    discount: float
    speed: float
    onset: datetime | None = None
    ramp: timedelta = _SLOT
    share: float = 1.0  # of the orders that get `discount`; the others get `usual`
    usual: float = 0.0

    def speed_at(self, at: datetime) -> float:
        if self.onset is None:
            return self.speed
        return 1.5 + max(0.0, min(1.0, (at - self.onset) / self.ramp)) * (self.speed - 1.5)


def simulate_months(
    seed: int, *, skus: int = 400, history_days: int = 28, watched_days: int = 30, faults: int = 0, clearances: int = 0,
    busy: float = 0.25,
) -> Months:  # fmt: skip
    """Draw a shop; `busy` is the median SKU's orders an hour."""
    return _Drawing(seed, skus, history_days, watched_days, busy).draw(faults, clearances)


class _Drawing:
    def __init__(self, seed: int, skus: int, history_days: int, watched_days: int, busy: float) -> None:
        self.rng = random.Random(seed)
        self.shop = Months(
            watch_from=START + history_days * DAY, watch_until=START + (history_days + watched_days) * DAY
        )
        self.rates = [min(busy * self.rng.lognormvariate(0, 1.0), 8 * busy) for _ in range(skus)]
        self.money: list[tuple[float, float, float]] = []  # price, cost with shipping, what the fee leaves
        self.free = list(range(skus))
        self.rng.shuffle(self.free)
        self.runs: list[_Run] = []
        self.number = 0
        for sku in range(skus):
            self._offer(sku)

    def _offer(self, sku: int) -> None:
        rng = self.rng
        price = round(min(max(rng.lognormvariate(3.2, 0.6), 5.0), 150.0), 2)
        cost, shipping = round(price * rng.uniform(0.45, 0.62), 2), round(min(3.5, price * 0.08), 2)
        self.money.append((price, cost + shipping, 0.88))
        self.shop.offers.append(
            Offer(
                sku=f"M{sku:04d}", currency="USD", price=Fraction(str(price)), unit_cost=Fraction(str(cost)),
                fee_rate=Fraction(12, 100), shipping_cost=Fraction(str(shipping)),
            )
        )  # fmt: skip

    def percent_for(self, sku: int, depth: float) -> float:
        """The percentage off at which a unit loses `depth` of its cost."""
        price, cost, keep = self.money[sku]
        return min(97.0, max(3.0, round(100 * (1 - (1 - depth) * cost / (price * keep)), 1)))

    def draw(self, faults: int, clearances: int) -> Months:
        shop = self.shop
        for place in range(faults):
            self._fault(KINDS[place % len(KINDS)])
        for _ in range(clearances):
            self._clearance()
        self._routine()
        shop.promotions.sort(key=attrgetter("seen_at"))
        self._orders()
        return shop

    def _record(self, promotion_id: str, skus: tuple[int, ...], seen_at: datetime, run: tuple[datetime, datetime],
                percent: float, status: str = "active") -> None:  # fmt: skip
        self.shop.promotions.append(
            Promotion(
                promotion_id=promotion_id, seen_at=seen_at, status=status, starts_at=run[0], ends_at=run[1],
                skus=tuple(f"M{sku:04d}" for sku in skus), percent_off=Fraction(str(percent)),
            )
        )  # fmt: skip

    def _name(self, letter: str) -> str:
        self.number += 1
        return f"{letter}{self.number:04d}"

    def _when(self, spare: float) -> datetime:
        """A time under watch, in working hours."""
        days = (self.shop.watch_until - self.shop.watch_from) / DAY - spare
        day = int(self.rng.uniform(0.2, days))
        return self.shop.watch_from + day * DAY + self.rng.uniform(6, 23) * HOUR

    def _fault(self, kind: str) -> None:
        rng = self.rng
        skus = tuple(self.free.pop() for _ in range(rng.randint(15, 40) if kind == "many" else 1))
        slow = kind == "slow"
        start = self._when(4)
        onset = start + min(rng.expovariate(1 / 1.5), 8) * HOUR
        end = onset + (rng.uniform(36, 72) if slow else 6) * HOUR
        meant = rng.uniform(5, 25)
        wrong = min(95.0, max(meant * rng.choice((3, 4, 10)), self.percent_for(skus[0], rng.uniform(0.15, 0.8))))
        meant, wrong = round(meant, 1), round(wrong, 1)
        in_record = kind in ("typed", "many") or (slow and rng.random() < 0.5)
        promotion_id = self._name("F")
        begun = start - rng.uniform(2, 30) * HOUR if rng.random() < 0.6 else start
        if begun < start:
            self._record(promotion_id, skus, begun, (begun, end), meant)
            self.runs.append(_Run(promotion_id, skus, begun, start, meant, rng.uniform(1, 3)))
            if in_record:
                self._record(promotion_id, skus, start, (begun, end), wrong)
        else:
            self._record(promotion_id, skus, start, (start, end), wrong if in_record else meant)
        self._record(promotion_id, skus, end, (begun, end), meant, status="ended")
        speed = rng.uniform(1.5, 4) if slow else min(rng.lognormvariate(3.2, 0.9), 300.0)
        ramp = timedelta(minutes=rng.uniform(10, 90))
        share = rng.uniform(0.15, 0.5) if kind == "partial" else 1.0
        self.runs.append(_Run(promotion_id, skus, start, end, wrong, speed, onset, ramp, share, meant))
        self.shop.faults.append(Fault(kind, promotion_id, start, onset, end))

    def _clearance(self) -> None:
        """Meant: what is left goes at a fifth to three fifths below cost."""
        rng = self.rng
        sku = self.free.pop()
        start = self._when(6) if rng.random() < 0.6 else START + rng.uniform(1, 14) * DAY
        end = start + rng.uniform(1, 5) * DAY
        percent = self.percent_for(sku, rng.uniform(0.2, 0.6))
        promotion_id = self._name("C")
        self._record(promotion_id, (sku,), start, (start, end), percent)
        self._record(promotion_id, (sku,), end, (start, end), percent, status="ended")
        self.runs.append(_Run(promotion_id, (sku,), start, end, percent, rng.uniform(1.5, 5)))
        self.shop.clearances.add(promotion_id)

    def _routine(self) -> None:
        """A third of the SKUs have promotions of one to five days; a quarter of these are loss leaders."""
        rng = self.rng
        days = (self.shop.watch_until - START) / DAY
        for _ in range(len(self.rates) // 150):
            skus = tuple(self.free.pop() for _ in range(rng.randint(10, 25)))
            self._plan(skus, START + rng.uniform(0, days - 5) * DAY, rng.uniform(8, 30))
        for sku in self.free[: len(self.rates) // 3]:
            start = START + rng.uniform(0, 20) * DAY
            while start < self.shop.watch_until:
                leads = rng.random() < 0.25
                percent = self.percent_for(sku, rng.uniform(0.01, 0.15)) if leads else round(rng.uniform(5, 24), 1)
                start = self._plan((sku,), start, percent) + rng.uniform(2, 14) * DAY

    def _plan(self, skus: tuple[int, ...], start: datetime, percent: float) -> datetime:
        rng = self.rng
        end = start + rng.uniform(1, 5) * DAY
        promotion_id = self._name("R")
        self._record(promotion_id, skus, start, (start, end), percent)
        if rng.random() < 0.4:  # looked at again, nothing changed but the end
            end += HOUR
            self._record(promotion_id, skus, start + (end - start) / 3, (start, end), percent)
        speed = rng.uniform(1, 4)
        if len(skus) == 1 and rng.random() < 0.05:  # edited a little deeper, and meant
            edited, deeper = start + (end - start) / 2, min(percent + rng.uniform(2, 6), 45.0)
            self.runs.append(_Run(promotion_id, skus, start, edited, percent, speed))
            start, percent = edited, round(deeper, 1)
            self._record(promotion_id, skus, start, (start, end), percent)
        self._record(promotion_id, skus, end, (start, end), percent, status="ended")
        self.runs.append(_Run(promotion_id, skus, start, end, percent, speed))
        return end

    def _orders(self) -> None:
        rng = self.rng
        by_sku: list[list[_Run]] = [[] for _ in self.rates]
        for run in self.runs:
            for sku in run.skus:
                by_sku[sku].append(run)
        days = round((self.shop.watch_until - START) / DAY)
        holiday = {rng.randrange(days): rng.choice((0.3, 2.0)) for _ in range(2)}
        outages = [START + rng.uniform(1, days) * DAY for _ in range(days // 8)]
        seen = []
        for sku, runs in enumerate(by_sku):
            for at, quantity, run, discount in self._sales(sku, sorted(runs, key=attrgetter("start")), days, holiday):
                seen.append((self._seen(at, outages), at, sku, quantity, run, discount))
        seen.sort(key=lambda sale: (sale[0], sale[1], sale[2]))
        for number, (seen_at, at, sku, quantity, run, discount) in enumerate(seen):
            price = round(self.money[sku][0] * 100)
            self.shop.lines.append(
                OrderLine(
                    order_id=f"Q{number:07d}", line_key="1", line_id="1", sku=f"M{sku:04d}", quantity=quantity,
                    currency="USD", ordered_at=at, seen_at=seen_at, item_price=price * quantity,
                    item_discount=round(price * discount / 100) * quantity,
                    promotion_ids=(run.promotion_id,) if run else (),
                )
            )  # fmt: skip

    def _sales(
        self, sku: int, runs: list[_Run], days: int, holiday: dict[int, float]
    ) -> Iterator[tuple[datetime, int, _Run | None, float]]:
        rng, rate = self.rng, self.rates[sku]
        slots = [(START + slot * HOUR, HOUR, None) for slot in range(24 * days)]
        if runs:
            covered = {hour for run in runs for hour in range(_hour(run.start), _hour(run.end) + 1)}
            slots = [slot for number, slot in enumerate(slots) if number not in covered]
            for run in runs:
                at = run.start
                while at < run.end:
                    width = min(_SLOT, run.end - at)
                    slots.append((at, width, run))
                    at += width
        for at, width, run in slots:
            day = (at - START).days
            mean = rate * _RHYTHM[at.hour] * (width / HOUR) * holiday.get(day, 1.0) * rng.gammavariate(3, 1 / 3)
            if run is not None:
                mean *= run.speed_at(at + width / 2)
            for _ in range(_poisson(rng, mean)):
                yield from self._sale(
                    at + timedelta(milliseconds=int(rng.random() * width.total_seconds() * 1000)), run
                )

    def _sale(self, at: datetime, run: _Run | None) -> Iterator[tuple[datetime, int, _Run | None, float]]:
        rng = self.rng
        draw = rng.random()
        quantity = 1 if draw < 0.86 else rng.randint(2, 4) if draw < 0.9995 else rng.randint(12, 60)
        if run is None:
            yield at, quantity, None, 0.0
            return
        discount = run.discount if run.share == 1.0 or rng.random() < run.share else run.usual
        odd = rng.random()
        if odd < 0.01:  # a coupon on top
            yield at, quantity, run, min(95.0, discount + rng.uniform(5, 30))
        elif odd < 0.0105:  # staff, two or three orders in a row
            for minutes in range(rng.randint(2, 3)):
                yield at + timedelta(minutes=minutes), 1, run, max(discount, 50.0)
        else:
            yield at, quantity, run, discount

    def _seen(self, at: datetime, outages: list[datetime]) -> datetime:
        rng = self.rng
        delay = rng.expovariate(1 / 600) if rng.random() < 0.03 else rng.expovariate(1 / 5)
        seen = at + timedelta(milliseconds=int(delay * 1000))
        for outage in outages:
            if outage <= seen < outage + 2 * HOUR:
                return outage + 2 * HOUR + timedelta(milliseconds=rng.randint(0, 60_000))
        return seen


def _hour(at: datetime) -> int:
    return int((at - START) / HOUR)


def _poisson(rng: random.Random, mean: float) -> int:
    if mean > 400:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


@dataclass(frozen=True, slots=True)
class Judged:
    """One fault against the alarms: its loss-making orders and money, those before the alarm, None if not found."""

    fault: Fault
    orders: int
    lost: float
    orders_before: int
    lost_before: float
    found_at: datetime | None


def judge_alarms(shop: Months, alarms: list[Alarm]) -> tuple[list[Judged], list[Alarm]]:
    """Each fault that lost money, and the false alarms: at most one a promotion and day, none in a fault's wake."""
    costs = {o.sku: (o.unit_cost, o.shipping_cost) for o in shop.offers}
    wanted = {fault.promotion_id: [] for fault in shop.faults}
    for line in shop.lines:
        for promotion_id in line.promotion_ids:
            if promotion_id in wanted:
                unit, shipping = costs[line.sku]
                loss = line.quantity * float(unit) + float(shipping) - 0.88 * line.paid / 100
                if loss > 0:
                    wanted[promotion_id].append((line.ordered_at, loss))
    heard = [alarm for alarm in alarms if alarm.at >= shop.watch_from]
    judged = []
    for fault in shop.faults:
        own = [sale for sale in wanted[fault.promotion_id] if fault.start <= sale[0] <= fault.end]
        if not own:
            continue
        hits = (a.at for a in heard if a.promotion_id == fault.promotion_id)
        found = min((at for at in hits if fault.start <= at <= fault.end + HOUR / 2), default=None)
        before = own if found is None else [sale for sale in own if sale[0] <= found]
        judged.append(Judged(fault, len(own), sum(s[1] for s in own), len(before), sum(s[1] for s in before), found))
    times = {fault.promotion_id: (fault.start, fault.end + DAY) for fault in shop.faults}
    false, last = [], {}
    for alarm in heard:
        start, end = times.get(alarm.promotion_id, (None, None))
        if start and start <= alarm.at <= end:
            continue
        if alarm.promotion_id not in last or alarm.at - last[alarm.promotion_id] >= DAY:
            last[alarm.promotion_id] = alarm.at
            false.append(alarm)
    return judged, false
