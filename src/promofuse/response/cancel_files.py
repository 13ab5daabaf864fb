"""The platforms' bulk cancellation files, byte-exact: what a person uploads.

Amazon's flat file (Order Cancellation template 1.0.3; Seller Central help 50791 and public copies of the template,
read 2026-11): a template line, a header line, one line an item, tab-separated, CRLF. Reason and item code come
together; a blank code cancels the whole order and loses the reason. `PricingError` in the flat file is
unconfirmed: the reason is a setting, and the one-order trial shows whether it is accepted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from promofuse.response.triage import Decision, Missing, OrderDecision

BUYER_CANCELED: Final = "BuyerCanceled"
_AMAZON_HEAD: Final = (
    "TemplateType=OrderCancellation\tVersion=1.0/1.0.3\t"
    "This row for Amazon.com use only.  Do not modify or delete.\r\n"
    "order-id\tcancellation-reason-code\tamazon-order-item-code\r\n"
)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """One line to cancel. A blank `item_code` means the whole order, then without a reason."""

    order_id: str
    item_code: str
    reason: str
    sku: str
    quantity: int


def cancellations(decisions: Iterable[OrderDecision], reason: str, *, blank_codes: bool) -> list[Cancellation]:
    """The lines to cancel, in the decisions' order; orders that lack a code stay out unless `blank_codes`.

    A blank code is written only where every standing line of the order is to be cancelled. Pending orders and ids
    that would break the file never enter. `BuyerCanceled` is the reason of exactly the orders whose buyers asked.
    """
    rows = []
    for decided in decisions:
        if decided.decision not in (Decision.CANCEL, Decision.BUYER_REQUESTED):
            continue
        if Missing.PENDING in decided.missing or Missing.BAD_ID in decided.missing:
            continue
        code_missing = Missing.ITEM_CODE in decided.missing or Missing.AMBIGUOUS_CODE in decided.missing
        why = BUYER_CANCELED if decided.decision is Decision.BUYER_REQUESTED else reason
        if not code_missing:
            rows += [
                Cancellation(decided.order_id, decided.codes[line.line_key], why, line.sku, line.quantity)
                for line in decided.open_lines
            ]
        elif blank_codes and not decided.innocent_lines:
            first = decided.open_lines[0]
            rows.append(Cancellation(decided.order_id, "", "", first.sku, sum(x.quantity for x in decided.open_lines)))
    return rows


def choose_trial(rows: Sequence[Cancellation], previous: str) -> str:
    """The order to try first: the one tried before if it still stands, else the first of one line with a code.

    Blank if there is nothing to try.
    """
    lines: dict[str, int] = {}
    for row in rows:
        lines[row.order_id] = lines.get(row.order_id, 0) + 1
    if previous in lines:
        return previous
    single = [r.order_id for r in rows if lines[r.order_id] == 1 and r.item_code and r.reason != BUYER_CANCELED]
    return single[0] if single else next(iter(lines), "")


def amazon_flat_file(rows: Iterable[Cancellation]) -> bytes:
    """The tab-separated cancellation file, as uploaded under Orders > Upload order related files."""
    lines = [f"{row.order_id}\t{row.reason}\t{row.item_code}\r\n" for row in rows]
    return (_AMAZON_HEAD + "".join(lines)).encode("ascii")


def plain_file(rows: Iterable[Cancellation]) -> bytes:
    """For platforms without a bulk format: the lines to cancel by hand or by script, UTF-8 CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("order_id", "line_id", "sku", "quantity", "reason"))
    writer.writerows((row.order_id, row.item_code, row.sku, row.quantity, row.reason) for row in rows)
    return text.getvalue().encode()
