"""What a shop is to the rest: sources that can be listed, and each read into facts and gaps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from stat import S_ISREG
from typing import Final, Protocol

from promofuse.errors import ShopUnreachable
from promofuse.facts import Batch

_UNFINISHED_SUFFIXES: Final = (".tmp", ".part", ".crdownload")


class Content(StrEnum):
    """What a source holds. Order lines and items add to what is known; the others are the truth of their source."""

    ORDERS = "orders"
    ITEMS = "items"
    CATALOGUE = "catalogue"
    LISTINGS = "listings"
    PROMOTIONS = "promotions"
    ACCOUNT_HEALTH = "account_health"
    CANCELLATIONS = "cancellations"
    FEED_RESULTS = "feed_results"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file of a shop's folder; size, time and inode tell whether it is still the one that was read."""

    path: Path
    size: int
    mtime_ns: int
    inode: str

    @property
    def name(self) -> str:
        """The file's name in the folder."""
        return self.path.name


@dataclass(slots=True, kw_only=True)
class Reading:
    """An open source. `source` is the file as it was opened, `sha256` of its uncompressed bytes.

    `batch` and `finished` are complete once the batch's facts are exhausted: a file that changes meanwhile, or has
    no final line end, is not finished.
    """

    source: SourceFile
    content: Content
    sha256: str
    batch: Batch
    finished: bool


class Shop(Protocol):
    """A shop whose data lies in a folder."""

    def __init__(self, folder: Path, marketplace: str) -> None: ...

    def sources(self) -> list[SourceFile]:
        """The files that can be read now, by name. Raises ShopUnreachable if the folder cannot be listed."""

    def open(self, source: SourceFile, at: datetime | None = None) -> AbstractContextManager[Reading]:
        """Open a source; raises OSError where the file is gone or may not be read.

        What a document without a time of its own tells was so when its file was written, but not later than `at`.
        """


def list_sources(folder: Path) -> list[SourceFile]:
    """The files of a folder by name, without hidden ones and unfinished downloads. Raises ShopUnreachable."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ShopUnreachable(
            f"the shop's folder {folder} cannot be read: {error.strerror}",
            hint="create the folder, or correct `folder` in config.toml",
        ) from None
    return list(_regular_files(entries))


def _regular_files(entries: list[Path]) -> Iterator[SourceFile]:
    for path in entries:
        name = path.name.casefold()
        if name.startswith((".", "~$")) or name.endswith(_UNFINISHED_SUFFIXES):
            continue
        try:
            stat = path.stat()
        except OSError:
            continue  # moved away since it was listed
        if S_ISREG(stat.st_mode):
            yield SourceFile(path=path, size=stat.st_size, mtime_ns=stat.st_mtime_ns, inode=str(stat.st_ino))
