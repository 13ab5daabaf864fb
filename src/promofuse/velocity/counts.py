"""Orders by the minute they were placed in, however late they arrive, and how surprising a count is."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final, Self

DAY_MINUTES: Final = 1440
# Up to which age entries are kept by the minute, by ten and by forty minutes: windows are longer where they are older.
_CELLS: Final = ((62, 1), (330, 10), (DAY_MINUTES + 2, 40))
_MOST_ENTRIES: Final = 140


def surprise(count: int, mean: float) -> float:
    """-ln P(N >= count) in nats for a negative binomial N with this mean and size 3, exactly.

    Size 3 is the over-dispersion of order streams over half an hour. N >= count means that count + 2 trials hold at
    most 2 successes of probability 3 / (mean + 3), so the tail is a power times a quadratic.
    """
    failure = mean / (mean + 3.0)
    success = 1.0 - failure
    trials = count + 2
    at_most_two = failure * failure + trials * success * (failure + 0.5 * (trials - 1) * success)
    return -(count * math.log(failure) + math.log(at_most_two))


class OrderCounts:
    """Cumulative counts at the minutes in which orders were placed, over the last day."""

    __slots__ = ("_before", "_counts", "_minutes", "newest", "total")

    def __init__(self) -> None:
        self.newest = -1  # the latest minute so far
        self.total = 0  # orders, whatever their age
        self._minutes: list[int] = []
        self._counts: list[int] = []  # orders up to and including that minute
        self._before = 0  # orders older than the first entry

    @property
    def held(self) -> int:
        """Orders of about the last day."""
        return self.total - self._before

    def add(self, minute: int) -> None:
        """Count one order in its own minute; more than a day behind the newest it joins the past."""
        minutes, counts = self._minutes, self._counts
        self.total += 1
        if not minutes or minute > minutes[-1]:
            minutes.append(minute)
            counts.append(self.total)
            self.newest = minute
            if len(minutes) > _MOST_ENTRIES:
                self._thin_out()
            return
        place = bisect_right(minutes, minute) - 1
        if self.newest - minute > DAY_MINUTES:
            self._before += 1
            place = 0
        elif place < 0 or minutes[place] != minute:
            place += 1
            minutes.insert(place, minute)
            counts.insert(place, counts[place - 1] if place else self._before)
        for later in range(place, len(counts)):
            counts[later] += 1

    def within(self, minutes: int) -> int:
        """Orders of the newest minute and the `minutes` before it."""
        place = bisect_right(self._minutes, self.newest - minutes - 1)
        return self.total - (self._counts[place - 1] if place else self._before)

    def within_each(self, windows: Sequence[int]) -> list[int]:
        """`within` for windows of rising length, up to the first that holds all orders kept."""
        minutes, counts, total = self._minutes, self._counts, self.total
        last = self.newest - 1
        found = []
        place = len(minutes)
        for window in windows:
            place = bisect_right(minutes, last - window, 0, place)
            if not place:
                found.append(total - self._before)
                break
            found.append(total - counts[place - 1])
        return found

    def _thin_out(self) -> None:
        """Keep the last entry of each cell and none past a day; entries are cumulative, so sums stay right."""
        kept: list[tuple[int, int]] = []
        last_cell = (0, 0)
        for minute, count in zip(self._minutes, self._counts, strict=True):
            width = next((width for age, width in _CELLS if self.newest - minute <= age), 0)
            if not width:
                self._before = count
                continue
            cell = (width, minute // width)
            if kept and cell == last_cell:
                kept.pop()
            kept.append((minute, count))
            last_cell = cell
        self._minutes = [minute for minute, _ in kept]
        self._counts = [count for _, count in kept]

    def to_state(self) -> dict[str, Any]:
        """Differences as JSON values, which keeps them short."""
        return {
            "newest": self.newest,
            "total": self.total,
            "before": self._before,
            "minutes": [b - a for a, b in pairwise([0, *self._minutes])],
            "counts": [b - a for a, b in pairwise([self._before, *self._counts])],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Go on from `to_state`."""
        counts = cls()
        counts.newest, counts.total = state["newest"], state["total"]
        counts._before = state["before"]
        counts._minutes = list(accumulate(state["minutes"]))
        counts._counts = list(accumulate(state["counts"], initial=state["before"]))[1:]
        return counts
