"""Rows of a large CSV file in the order of a time: DuckDB (the `analytics` extra) sorts them on disk, not in memory."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Container, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from promofuse.shops.delimited import Header
from promofuse.shops.text import Gaps, read_lines, survey

_AT_ONCE: Final = 4_000  # rows fetched
_SETTINGS: Final[dict[str, Any]] = {
    "memory_limit": "96MB",
    "threads": 2,
    "autoinstall_known_extensions": False,  # nothing is downloaded
    "autoload_known_extensions": False,
}
_CSV: Final = (
    "header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false, strict_mode = true,"
    " null_padding = true, parallel = false"
)


class NotSortable(Exception):
    """DuckDB may read this file otherwise than we do: stream it."""


def can_sort() -> bool:
    """Whether the `analytics` extra is installed."""
    try:
        return find_spec("duckdb") is not None
    except ValueError:  # it is hidden on purpose
        return False


class SortedRows:
    """A CSV file in UTF-8 with commas and one record a line; NotSortable for any other, also while rows are taken."""

    def __init__(self, path: Path, without: Container[str]) -> None:
        """`without` are columns to leave out; `header` has the others. Raises OSError."""
        self._path = path
        with path.open("rb") as raw:
            seen = survey(raw, "")
            _, first = next(read_lines(raw, "utf-8-sig", Gaps(path.name)), (0, ""))
        plain = seen.finished and not seen.refusal and seen.encoding == "utf-8-sig" and "\t" not in first
        if not plain or not first.strip() or any(sign in str(path) for sign in "*?["):  # a pattern to DuckDB
            raise NotSortable(path.name)
        header = Header(next(csv.reader([first])))
        self._width, self._records = header.width, seen.line_feeds - 1
        names = header.without(without).names
        self._kept = [place for place, name in enumerate(names) if name]
        self.header = Header([names[place] for place in self._kept])

    def by(self, times: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
        """Line numbers and cells (and a blank one, as in a `Table`) by the first of the columns that has a time.

        Rows of the same time come as they stand in the file, rows without one last.
        """
        import duckdb

        with tempfile.TemporaryDirectory(prefix="promofuse-") as folder:
            try:
                with duckdb.connect(str(Path(folder) / "rows"), config=_SETTINGS) as db:
                    db.execute(self._take_in(), [str(self._path), {f"c{n}": "VARCHAR" for n in range(self._width)}])
                    if db.execute("SELECT count(*) FROM told").fetchone() != (self._records,):
                        raise NotSortable(f"{self._path.name}: its records are not one a line")
                    db.execute(self._in_order(times))
                    while rows := db.fetchmany(_AT_ONCE):
                        for line, *cells in rows:
                            yield line, cells
            except duckdb.Error as error:
                raise NotSortable(f"{self._path.name}: {error}") from None

    def _take_in(self) -> str:
        kept = ", ".join(f"c{place}" for place in self._kept)
        every = ", ".join(f"c{place}" for place in range(self._width))
        return (
            f"CREATE TABLE told AS SELECT {kept}, row_number() OVER () + 1 AS line,"  # noqa: S608 names made of numbers
            f" trim(concat({every})) = '' AS blank FROM read_csv(?, columns = ?, {_CSV})"
        )

    def _in_order(self, times: tuple[str, ...]) -> str:
        places = [place for time in times if (place := self.header.place(time)) is not None]
        moments = [f"TRY_CAST(nullif(trim(c{self._kept[place]}), '') AS TIMESTAMPTZ)" for place in places]
        cells = ", ".join(f"coalesce(c{place}, '')" for place in self._kept)
        return (
            f"SELECT line, {cells}, '' FROM told WHERE NOT blank"  # noqa: S608 names made of numbers
            f" ORDER BY coalesce({', '.join(moments)}) NULLS LAST, line"
        )
