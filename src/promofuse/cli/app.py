"""The list of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from promofuse import __version__
from promofuse.cli import approve, check, daemon, decide, demo, drill, incidents, respond, send, setup
from promofuse.cli.options import ManyPerOption

app = typer.Typer(
    name="promofuse",
    help=(
        "A fuse for promotions: sees a loss-making promotion, drafts the whole response, proves what happened.\n\n"
        "Exit codes: 0 fine; 1 open incidents or findings; 2 usage; 3 configuration; 4 a shop or server unreachable; "
        "5 refused; 70 internal error."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"promofuse {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A fuse for promotions."""
    del version


app.command()(demo.demo)
app.command()(setup.init)
app.command()(setup.doctor)
app.command()(check.check)
app.command()(check.rules)
app.command()(daemon.daemon)
app.command()(daemon.replay)
app.command()(drill.drill)
app.command()(respond.respond)
app.command()(incidents.incidents)
app.command()(incidents.outbox)
app.command(cls=ManyPerOption)(decide.plan)
app.command()(decide.confirm)
app.command()(approve.approve)
app.command()(approve.reject)
app.command()(approve.export)
app.command()(send.send)
app.command()(send.prove)
app.command()(send.resolve)
app.command()(decide.stopped)
app.command()(decide.note)
app.command()(decide.dismiss)
app.command()(decide.close)
app.command()(setup.purge)
