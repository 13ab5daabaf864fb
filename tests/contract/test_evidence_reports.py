"""Reports that prove cancellations, and Amazon's JSON reports: real files in a folder, and what is stored of them."""

import gzip
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from inbox import LONG_AGO, Inbox
from promofuse.facts import ASIN, CancellationListed, CancelledBy, FeedError, PromotionKind
from promofuse.incidents import Cause
from promofuse.shops import folder
from promofuse.store.evidence import Upload, load_evidence, load_uploads, save_upload
from promofuse.store.incidents import IncidentRecord, save_incident
from reports import START, comma, feed_report, tsv, xml_feed_report, xml_result

REJECTED = {
    "original-record-number": "2", "order-id": "111-2", "order-item-id": "72", "error-code": "18021",
    "error-type": "Error", "error-message": "Order “111-2” was shipped – too late",
}  # fmt: skip
ERROR = FeedError(
    record=2, order_id="111-2", line_id="72", code="18021", message="Order “111-2” was shipped – too late"
)


@pytest.fixture
def inbox(tmp_path):
    with Inbox(tmp_path) as shop:
        yield shop


def evidence(inbox):
    with inbox.store.read() as db:
        return load_evidence(db, "us")


def result(inbox):
    [found] = evidence(inbox).results
    return found


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_flat_report_is_known_by_its_content_in_every_encoding(inbox, encoding, line_end, packed):
    inbox.put("42.dat", feed_report(3, 2, [REJECTED], encoding=encoding, line_end=line_end, packed=packed))
    read = inbox.read()

    assert (read.files, read.rows, read.gaps) == (1, 1, ())
    found = result(inbox)
    assert (found.name, found.at, found.processed, found.successful) == (
        "42.dat", LONG_AGO + timedelta(seconds=1), 3, 2,
    )  # fmt: skip
    assert found.errors == (ERROR,)


def test_a_japanese_report_is_read_in_its_encoding(tmp_path):
    with Inbox(tmp_path, marketplace="amazon.co.jp") as inbox:
        row = REJECTED | {"error-type": "警告", "error-message": "注文は出荷済みです"}
        inbox.put("report.txt", feed_report(3, 3, [row], encoding="cp932"))
        inbox.read()

        [error] = result(inbox).errors
        assert (error.message, error.warning) == ("注文は出荷済みです", True)


@pytest.mark.parametrize(
    ("kind", "warning"), [("Error", False), ("Fehler", False), ("", False), ("Warning", True), ("Warnung", True),
                          ("Avertissement", True)],
)  # fmt: skip
def test_warnings_and_errors_in_several_languages(inbox, kind, warning):
    inbox.put("report.txt", feed_report(3, 3, [REJECTED | {"error-type": kind}]))
    inbox.read()

    assert [error.warning for error in result(inbox).errors] == [warning]


WORDS = b"Feed Processing Summary\nNumber of records processed: 1,045\nNumber of records successful: 1,030\n"
FRENCH = (
    feed_report(3, 2, [REJECTED])
    .replace(b"Feed Processing Summary:", b"Bilan")
    .replace(b"Number of records processed", "Lignes traitées".encode())
    .replace(b"Number of records successful", "Lignes réussies".encode())
)


@pytest.mark.parametrize(
    ("content", "counts"),
    [
        (feed_report(11006), (11006, 11006)),
        (WORDS, (1045, 1030)),
        (feed_report(None, errors=[REJECTED]), (None, None)),
        (FRENCH, (3, 2)),
        (feed_report(4, 4, [{"original-record-number": "1", "sku": "A", "error-code": "5", "error-type": "Warning"}],
                     ("original-record-number", "sku", "error-code", "error-type", "error-message")), (4, 4)),
    ],
    ids=["no errors", "in words", "no summary", "other language", "other columns"],
)  # fmt: skip
def test_variants_of_the_flat_report(inbox, content, counts):
    inbox.put("report.txt", content)
    read = inbox.read()

    assert read.gaps == ()
    assert (result(inbox).processed, result(inbox).successful) == counts


