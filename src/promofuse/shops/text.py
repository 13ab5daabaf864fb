"""Lines of a text file whatever its encoding and compression, in bounded memory."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, Final

from promofuse.facts import Gap

_BLOCK: Final = 1 << 20
MAX_LINE: Final = 1_000_000  # characters
_MAX_TEXT: Final = 200  # characters of one text that is shown to people
MAX_GAPS: Final = 10_000  # of one file; what is wrong in every row need not be said a million times
# A report compresses to a tenth, at best to a fiftieth; deflate's limit is 1:1032.
_MAX_EXPANSION: Final = 250
_FREE_EXPANSION: Final = 64 << 20  # bytes that need not be in proportion
_BEGINNING: Final = 1 << 14  # bytes
_GZIP: Final = b"\x1f\x8b"
UNFINISHED: Final = "the file seems to be still being written; if it is complete"


def one_line(text: str) -> str:
    """A text of a report as one bounded line without anything that does not print: it may be hostile."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:_MAX_TEXT].rstrip()


class Gaps:
    """Collects what could not be read in one file, up to a bound.

    `cut` is the text of a last line that broke off, blank where only the end is missing; None: the file ends well.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Gap] = []
        self.cut: str | None = None
        self._more = 0

    def add(self, line: int | None, column: str | None, reason: str) -> None:
        """Note a gap; `line` counts from 1."""
        if len(self.found) < MAX_GAPS:
            self.found.append(Gap(self.file, line, column, reason))
        else:
            self._more += 1

    def close(self) -> None:
        """Say how many were left out."""
        if self._more:
            self.found.append(Gap(self.file, None, None, f"{self._more:,} more rows could not be read"))


@dataclass(frozen=True, slots=True)
class Survey:
    """What a first pass over a file tells: its digest, encoding, whether it ends, and why it must not be read.

    `line_feeds` are counted as bytes.
    """

    sha256: str
    encoding: str
    finished: bool
    refusal: str
    line_feeds: int


def survey(raw: BinaryIO, fallback: str) -> Survey:
    """Read the whole file once. `fallback` is the encoding where it is not UTF-8: cp1252, or cp932 in Japan."""
    digest = sha256()
    utf8 = codecs.getincrementaldecoder("utf-8")()
    marked, is_utf8 = "", True
    tail, line_feeds = b"", 0
    blocks = _Blocks(raw)
    for block in blocks:
        if not tail:
            marked = _mark(block)
        digest.update(block)
        line_feeds += block.count(b"\n")
        tail = (tail + block)[-2:]
        if is_utf8 and not marked.startswith("utf-16"):
            try:
                utf8.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
    encoding = marked if marked.startswith("utf-16") else "utf-8-sig" if is_utf8 else fallback
    line_ends = (b"\n\0", b"\0\n") if encoding.startswith("utf-16") else (b"\n",)
    finished = tail.endswith(line_ends) and not blocks.cut
    return Survey(digest.hexdigest(), encoding, finished, blocks.refusal, line_feeds)


def _mark(block: bytes) -> str:
    """UTF-16 by its byte order mark, or by the zero byte that an ASCII letter has in it; else blank."""
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = [byte == 0 for byte in block[:2]]
    return "utf-16-le" if zeros == [False, True] else "utf-16-be" if zeros == [True, False] else ""


def read_lines(raw: BinaryIO, encoding: str, gaps: Gaps) -> Iterator[tuple[int, str]]:
    """Whole lines with their numbers from 1, without line ends. A last line without one is left out.

    Lines with a NUL byte or of more than a million characters become gaps. Bytes that the encoding does not define
    are replaced. Only a line feed ends a line: a cell may hold other separators.
    """
    decode = codecs.getincrementaldecoder(encoding)("replace").decode
    number, carry, too_long = 0, "", False
    blocks = _Blocks(raw)
    for block in blocks:
        text = carry + decode(block)
        cut = text.rfind("\n") + 1
        carry = text[cut:]
        whole = text[:cut].replace("\r\n", "\n")
        suspect = too_long or len(whole) > MAX_LINE or "\0" in whole
        for line in whole.split("\n")[:-1]:
            number += 1
            if suspect and (too_long or len(line) > MAX_LINE):
                gaps.add(number, None, "the line is longer than a million characters; download the file again")
                too_long = False
            elif suspect and "\0" in line:
                gaps.add(number, None, "the line holds a NUL byte: the file is damaged; download it again")
            else:
                yield number, line
        if len(carry) > MAX_LINE:
            carry, too_long = "", True
    if carry or too_long or blocks.cut:
        gaps.cut = carry
    if carry or too_long:
        gaps.add(number + 1, None, f"the line has no end and was left out: {UNFINISHED}, add a line end")
    elif blocks.cut:
        gaps.add(None, None, f"the gzip file breaks off: {UNFINISHED}, download it again")


def read_beginning(raw: BinaryIO, encoding: str) -> str:
    """The first few thousand characters: enough to see what kind of file it is."""
    first = next(iter(_Blocks(raw)), b"")[:_BEGINNING]
    return codecs.getincrementaldecoder(encoding)("replace").decode(first)


def read_text(raw: BinaryIO, encoding: str, limit: int) -> str | None:
    """The whole text; None if it is longer than `limit` characters."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    parts, length = [], 0
    for block in _Blocks(raw):
        parts.append(decoder.decode(block))
        length += len(parts[-1])
        if length > limit:
            return None
    return "".join(parts) + decoder.decode(b"", final=True)


class _Blocks:
    """Blocks of a file's bytes, unpacked where it is gzip. After them: `cut` if it broke off, or a `refusal`."""

    def __init__(self, raw: BinaryIO) -> None:
        raw.seek(0)
        self._raw = raw
        self.cut = False
        self.refusal = ""

    def __iter__(self) -> Iterator[bytes]:
        first = self._raw.read(_BLOCK)
        return self._unpacked(first) if first.startswith(_GZIP) else self._plain(first)

    def _plain(self, block: bytes) -> Iterator[bytes]:
        while block:
            yield block
            block = self._raw.read(_BLOCK)

    def _unpacked(self, packed: bytes) -> Iterator[bytes]:
        member = zlib.decompressobj(31)
        taken, given = len(packed), 0
        while packed:
            try:
                block = member.decompress(packed, _BLOCK)
            except zlib.error:
                self.refusal = "the gzip file is damaged; download it again"
                return
            given += len(block)
            if given > _FREE_EXPANSION and given > taken * _MAX_EXPANSION:
                self.refusal = f"unpacks to more than {_MAX_EXPANSION} times its size, as no report does; not read"
                return
            if block:
                yield block
            packed = member.unconsumed_tail
            if member.eof:
                packed = member.unused_data
                if not packed:
                    packed = self._raw.read(_BLOCK)
                    taken += len(packed)
                if not packed.startswith(_GZIP):
                    return  # padding after the last member
                member = zlib.decompressobj(31)
            elif not packed:
                packed = self._raw.read(_BLOCK)
                taken += len(packed)
        self.cut = True
