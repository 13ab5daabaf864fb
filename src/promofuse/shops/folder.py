"""A shop that is a folder of files: each file's format found by its name or its header, then read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

from promofuse.facts import Batch, Fact
from promofuse.marketplaces import find_marketplace
from promofuse.shops.base import Content, Reading, SourceFile, list_sources
from promofuse.shops.delimited import Header, Table, open_table
from promofuse.shops.text import Gaps, read_lines, survey

_NOT_TABLES: Final = (".json", ".xml", ".xlsx", ".xls", ".zip", ".pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of file: `stem` names it without looking inside, `known_by` are the columns that tell it otherwise."""

    content: Content
    title: str
    stem: str = ""
    known_by: tuple[tuple[str, ...], ...]
    needed: tuple[str, ...]
    read: Callable[[Table], Iterator[Fact]]


class FolderShop:
    """Reads the files of one folder. A kind of shop names its formats."""

    formats: ClassVar[tuple[Format, ...]]

    def __init__(self, folder: Path, marketplace: str) -> None:
        self._folder = folder
        self._place = find_marketplace(marketplace)

    def sources(self) -> list[SourceFile]:
        """The files that can be read now, by name; raises ShopUnreachable."""
        return list_sources(self._folder)

    @contextmanager
    def open(self, source: SourceFile) -> Iterator[Reading]:
        """Open a file; raises OSError where it is gone or may not be read."""
        with source.path.open("rb") as raw:
            yield self._read(raw, _stat(raw, source.path))

    def _read(self, raw: BinaryIO, source: SourceFile) -> Reading:
        seen = survey(raw, self._place.encoding if self._place else "cp1252")
        gaps = Gaps(source.name)
        reading = Reading(
            source=source,
            content=Content.UNKNOWN,
            sha256=seen.sha256,
            batch=Batch(iter(()), gaps.found),
            finished=seen.finished,
        )
        if seen.refusal or source.name.casefold().endswith(_NOT_TABLES):
            gaps.add(None, None, seen.refusal or self._unknown())
            reading.finished = True  # it is not looked at again until it changes
            return reading
        table = open_table(read_lines(raw, seen.encoding, gaps), gaps, self._place)
        if table is None:
            if not gaps.found:
                gaps.add(None, None, "the file is empty")
            return reading
        found = self._recognise(source.name, table.header)
        if found is None:
            gaps.add(None, None, self._unknown())
            return reading
        if missing := [column for column in found.needed if column not in table.header]:
            cause = ": its cells are separated by semicolons, save it with commas" if table.header.by_semicolons else ""
            gaps.add(1, missing[0], f"{found.title}: the header has no column {', '.join(missing)}{cause}")
            return reading
        reading.content = found.content
        reading.batch = Batch(self._facts(raw, found, table, reading), gaps.found)
        return reading

    def _facts(self, raw: BinaryIO, found: Format, table: Table, reading: Reading) -> Iterator[Fact]:
        yield from found.read(table)
        if _stat(raw, reading.source.path) != reading.source:
            reading.finished = False
            table.gaps.add(None, None, "the file changed while it was being read; it is read again next time")
        table.gaps.close()

    def _recognise(self, name: str, header: Header) -> Format | None:
        stem = name.casefold().split(".")[0]
        by_name = (known for known in self.formats if known.stem and known.stem == stem)
        by_header = (
            known for known in self.formats if any(all(c in header for c in columns) for columns in known.known_by)
        )
        return next(by_name, None) or next(by_header, None)

    def _unknown(self) -> str:
        expected = "; ".join(f"{known.title} (columns {', '.join(known.needed)})" for known in self.formats)
        return f"not a file that is read here; expected: {expected}"


def _stat(raw: BinaryIO, path: Path) -> SourceFile:
    """The open file as it is now, not what may have taken its name since."""
    stat = os.fstat(raw.fileno())
    return SourceFile(path=path, size=stat.st_size, mtime_ns=stat.st_mtime_ns, inode=str(stat.st_ino))