@pytest.mark.parametrize("envelope", [True, False])
@pytest.mark.parametrize("name", ["report.xml", "download.txt"])
def test_an_xml_report_is_read_with_and_without_its_envelope(inbox, name, envelope):
    results = xml_result(2, order_id="111-2") + xml_result(3, "Warning") + xml_result(4, "Success")
    inbox.put(name, xml_feed_report(4, 3, results, envelope=envelope))
    read = inbox.read()

    assert (read.rows, read.gaps) == (1, ())
    found = result(inbox)
    assert (found.processed, found.successful, found.complete) == (4, 3, True)
    assert found.errors == (
        FeedError(record=2, order_id="111-2", code="18021", message="no"),
        FeedError(record=3, code="18021", message="no", warning=True),
    )


def test_an_xml_report_that_begins_with_blank_lines_or_is_not_finished(inbox):
    inbox.put("a.xml", b"\n  \n" + xml_feed_report(1, 1, status="Processing"))
    read = inbox.read()

    assert (read.gaps, result(inbox).complete) == ((), False)


@pytest.mark.parametrize(("order_id", "foreign"), [("", True), ("111-1", False)])
def test_a_report_whose_errors_name_skus_and_no_order_is_about_listings(inbox, order_id, foreign):
    columns = ("original-record-number", "sku", "order-id", "error-code", "error-type", "error-message")
    row = {"original-record-number": "1", "sku": "MUG-1", "order-id": order_id, "error-type": "Error"}
    inbox.put("a.txt", feed_report(2, 1, [row], columns))
    info = f"<SKU>MUG-1</SKU><AmazonOrderID>{order_id}</AmazonOrderID>"
    inbox.put(
        "b.xml", xml_feed_report(2, 1, xml_result(1, order_id="-").replace("<AmazonOrderID>-</AmazonOrderID>", info))
    )
    inbox.read()

    assert [found.of_listings for found in evidence(inbox).results] == [foreign, foreign]


