"""`promofuse drill`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AsJson, At, ConfigPath, clock
from promofuse.errors import UsageError

if TYPE_CHECKING:
    from promofuse.drill.play import Played

COUNTED = {  # decisions and outcomes in as few letters as a table has room for
    "cancel": "cancel", "honour": "honour", "wait": "wait", "request": "request", "buyer-requested": "asked",
    "too-late": "late", "gone": "gone",
}  # fmt: skip


def drill(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="A drill, or a file of your own that ends with .toml.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Play all drills, and print a table.")] = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Play it in this new folder, and leave it there.")
    ] = None,
    json: AsJson = False,
    config: ConfigPath = DEFAULT_CONFIG,
    at: At = "",
) -> None:
    """Play known incidents through the same code as a real night; your own data is not touched, nothing is sent.

    Exit code 1 if one does not go as it has to.
    """
    from promofuse.cli import show
    from promofuse.drill.play import play
    from promofuse.drill.scenario import load_scenario, scenario_names, scenario_path

    del config  # a drill brings its own, and its own time
    if at:
        clock(at)
    if bool(name) == every:
        if every:
            raise UsageError("either one drill or --all")
        _list(as_json=json)
        return
    names = scenario_names() if every else [name]
    scenarios = {Path(one).stem: load_scenario(one) for one in names}
    if keep and keep.exists() and any(keep.iterdir()):
        raise UsageError(f"{keep} is not empty", hint="name a new folder: --keep DIR")
    played = []
    for number, (one, scenario) in enumerate(scenarios.items(), start=1):
        if every:
            show.console(err=True).print(f"{number} of {len(scenarios)}: {one}", soft_wrap=True)
        with _folder(keep, one if every else "") as folder:
            played.append(play(one, scenario, folder))
            (folder / "scenario.toml").write_bytes(scenario_path(one if every else name).read_bytes())
    if json:
        show.print_json({"version": 1, "drills": [_as_json(one) for one in played]})
    elif every:
        _print_table(played)
    else:
        _print_story(played[0], keep)
    if any(one.deviations for one in played):
        raise typer.Exit(1)


@contextmanager
def _folder(keep: Path | None, name: str) -> Iterator[Path]:
    """Where one drill is played: a folder that stays, or one that goes."""
    if keep:
        folder = keep / name if name else keep
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="promofuse-drill-") as temporary:
        yield Path(temporary)


def _list(*, as_json: bool) -> None:
    from promofuse.cli import show
    from promofuse.drill.scenario import load_scenario, scenario_names

    known = {name: load_scenario(name) for name in scenario_names()}
    if as_json:
        about = [{"name": name, "about": s.about, "source": s.source} for name, s in known.items()]
        show.print_json({"version": 1, "drills": about})
        return
    for name, scenario in known.items():
        show.console().print(f"{name:28}  {scenario.about}", soft_wrap=True)
    show.print_next(
        [
            "promofuse drill NAME        one night, step by step",
            "promofuse drill --all       all of them, as a table; a minute or so",
            "promofuse drill mine.toml   a night of your own: --keep leaves a copy of scenario.toml to begin with",
        ]
    )


def _print_table(played: Sequence[Played]) -> None:
    from rich.table import Table

    from promofuse.cli import show

    out = show.console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    # Fixed, for all of it has to fit into 100 columns, also where nobody watches: the table is pasted into mails.
    table.add_column("drill\ntriage", width=28)
    table.add_column("before the start\nworst price", max_width=16)
    table.add_column("alarm after\nlost by then", max_width=17)
    table.add_column("lost in all\nsaved", no_wrap=True, justify="right")
    table.add_column("ledger\nletters", max_width=8)
    table.add_column("", no_wrap=True)
    for one in played:
        table.add_row(
            _lines(one.name, one.title, _triage(one)),
            _caught(one),
            _lines(_alarmed(one), _money(one, one.lost_by_alarm) if one.alarm else ""),
            _lines(_money(one, one.lost_in_all), _money(one, one.saved)),
            _lines(_ledger(one), str(one.letters) if one.incidents else "", _policy(one) if one.breaches else ""),
            "DIFFERS" if one.deviations else "ok",
        )
    out.print(table)
    wrong = [one for one in played if one.deviations]
    for one in wrong:
        for deviation in one.deviations:
            out.print(f"{one.name}: {deviation}", soft_wrap=True)
    out.print(f"{len(played)} drills, {len(played) - len(wrong)} as they have to go, {len(wrong)} not.")
    show.print_next(
        [
            f"promofuse drill {(wrong or played)[0].name}     one of them, step by step",
            f"promofuse drill {(wrong or played)[0].name} --keep DIR     and its folder, to look at",
        ]
    )


def _print_story(one: Played, keep: Path | None) -> None:
    from promofuse.cli import show

    out = show.console()
    out.print(f"{one.name}: {one.about}", style="bold", soft_wrap=True)
    for moment, what in one.story:
        out.print(f"{moment:%Y-%m-%d %H:%M} UTC  {what}", soft_wrap=True)
    if one.alarm:
        by_then = f"{_money(one, one.lost_by_alarm)} were lost when the alarm spoke; "
        after = f"by the time somebody noticed, {_money(one, one.lost_after_alarm)} of them after the alarm."
        out.print(f"{by_then}{_money(one, one.lost_in_all)} {after}", soft_wrap=True)
    if one.lost_in_all:
        out.print(f"Cancellations saved {_money(one, one.saved)} of that.")
        out.print(f"{one.letters} letters, policy {_policy(one)}; the ledger: {_ledger(one)}.")
    for deviation in one.deviations:
        out.print(f"DIFFERS: {deviation}", soft_wrap=True)
    if not one.deviations:
        out.print("It went as it has to.")
    steps = [f"open {show.short_path(folder)}/README.md" for folder in one.folders if keep]
    show.print_next(steps or [f"promofuse drill {one.name} --keep DIR     the same, and its folder to look at"])


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def _caught(one: Played) -> str:
    if one.caught is None:
        return "nothing to say"
    when = "at once" if one.ahead is None else f"{one.ahead.total_seconds() / 3600:.3g} h ahead"
    from promofuse.rules.wording import amount_text

    price = "" if one.caught.price is None else f"\n{amount_text(one.caught.price, one.caught.currency)}"
    return f"{one.caught.code}, {when}{price}"


def _alarmed(one: Played) -> str:
    from promofuse.rules.wording import count_text

    if one.alarm is None:
        return "silent"
    orders = one.alarm.orders
    waited = f"{one.minutes} min" if one.minutes < 180 else f"{one.minutes / 60:.3g} h"
    return f"{count_text(orders, 'order')}, {waited}"


def _money(one: Played, minor: Any) -> str:
    from promofuse.money import Money

    return f"{Money.rounded(minor, one.currency)} {one.currency}" if one.incidents else ""


def _triage(one: Played) -> str:
    return ", ".join(f"{one.counts[word]} {short}" for word, short in COUNTED.items() if one.counts[word])


def _policy(one: Played) -> str:
    if not one.incidents:
        return ""
    return f"{one.breaches} breaches" if one.breaches else "ok"


def _ledger(one: Played) -> str:
    if not one.incidents:
        return ""
    return "balanced" if one.balanced else "DOES NOT BALANCE"


def _as_json(one: Played) -> dict[str, Any]:
    from promofuse.money import Money
    from promofuse.rules.wording import amount_text

    def amount(minor: Any) -> str:
        return str(Money.rounded(minor, one.currency))

    return {
        "name": one.name,
        "title": one.title,
        "about": one.about,
        "currency": one.currency,
        "caught": None
        if one.caught is None
        else {
            "code": one.caught.code,
            "severity": one.caught.severity.value,
            "price": None if one.caught.price is None else amount_text(one.caught.price, one.caught.currency),
            "hours_ahead": None if one.ahead is None else f"{one.ahead.total_seconds() / 3600:.2f}",
        },
        "alarm": None
        if one.alarm is None
        else {
            "kind": one.alarm.kind.value,
            "orders": one.alarm.orders,
            "minutes": one.minutes,
            "lost": amount(one.lost_by_alarm),
        },
        "codes": one.codes,
        "lost": amount(one.lost_in_all),
        "lost_after_alarm": amount(one.lost_after_alarm),
        "saved": amount(one.saved),
        "counts": dict(one.counts),
        "letters": one.letters,
        "breaches": one.breaches,
        "ledger": dict(one.ledger),
        "balanced": one.balanced,
        "deviations": one.deviations,
    }
