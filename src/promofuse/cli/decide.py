"""`promofuse plan`, `confirm`, `stopped`, `note`, `dismiss` and `close`: what a person says of an incident."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promofuse.cli.options import (
    DEFAULT_CONFIG,
    AsJson,
    At,
    By,
    ConfigPath,
    IncidentId,
    Why,
    open_session,
    parse_time,
)

if TYPE_CHECKING:
    from promofuse.app.decide import Planned
    from promofuse.app.outbox import Look
    from promofuse.app.project import Projection

Orders = list[str]


def plan(
    incident: IncidentId,
    use: Annotated[
        str, typer.Option("--use", metavar="NAME", help="cancel-all, under-limit, least-cost or legal-review.")
    ] = "",
    cancel: Annotated[Orders | None, typer.Option("--cancel", metavar="ORDER...", help="Cancel these orders.")] = None,
    honour: Annotated[Orders | None, typer.Option("--honour", metavar="ORDER...", help="Ship these orders.")] = None,
    undo: Annotated[
        Orders | None, typer.Option("--undo", metavar="ORDER...", help="Give these orders back to the plan.")
    ] = None,
    edited: Annotated[
        Path | None, typer.Option("--from", metavar="orders.csv", help="Take decisions from an edited orders.csv.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Show what each plan would come to, or change the plan, or decide single orders."""
    from promofuse.app.decide import Wish, plan_incident
    from promofuse.app.outbox import look_at_incident
    from promofuse.cli import show
    from promofuse.response.case import incident_json

    wish = Wish(use=use, cancel=cancel or (), honour=honour or (), undo=undo or (), orders_csv=edited)
    with open_session(config, at) as session, show.working("working out the plans"):
        planned = plan_incident(session.config, session.store, session.keys, incident, wish, session.at)
        look = look_at_incident(session.store, session.keys, incident)
    for gap in planned.gaps:
        show.console(err=True).print(f"{gap.file}, line {gap.line}, {gap.column}: {gap.reason}", soft_wrap=True)
    if json:
        show.print_json(
            {
                "version": 1,
                "incident": incident_json(planned.after),
                "plans": [
                    {"name": o.name, "in_force": o.in_force, "cancel": o.cancel, "honour": o.honour,
                     "hold": o.hold, "rate_after": o.rate_after or None, "over": o.over,
                     "cost": str(o.cost) if o.cost else None,
                     "clean_on": f"{o.clean_on:%Y-%m-%d}" if o.clean_on else None, "note": o.note}
                    for o in planned.options
                ],
                "changed": {order_id: decision.value for order_id, decision in planned.changed.items()},
                "gaps": [
                    {"file": gap.file, "line": gap.line, "column": gap.column, "reason": gap.reason}
                    for gap in planned.gaps
                ],
            }
        )  # fmt: skip
        return
    _print_planned(planned)
    show.print_next(_steps_after(planned, look))


def _steps_after(planned: Planned, look: Look) -> list[str]:
    """What comes after a look at the plans; after a change of them every letter needs approval again."""
    from promofuse.cli import show

    incident = planned.after.incident_id
    if look.record.state == "closed":
        return [f"promofuse incidents {incident}     it is closed: its decisions stand as they are"]
    if planned.projection is not None:
        return show.steps_to_approval(planned.after)
    change = f"promofuse plan {incident} --use NAME | --cancel ORDER | --honour ORDER | --from orders.csv"
    letters = show.steps_by_letters(look) if look.letters else show.steps_to_approval(planned.after)
    return [f"{change}     to change it", *letters]


def _print_planned(planned: Planned) -> None:
    from rich.table import Table

    from promofuse.cli import show
    from promofuse.drafts.locale import local_day

    out = show.console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("", "plan"):
        table.add_column(name)
    for name in ("cancel", "honour", "hold", "rate after", "under again"):
        table.add_column(name, justify="right")
    for name in ("shipping the rest loses", "costs in all", ""):
        table.add_column(name)
    place = planned.after.marketplace
    for option in planned.options:
        rate = (option.rate_after or "unknown") + (" OVER" if option.over else "")
        mark = ">" if option.in_force else ""
        loss = " + ".join(option.kept_loss) or "-"
        again = local_day(option.clean_on, place) if option.over and option.clean_on else ""
        cost = f"{option.cost} {option.cost.currency}" if option.cost else ""
        counts = (str(option.cancel), str(option.honour), str(option.hold or ""))
        table.add_row(mark, option.name, *counts, rate, str(again), loss, cost, option.note)
    out.print(table)
    known, index = planned.after.rate, planned.after.prices.index
    if known.now is None:
        out.print(f"the cancellation rate is unknown: {known.why}", soft_wrap=True)
    elif index is not None and index.now is None and not planned.after.prices.known:
        out.print(f"what the platform charges for cancelled orders is unknown: {index.why}", soft_wrap=True)
    if planned.projection is not None:
        out.print(f"before: {show.rate_line(planned.before)}", soft_wrap=True)
        out.print(f"now:    {show.rate_line(planned.after)}", soft_wrap=True)
        if planned.changed:
            out.print(f"{len(planned.changed)} orders decided by you", soft_wrap=True)
        show.print_projection(planned.projection)


