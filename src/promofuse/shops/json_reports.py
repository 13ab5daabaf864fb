"""Amazon's JSON reports: account health, coupons and promotions.

Sources: accountHealthReport-2020-11-18.json, sellerCouponReport.json and promotionReport.json in the schemas of the
Selling Partner API models, read 2026-11. The schema of account health spells some keys otherwise in its own example:
both spellings are read. All times in them are UTC.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeVar

from promofuse.facts import ASIN, AccountHealth, Fact, Promotion, PromotionKind
from promofuse.marketplaces import find_marketplace
from promofuse.shops.base import Content
from promofuse.shops.cells import (
    BadCell,
    Cell,
    read_currency,
    read_number,
    read_quantity,
    read_share,
    read_text,
    read_time,
)
from promofuse.shops.documents import Document, DocumentFormat, Opened, broken_off
from promofuse.shops.text import one_line

_EXPONENT: Final = re.compile(r"-?\d{1,17}(\.\d{1,17})?[eE][+-]?\d{1,2}", re.ASCII)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One JSON object of a report; whatever else stands in its place reads as an object without keys."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, value: Any) -> _Entry:
        return cls(value if isinstance(value, dict) else {})

    def entry(self, key: str) -> _Entry:
        return _Entry.of(self.values.get(key))

    def entries(self, key: str) -> list[_Entry]:
        found = self.values.get(key)
        return [_Entry.of(value) for value in found] if isinstance(found, list) else []

    def text(self, key: str) -> str:
        """A text or number as one bounded line; blank where there is none."""
        value = self.values.get(key)
        return one_line(value) if isinstance(value, str) else ""

    def read(self, key: str, cell: Cell) -> Any:
        """The value of a key that is needed; raises BadCell."""
        return cell(read_text(self.text(key), key), key)

    def read_if_told(self, key: str, cell: Cell) -> Any:
        """The value of a key, or None where it is missing; raises BadCell."""
        text = self.text(key)
        return cell(text, key) if text else None


def _open(document: Document) -> Opened | None:
    """Read a JSON report. One that breaks off is looked at again; nothing known is no report."""
    text = document.text.strip()
    try:
        told = json.loads(text, parse_int=str, parse_float=_plain, parse_constant=str)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text) or text[-1] not in "]}"
        return broken_off(document) if cut else None
    except (ValueError, RecursionError):
        return None
    report = _Entry.of(told)
    for keys, content, read in REPORTS:
        if all(key in report.values for key in keys):
            return Opened(content, read(report, document))
    return None


def _plain(number: str) -> str:
    """A number as a plain decimal; a short exponent, as Java writes large and small ones, is written out."""
    return format(Decimal(number), "f") if _EXPONENT.fullmatch(number) else number


def _read_each(document: Document, name: str, entries: Iterator[tuple[str, Callable[[], _Value]]]) -> Iterator[_Value]:
    """What can be read of the entries; one that cannot be becomes a gap that names it."""
    for which, read in entries:
        try:
            yield read()
        except BadCell as bad:
            document.gaps.add(None, bad.column, f"{name} {which}: {bad.reason}" if which else bad.reason)


# The metric, how its key begins in lower case, and under which key its numerator stands.
_METRICS: Final = (
    ("cancellation_rate", "prefulfillmentcancel", "cancellationCount"),
    ("late_shipment_rate", "lateshipmentrate", "lateShipmentCount"),
    ("order_defect_rate", "orderdefectrate", "orderWithDefects"),
)
# Why orders count as defects; an order can be among several.
_CAUSES: Final = (("claims", "claims"), ("feedback", "negativeFeedback"), ("chargebacks", "chargebacks"))


def _read_health(report: _Entry, document: Document) -> Iterator[Fact]:
    def metrics() -> Iterator[tuple[str, Callable[[], AccountHealth]]]:
        for place in report.entries("performanceMetrics"):
            for key, value in place.values.items():
                for metric, begins, numerator in _METRICS:
                    told = value.get("mfn") if metric == "order_defect_rate" and isinstance(value, dict) else value
                    if key.casefold().startswith(begins) and isinstance(told, dict):
                        counts = {metric: numerator}
                        if metric == "order_defect_rate":
                            counts |= {f"order_defect_{c}": k for c, k in _CAUSES if isinstance(told.get(k), dict)}
                        for name, count in counts.items():
                            yield (
                                place.text("marketplaceId"),
                                partial(_metric, document, place, _Entry(told), name, count),
                            )

    return _read_each(document, "marketplace", metrics())


def _metric(document: Document, place: _Entry, told: _Entry, metric: str, numerator: str) -> AccountHealth:
    """One metric of one marketplace; of the order defect rate the part for orders that the seller fulfils."""
    if metric.startswith("order_defect"):
        count = told.entry(numerator).read("count", read_quantity)
    else:
        count = told.read(numerator, read_quantity)
    window = told.entry("reportingDateRange")
    ends = window.read("reportingDateTo", read_time)
    marketplace = find_marketplace(place.text("marketplaceId"))
    # The window ends with the day on which the report was made, so mostly after it.
    made_that_day = ends - timedelta(days=1) <= document.at < ends
    return AccountHealth(
        as_of=document.at if made_that_day else ends,
        metric=metric,
        numerator=count,
        denominator=told.read("orderCount", read_quantity),
        marketplace=marketplace.name if marketplace else place.text("marketplaceId"),
        window_from=window.read("reportingDateFrom", read_time),
        window_to=ends,
        target=told.read_if_told("targetValue", read_share),
    )


def _read_coupons(report: _Entry, document: Document) -> Iterator[Fact]:
    coupons = _of_this_place(report.entries("coupons"), "coupons", document)
    return _read_each(
        document, "coupon", ((told.text("couponId"), partial(_coupon, told, document)) for told in coupons)
    )


def _coupon(told: _Entry, document: Document) -> Promotion:
    """A coupon's settings as the report found them."""
    percent = told.text("discountType") == "PERCENT_OFF_LIST_PRICE"
    amount = told.read_if_told("discountAmount", read_number) if told.text("discountType") else None
    return Promotion(
        promotion_id=told.read("couponId", read_text),
        seen_at=document.at,
        name=told.text("name"),
        kind=PromotionKind.COUPON,
        starts_at=told.read("startDateTime", read_time),
        ends_at=told.read("endDateTime", read_time),
        skus=_asins(told.entries("asins")),
        percent_off=amount if percent else None,
        amount_off=None if percent else amount,
        currency=told.read("currencyCode", read_currency),
        budget=told.read_if_told("budget", read_number),
        segments=_segments(told.text("customerSegment")),
    )


