"""What a replay found as one HTML page with plots: orders against expectation, money against time, marks at alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Final

from promofuse.instants import DAY, HOUR, micros, moment
from promofuse.money import decimal_text
from promofuse.velocity.sale import Sale
from promofuse.velocity.watch import ShopWatch
from promofuse.verdicts import Alarm

_WIDTH, _HEIGHT = 720, 120
_BEFORE, _AFTER = 12 * HOUR, 24 * HOUR  # around the alarms of a plot
_MOST_HOURS: Final = 24 * 7
_MOST_PLOTS: Final = 40


@dataclass(slots=True)
class _Hour:
    orders: int = 0
    lost: float = 0.0
    expected: float | None = None


class Tracks:
    """Loss-making lines and what was expected of them, by promotion and hour, as the watch saw them."""

    def __init__(self, watch: ShopWatch) -> None:
        self._watch = watch
        self._hours: dict[tuple[str, str], dict[int, _Hour]] = {}

    def see(self, sale: Sale) -> None:
        """Take in one line of a promotion."""
        if sale.loss <= 0:
            return
        start = sale.ordered_at // HOUR * HOUR
        hours = self._hours.setdefault((sale.cause, sale.line.currency), {})
        hour = hours.get(start)
        if hour is None:
            hour = hours[start] = _Hour(expected=self._watch.expected(sale, start, start + HOUR))
        hour.orders += 1
        hour.lost += sale.loss / sale.scale

    def around(self, alarms: Sequence[Alarm]) -> list[tuple[int, _Hour]]:
        """The hours around the alarms of one promotion, quiet ones too, a week at most."""
        known = self._hours.get((alarms[0].promotion_id, alarms[0].currency), {})
        first = (micros(alarms[0].at) - _BEFORE) // HOUR * HOUR
        last = min((micros(alarms[-1].at) + _AFTER) // HOUR * HOUR, first + _MOST_HOURS * HOUR)
        return [(start, known.get(start, _Hour())) for start in range(first, last + HOUR, HOUR)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One promotion's alarms and its hours as points of two SVG drawings, `width` x `height`."""

    promotion_id: str
    alarms: tuple[dict[str, str], ...]
    bars: tuple[tuple[float, float, float], ...]  # x, y, height: orders of an hour
    bar_width: float
    expected: str  # points of a line
    money: str
    marks: tuple[float, ...]  # x of the alarms
    currency: str
    most_orders: int
    most_money: str
    begins: str
    ends: str
    width: int = _WIDTH
    height: int = _HEIGHT


def plot_alarms(alarms: Sequence[Alarm], tracks: Tracks) -> list[Plot]:
    """A plot for each promotion and currency that raised an alarm, the first alarm first, forty at most."""
    found: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in alarms:
        found.setdefault((alarm.promotion_id, alarm.currency), []).append(alarm)
    return [_plot(own, tracks.around(own)) for own in list(found.values())[:_MOST_PLOTS]]


def _plot(alarms: Sequence[Alarm], hours: Sequence[tuple[int, _Hour]]) -> Plot:
    currency = alarms[0].currency
    begin, end = hours[0][0], hours[-1][0] + HOUR
    step = _WIDTH / len(hours)
    last = 0.0
    usual = [last := hour.expected if hour.expected is not None else last for _, hour in hours]
    top = max(1.0, *(hour.orders for _, hour in hours), *usual)
    lost = list(accumulate(hour.lost for _, hour in hours))
    richest = max(1.0, lost[-1])

    def across(at: int) -> float:
        return round((at - begin) / (end - begin) * _WIDTH, 1)

    def up(share: float) -> float:
        return round(_HEIGHT * (1 - share), 1)

    return Plot(
        promotion_id=alarms[0].promotion_id,
        alarms=tuple(
            {"at": _minute(a.at), "kind": a.kind.value, "orders": str(a.orders),
             "lost": decimal_text(a.lost, currency), "message": a.message}
            for a in alarms
        ),
        bars=tuple(
            (round(place * step, 1), up(hour.orders / top), round(_HEIGHT * hour.orders / top, 1))
            for place, (_, hour) in enumerate(hours)
            if hour.orders
        ),
        bar_width=round(step * 0.8, 1),
        expected=" ".join(f"{(place + 0.5) * step:.1f},{up(value / top)}" for place, value in enumerate(usual)),
        money=" ".join(f"{(place + 1) * step:.1f},{up(value / richest)}" for place, value in enumerate(lost)),
        marks=tuple(across(micros(a.at)) for a in alarms if micros(a.at) < end),
        currency=currency,
        most_orders=round(top),
        most_money=decimal_text(round(lost[-1]), currency),
        begins=_minute(moment(begin)),
        ends=_minute(moment(end)),
    )  # fmt: skip


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def write_report(
    path: Path, folder: str, alarms: Sequence[Alarm], tracks: Tracks, first: datetime, last: datetime, lines: int
) -> None:
    """Write the page (UTF-8, self-contained, no script); `first` and `last` line are those that could alarm."""
    from promofuse.drafts.render import render_report

    values = {
        "folder": folder,
        "lines": f"{lines:,}",
        "first": f"{first:%Y-%m-%d}",
        "last": f"{last:%Y-%m-%d}",
        "days": max(1, round((micros(last) - micros(first)) / DAY)),
        "alarms": len(alarms),
        "promotions": len({alarm.promotion_id for alarm in alarms}),
        "plots": plot_alarms(alarms, tracks),
        "left_out": max(0, len({(a.promotion_id, a.currency) for a in alarms}) - _MOST_PLOTS),
    }
    path.write_text(render_report("report/replay.html.j2", values, None), "utf-8")
