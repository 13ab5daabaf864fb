"""`promofuse demo`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promofuse.cli.options import AsJson, At, Session, clock, open_session
from promofuse.errors import PromofuseError

if TYPE_CHECKING:
    from promofuse.app.cycle import Cycle

PACE = timedelta(minutes=20)  # between two looks in the demo's night; the daemon looks every minute


def demo(
    folder: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where to play it.")] = Path("demo"),
    json: AsJson = False,
    at: At = "",
) -> None:
    """Play a night gone wrong through the daemon's cycle: real report formats, an embedded database, nothing sent."""
    from promofuse.cli import show
    from promofuse.demo import write_demo
    from promofuse.response.case import incident_json

    morning = clock(at).replace(second=0, microsecond=0)
    config = write_demo(folder, morning)
    progress = show.console(err=True)
    progress.print(f"Reports of a night gone wrong lie in {folder}/inbox; the daemon reads them as they come in.")
    with open_session(config, morning.isoformat(), alone=True) as session:
        last = _play(session, folder, morning, quiet=json)
    if failed := next((shop for shop in last.shops if shop.error), None):
        raise PromofuseError(f"{failed.shop}: {failed.error}", hint="please report this")
    responses = [response for shop in last.shops for response in shop.responses]
    if json:
        show.print_json({"version": 1, "incidents": [incident_json(r.case) for r in responses if r.case]})
        return
    for response in responses:
        if response.projection:
            show.print_case(response.projection.case)
            show.console().print()
    first = responses[0].projection if responses else None
    if first is None:
        show.console().print("No order lost money: no incident.")
        return
    show.print_tree(first.folder)
    show.print_projection(first)
    show.print_next(
        [
            f"open {show.short_path(first.folder)}/README.md",
            f"cd {folder} && promofuse incidents",
            f"promofuse plan {first.case.incident_id}        what each plan would come to",
            f"promofuse approve {first.case.incident_id} --by NAME, then export (or send, with your own mail server)",
            "promofuse init      in a folder of your own",
        ]
    )


def _play(session: Session, folder: Path, morning: datetime, *, quiet: bool) -> Cycle:
    """The evening, the hours until the first alarm, and the morning; returns the last cycle."""
    from promofuse.app.cycle import run_cycle
    from promofuse.demo import download, start_of

    def look(moment: datetime) -> Cycle:
        download(folder, morning, moment)
        return run_cycle(session.config, session.store, session.keys, moment)

    start = start_of(morning)
    evening = start - timedelta(hours=4)
    cycle = look(evening)
    if not quiet:
        _say(evening, "four hours before the start, the check says")
        for finding in cycle.shops[0].findings[:3]:
            _say(evening, f"  {finding.severity.value} {finding.code}: {finding.message}")
        _say(evening, "nobody reads it")
    moment = start
    while not any(shop.alarms for shop in cycle.shops) and moment + PACE < morning:
        moment += PACE
        cycle = look(moment)
    for shop in cycle.shops if not quiet else ():
        for alarm in shop.alarms:
            _say(moment, f"ALARM {shop.shop} {alarm.about}: {alarm.message}")
    if not quiet:
        _say(morning, "the seller wakes up; the outbox is ready")
    return look(morning)


def _say(moment: datetime, text: str) -> None:
    from promofuse.cli import show

    show.console().print(f"{moment:%H:%M} UTC  {text}", soft_wrap=True)
