"""Whatever bytes a report holds: reading it raises nothing, and what it gives can be stored."""

import json

from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from promofuse.marketplaces import find_marketplace
from promofuse.shops.amazon_reports import AmazonReports
from promofuse.shops.documents import Document
from promofuse.shops.text import Gaps
from reports import feed_report, xml_feed_report, xml_result

ROWS = [{"original-record-number": "2", "order-id": "1-2", "error-type": "Error", "error-message": "no"}]
FLAT = feed_report(3, 2, ROWS).decode()
XML = xml_feed_report(3, 2, xml_result(2, order_id="1-2")).decode()
PIECES = (
    "Feed Processing Summary:\n", "original-record-number\torder-id\terror-message\n", "\t", "\n", "7", "²", "é",
    "Number of records processed", "99999999999999999999", '"', "<ProcessingReport>", "</ProcessingReport>", "<Result>",
    "</Result>", "<MessagesProcessed>", "</MessagesProcessed>", "<![CDATA[", "&amp;", "&x;", "<!DOCTYPE a>", "\0",
)  # fmt: skip
KEYS = (
    "performanceMetrics", "marketplaceId", "preFulfillmentCancellationRate", "orderDefectRate", "mfn", "orderCount",
    "cancellationCount", "orderWithDefects", "count", "reportingDateRange", "reportingDateFrom", "reportingDateTo",
    "targetValue", "reportSpecification", "coupons", "promotions", "couponId", "promotionId", "startDateTime",
    "endDateTime", "lastUpdatedDateTime", "currencyCode", "discountType", "discountAmount", "budget", "asins", "asin",
    "includedProducts", "customerSegment", "name", "type", "status",
)  # fmt: skip
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(("2026-03-09T23:59Z", "ATVPDKIKX0DER", "USD", "PERCENT_OFF_LIST_PRICE", "C-1", "All (Default)")),
)  # fmt: skip
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8)
)
reports = st.fixed_dictionaries(
    {"reportSpecification": leaves, "performanceMetrics": trees, "coupons": trees, "promotions": trees}
)


def read(text):
    """All facts and gaps of a text, by every format that takes it."""
    for known in AmazonReports.documents:
        gaps = Gaps("file")
        document = Document(
            name="file", at=NOON, text=text, ended=text.endswith("\n"), place=find_marketplace("amazon.com"), gaps=gaps
        )
        known.tells(text[:100])
        opened = known.open(document)
        if opened:
            yield from opened.facts
        yield from gaps.found


def told(fact):
    """Everything that a fact says, as a database will get it."""
    repr(fact).encode()
    return fact


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5)).map("".join))
def test_texts_made_of_pieces_of_reports(text):
    assert all(told(fact) for fact in read(text))


@given(st.sampled_from([FLAT, XML]), st.integers(0, 2000), st.integers(0, 2000), st.text(max_size=5))
def test_reports_with_a_part_replaced(report, first, last, text):
    assert all(told(fact) for fact in read(report[:first] + text + report[last:]))


@given(reports | st.dictionaries(st.sampled_from(KEYS), trees))
def test_json_of_any_shape(report):
    assert all(told(fact) for fact in read(json.dumps(report)))
