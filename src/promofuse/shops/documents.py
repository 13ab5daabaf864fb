"""Files that are no tables from their first line on: read as a whole, within bounds, and told by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promofuse.facts import Fact
from promofuse.marketplaces import Marketplace
from promofuse.shops.base import Content
from promofuse.shops.text import UNFINISHED, Gaps

# Characters. The largest report of this kind, one of every coupon of a big account, has a few million.
MAX_DOCUMENT: Final = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file's text, with what its readers need to know: its name and time, the shop's marketplace, its gaps.

    `ended` is whether the text ends with a line end, as files of lines do once they are complete.
    """

    name: str
    at: datetime
    text: str
    ended: bool
    place: Marketplace | None
    gaps: Gaps

    def say_that_it_breaks_off(self) -> None:
        """Note a gap: the text is not complete."""
        self.gaps.add(None, None, f"the file breaks off: {UNFINISHED}, download it again")


@dataclass(frozen=True, slots=True)
class Opened:
    """A document that was recognised, as facts."""

    content: Content
    facts: Iterator[Fact]
    finished: bool = True


def broken_off(document: Document) -> Opened:
    """A document that is not complete: one gap, and it is looked at again."""
    document.say_that_it_breaks_off()
    return Opened(Content.UNKNOWN, iter(()), finished=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFormat:
    """One kind of document. `tells` looks at the beginning of its text; `open` may find that it is nothing known."""

    title: str
    tells: Callable[[str], bool]
    open: Callable[[Document], Opened | None]
