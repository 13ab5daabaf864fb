"""Amazon's feed processing reports, flat and XML: how many records of an upload it took, and what it has against which.

Flat: a summary, a blank line, a table of errors and warnings; its columns differ by feed, and it has none where all
went well. XML: ProcessingReport, in an AmazonEnvelope or bare. Sources: Seller Central's help on the processing
report (record 1 is the line after the header), the Feeds API's documentation, and public code that reads them, which
also tells the words for error and warning in other languages. Read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from promofuse.facts import FeedError, FeedResult
from promofuse.shops.base import Content
from promofuse.shops.delimited import open_table
from promofuse.shops.documents import Document, DocumentFormat, Opened, broken_off
from promofuse.shops.text import one_line

_RECORD: Final = "original-record-number"
_COLUMNS: Final = (
    _RECORD,
    "order-id",
    "amazon-order-id",
    "order-item-id",
    "amazon-order-item-code",
    "sku",
    "error-code",
    "error-type",
    "error-message",
)
_SUMMARY: Final = re.compile(r"feed processing summary", re.IGNORECASE)
_COUNT: Final = re.compile(r"number of records (processed|successful)\W*?(\d[\d.,]*)", re.IGNORECASE)
_WARNINGS: Final = frozenset(
    ("warning", "warnung", "avertissement", "advertencia", "avviso", "avvertenza", "aviso", "waarschuwing", "varning",
     "ostrzeżenie", "uyarı", "警告")
)  # fmt: skip
_MAX_DIGITS: Final = 9
# expat's codes for a text that ends too early: no element found, unclosed token, partial character, unclosed CDATA.
_BROKEN_OFF: Final = frozenset((3, 5, 6, 20))
_MAX_DEPTH: Final = 50
_MAX_ELEMENTS: Final = 1_000_000  # a report on 100,000 records has fewer
_MAX_LEAF: Final = 10_000  # characters


def _tells_flat(beginning: str) -> bool:
    return bool(_SUMMARY.match(beginning)) or any(
        line.startswith((_RECORD, f'"{_RECORD}"')) for line in beginning.split("\n")
    )


def _open_flat(document: Document) -> Opened | None:
    """Read a flat report; a last line without a line end is left out, and the file is looked at again."""
    *lines, _ = document.text.replace("\r\n", "\n").split("\n")
    numbered = list(enumerate(lines, 1))
    head = next((n for n, line in numbered if line.startswith((_RECORD, f'"{_RECORD}"'))), None)
    summary = lines[: head - 1] if head else lines
    processed, successful = _counts(summary, any_words=head is not None)
    if processed is None and head is None:
        return None if document.ended else broken_off(document)
    if not document.ended:
        document.say_that_it_breaks_off()
    found = list(_flat_errors(document, numbered[head - 1 :])) if head else []
    result = FeedResult(
        name=document.name,
        at=document.at,
        processed=processed,
        successful=successful,
        of_listings=_of_listings(found),
        errors=tuple(error for error, _ in found),
    )
    return Opened(Content.FEED_RESULTS, iter((result,)), finished=document.ended)


def _of_listings(errors: Iterable[tuple[FeedError, str]]) -> bool:
    """Whether these errors, each with the SKU that it names, name SKUs and no order."""
    named = list(errors)
    return any(sku for _, sku in named) and not any(error.order_id for error, _ in named)


def _counts(summary: list[str], *, any_words: bool) -> tuple[int | None, int | None]:
    """Records processed and successful. In other languages the words differ: then the two are known by their order."""
    told = {found[1].casefold(): _whole(found[2]) for line in summary if (found := _COUNT.search(line))}
    if told or not any_words:
        return told.get("processed"), told.get("successful")
    labelled = [cells for line in summary if len(cells := line.split()) > 1 and not _is_number(cells[0])]
    numbers = [_whole(cells[-1]) for cells in labelled if _is_number(cells[-1])]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (None, None)


def _is_number(text: str) -> bool:
    return _whole(text) is not None


def _whole(text: str) -> int | None:
    digits = re.sub(r"[.,]", "", text.strip())
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS else None


def _flat_errors(document: Document, lines: list[tuple[int, str]]) -> Iterator[tuple[FeedError, str]]:
    """Each error with the SKU that it names."""
    table = open_table(iter(lines), document.gaps, document.place)
    if table is None:
        return
    pick = table.header.picker(_COLUMNS)
    for _, row in table.rows:
        record, order, amazon_order, item, amazon_item, sku, code, kind, message = map(one_line, pick(row))
        error = FeedError(
            record=_whole(record) or 0,
            order_id=order or amazon_order,
            line_id=item or amazon_item,
            code=code,
            message=message,
            warning=kind.casefold() in _WARNINGS,
        )
        yield error, sku


class _ProcessingReports:
    """Takes the parts of an XML text as they are parsed, and keeps of them what a processing report tells."""

    def __init__(self, document: Document) -> None:
        self.found: list[FeedResult] = []
        self.seen = False
        self._document = document
        self._depth = 0
        self._elements = 0
        self._text = ""
        self._report: dict[str, str] | None = None
        self._result: dict[str, str] | None = None
        self._errors: list[tuple[FeedError, str]] = []

    def start(self, tag: str, _: object) -> None:
        """An element begins."""
        self._depth += 1
        self._elements += 1
        if self._depth > _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise _NoReport
        self._text = ""
        match _local(tag):
            case "ProcessingReport":
                self.seen = True
                self._report, self._errors = {}, []
            case "Result" if self._report is not None:
                self._result = {}

    def data(self, text: str) -> None:
        """Text of the element."""
        if self._report is not None and len(self._text) < _MAX_LEAF:
            self._text += text

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        name = _local(tag)
        if name == "ProcessingReport" and self._report is not None:
            self.found.append(self._finish(self._report))
            self._report = self._result = None
        elif name == "Result" and self._result is not None:
            if self._result.get("ResultCode", "").casefold() != "success":
                self._errors.append((_xml_error(self._result), self._result.get("SKU", "")))
            self._result = None
        elif self._report is not None:
            into = self._report if self._result is None else self._result
            into.setdefault(name, one_line(self._text))
        self._text = ""

    def close(self) -> None:
        """The text ends."""

    def _finish(self, told: dict[str, str]) -> FeedResult:
        return FeedResult(
            name=self._document.name,
            at=self._document.at,
            processed=_whole(told.get("MessagesProcessed", "")),
            successful=_whole(told.get("MessagesSuccessful", "")),
            complete=told.get("StatusCode", "Complete").casefold() == "complete",
            of_listings=_of_listings(self._errors),
            errors=tuple(error for error, _ in self._errors),
        )


class _NoReport(Exception):
    """No report nests its elements so deep, or has so many."""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _xml_error(told: dict[str, str]) -> FeedError:
    return FeedError(
        record=_whole(told.get("MessageID", "")) or 0,
        order_id=told.get("AmazonOrderID", ""),
        line_id=told.get("AmazonOrderItemCode", ""),
        code=told.get("ResultMessageCode", ""),
        message=told.get("ResultDescription", ""),
        warning=told.get("ResultCode", "").casefold() == "warning",
    )


def _open_xml(document: Document) -> Opened | None:
    """Read an XML report. Entities and document types are refused: no report has them, and they can be bombs."""
    reports = _ProcessingReports(document)
    parser = DefusedXMLParser(target=reports, forbid_dtd=True)
    try:
        parser.feed(document.text.lstrip())
        parser.close()
    except (DefusedXmlException, _NoReport):
        return None
    except ParseError as error:
        ours = reports.seen or "<AmazonEnvelope" in document.text  # what it holds may come after the break
        return broken_off(document) if ours and error.code in _BROKEN_OFF else None
    return Opened(Content.FEED_RESULTS, iter(reports.found)) if reports.found else None


FEED_REPORTS: Final = (
    DocumentFormat(title="feed processing report", tells=_tells_flat, open=_open_flat),
    DocumentFormat(title="XML processing report", tells=lambda beginning: beginning.startswith("<"), open=_open_xml),
)