def test_texts_of_a_report_become_one_bounded_line(inbox):
    nasty = "=HYPERLINK(1) \u202eabc\x07 " + "x" * 5000
    inbox.put("a.txt", feed_report(3, 2, [REJECTED | {"error-message": nasty}]))
    inbox.put("b.xml", xml_feed_report(1, 0, xml_result(1, message="two\n\n  lines &lt;b&gt; " + "y" * 50_000)))
    read = inbox.read()

    assert read.gaps == ()
    flat, xml = (found.errors[0].message for found in evidence(inbox).results)
    assert flat.startswith("=HYPERLINK(1) abc x") and len(flat) == 200
    assert xml.startswith("two lines <b> y") and len(xml) == 200


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("laughs.xml", f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]><ProcessingReport>&a9;</ProcessingReport>'.encode()),
        ("external.xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><ProcessingReport>&e;</ProcessingReport>'),
        ("dtd.xml", b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><ProcessingReport/>'),
        ("deep.xml", b"<ProcessingReport>" + b"<a>" * 200_000),
        ("many.xml", b"<ProcessingReport>" + b"<a/>" * 1_000_001),
        ("other.xml", b"<AmazonEnvelope><MessageType>OrderReport</MessageType></AmazonEnvelope>"),
        ("page.html", b"<html><p>Please sign in<br></html>"),
        ("mismatch.xml", b"<ProcessingReport><a></b></ProcessingReport>"),
        ("deep.json", b"[" * 200_000 + b"]" * 200_000),
        ("numbers.json", b'{"performanceMetrics": ' + b"9" * 100_000 + b", ]}"),
        ("list.json", b'[{"performanceMetrics": []}]'),
        ("other.json", b'{"reportSpecification": {}, "orders": []}'),
        ("wrong.json", b"{'performanceMetrics': []}"),
        ("summary.txt", b"Feed Processing Summary:\nnothing here\n"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_report_is_one_gap_and_not_looked_at_again(inbox, name, content):
    inbox.put(name, content)
    first = inbox.read()

    assert [gap.reason.split(";")[0] for gap in first.gaps] == ["not a file that is read here"]
    assert evidence(inbox).results == ()
    assert inbox.read().files == 0


def test_a_report_that_unpacks_to_very_much_is_refused(inbox, monkeypatch):
    monkeypatch.setattr(folder, "MAX_DOCUMENT", 10_000)
    inbox.put("bomb.xml.gz", gzip.compress(b"<ProcessingReport>" + b"<a/>" * 100_000 + b"</ProcessingReport>"))
    inbox.put("bomb.json", b'{"performanceMetrics": [' + b"[]," * 10_000 + b"[]]}")
    inbox.put("bomb.txt", feed_report(1) + b"\n" * 20_000)

    assert [gap.reason[:29] for gap in inbox.read().gaps] == ["longer than 10,000 characters"] * 3
    assert evidence(inbox).results == ()


def test_a_report_under_the_name_of_another_stands_beside_it(inbox):
    first, second = feed_report(1), feed_report(3, 2, [REJECTED])
    inbox.put("r.txt", first)
    inbox.read(minutes=10)
    inbox.put("r.txt", second)
    inbox.read(minutes=20)
    inbox.put("r.txt", b"nothing that is read here\n")
    inbox.read(minutes=30)

    names = [f"r.txt ({hashlib.sha256(content).hexdigest()[:8]})" for content in (first, second)]
    told = [(found.name, found.processed, found.errors, found.seen_at) for found in evidence(inbox).results]
    assert told == [
        (names[0], 1, (), START + timedelta(minutes=10)),
        (names[1], 3, (ERROR,), START + timedelta(minutes=20)),
    ]


def test_a_report_that_was_half_there_gives_way_to_the_whole_one(inbox):
    whole = feed_report(3, 2, [REJECTED])
    inbox.put("r.txt", whole.removesuffix(b"\r\n"))
    inbox.read(minutes=10)
    inbox.put("r.txt", whole)
    inbox.read(minutes=20)

    found = result(inbox)
    assert (found.name, found.errors, found.seen_at) == ("r.txt", (ERROR,), START + timedelta(minutes=10))


HEALTH = {
    "accountStatuses": [{"marketplaceId": "ATVPDKIKX0DER", "status": "NORMAL"}],
    "performanceMetrics": [
        {
            "marketplaceId": "ATVPDKIKX0DER",
            "preFulfillmentCancellationRate": {
                "reportingDateRange": {
                    "reportingDateFrom": "2026-03-03T00:00Z", "reportingDateTo": "2026-03-09T23:59Z",
                },
                "orderCount": 312, "cancellationCount": 3, "rate": 9.6E-3, "targetValue": 0.025, "status": "GOOD",
            },
            "lateShipmentRate": {
                "reportingDateRange": {
                    "reportingDateFrom": "2026-02-08T00:00Z", "reportingDateTo": "2026-03-09T23:59Z",
                },
                "orderCount": 1000, "lateShipmentCount": 7, "targetValue": 0.04,
            },
            "orderDefectRate": {
                "afn": {"orderCount": 9, "orderWithDefects": {"count": 9}},
                "mfn": {
                    "reportingDateRange": {
                        "reportingDateFrom": "2026-01-08T00:00Z", "reportingDateTo": "2026-03-08T23:59Z",
                    },
                    "orderCount": 2000, "orderWithDefects": {"count": 2, "status": "GOOD"}, "targetValue": 0.01,
                },
            },
        }
    ],
}  # fmt: skip


def dump(value, **changes):
    return json.dumps(value | changes).encode()


def health(inbox):
    return inbox.facts()["account_health"]


def test_account_health_in_json(inbox):
    inbox.put("health.json", dump(HEALTH))
    read = inbox.read()

    assert (read.rows, read.gaps) == (3, ())
    assert [
        (m.metric, m.numerator, m.denominator, m.marketplace, m.target, m.as_of.isoformat()) for m in health(inbox)
    ] == [
        ("order_defect_rate", 2, 2000, "amazon.com", Fraction(1, 100), "2026-03-08T23:59:00+00:00"),
        ("cancellation_rate", 3, 312, "amazon.com", Fraction(1, 40), "2026-03-09T23:59:00+00:00"),
        ("late_shipment_rate", 7, 1000, "amazon.com", Fraction(1, 25), "2026-03-09T23:59:00+00:00"),
    ]
    assert health(inbox)[1].window_from == datetime(2026, 3, 3, tzinfo=UTC)


def test_account_health_tells_why_orders_are_defects(inbox):
    [metrics] = HEALTH["performanceMetrics"]
    mfn = metrics["orderDefectRate"]["mfn"] | {
        "claims": {"count": 1}, "negativeFeedback": {"count": 1}, "chargebacks": {"count": "many"},
    }  # fmt: skip
    inbox.put("health.json", dump(HEALTH, performanceMetrics=[metrics | {"orderDefectRate": {"mfn": mfn}}]))
    read = inbox.read()

    told = {m.metric: (m.numerator, m.denominator) for m in health(inbox) if m.metric.startswith("order_defect")}
    assert told == {
        "order_defect_rate": (2, 2000), "order_defect_claims": (1, 2000), "order_defect_feedback": (1, 2000),
    }  # fmt: skip
    assert [gap.column for gap in read.gaps] == ["count"]


def test_a_report_made_before_its_window_ends_is_as_of_its_own_time(inbox):
    made = datetime(2026, 3, 9, 8, tzinfo=UTC).timestamp()
    os.utime(inbox.put("health.json", dump(HEALTH)), (made, made))
    inbox.read()

    assert {m.metric: m.as_of.day * 100 + m.as_of.hour for m in health(inbox)} == {
        "order_defect_rate": 823, "cancellation_rate": 908, "late_shipment_rate": 908,
    }  # fmt: skip


@pytest.mark.parametrize("spelling", ["prefulfillmentCancelRate", "preFulfillmentCancelRate"])
def test_other_spellings_of_the_cancellation_rate(inbox, spelling):
    [metrics] = HEALTH["performanceMetrics"]
    other = {"marketplaceId": "A1PA6795UKMFR9", spelling: metrics["preFulfillmentCancellationRate"]}
    inbox.put("health.txt", dump(HEALTH, performanceMetrics=[other]))
    inbox.read()

    assert [(m.metric, m.marketplace) for m in health(inbox)] == [("cancellation_rate", "amazon.de")]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"cancellationCount": -1}, "cancellationCount"),
        ({"cancellationCount": None}, "cancellationCount"),
        ({"orderCount": "many"}, "orderCount"),
        ({"orderCount": 1e99}, "orderCount"),
        ({"targetValue": 2.5}, "targetValue"),
        ({"targetValue": float("nan")}, "targetValue"),
        ({"reportingDateRange": []}, "reportingDateTo"),
        ({"reportingDateRange": {"reportingDateTo": "2026-03-09"}}, "reportingDateTo"),
    ],
)
def test_a_metric_that_cannot_be_read_is_a_gap_and_the_others_are_read(inbox, change, column):
    [metrics] = HEALTH["performanceMetrics"]
    bad = metrics | {"preFulfillmentCancellationRate": metrics["preFulfillmentCancellationRate"] | change}
    inbox.put("health.json", dump(HEALTH, performanceMetrics=[bad, 7, None, []]))
    read = inbox.read()

    [gap] = read.gaps
    assert (gap.column, gap.reason.startswith("marketplace ATVPDKIKX0DER: ")) == (column, True)
    assert [m.metric for m in health(inbox)] == ["order_defect_rate", "late_shipment_rate"]


