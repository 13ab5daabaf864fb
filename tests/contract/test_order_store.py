"""Which copy of an order counts, what a blank may not overwrite, and the questions that others ask."""

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations

import pytest

from inbox import Inbox
from promofuse.facts import OrderStatus
from promofuse.store.orders import (
    CancellationWindow,
    count_orders_without_lines,
    data_as_of,
    load_cancellation_window,
    load_orders_naming,
    load_orders_with_sku,
    load_skus,
    promotion_id_cells,
)
from reports import START, Line, all_orders, at, order_report, orders_csv


@pytest.fixture
def inbox(tmp_path):
    with Inbox(tmp_path) as shop:
        yield shop


def tell(inbox, *reports):
    """Each report in a file of its own, read one after the other."""
    for number, lines in enumerate(reports):
        inbox.put(f"{number}.txt", all_orders(lines))
        inbox.read()


def told_in_every_order(base, *reports):
    """What is stored after each order of arrival."""
    for number, arrival in enumerate(permutations(reports)):
        folder = base / str(number)
        folder.mkdir()
        with Inbox(folder) as inbox:
            tell(inbox, *arrival)
            yield inbox.orders()


def test_the_newest_copy_of_an_order_replaces_all_its_lines(tmp_path):
    old = [Line(updated_at=at(1)), Line(updated_at=at(1), sku="CUP-2"), Line(order_id="O-2")]
    new = [Line(updated_at=at(2), status="Shipped"), Line(updated_at=at(2), status="Shipped", sku="POT-3")]

    for orders in told_in_every_order(tmp_path, old, new):
        assert [line.sku for line in orders["O-1"]] == ["MUG-1", "POT-3"]
        assert len(orders["O-2"]) == 1


def test_copies_of_the_same_time_are_ranked_by_the_orders_state(tmp_path):
    states = ("Pending", "Unshipped", "PartiallyShipped", "Shipped", "Cancelled")
    reports = [[Line(status=state)] for state in states]

    for first, second in pairwise(reports):
        folder = tmp_path / first[0].status
        folder.mkdir()
        found = [orders["O-1"][0].status for orders in told_in_every_order(folder, first, second)]
        assert found == [OrderStatus(second[0].status.replace("PartiallyS", "partially_s").casefold())] * 2


def test_reports_of_the_same_copy_join(tmp_path):
    for orders in told_in_every_order(tmp_path, [Line()], [Line(sku="CUP-2")], [Line(), Line(sku="CUP-2")]):
        assert [line.sku for line in orders["O-1"]] == ["CUP-2", "MUG-1"]


def test_a_blank_never_overwrites_a_known_value_whatever_the_order_of_arrival(tmp_path):
    pending = [Line(updated_at=at(1), status="Pending", price="", currency="", quantity="2")]
    paid = [Line(updated_at=at(2), quantity="2", price="79.98", discount="70.00", promotion_ids=("P-1",))]
    cancelled = [Line(updated_at=at(3), status="Cancelled", price="", currency="", quantity="0", title="", asin="")]

    for orders in told_in_every_order(tmp_path, pending, paid, cancelled):
        [line] = orders["O-1"]
        assert line.status is OrderStatus.CANCELLED
        assert (line.quantity, line.paid, line.currency, line.promotion_ids) == (2, 998, "USD", ("P-1",))
        assert (line.title, line.external_id) == ('Mug 5" "blue"', "B000MUG001")


def test_of_known_values_the_newest_wins_whatever_the_order_of_arrival(tmp_path):
    reports = [
        [Line(updated_at=at(1), price="10.00", promotion_ids=("P-1",))],
        [Line(updated_at=at(2), price="20.00")],
        [Line(updated_at=at(3), status="Pending", price="", promotion_ids=("P-3",), quantity="3")],
    ]

    for orders in told_in_every_order(tmp_path, *reports):
        [line] = orders["O-1"]
        assert (line.item_price, line.promotion_ids, line.quantity) == (2000, ("P-3",), 3)


