"""Report files for tests: simple order values turned into the bytes that a shop's export would hold."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 10, 12, tzinfo=UTC)


def _columns(names: str) -> tuple[str, ...]:
    return tuple(names.split())


ALL_ORDERS = _columns(
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel "
    "order-channel url ship-service-level product-name sku asin item-status quantity currency item-price item-tax "
    "shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount "
    "ship-city ship-state ship-postal-code ship-country promotion-ids is-business-order purchase-order-number "
    "price-designation"
)
ORDER_REPORT = _columns(
    "order-id order-item-id purchase-date payments-date buyer-email buyer-name buyer-phone-number sku product-name "
    "quantity-purchased currency item-price item-tax shipping-price shipping-tax ship-service-level recipient-name "
    "ship-country ship-phone-number item-promotion-discount item-promotion-id ship-promotion-discount "
    "ship-promotion-id is-buyer-requested-cancellation"
)
UNSHIPPED_ORDERS = _columns(
    "order-id order-item-id purchase-date payments-date reporting-date promise-date days-past-promise buyer-email "
    "buyer-name buyer-phone-number sku product-name quantity-purchased quantity-shipped quantity-to-ship "
    "ship-service-level recipient-name ship-country"
)
ORDERS_CSV = _columns(
    "order_id line_id ordered_at seen_at updated_at marketplace sku quantity item_price item_discount shipping_price "
    "shipping_discount currency promotion_ids status fulfilled_by ship_country buyer_name buyer_email buyer_language "
    "cancel_requested_by_buyer cancelled_by"
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One order line as every report tells it; amounts and times as text. Blank means that the report is silent."""

    order_id: str = "O-1"
    sku: str = "MUG-1"
    quantity: str = "1"
    currency: str = "USD"
    price: str = "39.99"
    discount: str = ""
    shipping: str = ""
    shipping_discount: str = ""
    promotion_ids: tuple[str, ...] = ()
    ordered_at: str = START.isoformat()
    updated_at: str = (START + timedelta(minutes=20)).isoformat()
    status: str = "Unshipped"
    item_status: str = ""
    fulfilled_by: str = "Merchant"
    channel: str = "Amazon.com"
    asin: str = "B000MUG001"
    title: str = 'Mug 5" "blue"'
    country: str = "US"
    item_code: str = "77000001"
    email: str = "b1@marketplace.amazon.com"
    name: str = "Ann Lee"
    language: str = ""
    asked_to_cancel: str = "false"
    cancelled_by: str = ""

    def but(self, **changes: str | tuple[str, ...]) -> Line:
        """The same line with some values changed."""
        return replace(self, **changes)


def at(minutes: float) -> str:
    """A time so many minutes after START, as reports write it."""
    return (START + timedelta(minutes=minutes)).isoformat()


def all_orders(lines: Iterable[Line], columns: Sequence[str] = ALL_ORDERS, **form: object) -> bytes:
    """An All Orders report; see `tsv` for its form."""
    return tsv(columns, [_all_orders_cells(line) for line in lines], **form)


def order_report(lines: Iterable[Line], columns: Sequence[str] = ORDER_REPORT, **form: object) -> bytes:
    """An Order Report; with `UNSHIPPED_ORDERS` as columns an Unshipped Orders report."""
    return tsv(columns, [_item_cells(line) for line in lines], **form)


def orders_csv(lines: Iterable[Line], columns: Sequence[str] = ORDERS_CSV, **form: object) -> bytes:
    """A plain orders.csv; states and fulfilment as words of the plain format."""
    return comma(columns, [_plain_cells(line) for line in lines], **form)


def tsv(columns: Sequence[str], rows: Iterable[Mapping[str, str]], **form: object) -> bytes:
    """Tab-separated text without quoting."""
    lines = ["\t".join(columns), *("\t".join(row.get(c, "") for c in columns) for row in rows)]
    return encode(lines, **form)


def comma(columns: Sequence[str], rows: Iterable[Mapping[str, str]], **form: object) -> bytes:
    """CSV with quotes where a cell needs them."""
    return encode([_quoted(columns), *(_quoted([row.get(c, "") for c in columns]) for row in rows)], **form)


def encode(
    lines: Sequence[str], *, encoding: str = "utf-8", line_end: str = "\r\n", ended: bool = True, packed: bool = False
) -> bytes:
    """Lines as a file's bytes; `ended` False leaves the last line without its end, `packed` is gzip."""
    text = line_end.join(lines) + (line_end if ended else "")
    raw = text.encode(encoding)
    return gzip.compress(raw, mtime=0) if packed else raw