COUPON = {
    "couponId": "C-1", "merchantId": "M", "marketplaceId": "ATVPDKIKX0DER", "currencyCode": "USD", "name": "Save $4",
    "startDateTime": "2026-03-01T08:00:00Z", "endDateTime": "2026-03-31T07:59:59Z", "customerSegment": "Amazon Prime",
    "discountType": "PERCENT_OFF_LIST_PRICE", "discountAmount": 40, "budget": 1.0E7, "clips": 3,
    "asins": [{"asin": "B000MUG001"}, {"asin": "B000CUP002"}, {"asin": "B000MUG001"}],
}  # fmt: skip


def coupons(*found):
    return dump({"reportSpecification": {"reportType": "GET_COUPON_PERFORMANCE_REPORT"}, "coupons": list(found)})


def test_a_coupon_report_gives_promotions_of_the_skus_that_have_the_asins(inbox):
    offers = [
        {"sku": sku, "currency": "USD", "unit_cost": "3", "external_id": asin}
        for sku, asin in (("MUG-1", "B000MUG001"), ("MUG-1-B", "B000MUG001"), ("PAN-3", "B000PAN003"))
    ]
    os.utime(inbox.put("report", coupons(COUPON)), (START.timestamp(),) * 2)
    inbox.read()
    [before] = inbox.facts()["promotions"]
    inbox.put("catalogue.csv", comma(("sku", "currency", "unit_cost", "external_id"), offers))
    read = inbox.read()

    [coupon] = inbox.facts()["promotions"]
    assert read.gaps == ()
    assert before.skus == (ASIN + "B000MUG001", ASIN + "B000CUP002")
    assert coupon.skus == ("MUG-1", "MUG-1-B", ASIN + "B000CUP002")
    assert (coupon.promotion_id, coupon.seen_at, coupon.kind, coupon.name) == (
        "C-1", START, PromotionKind.COUPON, "Save $4",
    )  # fmt: skip
    assert (coupon.percent_off, coupon.amount_off, coupon.budget, coupon.currency) == (40, None, 10_000_000, "USD")
    assert (coupon.starts_at, coupon.segments) == (datetime(2026, 3, 1, 8, tzinfo=UTC), ("prime",))


