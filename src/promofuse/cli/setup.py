"""`promofuse init`, `promofuse doctor` and `promofuse purge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AsJson, At, ConfigPath, clock, open_session
from promofuse.errors import UsageError


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to set up; default: here.")] = Path(),
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Write config.toml from the commented example, and make the shop's folder."""
    from promofuse.cli import show
    from promofuse.config import Config, example_config

    clock(at)
    target = folder / config
    if target.exists():
        raise UsageError(f"{target} exists already", hint="edit it, or name another folder: promofuse init DIR")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(example_config(), "utf-8")
    inboxes = [shop.folder for shop in Config.read(target).shops.values()]
    for inbox in inboxes:
        inbox.mkdir(parents=True, exist_ok=True)
    if json:
        show.print_json({"version": 1, "config": str(target), "folders": [str(inbox) for inbox in inboxes]})
        return
    show.console().print(f"wrote {target}")
    for inbox in inboxes:
        show.console().print(f"made  {show.short_path(inbox)}")
    show.print_next(
        [
            f"edit {target}: marketplace, seller_name, signer, mail",
            "download from Seller Central: Reports > Fulfilment > All Orders (30 days), and Orders > Order Reports",
            f"drop both files into {show.short_path(inboxes[0])}, beside catalogue.csv with sku,currency,unit_cost",
            "promofuse doctor",
            "promofuse respond --promo ID",
        ]
    )


def doctor(
    test_mail: Annotated[
        bool, typer.Option("--test-mail", help="Send a test message to yourself: the addresses in [alerts].")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Say what works and what does not: config, shops, data age, costs, templates, disk, mail server."""
    from promofuse.cli import show
    from promofuse.doctor import State, examine, next_steps

    marks = {State.OK: "ok  ", State.WARN: "warn", State.FAIL: "FAIL"}
    checks = []
    with open_session(config, at) as session:
        for check in examine(session.config, session.store, session.keys, session.at, test_mail=test_mail):
            checks.append(check)
            if not json:
                show.console().print(f"{marks[check.state]}  {check.name}: {check.message}", soft_wrap=True)
                if check.hint and check.state is not State.OK:
                    show.console().print(f"      {check.hint}", soft_wrap=True)
    if json:
        show.print_json(
            {
                "version": 1,
                "checks": [
                    {"name": c.name, "state": c.state.value, "message": c.message, "hint": c.hint} for c in checks
                ],
            }
        )
    else:
        show.print_next(next_steps(checks))
    codes = [check.exit_code for check in checks if check.exit_code]
    if codes:
        raise typer.Exit(min(codes))


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would do; erase nothing.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Erase buyers' data 30 days after their orders were shipped or cancelled; the proof stays."""
    from promofuse.app.purge import purge as erase
    from promofuse.cli import show

    with open_session(config, at) as session, show.working("looking through orders and files"):
        done = erase(session.config, session.store, session.keys, session.at, inbox=True, dry_run=dry_run)
    if json:
        show.print_json(
            {
                "version": 1,
                "orders": done.orders,
                "buyers": done.buyers,
                "incidents": list(done.incidents),
                "files": [str(path) for path in done.files],
                "kept_files": [str(path) for path in done.kept_files],
                "problems": list(done.problems),
            }
        )
        return
    out = show.console()
    verb = "would be" if dry_run else "are"
    out.print(f"{done.orders} orders were shipped or cancelled over 30 days ago; their buyers {verb} forgotten")
    for path in done.files:
        out.print(f"{'would erase' if dry_run else 'erased'} {show.short_path(path)}", soft_wrap=True)
    for path in done.kept_files:
        out.print(f"kept {show.short_path(path)}: it names buyers whose 30 days are not over", soft_wrap=True)
    for problem in done.problems:
        out.print(f"not done: {problem}", soft_wrap=True)
    if dry_run:
        show.print_next(["promofuse purge"])
