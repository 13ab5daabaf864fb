"""What is wrong with config.toml or the environment, in the words of the person who wrote it, not of the parser."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

# What the parser says, and what was most likely meant.
_TOML: Final = (
    (r"Unescaped '\\'|Invalid hex value", "a backslash stands in double quotes: write / or put it into single quotes"),
    (r"Unterminated string|Illegal character '\\n'|Expected \"'\"", "a quotation mark is left open"),
    (r"Cannot overwrite|Cannot declare .* twice|Duplicate", "this setting or [table] stands there twice: keep one"),
    (r"Expected '='", "an = is missing after the name of a setting"),
    (r"Expected '\]'", "a ] is missing"),
    (r"Unclosed array", "a list is left open: a ] is missing"),
    (r"Unclosed inline table", "a table is left open: a } is missing"),
    (r"Expected newline", "something stands after the value: a note begins with #, a decimal has a dot"),
    (r"Invalid value", "this is no value: words stand in straight double quotes, numbers without"),
    (r"Invalid initial character|Invalid statement", "this is no name of a setting: a note begins with #"),
)
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def misread_toml(path: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    """`config.toml, line 4, column 8: a quotation mark is left open, at host`; the value may be a secret."""
    said = str(error)
    lines = text.splitlines() or [""]
    place = _PLACE.search(said)
    line, column = (len(lines), len(lines[-1]) + 1) if place is None or not place[1] else map(int, place.groups())
    meant = next((words for pattern, words in _TOML if re.search(pattern, said)), _PLACE.sub("", said))
    name = lines[line - 1].partition("=")[0].strip()[:40] if line <= len(lines) and "=" in lines[line - 1] else ""
    return f"{path}, line {line}, column {column}: {meant}" + (f", at {name}" if name else "")


def misread_settings(error: ValidationError, model: type[BaseModel]) -> str:
    """`mail.hots: there is no such setting; did you mean host?`, all problems in one line."""
    return "; ".join(f"{_where(problem['loc'])}: {_words(problem, model)}" for problem in error.errors())


def _where(place: tuple[int | str, ...]) -> str:
    """The setting as config.toml names it, and the variable that stands above the file."""
    variable = f"PROMOFUSE_{'__'.join(map(str, place)).upper()}"
    setting = ".".join(map(str, place)) or "file"
    return f"{setting} ({variable} in the environment)" if variable in os.environ else setting


def _words(problem: ErrorDetails, model: type[BaseModel]) -> str:
    if problem["type"] == "missing":
        return "this setting is missing"
    if problem["type"] != "extra_forbidden":
        return problem["msg"].removeprefix("Value error, ").replace("Input should be", "it should be")
    *table, name = map(str, problem["loc"])
    tables = dict(_tables(model))
    known = next((names for pattern, names in tables.items() if _fits(pattern, table)), ())
    if alike := get_close_matches(name, known, n=1):
        return f"there is no such setting; did you mean {alike[0]}?"
    there = [pattern for pattern, names in tables.items() if name in names and not _fits(pattern, table)]
    if len(there) == 1:
        return (
            f"there is no such setting here; it belongs {f'under [{there[0]}]' if there[0] else 'above all [tables]'}"
        )
    return "there is no such setting"


def _tables(model: type[BaseModel], name: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each table of the file and its settings: ("mail", ("host", ...)), ("shops.NAME", ("kind", ...))."""
    yield name, tuple(model.model_fields)
    for key, field in model.model_fields.items():
        inner, one = field.annotation, key
        if get_origin(inner) is dict:  # tables that the seller names
            inner, one = get_args(inner)[1], f"{key}.NAME"
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _tables(inner, f"{name}.{one}".lstrip("."))


def _fits(pattern: str, table: list[str]) -> bool:
    parts = pattern.split(".") if pattern else []
    return len(parts) == len(table) and all(part in ("NAME", given) for part, given in zip(parts, table, strict=True))
