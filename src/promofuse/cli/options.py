"""Options that every command has, and what a command opens with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from promofuse.errors import UsageError

if TYPE_CHECKING:
    from promofuse.config import Config
    from promofuse.store.engine import Store
    from promofuse.store.privacy import Keys

ConfigPath = Annotated[
    Path, typer.Option("--config", envvar="PROMOFUSE_CONFIG", help="The configuration file.", show_default=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
At = Annotated[
    str,
    typer.Option(
        "--at",
        envvar="PROMOFUSE_AT",
        metavar="ISO8601",
        help="Act as of this time, e.g. 2026-11-20T06:40Z; default: now.",
    ),
]
ShopName = Annotated[str, typer.Option("--shop", metavar="NAME", help="Only this shop of the configuration.")]


def tidy_id(text: str) -> str:
    """An incident's id as it is on record, however it was typed: `inc-2026-0001` is `INC-2026-0001`."""
    return text.strip().upper()


IncidentId = Annotated[str, typer.Argument(metavar="ID", callback=tidy_id, help="An incident, e.g. INC-2026-0001.")]
AnyIncident = Annotated[
    str, typer.Argument(metavar="[ID]", callback=tidy_id, help="An incident, e.g. INC-2026-0001; default: all.")
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why.")]
DEFAULT_CONFIG = Path("config.toml")


def parse_time(text: str, option: str = "--at") -> datetime:
    """An ISO 8601 time with offset as aware UTC; raises UsageError."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not an ISO 8601 time", hint="e.g. 2026-11-20T06:40:00Z") from None
    if time.tzinfo is None:
        raise UsageError(f"{option}: {text!r} has no offset from UTC", hint=f"e.g. {text.strip()}Z or +08:00")
    return time.astimezone(UTC)


def clock(at: str) -> datetime:
    """The one reading of the clock in a command: `--at`, else PROMOFUSE_AT, else now."""
    from promofuse.app import now

    # Which of the two it was, for a person who never typed --at.
    option = "PROMOFUSE_AT" if at == os.environ.get("PROMOFUSE_AT") else "--at"
    return parse_time(at, option) if at else now()


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with."""

    config: Config
    store: Store
    keys: Keys
    at: datetime


class ManyPerOption(TyperCommand):
    """A command whose options named in `many` take several values at once: `--cancel A B --honour C`."""

    many = ("--cancel", "--honour", "--undo")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each further value."""
        repeated: list[str] = []
        current, values = "", 0
        for word in args:
            if word.startswith("-"):
                current, values = (word if word in self.many else ""), 0
            elif current and values:
                repeated.append(current)
            if current and not word.startswith("-"):
                values += 1
            repeated.append(word)
        return super().parse_args(ctx, repeated)


@contextmanager
def open_session(config_path: Path, at: str, *, alone: bool = False) -> Iterator[Session]:
    """Configuration, clock, store and keys for one command. Raises ConfigError, StoreError, UsageError.

    `alone`: the environment adds nothing to the file, as for sample data that must never reach anybody.
    """
    from promofuse.config import Config, LoneConfig
    from promofuse.store.engine import open_store
    from promofuse.store.privacy import load_keys

    moment = clock(at)
    config = (LoneConfig if alone else Config).read(config_path)
    with open_store(config.database_url, config.data_dir) as store:
        yield Session(config, store, load_keys(config.data_dir), moment)
