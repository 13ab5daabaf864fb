"""`promofuse drill`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AsJson, At, ConfigPath, clock

if TYPE_CHECKING:
    from promofuse.drill import Played, Scenario


def drill(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A drill by name, or a path to one of your own.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Play all of them and print a table.")] = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Play it in this folder, and leave it there.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Play known incidents through the whole chain in a folder of their own. Exit 1 where one goes wrong.

    Nothing of yours is read or written and nothing is sent: no configuration, no shop, no mail server.
    """
    from promofuse.drill import find_scenario, known_scenarios
    from promofuse.errors import UsageError

    del config  # a drill has its own shop and its own clock
    clock(at)
    if name and every:
        raise UsageError("name one drill or --all, not both")
    if keep and not (name or every):
        raise UsageError("--keep is for a drill that is played", hint="promofuse drill headset_1usd --keep DIR")
    scenarios = [find_scenario(each) for each in ([name] if name else known_scenarios())]
    if not name and not every:
        _list(scenarios, json=json)
        return
    played = [_play(scenario, keep, f"{n}/{len(scenarios)} " if every else "") for n, scenario in enumerate(scenarios, 1)]
    _show(played, keep, json=json, every=every)
    if any(one.differences for one in played):
        raise typer.Exit(1)


def _list(scenarios: list[Scenario], *, json: bool) -> None:
    from promofuse.cli import show

    if json:
        drills = [
            {"name": s.name, "title": s.title, "about": s.about, "source": s.source, "scale": s.scale}
            for s in scenarios
        ]
        show.print_json({"version": 1, "drills": drills})
        return
    out = show.console()
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        out.print(f"{scenario.name:<{width}}  {scenario.title}", soft_wrap=True)
    show.print_next(
        [
            "promofuse drill headset_1usd              one night as a story",
            "promofuse drill --all                     all of them as a table, one to two minutes",
            "promofuse drill NAME --keep DIR           leave the folder there to look through",
            "promofuse drill my.toml                   one of your own: docs/drills.md",
        ]
    )


def _play(scenario: Scenario, keep: Path | None, count: str) -> Played:
    from promofuse.cli import show
    from promofuse.drill import play

    err = show.console(err=True)
    err.print(f"{count}{scenario.name}: {scenario.title}", soft_wrap=True)
    with _folder(scenario.name, keep) as folder:
        return play(scenario, folder)


@contextmanager
def _folder(name: str, keep: Path | None) -> Iterator[Path]:
    """A temporary folder, or an empty one of the user's that stays. Raises UsageError where there is something."""
    import tempfile

    from promofuse.errors import UsageError

    if keep is None:
        with tempfile.TemporaryDirectory(prefix="promofuse-drill-") as folder:
            yield Path(folder)
        return
    folder = keep / name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty", hint="choose another folder: --keep DIR")
    folder.mkdir(parents=True, exist_ok=True)
    yield folder.resolve()


def _show(played: list[Played], keep: Path | None, *, json: bool, every: bool) -> None:
    from promofuse.cli import show

    if json:
        show.print_json({"version": 1, "drills": [_json(one) for one in played]})
        return
    if every:
        _print_table(played)
    else:
        _print_story(played[0])
    wrong = [one for one in played if one.differences]
    out = show.console()
    for one in wrong:
        for difference in one.differences:
            out.print(f"{one.scenario.name}: {difference}", style="bold red", soft_wrap=True)
    if every:
        out.print(f"{len(played)} drills, {len(played) - len(wrong)} as expected, {len(wrong)} not")
    elif not wrong:
        if played[0].scenario.expected:
            out.print("As expected.")
        else:
            from promofuse.drill.judge import expected_toml

            out.print("The file does not say what it expects. This is what came out; if it is right, add it:\n")
            out.print(expected_toml(played[0]), soft_wrap=True)
    one = played[0].scenario.name
    where = f"look through {show.short_path(keep / one)}" if keep else f"promofuse drill {one} --keep DIR"
    show.print_next(
        [
            f"{where:<48}" + ("" if keep else " leave the folder there to look through"),
            "promofuse check                                  the same look at your own shop",
        ]
    )


def _print_table(played: list[Played]) -> None:
    """The table of all drills, and under it what each of them is."""
    from rich.table import Table

    from promofuse.cli import show
    from promofuse.drill.played import losses_text

    out = show.console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("drill", "caught before", "alarm after", "lost", "saved", "triage", "policy", "ledger", ""):
        money = title in ("lost", "saved")
        table.add_column(title, justify="right" if money else "left", no_wrap=money or title == "drill")
    for one in played:
        table.add_row(
            f"{one.scenario.name}\n{one.scenario.title}",
            _caught(one),
            _alarm(one),
            losses_text(one.lost),
            losses_text(one.saved),
            _triage(one),
            f"{len(one.breaches)} breaches" if one.breaches else "ok",
            one.unbalanced or "balanced",
            "NOT AS EXPECTED" if one.differences else "ok" if one.scenario.expected else "",
        )
    out.print(table)
    out.print()
    out.print(
        "lost: by the orders placed until the alarm. saved: what those would have lost that came no more because it "
        "was stopped, until somebody noticed in the story.",
        soft_wrap=True,
    )


