"""`promofuse daemon` and `promofuse replay`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AsJson, At, ConfigPath, clock, open_session, parse_time

if TYPE_CHECKING:
    from promofuse.replay import Replayed
    from promofuse.velocity.settings import WatchSettings


def daemon(
    once: Annotated[
        bool, typer.Option("--once", help="One cycle, then stop; exit 1 while an incident is open.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Watch all shops: read, check, watch, open incidents, lay the outbox, tell the seller."""
    from promofuse.cli import show
    from promofuse.worker import Daemon, configure_log, only_instance

    configure_log()
    with open_session(config, at) as session, only_instance(session.config.data_dir):
        clock = (lambda: session.at) if at else None
        worker = Daemon(session.config, session.store, session.keys, *([clock] if clock else []))
        if not once:
            worker.run()
            return
        cycle = worker.tick()
    if cycle is None:
        raise typer.Exit(70)
    if json:
        show.print_json(show.cycle_json(cycle))
    else:
        show.print_cycle(cycle)
    if cycle.open_incidents:
        raise typer.Exit(1)
    if any(shop.read.error for shop in cycle.shops):
        raise typer.Exit(4)


def replay(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder of plain files: orders, promotions, costs.")
    ],
    since: Annotated[str, typer.Option("--from", metavar="ISO8601", help="Lines seen before are history only.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="ISO8601", help="Stop before this time.")] = "",
    alarms: Annotated[Path | None, typer.Option("--alarms", metavar="FILE", help="Write the alarms as CSV.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with plots.")] = None,
    platform: Annotated[str, typer.Option("--platform", help="Whose default fee where the catalogue has none.")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Let history go through the watch: when would it have raised an alarm?"""
    from promofuse.app.plots import write_report
    from promofuse.cli import show
    from promofuse.errors import UsageError
    from promofuse.money import decimal_text
    from promofuse.replay import replay as play
    from promofuse.replay import write_alarms
    from promofuse.response.case import time_text
    from promofuse.rules.wording import count_text

    clock(at)
    if not folder.is_dir():
        raise UsageError(f"no folder {folder}", hint="docs/files.md says what belongs into it")
    for file in (alarms, html):
        if file and not file.parent.is_dir():
            raise UsageError(f"no folder {file.parent} to write {file.name} into", hint="make it first")
    bounds = parse_time(since, "--from") if since else None, parse_time(until, "--until") if until else None
    show.console(err=True).print(f"Replaying {folder}; a million lines take about half a minute.")
    played = play(
        folder,
        _settings(config),
        platform=platform,
        since=bounds[0],
        until=bounds[1],
        plots=html is not None,
    )
    if alarms:
        write_alarms(alarms, played.alarms)
    if html and played.tracks and played.first and played.last:
        write_report(html, folder.name, played.alarms, played.tracks, played.first, played.last, played.lines)
    if json:
        fields = [
            {
                "alarm_at": time_text(alarm.at),
                "promotion_id": alarm.promotion_id,
                "sku": alarm.sku,
                "kind": alarm.kind.value,
                "score": f"{alarm.score:.2f}",
                "orders": alarm.orders,
                "lost": decimal_text(alarm.lost, alarm.currency),
                "currency": alarm.currency,
                "message": alarm.message,
            }
            for alarm in played.alarms
        ]
        unjudged = sum(played.without_cost.values())
        show.print_json({"version": 1, "lines": played.lines, "without_cost": unjudged, "alarms": fields})
        return
    for gap in played.gaps[:10]:
        place = gap.file if gap.line is None else f"{gap.file}, line {gap.line}"
        show.console(err=True).print(f"{place}: {gap.reason}", soft_wrap=True, markup=False)
    for alarm in played.alarms:
        when = f"{alarm.at:%Y-%m-%d %H:%M} UTC"
        show.console().print(f"{when}  {alarm.about}  {alarm.kind.value}  {alarm.message}", soft_wrap=True)
    if played.first and played.last:
        days = max(1, round((played.last - played.first).total_seconds() / 86400))
        show.console().print(f"Over {count_text(days, 'day')} {_how_often(played)}.")
    read = f"{played.lines:,} order lines went through the watch"
    show.console().print(f"{read}; {count_text(len(played.gaps), 'gap')} in the files.")
    if played.without_cost:
        show.console().print(_unjudged(played.without_cost), soft_wrap=True, markup=False)
    show.print_next(_steps_after(folder, alarms, html, blind=not played.lines or bool(played.without_cost)))


def _steps_after(folder: Path, alarms: Path | None, html: Path | None, *, blind: bool) -> list[str]:
    """First what was missing, then what was written, else how to have it written, and the watch itself."""
    from promofuse.cli.show import short_path

    again = f"promofuse replay {short_path(folder)}"
    steps = [f"{again}     once orders and unit costs are in the folder: docs/files.md"] if blind else []
    steps.append(f"open {short_path(alarms)}" if alarms else f"{again} --alarms alarms.csv     the alarms as a table")
    steps.append(f"open {short_path(html)}" if html else f"{again} --html replay.html     with plots, for a browser")
    return [*steps, "promofuse daemon     watch your shops in this way from now on"]


def _how_often(played: Replayed) -> str:
    """`it would have alarmed 3 times, about 2 promotions`"""
    from promofuse.rules.wording import count_text

    if not played.alarms:
        return "it would not have alarmed"
    about = len({(alarm.promotion_id, alarm.sku) for alarm in played.alarms})
    thing = "cause" if any(alarm.sku for alarm in played.alarms) else "promotion"
    return f"it would have alarmed {count_text(len(played.alarms), 'time')}, about {count_text(about, thing)}"


def _unjudged(without_cost: Mapping[tuple[str, str], int]) -> str:
    """What could not raise an alarm, and what to write so that it can."""
    from promofuse.rules.wording import count_text

    lines, skus = sum(without_cost.values()), sorted(without_cost)
    some = ", ".join(f"{sku} in {currency}" for sku, currency in skus[:3])
    more = f" and {len(skus) - 3} more" if len(skus) > 3 else ""
    return (
        f"{count_text(lines, 'line')} of promotions could raise no alarm, for no unit cost is known: {some}{more}."
        " Write catalogue.csv into the folder: sku,currency,unit_cost"
    )


def _settings(config_path: Path) -> WatchSettings:
    """The thresholds of the configuration, or the defaults where there is none: a replay needs no shop."""
    from promofuse.app.watch import watch_settings
    from promofuse.config import Config, WatchConfig

    watch = Config.read(config_path).watch if config_path != DEFAULT_CONFIG or config_path.exists() else WatchConfig()
    return watch_settings(watch)
