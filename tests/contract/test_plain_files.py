"""What plain files mean: catalogue, promotions, orders and account health as the design fixes them."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from inbox import Inbox
from promofuse.facts import (
    AccountHealth,
    Buyer,
    CancelledBy,
    FulfilledBy,
    Offer,
    OrderStatus,
    Promotion,
    PromotionKind,
)
from reports import ORDERS_CSV, Line, at, comma, encode, orders_csv

_LEAST = ("order_id", "ordered_at", "sku", "quantity", "currency", "item_price")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def inbox(tmp_path):
    with Inbox(tmp_path, kind="plain-files", marketplace="") as shop:
        yield shop


def put_rows(inbox, name, *rows, header=None):
    columns = header or tuple(dict.fromkeys(key for row in rows for key in row))
    inbox.put(name, comma(columns, rows))
    return inbox.read()


def test_a_row_of_the_catalogue_is_an_offer(inbox):
    row = {
        "sku": "MUG-1", "title": "Mug, blue", "external_id": "X1", "category": "kitchen", "price": "39.990",
        "list_price": "49.99", "currency": "usd", "unit_cost": "14.505", "fee_rate": "0.15", "min_fee": "0.30",
        "fulfilment_cost": "1", "shipping_cost": "3.50", "vat_rate": "0.19", "stock": "12", "floor_price": "20",
        "min_margin": "0.1", "colour": "blue",
    }  # fmt: skip
    read = put_rows(inbox, "catalogue.csv", row)

    assert (read.rows, read.gaps) == (1, ())
    assert inbox.facts()["offers"] == [
        Offer(
            sku="MUG-1",
            title="Mug, blue",
            external_id="X1",
            category="kitchen",
            price=Fraction(3999, 100),
            list_price=Fraction(4999, 100),
            currency="USD",
            unit_cost=Fraction(14505, 1000),
            fee_rate=Fraction(15, 100),
            min_fee=Fraction(30, 100),
            fulfilment_cost=Fraction(1),
            shipping_cost=Fraction(35, 10),
            vat_rate=Fraction(19, 100),
            stock=12,
            floor_price=Fraction(20),
            min_margin=Fraction(1, 10),
        )
    ]


def test_blank_costs_are_zero_and_a_blank_unit_cost_is_unknown(inbox):
    put_rows(inbox, "catalogue.csv", {"sku": "MUG-1", "currency": "USD", "unit_cost": "", "min_fee": ""})

    assert inbox.facts()["offers"] == [Offer(sku="MUG-1", currency="USD")]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"sku": ""}, "sku"),
        ({"currency": "dollars"}, "currency"),
        ({"unit_cost": "NaN"}, "unit_cost"),
        ({"unit_cost": "-1"}, "unit_cost"),
        ({"price": "1.299,00"}, "price"),
        ({"fee_rate": "15"}, "fee_rate"),
        ({"stock": "many"}, "stock"),
    ],
)
def test_bad_cells_of_the_catalogue(inbox, changes, column):
    good = {"sku": "MUG-1", "currency": "USD", "unit_cost": "10", "price": "", "fee_rate": "", "stock": ""}
    put_rows(inbox, "catalogue.csv", good, good | {"sku": "CUP-2"} | changes)

    assert [offer.sku for offer in inbox.facts()["offers"]] == ["MUG-1"]
    assert [(gap.file, gap.line, gap.column) for gap in inbox.gaps()] == [("catalogue.csv", 3, column)]


def test_of_a_sku_listed_twice_the_later_row_counts_and_it_is_told(inbox):
    row = {"sku": "MUG-1", "currency": "USD", "unit_cost": "10"}
    put_rows(inbox, "catalogue.csv", row, row | {"unit_cost": "12"}, row | {"currency": "EUR"})

    assert [(o.currency, o.unit_cost) for o in inbox.facts()["offers"]] == [("EUR", 10), ("USD", 12)]
    assert [gap.line for gap in inbox.gaps()] == [3]


def test_a_row_of_promotions_is_a_revision(inbox):
    row = {
        "promotion_id": "P-1", "seen_at": "2026-03-10T12:00:00Z", "name": "Spring", "kind": "tiers", "status": "ended",
        "starts_at": "2026-03-10T13:00:00+01:00", "ends_at": "2026-03-11T12:00:00Z", "skus": "MUG-1; CUP-2",
        "level": "order", "percent_off": "97.5", "currency": "USD", "min_quantity": "2", "tiers": "2:10;3:12.5",
        "code": "MUG9", "code_kind": "group", "per_customer_limit": "1", "budget": "500", "combines": "P-2;P-3",
        "expected_uplift": "2.5", "intended_percent_off": "9.75", "fee_rate": "0.02",
    }  # fmt: skip
    put_rows(inbox, "promotions.csv", row)

    assert inbox.facts()["promotions"] == [
        Promotion(
            promotion_id="P-1",
            seen_at=NOON,
            name="Spring",
            kind=PromotionKind.TIERS,
            status="ended",
            starts_at=NOON,
            ends_at=NOON.replace(day=11),
            skus=("MUG-1", "CUP-2"),
            level="order",
            percent_off=Fraction(195, 2),
            currency="USD",
            min_quantity=2,
            tiers=((2, Fraction(10)), (3, Fraction(25, 2))),
            code="MUG9",
            code_kind="group",
            per_customer_limit=1,
            budget=Fraction(500),
            combines=("P-2", "P-3"),
            expected_uplift=Fraction(5, 2),
            intended_percent_off=Fraction(39, 4),
            fee_rate=Fraction(1, 50),
        )
    ]


def test_revisions_are_ordered_by_promotion_and_time_and_blanks_keep_their_meaning(inbox):
    put_rows(
        inbox,
        "promotions.csv",
        {"promotion_id": "P-2", "seen_at": at(0), "skus": "", "combines": "none"},
        {"promotion_id": "P-1", "seen_at": at(9), "skus": "*", "combines": "all"},
        {"promotion_id": "P-1", "seen_at": at(5), "skus": "MUG-1", "combines": ""},
    )

    found = [(p.promotion_id, p.seen_at.minute, p.skus, p.combines) for p in inbox.facts()["promotions"]]
    assert found == [("P-1", 5, ("MUG-1",), None), ("P-1", 9, ("*",), ("all",)), ("P-2", 0, ("*",), ("none",))]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"promotion_id": ""}, "promotion_id"),
        ({"seen_at": ""}, "seen_at"),
        ({"starts_at": "2026-03-10 09:00"}, "starts_at"),
        ({"kind": "bogof"}, "kind"),
        ({"status": "live"}, "status"),
        ({"percent_off": "10%"}, "percent_off"),
        ({"tiers": "2=10"}, "tiers"),
    ],
)
def test_bad_cells_of_promotions(inbox, changes, column):
    good = {"promotion_id": "P-1", "seen_at": at(0), "starts_at": "", "kind": "", "status": "", "percent_off": ""}
    put_rows(inbox, "promotions.csv", good | {"tiers": ""}, good | {"tiers": "", "promotion_id": "P-2"} | changes)

    assert [p.promotion_id for p in inbox.facts()["promotions"]] == ["P-1"]
    assert [(gap.line, gap.column) for gap in inbox.gaps()] == [(3, column)]


def test_columns_that_only_some_platforms_have(inbox):
    row = {
        "promotion_id": "P-1", "seen_at": at(0), "program": "Prime Exclusive", "segments": "Prime; new_customer",
        "combinability": "Exclusive", "combines_levels": "order;Shipping", "tags": "A;B", "combines_tags": "C",
        "group": "best", "stops_others": "yes", "excluded_skus": "CUP-2;CUP-3", "excludes_discounted": "true",
        "buy_skus": "CUP-1", "max_units": "5", "max_discount": "20.50", "funded_share": "0.25", "locks_at": at(60),
    }  # fmt: skip
    read = put_rows(inbox, "promotions.csv", row, {**row, "promotion_id": "P-2", "combines_levels": "none"})

    assert read.gaps == ()
    one, two = inbox.facts()["promotions"]
    assert one == Promotion(
        promotion_id="P-1",
        seen_at=one.seen_at,
        program="prime_exclusive",
        segments=("prime", "new_customer"),
        combinability="exclusive",
        combines_levels=("order", "shipping"),
        tags=("A", "B"),
        combines_tags=("C",),
        group="best",
        stops_others=True,
        excluded_skus=("CUP-2", "CUP-3"),
        excludes_discounted=True,
        buy_skus=("CUP-1",),
        max_units=5,
        max_discount=Fraction(41, 2),
        funded_share=Fraction(1, 4),
        locks_at=datetime.fromisoformat(at(60)),
    )
    assert two.combines_levels == ()
    assert not one.covers("CUP-2")
    assert one.covers("MUG-1")


@pytest.mark.parametrize(
    ("column", "cell"),
    [("combinability", "maybe"), ("combines_levels", "order;cart"), ("stops_others", "perhaps"), ("max_units", "-1"),
     ("funded_share", "25")],
)  # fmt: skip
def test_bad_cells_of_those_columns(inbox, column, cell):
    read = put_rows(inbox, "promotions.csv", {"promotion_id": "P-1", "seen_at": at(0), column: cell})

    assert [gap.column for gap in read.gaps] == [column]


def test_a_row_of_orders_is_an_order_line_and_a_buyer(inbox):
    row = {
        "order_id": "O-1", "line_id": "L-1", "ordered_at": "2026-03-10T12:00:00Z", "seen_at": "2026-03-10T12:00:03Z",
        "updated_at": "2026-03-10T12:20:00Z", "marketplace": "Shop.Example", "sku": "MUG-1", "quantity": "2",
        "quantity_shipped": "1", "item_price": "79.98", "item_discount": "10.0", "shipping_price": "5",
        "shipping_discount": "1", "currency": "EUR", "promotion_ids": "P-1;P-2", "status": "partially_shipped",
        "fulfilled_by": "marketplace", "ship_by": "2026-03-12T12:00:00Z", "ship_country": "DE", "buyer_name": "Ann",
        "buyer_email": "ann@buyer.example", "buyer_language": "de", "cancel_requested_by_buyer": "true",
        "cancelled_by": "", "refunded_amount": "3.00", "refunded_at": "2026-03-11T12:00:00Z",
        "replaces_order_id": "O-0",
    }  # fmt: skip
    put_rows(inbox, "orders.csv", row)

    line = inbox.line()
    assert (line.line_id, line.line_key, line.copy) == ("L-1", "L-1", 0)
    assert (line.ordered_at, line.seen_at.second, line.updated_at.minute) == (NOON, 3, 20)
    assert (line.quantity, line.quantity_shipped, line.paid) == (2, 1, 7398)
    assert (line.promotion_ids, line.status) == (("P-1", "P-2"), OrderStatus.PARTIALLY_SHIPPED)
    assert (line.fulfilled_by, line.ship_country, line.marketplace) == (FulfilledBy.MARKETPLACE, "DE", "shop.example")
    assert line.cancel_requested_by_buyer
    assert (line.refunded_amount, line.refunded_at.day, line.replaces_order_id) == (300, 11, "O-0")
    assert inbox.facts()["buyers"] == {
        "O-1": Buyer(order_id="O-1", email="ann@buyer.example", name="Ann", language="de")
    }


def test_the_least_that_orders_need(inbox):
    row = {
        "order_id": "O-1",
        "ordered_at": at(0),
        "sku": "MUG-1",
        "quantity": "1",
        "currency": "USD",
        "item_price": "9",
    }
    read = put_rows(inbox, "orders.csv", row)

    line = inbox.line()
    assert not read.gaps
    assert (line.status, line.fulfilled_by, line.seen_at) == (OrderStatus.UNSHIPPED, FulfilledBy.MERCHANT, NOON)
    assert (line.line_key, line.promotion_ids, line.updated_at) == ("MUG-1#1", (), None)


def test_an_unpriced_line_needs_a_price_unless_pending_or_cancelled(inbox):
    states = ("unshipped", "pending", "cancelled", "shipped")
    inbox.put("orders.csv", orders_csv([Line(order_id=f"O-{s}", status=s, price="") for s in states]))
    inbox.read()

    assert set(inbox.orders()) == {"O-cancelled", "O-pending"}
    assert [(gap.line, gap.column) for gap in inbox.gaps()] == [(2, "item_price"), (5, "item_price")]


def test_a_cancelled_line_of_unknown_author_is_cancelled_by_unknown(inbox):
    lines = [Line(order_id="O-1", status="cancelled"), Line(order_id="O-2", status="cancelled")]
    rows = [dict(zip(ORDERS_CSV, row.split(","), strict=True)) for row in orders_csv(lines).decode().split("\r\n")[1:3]]
    rows[1]["cancelled_by"] = "buyer"
    inbox.put("orders.csv", comma(ORDERS_CSV, rows))
    inbox.read()

    assert [line.cancelled_by for [line] in inbox.orders().values()] == [CancelledBy.UNKNOWN, CancelledBy.BUYER]


def test_a_repeated_key_is_a_later_state_of_that_line_by_time_then_by_row(inbox):
    early, late = Line(updated_at=at(10)), Line(status="shipped", updated_at=at(20))
    undated = Line(order_id="O-2", updated_at="")
    same_time = Line(order_id="O-3")
    rows = [late, early, undated, undated.but(status="shipped"), same_time, same_time.but(status="cancelled", price="")]
    inbox.put("orders.csv", orders_csv(rows))
    inbox.read()

    found = {order_id: (line.status, line.item_price) for order_id, [line] in inbox.orders().items()}
    assert found == {
        "O-1": (OrderStatus.SHIPPED, 3999),
        "O-2": (OrderStatus.SHIPPED, 3999),
        "O-3": (OrderStatus.CANCELLED, 3999),
    }


def test_without_line_ids_rows_of_one_time_are_lines_and_rows_of_another_are_states(inbox):
    first = Line(item_code="", updated_at=at(1))
    rows = [first, first.but(price="1.00"), first.but(updated_at=at(2), status="shipped")]
    inbox.put("orders.csv", orders_csv(rows))
    inbox.read()

    assert [(line.line_key, line.status, line.item_price) for line in inbox.orders()["O-1"]] == [
        ("MUG-1#1", OrderStatus.SHIPPED, 3999),
        ("MUG-1#2", OrderStatus.UNSHIPPED, 100),
    ]


def test_a_state_that_lacks_a_line_does_not_drop_it(inbox):
    rows = [Line(item_code="1"), Line(item_code="2", sku="CUP-2"), Line(item_code="1", updated_at=at(99))]
    inbox.put("orders.csv", orders_csv(rows))
    inbox.read()

    assert [line.line_id for line in inbox.orders()["O-1"]] == ["1", "2"]


def test_a_later_row_corrects_the_buyer(inbox):
    inbox.put("orders.csv", orders_csv([Line(email="zoe@old.example"), Line(email="ann@new.example", name="")]))
    inbox.read()

    assert inbox.facts()["buyers"]["O-1"] == Buyer(order_id="O-1", email="ann@new.example", name="Ann Lee")


def test_account_health(inbox):
    row = {
        "as_of": at(0), "marketplace": "amazon.com", "metric": "cancellation_rate", "window_from": "",
        "window_to": at(0), "numerator": "3", "denominator": "310", "target": "0.025",
    }  # fmt: skip
    put_rows(inbox, "account_health.csv", row, row | {"metric": "happiness"}, row | {"as_of": at(-60)})

    newer = AccountHealth(
        as_of=NOON,
        metric="cancellation_rate",
        numerator=3,
        denominator=310,
        marketplace="amazon.com",
        window_to=NOON,
        target=Fraction(1, 40),
    )
    assert inbox.facts()["account_health"][1] == newer
    assert [(gap.line, gap.column) for gap in inbox.gaps()] == [(3, "metric")]


@pytest.mark.parametrize("name", ["catalogue.csv", "Catalogue.CSV.gz", "my costs.csv"])
def test_files_are_known_by_name_or_header(inbox, name):
    row = {"sku": "MUG-1", "currency": "USD", "unit_cost": "10"}
    inbox.put(name, comma(tuple(row), [row], packed=name.endswith("gz")))

    assert (inbox.read().rows, inbox.gaps()) == (1, [])


def test_a_named_file_without_a_needed_column_says_which(inbox):
    inbox.put("catalogue.csv", b"sku,price,currency\nMUG-1,10,USD\n")
    inbox.read()

    [gap] = inbox.gaps()
    assert (gap.line, gap.column, "catalogue.csv" in gap.reason) == (1, "unit_cost", True)


def test_a_name_alone_says_what_a_file_is(inbox):
    inbox.put("orders.csv", b"a,b\n1,2\n")
    inbox.read()

    assert "orders.csv" in inbox.gaps()[0].reason


def test_amazons_reports_are_not_plain_files(inbox):
    inbox.put("a.txt", encode(["amazon-order-id\tsku", "O-1\tMUG-1"]))
    inbox.read()

    assert "expected: orders.csv" in inbox.gaps()[0].reason