def confirm(
    incident: IncidentId, by: By = "", config: ConfigPath = DEFAULT_CONFIG, json: AsJson = False, at: At = ""
) -> None:
    """Agree that orders found by SKU, time and price alone belong to the incident; then it can be approved."""
    from promofuse.app.decide import confirm_incident
    from promofuse.cli import show

    with open_session(config, at) as session, show.working("bringing the folder up to date"):
        done = confirm_incident(session.config, session.store, session.keys, incident, by, session.at)
    _print_done(done, f"{incident}: confirmed by {by}", [f"promofuse approve {incident} --by NAME"], json=json)


def stopped(
    incident: IncidentId,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: Annotated[str, typer.Option("--at", metavar="ISO8601", help="When it was stopped; default: now.")] = "",
) -> None:
    """Say when the promotion was stopped; orders after that are counted as its tail."""
    from promofuse.app.decide import mark_stopped
    from promofuse.cli import show

    now = os.environ.get("PROMOFUSE_AT", "")  # --at is the stop, not the clock
    with open_session(config, now) as session, show.working("bringing the folder up to date"):
        when = parse_time(at) if at else session.at
        done = mark_stopped(session.config, session.store, session.keys, incident, when, session.at)
    tail = done.case.tail
    said = f"{len(tail)} orders since, the last at {tail[-1]:%Y-%m-%d %H:%M} UTC" if tail else "no order since"
    _print_done(
        done,
        f"{incident}: stopped at {when:%Y-%m-%d %H:%M} UTC; {said}",
        ["put a new order report into the shop's folder in half an hour: it proves the stop"],
        json=json,
    )


def note(
    incident: IncidentId,
    case: Annotated[str, typer.Option("--case", metavar="N", help="The number of the case at seller support.")] = "",
    answer: Annotated[
        Path | None, typer.Option("--answer", metavar="FILE", help="A text file with what was answered.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Note the case number and what seller support answered; both go into the texts that follow."""
    from promofuse.app.decide import note_case
    from promofuse.cli import show

    with open_session(config, at) as session, show.working("bringing the folder up to date"):
        done = note_case(session.config, session.store, session.keys, incident, case, answer, session.at)
    _print_done(done, f"{incident}: noted", [f"promofuse prove {incident}     when cancellations are done"], json=json)


def dismiss(
    incident: IncidentId,
    by: By = "",
    why: Why = "",
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Close an incident that is none: a false alarm, or a loss that is meant."""
    from promofuse.app.decide import close_incident
    from promofuse.cli import show
    from promofuse.store.events import Act

    with open_session(config, at) as session, show.working("bringing the folder up to date"):
        done = close_incident(
            session.config, session.store, session.keys, incident, session.at, what=Act.DISMISSED, by=by, why=why
        )
    _print_done(done, f"{incident}: dismissed by {by}", ["promofuse incidents"], json=json)


def close(incident: IncidentId, config: ConfigPath = DEFAULT_CONFIG, json: AsJson = False, at: At = "") -> None:
    """Close an incident that is over. New orders of the same cause open a new one."""
    from promofuse.app.decide import close_incident
    from promofuse.cli import show

    with open_session(config, at) as session, show.working("bringing the folder up to date"):
        done = close_incident(session.config, session.store, session.keys, incident, session.at)
    left = [f"{standing} orders to cancel still stand"] if (standing := done.case.counts["cancel"]) else []
    steps = [
        f"open {show.short_path(done.folder)}/7-post-mortem.html     what to learn from it, and the lines to add",
        f"promofuse prove {incident} --pack     the evidence as one zip, without buyers' data",
    ]
    _print_done(done, "; ".join([f"{incident}: closed", *left]), steps, json=json)


def _print_done(projection: Projection, said: str, steps: list[str], *, json: bool) -> None:
    from promofuse.cli import show
    from promofuse.response.case import incident_json

    if json:
        show.print_json(incident_json(projection.case))
        return
    show.console().print(said, soft_wrap=True)
    for problem in projection.problems:
        show.console().print(f"not taken up: {problem}", soft_wrap=True)
    show.print_next(steps)
