"""Cells of a row as values: times with offset, amounts in minor units, exact numbers, words. A bad cell says why."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, TypeVar

from promofuse.money import MoneyError, digits, exact, parse_minor

Word = TypeVar("Word", bound=StrEnum)
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Cell = Callable[[str, str], Any]  # (cell, column) -> value; raises BadCell
_EARLIEST, _LATEST = 1990, 2200  # years
_MAX_DIGITS: Final = 9
_MANY: Final = 100_000


class BadCell(ValueError):
    """A cell that cannot be read: its column and a reason that says what to do."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def read_text(cell: str, column: str) -> str:
    """A needed text."""
    text = cell.strip()
    if not text:
        raise BadCell(column, "is blank, but needed")
    return text


def read_time(cell: str, column: str) -> datetime:
    """An ISO 8601 time with offset, in UTC."""
    try:
        time = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise BadCell(column, f"{cell[:40]!r} is not an ISO 8601 time such as 2026-11-20T06:40:00Z") from None
    zone = time.tzinfo
    if zone is None:
        raise BadCell(column, f"{cell[:40]!r} has no offset from UTC; write Z or +08:00 at its end")
    if not _EARLIEST < time.year < _LATEST:
        raise BadCell(column, f"{cell[:40]!r} is not a time of this age")
    return time if zone is UTC else time.astimezone(UTC)


def read_quantity(cell: str, column: str) -> int:
    """A whole number, zero or more."""
    text = cell.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise BadCell(column, f"{cell[:40]!r} is not a whole number such as 1")
    return int(text)


def read_currency(cell: str, column: str) -> str:
    """A currency code, in capitals."""
    code = cell.strip().upper()
    try:
        digits(code)
    except MoneyError as error:
        raise BadCell(column, str(error)) from None
    return code


def read_number(cell: str, column: str) -> Fraction:
    """An exact number, zero or more."""
    try:
        number = exact(cell.strip())
    except MoneyError as error:
        raise BadCell(column, str(error)) from None
    if number < 0:
        raise BadCell(column, f"{cell[:40]!r} is below zero")
    return number


def read_share(cell: str, column: str) -> Fraction:
    """A share of one, such as 0.15."""
    number = read_number(cell, column)
    if number > 1:
        raise BadCell(column, f"{cell[:40]!r} is more than the whole; write 15 % as 0.15")
    return number


def read_flag(cell: str, column: str) -> bool:
    """true or false."""
    known = _FLAGS.get(cell.strip().casefold())
    if known is None:
        raise BadCell(column, f"{cell[:40]!r} is neither true nor false")
    return known


def read_list(cell: str, separator: str) -> tuple[str, ...]:
    """The distinct items of a list, in their order."""
    return tuple(dict.fromkeys(item for part in cell.split(separator) if (item := part.strip())))


def choose_word(cell: str, column: str, words: Mapping[str, Word]) -> Word:
    """The value of one of the known words."""
    word = words.get(cell.strip().casefold())
    if word is None:
        raise BadCell(column, f"{cell[:40]!r} is not known; use one of: {', '.join(words)}")
    return word


class Remembered(dict[Key, Value]):
    """What cells were read as: a report repeats most of them many times. Reading a new one may raise BadCell."""

    def __init__(self, read: Callable[[Key], Value]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: Key) -> Value:
        value = self._read(cell)
        if len(self) >= _MANY:
            self.clear()
        self[cell] = value
        return value


def _amount(cell: str, currency: str) -> int:
    """An amount, zero or more, in minor units of the currency; raises MoneyError."""
    minor = parse_minor(cell.strip(), currency)
    if minor < 0:
        raise MoneyError(f"{cell[:40]!r} is below zero")
    return minor


class Amounts:
    """Reads amounts of order lines in minor units."""

    def __init__(self) -> None:
        self._known = Remembered[tuple[str, str], int](lambda told: _amount(*told))

    def read(self, cell: str, currency: str, column: str) -> int:
        """An amount, zero or more, in minor units; a blank is 0."""
        if not cell:
            return 0
        try:
            return self._known[cell, currency]
        except MoneyError as error:
            raise BadCell(column, str(error)) from None


_FLAGS: Final = {
    **dict.fromkeys(("true", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "no", "n", "0", ""), False),
}
