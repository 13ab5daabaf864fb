"""The platforms' bulk cancellation files, byte-exact: what a person uploads.

Amazon's flat file (Order Cancellation template 1.0.3; Seller Central help 50791 and public copies of the template,
read 2026-11): a template line, a header line, one line an item, tab-separated, CRLF. Reason and item code come
together; a blank code cancels the whole order and loses the reason. `PricingError` in the flat file is
unconfirmed: the reason is a setting, and the one-order trial shows whether it is accepted.

Amazon's XML feeds say the same for programs: an order acknowledgement with StatusCode Failure cancels, and its schema
knows `PricingError`; an order adjustment cancels some units of an item. They follow OrderAcknowledgement.xsd and
OrderAdjustment.xsd as public copies of the newer release have them (read 2026-11); the release 1_9 lacks
`PricingError`, `ActionType` and quantities.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final
from xml.sax.saxutils import escape

from promofuse.response.triage import Decision, Missing, OrderDecision

BUYER_CANCELED: Final = "BuyerCanceled"
_AMAZON_HEAD: Final = (
    "TemplateType=OrderCancellation\tVersion=1.0/1.0.3\t"
    "This row for Amazon.com use only.  Do not modify or delete.\r\n"
    "order-id\tcancellation-reason-code\tamazon-order-item-code\r\n"
)
_ENVELOPE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">\n'
)
_CODE: Final = "AmazonOrderItemCode"
# What the order adjustment calls the reasons of a cancellation.
_ADJUSTMENTS: Final[Mapping[str, str]] = {
    "PricingError": "PriceError",
    "NoInventory": "NoInventory",
    "GeneralAdjustment": "GeneralAdjustment",
    BUYER_CANCELED: "CustomerCancel",
    "CustomerExchange": "Exchange",
    "CustomerReturn": "CustomerReturn",
    "ShippingAddressUndeliverable": "CustomerAddressIncorrect",
    "CarrierCreditDecision": "CarrierCreditDecision",
    "CarrierCoverageFailure": "CarrierCoverageFailure",
    "RiskAssessmentInformationNotValid": "RiskAssessmentInformationNotValid",
}


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


def amazon_acknowledgement(rows: Iterable[Cancellation], merchant_id: str) -> bytes:
    """The XML feed POST_ORDER_ACKNOWLEDGEMENT_DATA: one message an order, with the reason on each of its items.

    For orders that are cancelled as a whole: that Failure spares items it does not name is unconfirmed. A row without
    an item code gives no reason. Rows of an order stand together; `merchant_id` is the seller's identifier.
    """
    messages = []
    for order_id, order in groupby(rows, attrgetter("order_id")):
        items = [
            _element("Item", _leaf(_CODE, row.item_code) + _leaf("CancelReason", row.reason))
            for row in order
            if row.item_code
        ]
        content = _leaf("AmazonOrderID", order_id) + _leaf("StatusCode", "Failure") + "".join(items)
        messages.append(_element("OrderAcknowledgement", content))
    return _envelope("OrderAcknowledgement", messages, merchant_id)


def amazon_adjustment(rows: Iterable[Cancellation], merchant_id: str) -> bytes:
    """The XML feed POST_PAYMENT_ADJUSTMENT_DATA: one message an order, each item with how many units are cancelled.

    For orders that are cancelled in part. It names items only: rows without an item code are left out.
    """
    messages = []
    for order_id, order in groupby((row for row in rows if row.item_code), attrgetter("order_id")):
        items = [
            _element(
                "AdjustedItem",
                _leaf(_CODE, row.item_code)
                + _leaf("AdjustmentReason", _ADJUSTMENTS.get(row.reason, "Other"))
                + _leaf("QuantityCancelled", str(row.quantity)),
            )
            for row in order
        ]
        content = _leaf("AmazonOrderID", order_id) + _leaf("ActionType", "Cancel") + "".join(items)
        messages.append(_element("OrderAdjustment", content))
    return _envelope("OrderAdjustment", messages, merchant_id)


def whole_and_part(
    rows: Iterable[Cancellation], decisions: Iterable[OrderDecision]
) -> tuple[list[Cancellation], list[Cancellation]]:
    """The rows of orders that are cancelled as a whole, and those of orders that keep lines the cause did not touch."""
    in_part = {decided.order_id for decided in decisions if decided.innocent_lines}
    whole: list[Cancellation] = []
    part: list[Cancellation] = []
    for row in rows:
        (part if row.order_id in in_part else whole).append(row)
    return whole, part


def _envelope(message_type: str, messages: Sequence[str], merchant_id: str) -> bytes:
    head = _element("Header", _leaf("DocumentVersion", "1.01") + _leaf("MerchantIdentifier", merchant_id))
    body = (_element("Message", _leaf("MessageID", str(n)) + message) for n, message in enumerate(messages, 1))
    text = _ENVELOPE + head + _leaf("MessageType", message_type) + "".join(body) + "</AmazonEnvelope>\n"
    return text.encode("ascii", "xmlcharrefreplace")


def _element(name: str, content: str) -> str:
    return f"<{name}>\n{content}</{name}>\n"


def _leaf(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>\n"


def plain_file(rows: Iterable[Cancellation]) -> bytes:
    """For platforms without a bulk format: the lines to cancel by hand or by script, UTF-8 CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("order_id", "line_id", "sku", "quantity", "reason"))
    writer.writerows((row.order_id, row.item_code, row.sku, row.quantity, row.reason) for row in rows)
    return text.getvalue().encode()
