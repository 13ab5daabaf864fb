"""`promofuse daemon` and `promofuse replay`."""

from __future__ import annotations

from typing import Annotated

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AsJson, At, ConfigPath, open_session


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