def test_a_coupon_report_written_after_the_time_of_the_read_was_seen_then(inbox):
    later = (START + timedelta(days=30)).timestamp()
    os.utime(inbox.put("report", coupons(COUPON)), (later, later))

    inbox.read(60)

    [coupon] = inbox.facts()["promotions"]
    assert coupon.seen_at == START + timedelta(minutes=60)


@pytest.mark.parametrize(
    ("change", "discount"),
    [
        ({"discountType": "AMOUNT_OFF_LIST_PRICE", "discountAmount": 4.5}, (None, Fraction(9, 2))),
        ({"discountType": None}, (None, None)),
        ({"discountAmount": None}, (None, None)),
    ],
)
def test_a_coupons_discount(inbox, change, discount):
    inbox.put("c.json", coupons(COUPON | change | {"customerSegment": "All (Default)", "asins": []}))
    inbox.read()

    [coupon] = inbox.facts()["promotions"]
    assert (coupon.percent_off, coupon.amount_off) == discount
    assert (coupon.skus, coupon.segments) == ((), ())


def test_coupons_elsewhere_and_bad_ones_are_gaps(inbox):
    elsewhere = COUPON | {"couponId": "C-2", "marketplaceId": "A1PA6795UKMFR9"}
    bad = COUPON | {"couponId": "C-3\ud800\n", "startDateTime": "soon"}
    inbox.put("c.json", coupons(COUPON, elsewhere, bad))
    read = inbox.read()

    assert [(gap.column, gap.reason.split(",")[0]) for gap in read.gaps] == [
        ("marketplaceId", "1 coupons of other marketplaces: lay the report into their shop's"),
        ("startDateTime", "coupon C-3: 'soon' is not an ISO 8601 time such as 2026-11-20T06:40:00Z"),
    ]
    assert [promotion.promotion_id for promotion in inbox.facts()["promotions"]] == ["C-1"]


DEAL = {
    "promotionId": "169", "promotionName": "Mug week", "marketplaceId": "ATVPDKIKX0DER", "type": "LIGHTNING_DEAL",
    "status": "APPROVED", "startDateTime": "2026-03-01T08:00:00Z", "endDateTime": "2026-03-08T08:00:00Z",
    "createdDateTime": "2026-02-01T08:00:00Z", "lastUpdatedDateTime": "2026-02-03T08:00:00Z", "unitsSold": 9,
    "revenue": 40.0, "revenueCurrencyCode": "USD", "includedProducts": [{"asin": "B000MUG001"}],
}  # fmt: skip


def deals(*found):
    return dump({"reportSpecification": {}, "promotions": list(found)})


def test_a_promotion_report_tells_what_runs_but_no_discount(inbox):
    states = ("APPROVED", "PENDING_APPROVAL", "CANCELED")
    found = [DEAL | {"promotionId": f"{n}", "status": status} for n, status in enumerate(states)]
    inbox.put("deals.json", deals(*found))
    read = inbox.read()

    assert read.gaps == ()
    told = inbox.facts()["promotions"]
    assert [promotion.status for promotion in told] == ["active", "scheduled", "ended"]
    first = told[0]
    assert (first.kind, first.program, first.percent_off, first.amount_off) == (
        PromotionKind.DEAL, "lightning_deal", None, None,
    )  # fmt: skip
    assert (first.seen_at, first.skus) == (datetime(2026, 2, 3, 8, tzinfo=UTC), (ASIN + "B000MUG001",))


def test_a_known_discount_outlives_a_promotion_report_that_tells_none(inbox):
    columns = ("promotion_id", "seen_at", "kind", "percent_off", "skus")
    plan = {"promotion_id": "169", "seen_at": "2026-02-02T08:00:00Z", "percent_off": "20", "skus": "MUG-1"}
    inbox.put("promotions.csv", comma(columns, [plan, plan | {"promotion_id": "170"}]))
    inbox.put("deals.json", deals(DEAL | {"status": "CANCELED"}))
    inbox.read()

    assert [(p.promotion_id, p.percent_off, p.kind, p.status) for p in inbox.facts()["promotions"]] == [
        ("169", 20, PromotionKind.PERCENT_OFF, "active"),
        ("169", 20, PromotionKind.PERCENT_OFF, "ended"),
        ("170", 20, PromotionKind.PERCENT_OFF, "active"),
    ]


