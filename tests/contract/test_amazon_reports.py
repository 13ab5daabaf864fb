"""What Amazon's reports mean: each test puts rows into a report and looks at the facts that are stored."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from inbox import Inbox
from promofuse.facts import Buyer, CancelledBy, FulfilledBy, Gap, OrderStatus
from reports import ALL_ORDERS, ORDER_REPORT, UNSHIPPED_ORDERS, Line, all_orders, at, comma, encode, order_report, tsv

CATALOGUE = b"sku,currency,unit_cost,price,title\nMUG-1,USD,14.505,,\n"


@pytest.fixture
def inbox(tmp_path):
    with Inbox(tmp_path) as shop:
        yield shop


def read_line(inbox, **changes):
    inbox.put("a.txt", all_orders([Line(**changes)]))
    inbox.read()
    return inbox.line()


def test_a_row_of_all_orders_is_an_order_line(inbox):
    line = read_line(
        inbox,
        quantity="2",
        price="79.98",
        discount="77.980",
        shipping="4.99",
        promotion_ids=("PLM-1", "Free Shipping"),
        ordered_at="2026-03-10T05:00:00-07:00",
    )

    assert (line.order_id, line.sku, line.quantity, line.currency) == ("O-1", "MUG-1", 2, "USD")
    assert (line.item_price, line.item_discount, line.shipping_price, line.shipping_discount) == (7998, 7798, 499, 0)
    assert line.paid == 699
    assert line.promotion_ids == ("PLM-1", "Free Shipping")
    assert line.ordered_at == line.seen_at == datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert (line.external_id, line.title, line.marketplace) == ("B000MUG001", 'Mug 5" "blue"', "amazon.com")
    assert (line.status, line.fulfilled_by, line.line_id) == (OrderStatus.UNSHIPPED, FulfilledBy.MERCHANT, "")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Pending", OrderStatus.PENDING),
        ("PendingAvailability", OrderStatus.PENDING),
        ("Pending - Waiting for Pick Up", OrderStatus.PENDING),
        ("Unshipped", OrderStatus.UNSHIPPED),
        ("InvoiceUnconfirmed", OrderStatus.UNSHIPPED),
        ("PartiallyShipped", OrderStatus.PARTIALLY_SHIPPED),
        ("Partially Shipped", OrderStatus.PARTIALLY_SHIPPED),
        ("Shipping", OrderStatus.SHIPPED),
        ("Shipped", OrderStatus.SHIPPED),
        ("Shipped - Delivered to Buyer", OrderStatus.SHIPPED),
        ("Cancelled", OrderStatus.CANCELLED),
        ("Canceled", OrderStatus.CANCELLED),
    ],
)
def test_states_of_an_order(inbox, words, status):
    line = read_line(inbox, status=words)

    assert line.status is status
    assert line.cancelled_by is (CancelledBy.UNKNOWN if status is OrderStatus.CANCELLED else CancelledBy.NOBODY)


def test_a_cancelled_item_overrules_its_shipped_order_and_only_its_own_line(inbox):
    inbox.put(
        "a.txt", all_orders([Line(status="Shipped", item_status="Cancelled"), Line(status="Shipped", sku="CUP-2")])
    )
    inbox.read()

    assert [(line.sku, line.status) for line in inbox.orders()["O-1"]] == [
        ("CUP-2", OrderStatus.SHIPPED),
        ("MUG-1", OrderStatus.CANCELLED),
    ]


@pytest.mark.parametrize(
    ("channel", "who"),
    [
        ("Amazon", FulfilledBy.MARKETPLACE),
        ("AFN", FulfilledBy.MARKETPLACE),
        ("Merchant", FulfilledBy.MERCHANT),
        ("MFN", FulfilledBy.MERCHANT),
    ],
)
def test_who_fulfils(inbox, channel, who):
    assert read_line(inbox, fulfilled_by=channel).fulfilled_by is who


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"order_id": ""}, "amazon-order-id"),
        ({"sku": " "}, "sku"),
        ({"ordered_at": "2026-03-10T12:00:00"}, "purchase-date"),
        ({"updated_at": "soon"}, "last-updated-date"),
        ({"status": "Unfulfillable"}, "order-status"),
        ({"fulfilled_by": "Dropship"}, "fulfillment-channel"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"currency": "US$"}, "currency"),
        ({"price": "1,299.00"}, "item-price"),
        ({"price": "-3.00"}, "item-price"),
        ({"discount": "NaN"}, "item-promotion-discount"),
    ],
)
def test_a_bad_cell_sets_its_row_aside_and_the_rest_is_read(inbox, changes, column):
    inbox.put("a.txt", all_orders([Line(order_id="O-0"), Line(**changes), Line(order_id="O-2")]))
    read = inbox.read()

    assert set(inbox.orders()) == {"O-0", "O-2"}
    assert [(gap.file, gap.line, gap.column) for gap in read.gaps] == [("a.txt", 3, column)]
    assert inbox.gaps() == list(read.gaps)


def test_pending_and_cancelled_lines_may_lack_price_currency_and_quantity(inbox):
    pending = Line(status="Pending", price="", currency="")
    cancelled = Line(order_id="O-2", status="Cancelled", price="", currency="", quantity="0")
    inbox.put("a.txt", all_orders([pending, cancelled]))

    assert not inbox.read().gaps
    [[one], [two]] = inbox.orders().values()
    assert (one.item_price, one.paid, one.currency, one.quantity) == (None, None, "USD", 1)
    assert (two.item_price, two.quantity) == (None, 0)


def test_an_unshipped_line_without_price_counts_and_is_told(inbox):
    line = read_line(inbox, price="")

    assert line.item_price is None
    assert [(gap.line, gap.column) for gap in inbox.gaps()] == [(2, "item-price")]


def test_equal_skus_of_an_order_are_lines_of_their_own_even_when_not_adjacent(inbox):
    inbox.put("a.txt", all_orders([Line(price="1.00"), Line(order_id="O-2"), Line(price="2.00")]))
    inbox.read()

    assert [(line.line_key, line.item_price) for line in inbox.orders()["O-1"]] == [("MUG-1#1", 100), ("MUG-1#2", 200)]


def test_columns_in_any_order_and_reports_with_fewer_of_them(inbox):
    few = [
        c for c in reversed(ALL_ORDERS) if c not in ("asin", "url", "product-name", "promotion-ids", "sales-channel")
    ]
    inbox.put("whatever name.dat", all_orders([Line(promotion_ids=("P-1",))], few))
    read = inbox.read()

    assert (read.files, read.rows, read.gaps) == (1, 1, ())
    line = inbox.line()
    assert (line.title, line.promotion_ids, line.marketplace) == ("", (), "amazon.com")


def test_a_report_without_a_needed_column_is_one_gap_that_names_it(inbox):
    inbox.put(
        "a.txt", all_orders([Line(), Line()], [c for c in ALL_ORDERS if c not in ("currency", "last-updated-date")])
    )
    read = inbox.read()

    assert [(gap.line, gap.column) for gap in read.gaps] == [(1, "last-updated-date")]
    assert "last-updated-date, currency" in read.gaps[0].reason
    assert inbox.orders() == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("promotions.json", b'{"promotions": []}\n'),
        ("one-line.json", b'{"promotions": []}'),
        ("orders.xml", b"<AmazonEnvelope/>\n"),
        ("catalogue.xlsx", b"PK\x03\x04 sku\tunit_cost\n"),
        ("notes.txt", b"call the courier\n"),
        ("orders.csv", b"order_id,ordered_at,sku,quantity,currency,item_price\n"),
    ],
)
def test_other_files_are_one_gap_that_says_what_is_expected(inbox, name, content):
    inbox.put(name, content)
    inbox.read()

    [gap] = inbox.gaps()
    assert (gap.file, gap.line) == (name, None)
    assert "All Orders report" in gap.reason


def test_the_order_report_gives_item_codes_buyers_and_requests(inbox):
    inbox.put("r.txt", order_report([Line(asked_to_cancel="true", discount="38.99", promotion_ids=("PLM-1",))]))
    read = inbox.read()

    facts = inbox.facts()
    [detail] = facts["details"]["O-1"]
    assert read.rows == 1
    assert (detail.line_id, detail.sku, detail.quantity, detail.item_price) == ("77000001", "MUG-1", 1, 3999)
    assert (detail.item_discount, detail.promotion_ids, detail.cancel_requested_by_buyer) == (3899, ("PLM-1",), True)
    assert facts["buyers"] == {"O-1": Buyer(order_id="O-1", email="b1@marketplace.amazon.com", name="Ann Lee")}


def test_continuation_rows_add_their_promotion_to_the_item_before(inbox):
    more = Line(order_id="", item_code="", sku="", quantity="", currency="", price="", email="", name="", title="")
    rows = [
        Line(discount="10.00", promotion_ids=("PLM-1",)),
        more.but(discount="5.50", promotion_ids=("PLM-2",), asked_to_cancel=""),
        more.but(shipping_discount="1.00", asked_to_cancel=""),
        Line(order_id="O-2", item_code="88"),
    ]
    inbox.put("r.txt", order_report(rows))

    assert not inbox.read().gaps
    details = inbox.facts()["details"]
    [one], [two] = details["O-1"], details["O-2"]
    assert (one.item_discount, one.shipping_discount, one.promotion_ids) == (1550, 100, ("PLM-1", "PLM-2"))
    assert (two.item_discount, two.promotion_ids) == (0, ())


def test_a_continuation_of_a_bad_row_is_a_gap_too(inbox):
    more = Line(order_id="", item_code="", sku="", discount="5.50", promotion_ids=("PLM-2",))
    inbox.put("r.txt", order_report([Line(quantity="x"), more, Line(order_id="O-2")]))
    inbox.read()

    assert [(gap.line, gap.column) for gap in inbox.gaps()] == [(2, "quantity-purchased"), (3, "order-id")]
    assert set(inbox.facts()["details"]) == {"O-2"}


def test_the_unshipped_orders_report_has_no_prices(inbox):
    inbox.put("u.txt", order_report([Line()], UNSHIPPED_ORDERS))
    inbox.read()

    [detail] = inbox.facts()["details"]["O-1"]
    assert (detail.line_id, detail.item_price, detail.currency) == ("77000001", None, "")
    assert inbox.facts()["buyers"]["O-1"].email == "b1@marketplace.amazon.com"


def test_listings_fill_the_blanks_of_the_catalogue_and_show_skus_without_costs(inbox):
    columns = ("item-name", "seller-sku", "price", "quantity", "asin1", "status")
    rows = [
        {"item-name": "Mug", "seller-sku": "MUG-1", "price": "39.95", "asin1": "B000MUG001", "status": "Active"},
        {"item-name": "Cup", "seller-sku": "CUP-2", "price": "12.00", "asin1": "B000CUP002", "status": "Active"},
        {"item-name": "Old", "seller-sku": "OLD-3", "price": "1.00", "asin1": "B000OLD003", "status": "Inactive"},
        {"item-name": "Bad", "seller-sku": "BAD-4", "price": "free", "asin1": "B000BAD004", "status": "Active"},
    ]
    inbox.put("catalogue.csv", CATALOGUE)
    inbox.put("listings.txt", tsv(columns, rows))
    inbox.read()

    cup, mug = inbox.facts()["offers"]
    assert (mug.unit_cost, mug.price, mug.title, mug.external_id) == (
        Fraction(14505, 1000),
        Fraction(3995, 100),
        "Mug",
        "B000MUG001",
    )
    assert (cup.sku, cup.currency, cup.unit_cost, cup.price) == ("CUP-2", "USD", None, Fraction(12))
    assert [(gap.line, gap.column) for gap in inbox.gaps()] == [(5, "price")]


def test_the_short_open_listings_report(inbox):
    inbox.put("open.txt", tsv(("sku", "asin", "price", "quantity"), [{"sku": "MUG-1", "asin": "B0", "price": "9.50"}]))
    inbox.read()

    assert [(o.sku, o.external_id, o.price) for o in inbox.facts()["offers"]] == [("MUG-1", "B0", Fraction(19, 2))]


def test_japanese_reports(tmp_path):
    with Inbox(tmp_path, marketplace="amazon.co.jp") as inbox:
        line = Line(
            currency="JPY", price="1980", discount="1931", channel="Amazon.co.jp", title="青いマグ①", name="田中"
        )
        inbox.put("a.txt", all_orders([line], encoding="cp932"))
        inbox.put("r.txt", order_report([line], encoding="cp932"))
        inbox.read()

        stored = inbox.line()
        assert (stored.title, stored.item_price, stored.paid) == ("青いマグ①", 1980, 49)
        assert inbox.facts()["buyers"]["O-1"].name == "田中"


def test_reports_saved_as_csv_are_read_too(inbox):
    line = Line(title='Mug, "blue"')
    rows = [
        dict(zip(ALL_ORDERS, row.split("\t"), strict=True)) for row in all_orders([line]).decode().split("\r\n")[1:2]
    ]
    inbox.put("a.csv", comma(ALL_ORDERS, rows))
    inbox.read()

    assert inbox.line().title == 'Mug, "blue"'


def test_a_header_alone_is_an_empty_report(inbox):
    inbox.put("a.txt", encode(["\t".join(ALL_ORDERS)]))
    inbox.put("r.txt", encode(["\t".join(ORDER_REPORT)]))

    assert inbox.read().gaps == ()


def test_a_report_of_ten_thousand_bad_rows_is_told_once_each_and_bounded(inbox):
    inbox.put("a.txt", all_orders([Line(quantity="none")] * 10_050))
    inbox.read()

    gaps = inbox.gaps()
    assert len(gaps) == 10_001
    assert gaps[-1] == Gap("a.txt", None, None, "50 more rows could not be read")


def test_times_of_all_offsets_mean_the_same_copy(inbox):
    line = Line(updated_at="2026-03-10T12:20:00+00:00")
    inbox.put("a.txt", all_orders([line]))
    inbox.put("b.txt", all_orders([line.but(updated_at="2026-03-10T05:20:00-07:00", ordered_at=at(0))]))
    inbox.read()

    assert len(inbox.orders()["O-1"]) == 1


@pytest.mark.parametrize("kept", [3, 40, 200, 1_000_000])
def test_half_an_order_is_no_order(inbox, kept):
    """However much of the last line is there: a copy replaces its whole order, and must not take lines away."""
    whole = [Line(order_id="O-1"), Line(order_id="O-2"), Line(order_id="O-2", sku="CUP-2")]
    inbox.put("a.txt", all_orders(whole))
    inbox.read()
    newer = all_orders([line.but(updated_at=at(50), status="Shipped") for line in whole])
    last = newer.rstrip(b"\r\n").rfind(b"\n") + 1
    inbox.put("b.txt", newer.rstrip(b"\r\n")[: last + kept])

    read = inbox.read()

    states = {(line.order_id, line.sku): line.status for lines in inbox.orders().values() for line in lines}
    assert states == {
        ("O-1", "MUG-1"): OrderStatus.SHIPPED,
        ("O-2", "MUG-1"): OrderStatus.UNSHIPPED,
        ("O-2", "CUP-2"): OrderStatus.UNSHIPPED,
    }
    assert any("O-2 may go on there" in gap.reason for gap in read.gaps)
    inbox.put("b.txt", newer)
    inbox.read()
    assert {line.status for lines in inbox.orders().values() for line in lines} == {OrderStatus.SHIPPED}


def test_an_order_before_another_one_that_breaks_off_is_whole(inbox):
    two = all_orders([Line(order_id="O-1"), Line(order_id="O-2")])
    inbox.put("a.txt", two.rstrip(b"\r\n"))

    read = inbox.read()

    assert [line.order_id for lines in inbox.orders().values() for line in lines] == ["O-1"]
    assert [gap.line for gap in read.gaps] == [3]