def _caught(one: Played) -> str:
    """The rule that spoke before the start, how long before, and its price."""
    from promofuse.drill.played import price_text

    finding = one.caught
    if finding is None:
        return "nothing"
    before = finding.opens_at - one.scenario.at if finding.opens_at else timedelta(0)
    when = f"{_span(before)} before" if before > timedelta(0) else "running"
    price = price_text(finding)
    return f"{finding.code} {when}" + (f", {price}" if price else "")


def _alarm(one: Played) -> str:
    """After how many loss-making orders and how many minutes, or how long until somebody noticed."""
    first, alarm = one.first_loss, one.alarm
    if alarm and one.told_at and first:
        orders = "order" if alarm.orders == 1 else "orders"
        return f"{alarm.orders} {orders}, {_span(max(timedelta(0), one.told_at - first))}"
    if alarm:
        return "FALSE ALARM"
    return f"none, noticed in {_span(one.scenario.noticed - first)}" if first else "silent"


def _triage(one: Played) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in one.decisions.items() if count) or "nothing to do"
    return counts + (f" ({len(one.misjudged)} wrong)" if one.misjudged else "")


def _span(span: timedelta) -> str:
    """`40 s`, `8 min`, `3 h 20 min`, `2 d 4 h`."""
    seconds = round(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if minutes < 120:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{days} d {hours % 24} h"


def _print_story(one: Played) -> None:
    """One night: what it is, its timeline, the money, what lies in the folder."""
    from promofuse.cli import show
    from promofuse.drill.played import losses_text

    out, story = show.console(), one.scenario
    out.print(f"{story.name}: {story.about}", style="bold", soft_wrap=True)
    for what, text in (("Source", story.source), ("Scale", story.scale)):
        if text:
            out.print(f"{what}: {text}", soft_wrap=True)
    out.print()
    for moment, text in one.timeline:
        out.print(f"{moment:%d %b %H:%M:%S} UTC  {text}", soft_wrap=True)
    out.print()
    for what, text in (
        ("caught before the start", _caught(one)),
        ("alarm after", _alarm(one)),
        ("lost until the alarm", losses_text(one.lost)),
        ("saved by the stop", f"{losses_text(one.saved)}, against {_noticed(one)}"),
        ("taken back by cancelling", losses_text(one.undone)),
        ("lost in the end", losses_text(one.left)),
        ("triage", _triage(one)),
        ("letters", f"{one.letters}; policy " + (f"{len(one.breaches)} breaches" if one.breaches else "ok")),
        ("ledger", one.unbalanced or "balanced"),
    ):
        out.print(f"{what:<26}{text}", soft_wrap=True)
    out.print()
    in_folder = Counter("/".join(path.split("/")[:3]) for path in one.files)
    for path, count in sorted(in_folder.items()):
        deeper = path not in one.files
        out.print(f"  {path}/  {count} file{'s' if count > 1 else ''}" if deeper else f"  {path}", soft_wrap=True)
    if one.files:
        out.print()


def _noticed(one: Played) -> str:
    return f"noticing after {_span(timedelta(minutes=one.scenario.night.noticed_after_minutes))} in the story"


def _json(one: Played) -> dict[str, Any]:
    from promofuse.drill.played import money_json, price_text
    from promofuse.response.case import time_text

    finding, alarm = one.caught, one.alarm
    return {
        "name": one.scenario.name,
        "title": one.scenario.title,
        "caught": None
        if finding is None
        else {
            "code": finding.code,
            "price": price_text(finding).partition(" ")[0] or None,
            "currency": finding.currency or None,
            "opens_at": time_text(finding.opens_at) if finding.opens_at else None,
            "minutes_before": round((finding.opens_at - one.scenario.at).total_seconds() / 60)
            if finding.opens_at and finding.opens_at > one.scenario.at
            else None,
        },
        "codes": [found.code for found in one.serious],
        "alarm": None
        if alarm is None
        else {
            "kind": alarm.kind.value,
            "promotion_id": alarm.promotion_id,
            "orders": alarm.orders,
            "at": time_text(alarm.at),
            "told_at": time_text(one.told_at) if one.told_at else None,
            "message": alarm.message,
        },
        "noticed_at": time_text(one.scenario.noticed),
        "lost": money_json(one.lost),
        "saved": money_json(one.saved),
        "undone": money_json(one.undone),
        "left": money_json(one.left),
        "decisions": dict(one.decisions),
        "wrong_decisions": one.misjudged,
        "letters": one.letters,
        "policy_breaches": one.breaches,
        "ledger": dict(one.ledger),
        "unbalanced": one.unbalanced or None,
        "differences": list(one.differences),
    }