LISTED = (
    ("Order ID", "Order date", "Cancellation date", "Cancelled by", "Cancellation reason"),
    ("order-id", "purchase-date", "canceled-date", "canceled-by", "cancel-reason"),
    ("Amazon Order ID", "ASIN", "Cancel Date", "Canceled By", "Cancelation Reason"),
)


@pytest.mark.parametrize("columns", LISTED, ids=lambda columns: columns[0])
@pytest.mark.parametrize("write", [comma, tsv])
def test_the_platforms_list_of_cancelled_orders(inbox, write, columns):
    cells = ("111-1", "x", "2026-03-10T13:00:00-08:00", "Seller", "Pricing Error")
    inbox.put("list.csv", write(columns, [dict(zip(columns, cells, strict=True))], encoding="cp1252"))
    read = inbox.read()

    assert (read.rows, read.gaps) == (1, ())
    assert evidence(inbox).listed == (
        CancellationListed(
            order_id="111-1",
            cancelled_at=datetime(2026, 3, 10, 21, tzinfo=UTC),
            cancelled_by=CancelledBy.SELLER,
            reason="Pricing Error",
        ),
    )


@pytest.mark.parametrize(
    ("by", "reason", "who"),
    [
        ("Seller", "", CancelledBy.SELLER),
        ("MERCHANT", "No inventory", CancelledBy.SELLER),
        ("Customer", "", CancelledBy.BUYER),
        ("Seller, at the buyer's request", "", CancelledBy.BUYER),
        ("Seller", "BuyerCanceled", CancelledBy.BUYER),
        ("", "Buyer Cancelled", CancelledBy.BUYER),
        ("Amazon", "not shipped", CancelledBy.MARKETPLACE),
        ("", "Pricing Error", CancelledBy.UNKNOWN),
        ("Storno", "", CancelledBy.UNKNOWN),
    ],
)
def test_who_cancelled_as_the_list_tells_it(inbox, by, reason, who):
    row = {"order-id": "111-1", "cancelled-by": by, "cancel-reason": reason, "order-item-id": "71"}
    inbox.put("list.txt", tsv(tuple(row), [row]))
    inbox.read()

    assert [(one.cancelled_by, one.line_id) for one in evidence(inbox).listed] == [(who, "71")]


def test_rows_of_the_list_that_tell_no_cancellation_are_set_aside(inbox):
    columns = ("order-id", "order-status", "cancel-date", "cancelled-by")
    rows = [("111-1", "Cancelled", "03/10/2026", "Seller"), ("111-2", "Shipped", "", "Seller"), ("", "", "", "Seller"),
            ("111-3", "", "", ""), ("111-4", "", "3 May", "Seller")]  # fmt: skip
    inbox.put("list.txt", tsv(columns, [dict(zip(columns, row, strict=True)) for row in rows]))
    read = inbox.read()

    assert [(gap.line, gap.column) for gap in read.gaps] == [
        (2, "cancel-date"), (3, "order-status"), (4, "order-id"), (5, None),
    ]  # fmt: skip
    assert [(one.order_id, one.cancelled_at) for one in evidence(inbox).listed] == [("111-1", None), ("111-4", None)]


@pytest.mark.parametrize(
    "columns",
    [
        ("order-id", "cancellation-reason-code", "amazon-order-item-code"),
        ("order_id", "line_id", "sku", "status", "decision", "reason", "cancelled_by", "draft"),
        ("order-id", "cancelled-by"),
    ],
    ids=["our upload without its first line", "our orders.csv", "one column is too few"],
)
def test_our_own_files_are_no_list_of_the_platforms(inbox, columns):
    inbox.put("list.txt", tsv(columns, [dict.fromkeys(columns, "seller")]))
    read = inbox.read()

    assert [gap.reason.split(";")[0] for gap in read.gaps] == ["not a file that is read here"]
    assert evidence(inbox).listed == ()


