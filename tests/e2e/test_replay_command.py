"""`promofuse replay` as a seller runs it: what it says and writes, also where files are not as they should be."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

START = datetime(2027, 5, 3, tzinfo=UTC)
FAULT = START + timedelta(days=9)
MINUTE = timedelta(minutes=1)
HEADER = [
    "order_id", "line_id", "ordered_at", "seen_at", "sku", "quantity", "item_price", "item_discount", "currency",
    "promotion_ids", "status", "buyer_email",
]  # fmt: skip
CATALOGUE = [["sku", "currency", "unit_cost", "price", "fee_rate"], ["MUG", "USD", "9", "20", "0.1"]]
PROMOTIONS = [
    ["promotion_id", "seen_at", "kind", "status", "skus", "percent_off", "level"],
    ["TEN", (FAULT - timedelta(hours=3)).isoformat(), "percent_off", "active", "MUG", "10", "item"],
    ["SHIP", (FAULT - timedelta(hours=3)).isoformat(), "percent_off", "active", "*", "100", "shipping"],
]


def row(order_id, at, discount="0", ids="", *, seen_at=None, **cells):
    values = {
        "order_id": order_id, "line_id": "1", "ordered_at": at.isoformat(), "seen_at": (seen_at or at).isoformat(),
        "sku": "MUG", "quantity": "1", "item_price": "20.00", "item_discount": discount, "currency": "USD",
        "promotion_ids": ids, "status": "unshipped",
        "buyer_email": "",
    }  # fmt: skip
    return [(values | cells)[column] for column in HEADER]


def history():
    return [row(f"A{hour}", START + timedelta(hours=hour)) for hour in range(0, 24 * 9, 2)]


def leak(count=12, **cells):
    """Orders at $2 where the plan is $18, four minutes apart."""
    return [row(f"B{n}", FAULT + 4 * n * MINUTE, "18.00", "SHIP;TEN", **cells) for n in range(count)]


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def shop(tmp_path):
    """A folder, and a way to put other files there."""
    folder = tmp_path / "shop"
    folder.mkdir()

    def put(rows, catalogue=CATALOGUE, promotions=PROMOTIONS):
        write(folder / "orders.csv", [HEADER, *rows])
        for name, table in (("catalogue.csv", catalogue), ("promotions.csv", promotions)):
            (folder / name).unlink(missing_ok=True)
            if table:
                write(folder / name, table)
        return folder

    return put


def alarms(run, folder, *words):
    """The table that a replay writes."""
    ran = run("replay", folder, "--alarms", "alarms.csv", *words)
    assert ran.code == 0, ran.err
    with Path("alarms.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_says_when_it_would_have_spoken_and_how_often(run, shop):
    folder = shop(history() + leak())
    ran = run("replay", folder, "--from", "2027-05-10T00:00:00Z")

    assert ran.code == 0
    assert "2027-05-12 00:08 UTC  TEN  spike  3 loss-making orders in 10 min" in ran.out
    assert "Over 2 days it would have alarmed 1 time, about 1 promotion." in ran.out
    assert "120 order lines went through the watch; 0 gaps in the files." in ran.out
    assert "it would not have alarmed." in run("replay", shop(history())).out


def test_it_ends_with_what_it_wrote_or_can_write_and_first_with_what_is_missing(run, shop):
    folder = shop(history())

    ran = run("replay", folder, "--html", "page.html")

    assert ran.err.splitlines()[-4:] == [
        "Next:",
        "  promofuse replay shop --alarms alarms.csv     the alarms as a table",
        "  open page.html",
        "  promofuse daemon     watch your shops in this way from now on",
    ]
    without = run("replay", shop(history() + leak(), catalogue=None))
    assert "Next:\n  promofuse replay shop     once orders and unit costs are in the folder" in without.err


def test_the_table_has_the_columns_and_the_moment_of_the_line_that_raised_it(run, shop):
    late = [*leak(2), row("B9", FAULT + 8 * MINUTE, "18.00", "TEN", seen_at=FAULT + timedelta(hours=2))]
    (alarm,) = alarms(run, shop(history() + late))

    assert list(alarm) == ["alarm_at", "promotion_id", "kind", "score", "orders", "lost", "currency", "message"]
    assert (alarm["alarm_at"], alarm["promotion_id"]) == ("2027-05-12T02:00:00.000000Z", "TEN")
    assert alarm["kind"] in ("order", "spike", "bleed")
    assert (alarm["orders"], alarm["lost"], alarm["currency"]) == ("3", "21.60", "USD")


def test_alarms_do_not_change_when_later_rows_are_removed(run, shop):
    rows = history() + leak(40)
    whole = alarms(run, shop(rows))
    assert len(whole) >= 1
    assert alarms(run, shop(rows), "--until", "2027-05-12T00:08:00.000001Z") == whole[:1]
    assert alarms(run, shop(rows[: len(history()) + 3])) == whole[:1]


def test_a_later_state_a_second_currency_and_a_pending_line_change_nothing(run, shop):
    expected = alarms(run, shop(history() + leak()))
    hard = [
        row("B0", FAULT, "0", "TEN", seen_at=FAULT + timedelta(hours=5), status="cancelled", item_price=""),
        row("E1", FAULT, "19.00", "TEN", currency="EUR"),
        row("P1", FAULT, "", "TEN", status="pending", item_price=""),
    ]
    rows = sorted(history() + leak() + hard, key=lambda cells: cells[3])

    assert alarms(run, shop(rows)) == expected


def test_buyers_that_are_known_to_differ_are_heard_sooner(run, shop):
    def quick(*emails):
        return [row(f"B{n}", FAULT + n * MINUTE / 4, "18.00", "TEN", buyer_email=who) for n, who in enumerate(emails)]

    unknown, one, several = (
        alarms(run, shop(history() + quick(*emails)))
        for emails in ([""] * 12, ["a@x.example"] * 12, [f"{n}@x.example" for n in range(12)])
    )
    assert int(several[0]["orders"]) < int(unknown[0]["orders"])
    assert one == [] or int(one[0]["orders"]) >= int(unknown[0]["orders"])


@pytest.mark.parametrize("kind", ["sale_price", "fixed_price", "deal"])
def test_a_stated_price_that_no_order_names_is_inferred(run, shop, kind):
    sale = [["promotion_id", "seen_at", "kind", "status", "skus", "fixed_price", "currency"],
            ["SALE", FAULT.isoformat(), kind, "active", "MUG", "0.20", "USD"]]  # fmt: skip
    rows = history() + [row(f"B{n}", FAULT + 4 * n * MINUTE, "19.80") for n in range(30)]

    assert [a["promotion_id"] for a in alarms(run, shop(rows, promotions=sale))] == ["SALE"]


def test_without_costs_it_says_that_nothing_can_alarm_and_what_to_write(run, shop):
    folder = shop(history() + leak(), catalogue=None)
    ran = run("replay", folder)

    assert ran.code == 0
    assert "12 lines of promotions could raise no alarm, for no unit cost is known: MUG in USD." in ran.out
    assert "sku,currency,unit_cost" in ran.out
    assert run("replay", folder, "--json").json["without_cost"] == 12


def test_what_is_no_shop_file_is_named_without_a_line(run, shop):
    folder = shop(history())
    (folder / "notes.json").write_text("{}\n")
    ran = run("replay", folder)

    assert "notes.json: not a file that is read here" in ran.err
    assert "None" not in ran.err
    assert "1 gap in the files" in ran.out


def test_a_place_that_cannot_be_written_is_said_before_the_work(run, shop):
    ran = run("replay", shop(history()), "--alarms", "nowhere/alarms.csv")

    assert ran.code == 2
    assert "no folder nowhere to write alarms.csv into" in ran.err
    assert "Replaying" not in ran.err


def test_a_folder_without_orders_and_a_time_that_is_none_are_usage_errors(run, shop, tmp_path):
    (tmp_path / "empty").mkdir()
    assert run("replay", "empty").code == 2
    assert run("replay", "nowhere").code == 2
    assert run("replay", shop(history()), "--from", "yesterday").code == 2
