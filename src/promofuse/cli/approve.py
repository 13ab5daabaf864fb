"""`promofuse approve`, `reject` and `export`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AsJson, At, By, ConfigPath, IncidentId, Why, open_session

if TYPE_CHECKING:
    from promofuse.app.approve import Decided

Group = Annotated[str, typer.Option("--group", metavar="G", help="Only this group of letters, e.g. cancellation.de.")]


def approve(
    incident: IncidentId,
    group: Group = "",
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Approve the letters as they lie in the folder, and the plan with them. Sends nothing."""
    from promofuse.app.approve import approve as agree
    from promofuse.cli import show

    with open_session(config, at) as session, show.working("reading and comparing the letters"):
        done = agree(session.config, session.store, session.keys, incident, group, by, session.at)
    if json:
        _print_json(done, "approved")
        return
    out = show.console()
    if done.without_letter:
        out.print(f"{done.without_letter} orders to cancel have no letter: see exceptions.csv first", soft_wrap=True)
    if done.letters:
        out.print(f"approved by {by}: {_counted(done)}; batch {done.batch}", soft_wrap=True)
    else:
        out.print("all of these letters are approved already, or have gone out")
    out.print(show.rate_line(done.projection.case), soft_wrap=True)
    if done.unseen:
        out.print(f"{done.unseen} letters are new or changed since you read the folder: not approved", soft_wrap=True)
    for problem in done.projection.problems:
        out.print(f"not taken up: {problem}", soft_wrap=True)
    if any(draft.state in ("approved", "retry") for draft in done.projection.letters.drafts):
        show.print_next([f"promofuse send {incident}", f"promofuse export {incident}     to send them yourself"])
    else:
        show.print_next([f"promofuse prove {incident}     when the cancellations are done and new reports are there"])


def reject(
    incident: IncidentId,
    group: Group = "",
    by: By = "",
    why: Why = "",
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Reject letters: they are not sent as they are."""
    from promofuse.app.approve import reject as refuse
    from promofuse.cli import show

    with open_session(config, at) as session, show.working("reading and comparing the letters"):
        done = refuse(session.config, session.store, session.keys, incident, group, by, why, session.at)
    if json:
        _print_json(done, "rejected")
        return
    show.console().print(f"rejected by {by}: {_counted(done)}", soft_wrap=True)
    templates = show.short_path(done.projection.folder / "3-buyers" / "templates")
    approve_again = f"promofuse approve {incident} --by NAME" + (f" --group {group}" if group else "")
    show.print_next(
        [f"edit {templates}, then promofuse outbox {incident}", f"{approve_again}     if they are fine after all"]
    )


def export(
    incident: IncidentId, group: Group = "", config: ConfigPath = DEFAULT_CONFIG, json: AsJson = False, at: At = ""
) -> None:
    """Hand approved letters out as .eml files, a mail-merge CSV and texts to paste; Promofuse no longer sends them."""
    from promofuse.app.approve import export as hand_out
    from promofuse.cli import show

    with open_session(config, at) as session, show.working("reading the shop and the letters again"):
        done = hand_out(session.config, session.store, session.keys, incident, group, session.at)
    if json:
        _print_json(done, "handed_out")
        return
    where = show.short_path(done.folder) if done.folder else ""
    show.console().print(f"handed out: {_counted(done)}; Promofuse will not send these itself", soft_wrap=True)
    show.console().print(f"{where}: eml/ for a mail program, mail-merge.csv, paste.txt", soft_wrap=True)
    steps = [f"promofuse prove {incident}     when the cancellations are done and new reports are there"]
    if not done.projection.case.letters_after:
        upload = show.short_path(done.projection.folder / "4-cancel")
        steps.insert(0, f"upload {upload} as soon as you have sent them: these buyers' orders still stand")
    show.print_next(steps)


def _counted(done: Decided) -> str:
    from promofuse.rules.wording import count_text

    groups = ", ".join(f"{group} {count}" for group, count in sorted(done.groups.items()))
    return f"{count_text(done.letters, 'letter')} ({groups})"


def _print_json(done: Decided, what: str) -> None:
    from promofuse.cli import show
    from promofuse.response.case import incident_json

    show.print_json(
        {
            "version": 1,
            "id": done.projection.case.incident_id,
            "batch": done.batch,
            what: done.letters,
            "groups": dict(sorted(done.groups.items())),
            "root": done.root,
            "unseen": done.unseen,
            "without_letter": done.without_letter,
            "folder": str(done.folder) if done.folder else None,
            "problems": list(done.projection.problems),
            "incident": incident_json(done.projection.case),
        }
    )
