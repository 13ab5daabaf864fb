"""Opens the database: SQLite in WAL mode, one writer at a time, migrated when it is older than the program."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from promofuse.errors import ConfigError, StoreError

__all__ = ["Connection", "Store", "batches", "open_store", "upsert"]

Item = TypeVar("Item")

DATABASE: Final = "promofuse.sqlite3"
HEAD: Final = "0004"  # the newest revision in migrations/versions; a test compares them
_MANY: Final = 1000
# FULL: an intent is durable before its effect.
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "busy_timeout = 30000",
    "cache_size = -8000",
)
_BULK_CACHE: Final = 64_000  # kB: keeps the upper pages of the order indexes
_USUAL_CACHE: Final = 8_000


class Store:
    """The open database. Reading and writing are transactions; writers wait for each other."""

    def __init__(self, reading: Engine, writing: Engine) -> None:
        self._reading = reading
        self._writing = writing

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the database; writing in it fails."""
        with self._reading.begin() as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; an exception undoes it."""
        with self._writing.begin() as db:
            yield db

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """A connection for many short transactions: each is a `with connection.begin()` that works like `write`."""
        with self._writing.connect() as db:
            yield db

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """While much is written the database has a large cache; its memory is given back afterwards."""
        self._set_cache(_BULK_CACHE)
        try:
            yield
        finally:
            self._set_cache(_USUAL_CACHE)

    def _set_cache(self, kilobytes: int) -> None:
        with self._writing.begin() as db:
            db.exec_driver_sql(f"PRAGMA cache_size = -{kilobytes}")
            db.exec_driver_sql("PRAGMA shrink_memory")

    def close(self) -> None:
        """Close all connections."""
        self._reading.dispose()
        self._writing.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(database_url: str, data_dir: Path) -> Store:
    """Open the database, created and migrated where needed; an empty url means a file in `data_dir`.

    Raises ConfigError for a url that cannot be used, StoreError for a damaged database or one of a newer Promofuse.
    """
    url = _url(database_url, data_dir)
    store = Store(_engine(url, "BEGIN", "query_only = ON"), _engine(url, "BEGIN IMMEDIATE"))
    try:
        _bring_up_to_date(store)
    except DBAPIError as error:
        store.close()
        raise StoreError(
            f"the database {url.database} cannot be used: {error.orig}",
            hint="restore it from a backup, or move it away: the reports can be read again",
        ) from None
    except BaseException:
        store.close()
        raise
    return store


def upsert(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace the rows of the same primary key."""
    if not rows:
        return
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    db.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), list(rows))


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """As many at a time as fit into one question or one insert."""
    remaining = iter(items)
    while some := list(islice(remaining, _MANY)):
        yield some


def _url(database_url: str, data_dir: Path) -> URL:
    if not database_url:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = data_dir / DATABASE
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # its journals take its mode over
        return URL.create("sqlite", database=str(path))
    try:
        url = make_url(database_url)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() != "sqlite" or not url.database:
        raise ConfigError(
            "database_url: only a SQLite file can be used yet",
            hint='leave it empty, or write database_url = "sqlite:////absolute/path/promofuse.sqlite3"',
        )
    return url


def _engine(url: URL, begin: str, *more_pragmas: str) -> Engine:
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver begins no transaction by itself
        for pragma in (*_PRAGMAS, *more_pragmas):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _bring_up_to_date(store: Store) -> None:
    """Migrate unless the database already stands at the newest revision: then nothing heavy is imported."""
    with store.read() as db:
        known = db.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
        revision = db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if known else None
    if revision == HEAD:
        return
    from promofuse.store.migrate import migrate

    with store.write() as db:
        migrate(db)
