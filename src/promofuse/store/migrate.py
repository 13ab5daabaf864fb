"""Brings an older database up to date with alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from promofuse.errors import StoreError


def migrations() -> Config:
    """Alembic's configuration: the folder of revisions in this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(db: Connection) -> None:
    """Upgrade to the newest revision inside the caller's transaction; raises StoreError on a newer database."""
    config = migrations()
    config.attributes["connection"] = db
    try:
        command.upgrade(config, "head")
    except CommandError:
        newest = ScriptDirectory.from_config(config).get_current_head()
        raise StoreError(
            "the database was written by a newer Promofuse",
            hint=f"install that version again; this one knows the database up to revision {newest}",
        ) from None
