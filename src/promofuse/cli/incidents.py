"""`promofuse incidents` and `promofuse outbox`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AnyIncident, AsJson, At, ConfigPath, open_session
from promofuse.errors import UsageError

if TYPE_CHECKING:
    from promofuse.app.outbox import Look
    from promofuse.app.project import Projection


def incidents(
    incident: AnyIncident = "", config: ConfigPath = DEFAULT_CONFIG, json: AsJson = False, at: At = ""
) -> None:
    """List incidents, or show one. Exit code 1 while any of them is open."""
    from promofuse.app.outbox import list_incidents, look_at_incident
    from promofuse.cli import show

    with open_session(config, at) as session:
        look = look_at_incident(session.store, session.keys, incident) if incident else None
        chosen = [look.record] if look else list_incidents(session.store)
        late_after = timedelta(hours=session.config.response.cancel_within)
    if json:
        summaries = [dict(record.summary) for record in chosen]
        show.print_json(summaries[0] if incident else {"version": 1, "incidents": summaries})
    elif not chosen:
        show.console().print("No incidents. A fuse that has not blown.")
        show.print_next(["promofuse respond --promo ID     if a promotion loses money now"])
    else:
        show.print_told_open(chosen, session.at, late_after)
        if look:
            show.print_incident(look)
            show.print_next(show.steps_of(look))
        else:
            show.print_incidents(chosen)
            one = chosen[0].incident_id
            show.print_next(
                [f"promofuse incidents {one}     what comes next in one of them", f"promofuse outbox {one}"]
            )
    if any(record.state != "closed" for record in chosen):
        raise typer.Exit(1)


def outbox(
    incident: AnyIncident = "",
    diff: Annotated[bool, typer.Option("--diff", help="Show what was edited, and changed since approval.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Take up what you edited in an incident's folder, bring it up to date, and list it."""
    from promofuse.app.outbox import list_incidents, look_at_incident, refresh_outbox
    from promofuse.cli import show

    if diff:
        _print_diff(incident, config, at, json=json)
        return

    with open_session(config, at) as session:
        if not incident:
            folders = [(r, session.config.outbox_dir / r.incident_id) for r in list_incidents(session.store)]
            if json:
                show.print_json({"version": 1, "outbox": [{"id": r.incident_id, "folder": str(f)} for r, f in folders]})
            elif not folders:
                show.console().print("The outbox is empty: no incident yet.")
                show.print_next(["promofuse respond --promo ID"])
            else:
                for record, folder in folders:
                    show.console().print(f"{record.incident_id}  {record.state}  {show.short_path(folder)}")
                show.print_next(
                    [f"promofuse outbox {folders[0][0].incident_id}     takes up your edits, lists its files"]
                )
            return
        with show.working("bringing the folder up to date"):
            projection = refresh_outbox(session.config, session.store, session.keys, incident, session.at)
            look = look_at_incident(session.store, session.keys, incident)
    if json:
        show.print_json(
            {
                "version": 1,
                "id": incident,
                "folder": str(projection.folder),
                "drafts": projection.drafts,
                "written": projection.written,
                "edited": list(projection.edited),
                "problems": list(projection.problems),
            }
        )
        return
    show.print_tree(projection.folder)
    show.print_projection(projection)
    show.print_next([f"read {show.short_path(projection.folder)}/README.md", *_steps_from(projection, look)])


def _steps_from(projection: Projection, look: Look) -> list[str]:
    """What comes after the letters were read: approval of new ones, then what those approved before wait for."""
    from promofuse.cli import show

    if look.record.state == "closed":
        return []
    new = any(draft.state in ("rendered", "edited") for draft in projection.letters.drafts)
    return [*(show.steps_to_approval(projection.case) if new else ()), *show.steps_by_letters(look)]


def _print_diff(incident: str, config: Path, at: str, *, json: bool) -> None:
    from promofuse.app.diff import diff_outbox
    from promofuse.cli import show

    if not incident:
        raise UsageError("name an incident", hint="promofuse outbox INC-2026-0001 --diff")
    with open_session(config, at) as session, show.working("comparing the letters"):
        differences = diff_outbox(session.config, session.store, session.keys, incident, session.at)
    if json:
        rows = [{"what": one.what, "lines": list(one.lines)} for one in differences.found]
        problems = list(differences.problems)
        show.print_json({"version": 1, "id": incident, "differences": rows, "problems": problems})
        return
    for one in differences.found:
        show.console().print(one.what, style="bold", soft_wrap=True)
        for line in one.lines:
            show.console().print(line, style={"+": "green", "-": "red"}.get(line[:1], ""), soft_wrap=True)
    for problem in differences.problems:
        show.console().print(f"not taken up: {problem}", soft_wrap=True)
    if not differences.found and not differences.problems:
        show.console().print("Nothing was edited, and nothing changed since approval.")
    show.print_next([f"promofuse approve {incident} --by NAME"])