def _segments(told: str) -> tuple[str, ...]:
    """`All (Default)` is anybody; `Amazon Prime` is prime."""
    word = told.casefold().removeprefix("amazon ").strip()
    return () if not word or word.startswith("all") else (word,)


_KINDS: Final = {"COUPON": PromotionKind.COUPON, "PROMO_CODE": PromotionKind.PERCENT_OFF}
_STATES: Final = {
    **dict.fromkeys(("CANCELED", "CANCELLED"), "ended"),
    **dict.fromkeys(("PENDING_APPROVAL", "NEEDS_YOUR_ATTENTION"), "scheduled"),
}


def _read_promotions(report: _Entry, document: Document) -> Iterator[Fact]:
    promotions = _of_this_place(report.entries("promotions"), "promotions", document)
    return _read_each(
        document, "promotion", ((told.text("promotionId"), partial(_promotion, told, document)) for told in promotions)
    )


def _promotion(told: _Entry, document: Document) -> Promotion:
    """A promotion that runs or ran, and on what; the report does not tell its discount."""
    changed = told.read_if_told("lastUpdatedDateTime", read_time)
    return Promotion(
        promotion_id=told.read("promotionId", read_text),
        seen_at=changed or document.at,
        name=told.text("promotionName"),
        kind=_KINDS.get(told.text("type"), PromotionKind.DEAL),
        status=_STATES.get(told.text("status"), "active"),
        starts_at=told.read("startDateTime", read_time),
        ends_at=told.read("endDateTime", read_time),
        skus=_asins(told.entries("includedProducts")),
        currency=told.read_if_told("revenueCurrencyCode", read_currency) or "",
        program=told.text("type").casefold(),
    )


def _asins(items: list[_Entry]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ASIN + asin for item in items if (asin := item.text("asin"))))


def _of_this_place(entries: list[_Entry], what: str, document: Document) -> list[_Entry]:
    """The entries of the shop's marketplace: a promotion elsewhere has no say here. The others are one gap."""
    shop = document.place.marketplace_id if document.place else ""
    here = [entry for entry in entries if not shop or entry.text("marketplaceId") in ("", shop)]
    if left := len(entries) - len(here):
        document.gaps.add(
            None, "marketplaceId", f"{left} {what} of other marketplaces: lay the report into their shop's"
        )
    return here


REPORTS: Final = (
    (("performanceMetrics",), Content.ACCOUNT_HEALTH, _read_health),
    (("reportSpecification", "coupons"), Content.PROMOTIONS, _read_coupons),
    (("reportSpecification", "promotions"), Content.PROMOTIONS, _read_promotions),
)
JSON_REPORTS: Final = DocumentFormat(
    title="account health, coupon and promotion reports (JSON)",
    tells=lambda beginning: beginning.startswith(("{", "[")),
    open=_open,
)