def _quoted(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _all_orders_cells(line: Line) -> dict[str, str]:
    return {
        "amazon-order-id": line.order_id,
        "merchant-order-id": line.order_id,
        "purchase-date": line.ordered_at,
        "last-updated-date": line.updated_at,
        "order-status": line.status,
        "item-status": line.item_status,
        "fulfillment-channel": line.fulfilled_by,
        "sales-channel": line.channel,
        "ship-service-level": "Standard",
        "product-name": line.title,
        "sku": line.sku,
        "asin": line.asin,
        "quantity": line.quantity,
        "currency": line.currency,
        "item-price": line.price,
        "shipping-price": line.shipping,
        "item-promotion-discount": line.discount,
        "ship-promotion-discount": line.shipping_discount,
        "ship-country": line.country,
        "promotion-ids": ",".join(line.promotion_ids),
        "is-business-order": "false",
    }


def _item_cells(line: Line) -> dict[str, str]:
    return {
        "order-id": line.order_id,
        "order-item-id": line.item_code,
        "purchase-date": line.ordered_at,
        "buyer-email": line.email,
        "buyer-name": line.name,
        "sku": line.sku,
        "product-name": line.title,
        "quantity-purchased": line.quantity,
        "currency": line.currency,
        "item-price": line.price,
        "shipping-price": line.shipping,
        "item-promotion-discount": line.discount,
        "item-promotion-id": ",".join(line.promotion_ids),
        "ship-promotion-discount": line.shipping_discount,
        "ship-country": line.country,
        "is-buyer-requested-cancellation": line.asked_to_cancel,
    }


def _plain_cells(line: Line) -> dict[str, str]:
    return {
        "order_id": line.order_id,
        "line_id": line.item_code,
        "ordered_at": line.ordered_at,
        "updated_at": line.updated_at,
        "marketplace": line.channel,
        "sku": line.sku,
        "quantity": line.quantity,
        "item_price": line.price,
        "item_discount": line.discount,
        "shipping_price": line.shipping,
        "shipping_discount": line.shipping_discount,
        "currency": line.currency,
        "promotion_ids": ";".join(line.promotion_ids),
        "status": line.status.casefold(),
        "fulfilled_by": {"Merchant": "merchant", "Amazon": "marketplace"}.get(line.fulfilled_by, line.fulfilled_by),
        "ship_country": line.country,
        "buyer_name": line.name,
        "buyer_email": line.email,
        "buyer_language": line.language,
        "cancel_requested_by_buyer": line.asked_to_cancel,
        "cancelled_by": line.cancelled_by,
    }


def feed_report(
    processed: int | None,
    successful: int | None = None,
    errors: Iterable[Mapping[str, str]] = (),
    columns: Sequence[str] = (),
    **form: object,
) -> bytes:
    """A flat feed processing report; `processed` None leaves the summary out."""
    rows = list(errors)
    lines = []
    if processed is not None:
        lines = [
            "Feed Processing Summary:",
            f"\tNumber of records processed\t\t{processed}",
            f"\tNumber of records successful\t\t{processed if successful is None else successful}",
            "",
        ]
    columns = columns or _columns("original-record-number order-id order-item-id error-code error-type error-message")
    if rows:
        lines += ["\t".join(columns), *("\t".join(row.get(c, "") for c in columns) for row in rows)]
    return encode(lines, **form)


def xml_feed_report(
    processed: int, successful: int, results: str = "", *, status: str = "Complete", envelope: bool = True
) -> bytes:
    """An XML processing report, in an envelope or bare; `results` are its Result elements."""
    report = (
        f"<ProcessingReport><DocumentTransactionID>825</DocumentTransactionID><StatusCode>{status}</StatusCode>"
        f"<ProcessingSummary><MessagesProcessed>{processed}</MessagesProcessed>"
        f"<MessagesSuccessful>{successful}</MessagesSuccessful></ProcessingSummary>{results}</ProcessingReport>"
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    if not envelope:
        return (head + report).encode()
    schema = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="amzn-envelope.xsd"'
    return (
        f"{head}<AmazonEnvelope {schema}><Header><DocumentVersion>1.02</DocumentVersion>"
        "<MerchantIdentifier>M_1</MerchantIdentifier></Header><MessageType>ProcessingReport</MessageType>"
        f"<Message><MessageID>1</MessageID>{report}</Message></AmazonEnvelope>\n"
    ).encode()


def xml_result(record: int, code: str = "Error", message: str = "no", order_id: str = "") -> str:
    """A Result of an XML processing report."""
    more = f"<AdditionalInfo><AmazonOrderID>{order_id}</AmazonOrderID></AdditionalInfo>" if order_id else ""
    return (
        f"<Result><MessageID>{record}</MessageID><ResultCode>{code}</ResultCode>"
        f"<ResultMessageCode>18021</ResultMessageCode><ResultDescription>{message}</ResultDescription>{more}</Result>"
    )
