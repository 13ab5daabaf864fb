"""What a replay found as one HTML page with plots: orders against expectation, money against time, marks at alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from promofuse.drafts.drawing import Bin, Drawing, draw
from promofuse.instants import DAY, HOUR, micros, moment
from promofuse.money import decimal_text
from promofuse.velocity.sale import Sale
from promofuse.velocity.watch import ShopWatch
from promofuse.verdicts import Alarm

_BEFORE, _AFTER = 12 * HOUR, 24 * HOUR  # around the alarms of a plot
_MOST_HOURS: Final = 24 * 7
_MOST_PLOTS: Final = 40


class Tracks:
    """Loss-making lines and what was expected of them, by promotion and hour, as the watch saw them."""

    def __init__(self, watch: ShopWatch) -> None:
        self._watch = watch
        self._hours: dict[tuple[str, str, str], dict[int, Bin]] = {}

    def see(self, sale: Sale) -> None:
        """Take in one line of a promotion."""
        if sale.loss <= 0:
            return
        start = sale.ordered_at // HOUR * HOUR
        hours = self._hours.setdefault((sale.cause, sale.watched.sku, sale.line.currency), {})
        hour = hours.get(start)
        if hour is None:
            hour = hours[start] = Bin(expected=self._watch.expected(sale, start, start + HOUR))
        hour.orders += 1
        hour.lost += sale.loss / sale.scale

    def around(self, alarms: Sequence[Alarm]) -> list[tuple[int, Bin]]:
        """The hours around the alarms of one promotion, quiet ones too, a week at most."""
        known = self._hours.get(_subject(alarms[0]), {})
        first = (micros(alarms[0].at) - _BEFORE) // HOUR * HOUR
        last = min((micros(alarms[-1].at) + _AFTER) // HOUR * HOUR, first + _MOST_HOURS * HOUR)
        return [(start, known.get(start, Bin())) for start in range(first, last + HOUR, HOUR)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One promotion's alarms, and the drawing of the hours around them."""

    promotion_id: str
    alarms: tuple[dict[str, str], ...]
    drawing: Drawing
    currency: str
    most_money: str
    begins: str
    ends: str


def plot_alarms(alarms: Sequence[Alarm], tracks: Tracks) -> list[Plot]:
    """A plot for each promotion and currency that raised an alarm, the first alarm first, forty at most."""
    found: dict[tuple[str, str, str], list[Alarm]] = {}
    for alarm in alarms:
        found.setdefault(_subject(alarm), []).append(alarm)
    return [_plot(own, tracks.around(own)) for own in list(found.values())[:_MOST_PLOTS]]


def _plot(alarms: Sequence[Alarm], hours: Sequence[tuple[int, Bin]]) -> Plot:
    currency = alarms[0].currency
    begin, end = hours[0][0], hours[-1][0] + HOUR
    drawing = draw([hour for _, hour in hours], begin, HOUR, [(micros(alarm.at), "alarm", "") for alarm in alarms])
    return Plot(
        promotion_id=alarms[0].about,
        alarms=tuple(
            {"at": _minute(a.at), "kind": a.kind.value, "orders": str(a.orders),
             "lost": decimal_text(a.lost, currency), "message": a.message}
            for a in alarms
        ),
        drawing=drawing,
        currency=currency,
        most_money=decimal_text(round(drawing.most_money), currency),
        begins=_minute(moment(begin)),
        ends=_minute(moment(end)),
    )  # fmt: skip


def _subject(alarm: Alarm) -> tuple[str, str, str]:
    return alarm.promotion_id, alarm.sku, alarm.currency


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
        "promotions": len({(alarm.promotion_id, alarm.sku) for alarm in alarms}),
        "plots": plot_alarms(alarms, tracks),
        "left_out": max(0, len({_subject(a) for a in alarms}) - _MOST_PLOTS),
    }
    path.write_text(render_report("report/replay.html.j2", values, None), "utf-8")
