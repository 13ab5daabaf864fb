"""Delimited text as rows: a header that forgives case and spacing, cells by column name, lines by number."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from promofuse.marketplaces import Marketplace
from promofuse.shops.text import Gaps

_MAX_RECORD_LINES: Final = 100  # of one quoted cell; beyond that a quote was forgotten


class Header:
    """The columns of a table, found by name whatever the case, spaces, `-` or `_`."""

    def __init__(self, cells: list[str]) -> None:
        self.width = len(cells)
        self._names = [cell.strip(" \t\ufeff\"'") for cell in cells]
        self._at = {_plain(name): index for index, name in reversed(list(enumerate(self._names)))}

    def __contains__(self, column: str) -> bool:
        return _plain(column) in self._at

    @property
    def by_semicolons(self) -> bool:
        """A spreadsheet in much of Europe separates cells so; they are then one cell to us."""
        return self.width == 1 and ";" in self._names[0]

    @property
    def names(self) -> list[str]:
        """The columns' names as the file writes them, blank where there is none."""
        return list(self._names)

    def place(self, column: str) -> int | None:
        """The column's place from 0; None if there is none."""
        return self._at.get(_plain(column))

    def name(self, column: str) -> str:
        """The column's name as the file writes it."""
        index = self._at.get(_plain(column))
        return column if index is None else self._names[index]

    def without(self, columns: Container[str]) -> Header:
        """The same table as if it had none of these columns; they then cost nothing."""
        return Header(["" if _plain(name) in columns else name for name in self._names])

    def picker(self, columns: tuple[str, ...]) -> Callable[[list[str]], tuple[str, ...]]:
        """A function that takes the cells of these columns (two or more) from a row; absent columns are blank."""
        return itemgetter(*(self._at.get(_plain(column), self.width) for column in columns))


@dataclass(frozen=True, slots=True)
class Table:
    """An open file as a header and rows. Each row has the header's width and a blank cell more, for absent columns.

    `place` is the shop's marketplace if it is a known one.
    """

    header: Header
    rows: Iterator[tuple[int, list[str]]]
    gaps: Gaps
    place: Marketplace | None


def open_table(lines: Iterator[tuple[int, str]], gaps: Gaps, place: Marketplace | None) -> Table | None:
    """The table in these lines: tabs without quoting where the header has tabs, else CSV. None without a header."""
    number, first = next(((n, line) for n, line in lines if line and not line.isspace()), (0, ""))
    if not number:
        return None
    if "\t" in first:
        header = Header(first.split("\t"))
        return Table(header, _fit(_split_tabs(lines), header.width, gaps), gaps, place)
    try:
        header = Header(next(csv.reader([first]), []))
    except csv.Error:  # not text at all: no format is known by such a header
        header = Header([first])
    return Table(header, _fit(_split_commas(lines, gaps), header.width, gaps), gaps, place)


def _split_tabs(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Quotes are part of the text: product names hold single ones."""
    for number, line in lines:
        if line and not line.isspace():
            yield number, line.split("\t")


def _split_commas(lines: Iterator[tuple[int, str]], gaps: Gaps) -> Iterator[tuple[int, list[str]]]:
    """CSV records; one whose quote is never closed costs its own first line only."""
    waiting: deque[tuple[int, str]] = deque()

    def take() -> tuple[int, str] | None:
        return waiting.popleft() if waiting else next(lines, None)

    while (taken := take()) is not None:
        number, line = taken
        if '"' not in line:
            if line.strip(" ,"):  # a spreadsheet leaves rows of nothing but commas
                yield number, line.split(",")
            continue
        record = _Record(line, take)
        cells = record.cells()
        if cells is None:
            gaps.add(number, None, 'a quote (") is opened and not closed; close it, or double a quote inside a cell')
            waiting.extendleft(reversed(record.followers))
        else:
            yield number, cells


class _Record:
    """A CSV record that starts on a line with quotes and may go on over the next ones."""

    def __init__(self, line: str, take: Callable[[], tuple[int, str] | None]) -> None:
        self._line = line
        self._take = take
        self._unclosed = False
        self.followers: list[tuple[int, str]] = []

    def cells(self) -> list[str] | None:
        """The record's cells; None if its quote is not closed in reasonable distance."""
        try:
            cells = next(csv.reader(self._lines()))
        except csv.Error:
            return None
        return None if self._unclosed else cells

    def _lines(self) -> Iterator[str]:
        """The csv module asks for a further line only inside an open quote."""
        yield self._line + "\n"
        while len(self.followers) < _MAX_RECORD_LINES and (taken := self._take()) is not None:
            self.followers.append(taken)
            yield taken[1] + "\n"
        self._unclosed = True


def _fit(rows: Iterator[tuple[int, list[str]]], width: int, gaps: Gaps) -> Iterator[tuple[int, list[str]]]:
    """Rows at the header's width; one with a separator too many is set aside, for its cells stand in wrong columns.

    Blank cells too many are borne where the first row has as many: some programs end every row with a separator.
    """
    usual = 0
    for number, cells in rows:
        usual = usual or len(cells)
        if len(cells) != width:
            if len(cells) > width and (len(cells) != usual or any(cell.strip() for cell in cells[width:])):
                reason = f"has {len(cells)} cells where the header has {width}: remove the stray separator"
                gaps.add(number, None, reason)
                continue
            cells = cells[:width] + [""] * (width - len(cells))  # noqa: PLW2901 the same row at the header's width
        cells.append("")
        yield number, cells


def _plain(name: str) -> str:
    return "-".join(name.casefold().replace("_", " ").replace("-", " ").split())
