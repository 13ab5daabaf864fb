"""A shop that is a folder of files: each file's format found by its name, its header or its content, then read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

from promofuse.facts import Batch, Fact, Gap
from promofuse.instants import moment
from promofuse.marketplaces import find_marketplace
from promofuse.shops.base import Content, Reading, SourceFile, list_sources
from promofuse.shops.delimited import Header, Table, open_table
from promofuse.shops.documents import MAX_DOCUMENT, Document, DocumentFormat
from promofuse.shops.text import Gaps, Survey, read_beginning, read_lines, read_text, survey

_NOT_TABLES: Final = (".json", ".xml", ".xlsx", ".xls", ".zip", ".pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of file: `stem` names it without looking inside, `known_by` are the columns that tell it otherwise.

    `tells` takes their place where one set of columns after the other would be too many.
    """

    content: Content
    title: str
    stem: str = ""
    known_by: tuple[tuple[str, ...], ...] = ()
    tells: Callable[[Header], bool] | None = None
    needed: tuple[str, ...] = ()
    read: Callable[[Table], Iterator[Fact]]

    def fits(self, header: Header) -> bool:
        """Whether a table with this header is one of them."""
        if self.tells:
            return self.tells(header)
        return any(all(column in header for column in columns) for columns in self.known_by)


class FolderShop:
    """Reads the files of one folder. A kind of shop names its formats."""

    formats: ClassVar[tuple[Format, ...]]
    documents: ClassVar[tuple[DocumentFormat, ...]] = ()

    def __init__(self, folder: Path, marketplace: str) -> None:
        self._folder = folder
        self._place = find_marketplace(marketplace)

    def sources(self) -> list[SourceFile]:
        """The files that can be read now, by name; raises ShopUnreachable."""
        return list_sources(self._folder)

    @contextmanager
    def open(self, source: SourceFile, at: datetime | None = None) -> Iterator[Reading]:
        """Implements `Shop`."""
        with source.path.open("rb") as raw:
            yield self._read(raw, _stat(raw, source.path), at)

    def _read(self, raw: BinaryIO, source: SourceFile, at: datetime | None) -> Reading:
        seen = survey(raw, self._place.encoding if self._place else "cp1252")
        gaps = Gaps(source.name)
        reading = Reading(
            source=source,
            content=Content.UNKNOWN,
            sha256=seen.sha256,
            batch=Batch(iter(()), gaps.found),
            finished=seen.finished,
        )
        if seen.refusal:
            return _refuse(reading, seen.refusal)
        if document := self._tell_document(raw, seen):
            return self._read_document(document, raw, seen, gaps, reading, at)
        if source.name.casefold().endswith(_NOT_TABLES):
            return _refuse(reading, self._unknown())
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
        reading.batch = Batch(self._facts(raw, found.read(table), gaps, reading), gaps.found)
        return reading

    def _tell_document(self, raw: BinaryIO, seen: Survey) -> DocumentFormat | None:
        if not self.documents:
            return None
        beginning = read_beginning(raw, seen.encoding).lstrip("\ufeff \t\r\n")
        return next((known for known in self.documents if known.tells(beginning)), None)

    def _read_document(
        self, known: DocumentFormat, raw: BinaryIO, seen: Survey, gaps: Gaps, reading: Reading, at: datetime | None
    ) -> Reading:
        text = read_text(raw, seen.encoding, MAX_DOCUMENT)
        if text is None:
            return _refuse(reading, f"longer than {MAX_DOCUMENT:,} characters, as no {known.title} is; not read")
        written = moment(reading.source.mtime_ns // 1000)
        known_at = written if at is None else min(written, at)
        name = reading.source.name
        opened = known.open(
            Document(name=name, at=known_at, text=text, ended=seen.finished, place=self._place, gaps=gaps)
        )
        if opened is None:
            return _refuse(reading, self._unknown())
        reading.content, reading.finished = opened.content, opened.finished
        reading.batch = Batch(self._facts(raw, opened.facts, gaps, reading), gaps.found)
        return reading

    def _facts(self, raw: BinaryIO, facts: Iterator[Fact], gaps: Gaps, reading: Reading) -> Iterator[Fact]:
        yield from facts
        if _stat(raw, reading.source.path) != reading.source:
            reading.finished = False
            gaps.add(None, None, "the file changed while it was being read; it is read again next time")
        gaps.close()

    def _recognise(self, name: str, header: Header) -> Format | None:
        stem = name.casefold().split(".")[0]
        by_name = (known for known in self.formats if known.stem and known.stem == stem)
        by_header = (known for known in self.formats if known.fits(header))
        return next(by_name, None) or next(by_header, None)

    def _unknown(self) -> str:
        tables = (f"{k.title} (columns {', '.join(k.needed)})" if k.needed else k.title for k in self.formats)
        expected = "; ".join((*tables, *(known.title for known in self.documents)))
        return f"not a file that is read here; expected: {expected}"


def _refuse(reading: Reading, reason: str) -> Reading:
    """One gap, and it is not looked at again until it changes."""
    reading.batch.gaps.append(Gap(reading.source.name, None, None, reason))
    reading.finished = True
    return reading


def _stat(raw: BinaryIO, path: Path) -> SourceFile:
    """The open file as it is now, not what may have taken its name since."""
    stat = os.fstat(raw.fileno())
    return SourceFile(path=path, size=stat.st_size, mtime_ns=stat.st_mtime_ns, inode=str(stat.st_ino))