WHOLE = {
    "report.txt": feed_report(3, 2, [REJECTED]),
    "report.xml": xml_feed_report(3, 3).rstrip(),
    "health.json": dump(HEALTH),
    "coupons.json": coupons(COUPON),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_half_written_report_is_said_and_read_once_it_is_whole(inbox, name):
    whole = WHOLE[name]
    for cut in (len(whole) - 1, len(whole) * 2 // 3, len(whole) // 4):
        inbox.put(name, whole[:cut].rstrip(b"\n"))
        read = inbox.read()
        assert [gap.reason.split(":")[0] for gap in read.gaps] == ["the file breaks off"]
    inbox.put(name, whole)

    assert inbox.read().gaps == ()
    assert inbox.gaps() == []
    facts = inbox.facts()
    assert evidence(inbox).results or facts["account_health"] or facts["promotions"]
    assert inbox.read().files == 0


def test_json_needs_no_line_end(inbox):
    inbox.put("health.json", dump(HEALTH))
    inbox.read()

    assert inbox.read().files == 0


def test_a_half_written_copy_of_a_report_leaves_what_is_known(inbox):
    inbox.put("health.json", dump(HEALTH))
    inbox.read()
    inbox.put("health.json", dump(HEALTH)[:300])
    inbox.read()

    assert len(health(inbox)) == 3


def test_a_report_of_the_same_bytes_stands_beside_the_other(inbox):
    inbox.put("a.txt", feed_report(1))
    inbox.put("b.txt", feed_report(1))
    inbox.read()

    assert [(found.name, found.processed) for found in evidence(inbox).results] == [("a.txt", 1), ("b.txt", 1)]


def test_a_path_that_becomes_something_else_forgets_its_list_and_keeps_its_report(inbox):
    columns = ("order-id", "cancelled-by", "cancel-reason")
    inbox.put("a.txt", feed_report(2, 1, [REJECTED]))
    inbox.read()
    inbox.put("a.txt", tsv(columns, [dict(zip(columns, ("111-1", "Seller", ""), strict=True))]))
    inbox.read()

    assert [(found.processed, found.errors) for found in evidence(inbox).results] == [(2, (ERROR,))]
    assert [one.order_id for one in evidence(inbox).listed] == ["111-1"]
    inbox.put("a.txt", dump(HEALTH))
    inbox.read()
    assert evidence(inbox).listed == ()


def upload(*rows, sha256="s1", minutes=0, path="4-cancel/2-all.txt"):
    at = START + timedelta(minutes=minutes)
    return Upload(incident_id="INC-1", path=path, sha256=sha256, laid_at=at, rows=rows, reason="PricingError")


@pytest.fixture
def store(inbox):
    with inbox.store.write() as db:
        save_incident(db, IncidentRecord(incident_id="INC-1", shop="us", cause=Cause("P-1", ()), opened_at=START))
    return inbox.store


def test_versions_of_a_file_are_remembered_once_each_time_they_are_laid(store):
    one, two = upload(("111-1", "71")), upload(("111-1", "71"), ("111-2", ""), sha256="s2", minutes=5)
    again = upload(("111-1", "71"), minutes=9)
    other = upload(("111-3", "73"), path="4-cancel/1-try-one.txt", minutes=9)
    with store.write() as db:
        kept = [save_upload(db, "us", version) for version in (one, upload(minutes=3), two, two, again, other)]

    assert kept == [True, False, True, False, True, True]
    with store.read() as db:
        assert load_uploads(db, "us") == [one, two, other, again]
        assert load_uploads(db, "de") == []


def test_a_version_laid_twice_in_one_moment_is_the_later_one(store):
    with store.write() as db:
        save_upload(db, "us", upload(("111-1", "71")))
        save_upload(db, "us", upload(("111-2", "72"), sha256="s2"))

    with store.read() as db:
        assert [version.sha256 for version in load_uploads(db, "us")] == ["s2"]


def test_only_versions_that_a_report_can_mean_are_loaded_with_the_evidence(inbox, store):
    feed = upload(("111-1", "71"), ("111-1", "72"), path="4-cancel/feed.xml")
    with store.write() as db:
        for version in (feed, upload(("111-1", "71"), ("111-2", "72"))):
            save_upload(db, "us", version)
    assert evidence(inbox).uploads == ()
    inbox.put("report.txt", feed_report(1))
    inbox.read()

    assert evidence(inbox).uploads == (feed,)
