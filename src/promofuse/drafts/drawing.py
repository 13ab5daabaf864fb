"""Points of two small SVG drawings over one stretch of time: orders against expectation, and money as it adds up.

Pure geometry; `report/plot.html.j2` draws it, without a script and without anything from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 120
_LABEL: Final = 8  # width of a letter


@dataclass(slots=True)
class Bin:
    """One stretch of time: orders, what they lose (major or minor units, but the same in all), what is expected."""

    orders: int = 0
    lost: float = 0.0
    expected: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the drawing; `kind` is a class of the style sheet, `label` a letter of the legend or blank."""

    x: float
    kind: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Bars (x, y, height) and two lines as SVG points, `width` x `height`; what the top of each stands for."""

    bars: tuple[tuple[float, float, float], ...]
    bar_width: float
    expected: str
    money: str
    marks: tuple[Mark, ...]
    most_orders: int
    most_money: float
    width: int = WIDTH
    height: int = HEIGHT


def draw(bins: Sequence[Bin], begin: int, step: int, marks: Iterable[tuple[int, str, str]]) -> Drawing:
    """Draw stretches of `step` from `begin` on; `marks` are (moment, kind, label), those outside are left out.

    Times are integers of any one unit. An unknown expectation goes on as the last known one, from none at all.
    """
    end = begin + step * len(bins)
    width = WIDTH / len(bins)
    known = any(one.expected is not None for one in bins)
    last = 0.0
    usual = [last := one.expected if one.expected is not None else last for one in bins]
    top = max(1.0, *(one.orders for one in bins), *usual)
    lost = list(accumulate(one.lost for one in bins))
    richest = max(1.0, lost[-1])

    def up(share: float) -> float:
        return round(HEIGHT * (1 - share), 1)

    return Drawing(
        bars=tuple(
            (round(place * width, 1), up(one.orders / top), round(HEIGHT * one.orders / top, 1))
            for place, one in enumerate(bins)
            if one.orders
        ),
        bar_width=round(width * 0.8, 1),
        expected=" ".join(f"{(place + 0.5) * width:.1f},{up(value / top)}" for place, value in enumerate(usual))
        if known
        else "",
        money=" ".join(f"{(place + 1) * width:.1f},{up(value / richest)}" for place, value in enumerate(lost)),
        marks=_side_by_side(
            Mark(round((at - begin) / (end - begin) * WIDTH, 1), kind, label)
            for at, kind, label in sorted(marks, key=lambda mark: mark[0])
            if begin <= at < end
        ),
        most_orders=round(top),
        most_money=lost[-1],
    )


def _side_by_side(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Labels that would lie on each other become one, at the first of them."""
    placed: list[Mark] = []
    at = -1  # where the last label stands
    for mark in marks:
        if mark.label and at >= 0 and mark.x - placed[at].x < _LABEL * (len(placed[at].label) + 1):
            placed[at] = replace(placed[at], label=f"{placed[at].label} {mark.label}")
            placed.append(replace(mark, label=""))
        else:
            placed.append(mark)
            at = len(placed) - 1 if mark.label else at
    return tuple(placed)