def test_a_state_told_twice_with_and_without_its_canceller_keeps_the_canceller(tmp_path):
    columns = "order_id,line_id,ordered_at,sku,quantity,currency,status,item_price,cancelled_by"
    with Inbox(tmp_path, "plain-files") as inbox:
        for who in ("buyer", ""):
            row = ",".join(("O-1", "1", at(0), "MUG-1", "1", "USD", "cancelled", "", who))
            inbox.put("orders.csv", f"{columns}\n{row}\n".encode())
            inbox.read()

        assert inbox.line().cancelled_by == "buyer"


def test_the_order_report_fills_blanks_and_disagreement_is_settled_alike_in_every_order(tmp_path):
    reports = [
        [Line(price="", name="", discount="1.00")],
        [Line(price="10.00", email="", asked_to_cancel="true")],
        [Line(price="12.00", name="Bob Lee", discount="3.00", promotion_ids=("P-1",))],
    ]
    results = []
    for number, arrival in enumerate(permutations(reports)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Inbox(folder) as inbox:
            for name, lines in enumerate(arrival):
                inbox.put(f"{name}.txt", order_report(lines))
                inbox.read()
            facts = inbox.facts()
            results.append((facts["details"], facts["buyers"]))

    [detail] = results[0][0]["O-1"]
    assert all(result == results[0] for result in results)
    assert (detail.item_price, detail.item_discount, detail.promotion_ids) == (1200, 300, ("P-1",))
    assert detail.cancel_requested_by_buyer
    assert results[0][1]["O-1"].name == "Bob Lee"


def test_orders_are_found_by_the_promotion_ids_of_a_line_or_of_an_item_of_the_order_report(inbox):
    tell(
        inbox,
        [
            Line(order_id="O-1", promotion_ids=("P-1",)),
            Line(order_id="O-1", sku="CUP-2"),
            Line(order_id="O-2", promotion_ids=("P-1", "FREE")),
            Line(order_id="O-3", promotion_ids=("P-9",)),
            Line(order_id="O-4", sku="OLD", updated_at=at(1), promotion_ids=("P-1",)),
            Line(order_id="O-4", sku="NEW", updated_at=at(2)),
            Line(order_id="O-5"),
        ],
    )
    inbox.put("r.txt", order_report([Line(order_id="O-5", promotion_ids=("P-1", "FREE"))]))
    inbox.read()
    with inbox.store.read() as db:
        assert set(promotion_id_cells(db, "us")) == {("P-1",), ("P-1", "FREE"), ("P-9",)}
        found = load_orders_naming(db, "us", [("P-1",), ("P-1", "FREE"), ("NONE",)])
        assert {k: [line.sku for line in lines] for k, lines in found.items()} == {
            "O-1": ["CUP-2", "MUG-1"],
            "O-2": ["MUG-1"],
            "O-4": ["NEW"],
            "O-5": ["MUG-1"],
        }
        assert load_orders_naming(db, "us", []) == {}
        assert load_orders_naming(db, "de", [("P-1",)]) == {}
        for table in ("order_line", "item_detail"):
            plan = db.exec_driver_sql(
                f"EXPLAIN QUERY PLAN SELECT order_id FROM {table} "
                "WHERE shop = 'us' AND promotion_ids <> '' AND promotion_ids IN ('P-1')"
            ).all()
            assert f"ix_{table}_promotion" in str(plan)


def test_orders_are_found_by_sku_and_time(inbox):
    tell(inbox, [Line(order_id=f"O-{n}", ordered_at=at(n)) for n in range(4)] + [Line(order_id="O-1", sku="CUP-2")])
    hour = timedelta(minutes=1)
    with inbox.store.read() as db:
        found = load_orders_with_sku(db, "us", "MUG-1", START + hour, START + 3 * hour)
        assert {k: len(lines) for k, lines in found.items()} == {"O-1": 2, "O-2": 1}
        assert set(load_orders_with_sku(db, "us", "MUG-1", START + 2 * hour)) == {"O-2", "O-3"}
        assert load_skus(db, "us") == [("CUP-2", "USD"), ("MUG-1", "USD")]


def test_the_window_of_the_cancellation_rate(inbox):
    def order(name, minutes, **changes):
        return Line(order_id=name, ordered_at=at(minutes), **changes)

    tell(
        inbox,
        [
            order("before", -1, status="Cancelled"),
            order("start", 0),
            order("pending", 1, status="Pending", price=""),
            order("by-seller", 2, status="Cancelled"),
            order("part", 3, status="Shipped"),
            order("part", 3, status="Shipped", sku="CUP-2", item_status="Cancelled"),
            order("part", 3, status="Shipped", sku="POT-3", item_status="Cancelled"),
            order("asked", 4, status="Cancelled"),
            order("fba", 5, status="Cancelled", fulfilled_by="Amazon"),
            order("came-back", 6, status="Cancelled", updated_at=at(30)),
            order("came-back", 6, status="Unshipped", updated_at=at(31)),
            order("end", 60, status="Cancelled"),
        ],
    )
    inbox.put("r.txt", order_report([Line(order_id="asked", asked_to_cancel="true")]))
    inbox.read()
    with inbox.store.read() as db:
        end = START + timedelta(minutes=60)
        assert load_cancellation_window(db, "us", START, end) == CancellationWindow(
            6, 2, reaches_back=True, leaving=(2,), places=(("amazon.com", 6, 2),)
        )
        early = START - timedelta(days=1)
        assert load_cancellation_window(db, "us", early, START) == CancellationWindow(
            1, 1, reaches_back=False, leaving=(1,), places=(("amazon.com", 1, 1),)
        )
        assert load_cancellation_window(db, "de", START, end) == CancellationWindow(
            0, 0, reaches_back=False, leaving=(0,)
        )


def test_a_plain_line_cancelled_by_its_buyer_or_at_his_request_is_not_the_sellers(tmp_path):
    with Inbox(tmp_path, "plain-files") as inbox:
        lines = [
            Line(order_id="asked", status="cancelled", asked_to_cancel="true"),
            Line(order_id="unknown", status="cancelled"),
        ]
        inbox.put("orders.csv", orders_csv(lines))
        inbox.read()
        with inbox.store.read() as db:
            window = load_cancellation_window(db, "us", START, START + timedelta(days=7))

        assert (window.orders, window.cancelled) == (2, 1)


def test_data_is_as_of_its_latest_row_or_order_file_up_to_the_moment(inbox):
    def as_of(minutes):
        with inbox.store.read() as db:
            time = data_as_of(db, "us", START + timedelta(minutes=minutes))
        return time and (time - START) / timedelta(minutes=1)

    assert as_of(0) is None

    tell(inbox, [Line(ordered_at=at(1), updated_at=at(10)), Line(order_id="O-2", ordered_at=at(30), updated_at=at(99))])
    for name, minutes in (("0.txt", 20), ("r.txt", 50)):
        path = inbox.folder / name
        if not path.exists():
            path.write_bytes(order_report([Line()]))
        then = (START + timedelta(minutes=minutes)).timestamp()
        os.utime(path, (then, then))
    inbox.read()

    assert [as_of(minutes) for minutes in (5, 15, 25, 60, 100)] == [1, 10, 20, 30, 99]


def test_orders_that_only_the_order_report_knows_are_counted(inbox):
    tell(inbox, [Line()])
    inbox.put("r.txt", order_report([Line(), Line(order_id="O-2"), Line(order_id="O-2", item_code="9")]))
    inbox.read()
    with inbox.store.read() as db:
        assert count_orders_without_lines(db, "us") == 1


def test_shops_are_kept_apart(tmp_path):
    with Inbox(tmp_path) as inbox:
        inbox.put("a.txt", all_orders([Line()]))
        inbox.put("r.txt", order_report([Line()]))
        inbox.read()
        with inbox.store.read() as db:
            assert data_as_of(db, "de", datetime(2030, 1, 1, tzinfo=UTC)) is None
            assert promotion_id_cells(db, "de") == []
