"""Other detectors for the benchmark: short, and given what ours has to learn (the true rate of every SKU)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from shop_months import DAY, Months

LEGITIMATE = 3.0  # times the usual rate, that a promotion may sell


class Loss(NamedTuple):
    """A loss-making line as it was seen; hours since the shop's start, `rate` orders an hour without a promotion."""

    promotion_id: str
    at: float
    ordered: float
    money: float
    rate: float


class Heard(NamedTuple):
    """An alarm of any detector."""

    promotion_id: str
    at: object


def losses(shop: Months) -> list[tuple[object, Loss]]:
    """The loss-making lines under watch with the time they were seen."""
    costs = {offer.sku: (float(offer.unit_cost), float(offer.shipping_cost)) for offer in shop.offers}
    start = shop.lines[0].ordered_at
    hours = (shop.watch_from - start).total_seconds() / 3600
    sold: dict[str, float] = {}
    for line in shop.lines:
        if line.ordered_at < shop.watch_from and not line.promotion_ids:
            sold[line.sku] = sold.get(line.sku, 0.0) + 1 / hours
    covers = {p.promotion_id: sum(sold.get(sku, 0.002) for sku in p.skus) for p in shop.promotions}
    found = []
    for line in shop.lines:
        if not line.promotion_ids or line.seen_at < shop.watch_from:
            continue
        unit, shipping = costs[line.sku]
        money = line.quantity * unit + shipping - 0.88 * line.paid / 100
        if money > 0:
            seen, ordered = ((t - start).total_seconds() / 3600 for t in (line.seen_at, line.ordered_at))
            promotion_id = line.promotion_ids[0]
            found.append((line.seen_at, Loss(promotion_id, seen, ordered, money, max(covers[promotion_id], 0.002))))
    return found


def count_in_an_hour() -> Callable[[Loss], float]:
    """The naive threshold: loss-making orders in the last hour."""
    recent: deque[float] = deque()

    def score(loss: Loss) -> float:
        recent.append(loss.at)
        while recent[0] < loss.at - 1:
            recent.popleft()
        return float(len(recent))

    return score


def ewma() -> Callable[[Loss], float]:
    """How many standard deviations the rate of half an hour is above three times the usual one."""
    level, last = 0.0, None

    def score(loss: Loss) -> float:
        nonlocal level, last
        level = level * math.exp(-(loss.at - last) / 0.5) + 2.0 if last is not None and loss.at >= last else level + 2.0
        last = loss.at if last is None else max(last, loss.at)
        usual = LEGITIMATE * loss.rate
        return (level - usual) / math.sqrt(usual + 0.5)

    return score


def cusum() -> Callable[[Loss], float]:
    """Poisson CUSUM for a rate four times as high as the highest legitimate one."""
    total, last = 0.0, None

    def score(loss: Loss) -> float:
        nonlocal total, last
        gap = 0.0 if last is None else max(0.0, loss.at - last)
        last = loss.at if last is None else max(last, loss.at)
        total = max(0.0, total - 3 * LEGITIMATE * loss.rate * gap) + math.log(4)
        return total

    return score


def page_hinkley(threshold: float) -> Callable[[], Callable[[Loss], float]]:
    """River's Page-Hinkley test on the logarithm of the rate between two orders against the legitimate one."""

    def new() -> Callable[[Loss], float]:
        from river.drift import PageHinkley

        test = PageHinkley(min_instances=3, delta=0.05, threshold=threshold, mode="up")
        last = None

        def score(loss: Loss) -> float:
            nonlocal last
            gap = 1.0 if last is None else max(loss.at - last, 1 / 3600)
            last = loss.at
            test.update(-math.log(gap * LEGITIMATE * loss.rate))
            return float(test.drift_detected)

        return score

    return new


def one_split() -> Callable[[Loss], float]:
    """ruptures: the best split of six hours of gaps, looked at once in three minutes.

    The score is the log likelihood ratio of the gaps after it, against the highest legitimate rate.
    """
    import numpy as np
    import ruptures

    gaps: deque[tuple[float, float]] = deque(maxlen=60)
    last, looked = None, -1.0

    def score(loss: Loss) -> float:
        nonlocal last, looked
        if last is not None:
            gaps.append((loss.at, max(loss.at - last, 1 / 3600) * LEGITIMATE * loss.rate))
        last = loss.at
        while gaps and gaps[0][0] < loss.at - 6:
            gaps.popleft()
        if len(gaps) < 4 or loss.at - looked < 0.05:
            return 0.0
        looked = loss.at
        expected = np.array([gap for _, gap in gaps])
        split = ruptures.Binseg(model="l2", min_size=2, jump=1).fit(np.log(expected)).predict(n_bkps=1)[0]
        number, usual = len(expected) - split, float(expected[split:].sum())
        return number * math.log(number / usual) - number + usual if number > usual else 0.0

    return score


def scores(
    seen: Iterable[tuple[object, Loss]], new: Callable[[], Callable[[Loss], float]]
) -> Iterator[tuple[object, str, float]]:
    """The score at each loss-making line; a promotion has a detector of its own."""
    by_promotion: dict[str, Callable[[Loss], float]] = {}
    for at, loss in seen:
        detector = by_promotion.get(loss.promotion_id)
        if detector is None:
            detector = by_promotion[loss.promotion_id] = new()
        yield at, loss.promotion_id, detector(loss)


def lowest_threshold(months: list[list[tuple[object, str, float]]], a_month: float) -> float:
    """The threshold at which calm shops raise that many alarms a month, one a promotion and day."""
    tops: dict[tuple[int, str, int], float] = {}
    for month, found in enumerate(months):
        for at, promotion_id, score in found:
            key = month, promotion_id, int(at.timestamp() // DAY.total_seconds())
            tops[key] = max(tops.get(key, 0.0), score)
    ranked = sorted(tops.values(), reverse=True)
    allowed = int(a_month * len(months))
    return ranked[allowed] + 1e-9 if len(ranked) > allowed else 0.0
