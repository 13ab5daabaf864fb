"""The drills: every known night comes out as its file says, and a person's own file is judged or refused clearly."""

from __future__ import annotations

import csv
import socket
from fractions import Fraction

import pytest

from commands import stamps
from promofuse import drill as drills
from promofuse.drill import find_scenario, known_scenarios, play

NAMES = list(known_scenarios())
MARKET = {
    "headset_1usd", "coupon_twice_midnight", "unit_slip", "nine_to_ninetynine", "ld_plus_coupon_additive_zero",
    "group_code_leak", "excel_all_skus", "auto_promo_ozon", "repricer_penny_fba_fbm", "slow_bleed_no_spike",
    "viral_20min", "reseller_tail", "already_shipped_half", "planned_deal_big_but_healthy", "organic_viral_full_price",
    "stockout_hides_spike", "timezone_dst_start", "two_currencies", "buyer_cancelled_some", "recurrence_within_2_weeks",
}  # fmt: skip
HEALTHY = ("planned_deal_big_but_healthy", "organic_viral_full_price")
QUICK = "stockout_hides_spike"
OWN = """
title = "a slip"
about = "A slip of mine."
at = 2026-11-20T12:00:00Z

[[offers]]
sku = "MUG"
price = "20.00"
unit_cost = "8.00"
orders_a_day = 4

[[promotions]]
promotion_id = "P"
starts_at = 2026-11-20T18:00:00Z
percent_off = "90"

[night]
noticed_after_minutes = 120
[[night.orders]]
sku = "MUG"
promotions = ["P"]
paid = "2.00"
orders = 20
begins = 2026-11-20T18:05:00Z
minutes = 100
"""


def own_file(folder, *changes, text=OWN, name="mine.toml"):
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_the_known_nights_are_all_there():
    assert set(NAMES) >= MARKET


@pytest.mark.parametrize("name", NAMES)
def test_a_drill_comes_out_as_its_file_says(tmp_path, name):
    scenario = find_scenario(name)

    played = play(scenario, tmp_path)

    assert played.differences == ()
    assert scenario.expected is not None
    assert (played.misjudged, played.breaches, played.unbalanced, played.stray_alarms) == ([], [], "", 0)
    assert sum(played.ledger.values()) == sum(played.decisions.values())
    if name in HEALTHY:
        assert (played.findings, played.unknowns, played.alarm, played.incidents) == ((), 0, None, ())
        assert not (tmp_path / "outbox").exists()
        return
    assert played.caught is not None or played.alarm is not None
    assert played.ledger["open"] == played.ledger["failed"] == 0
    assert bool(played.incidents) == bool(played.first_loss)
    if played.alarm:
        assert played.first_loss <= played.alarm.at <= played.told_at <= scenario.noticed


def test_the_money_of_a_drill_is_that_of_its_orders(tmp_path):
    """Recounted from the plain file that the night left, with the csv module alone."""
    played = play(find_scenario("headset_1usd"), tmp_path)
    with (tmp_path / "inbox/orders.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["promotion_ids"] == "NIGHT"]

    def loss(row):
        paid = Fraction(row["item_price"]) - Fraction(row["item_discount"])
        return Fraction("14.5") * int(row["quantity"]) - Fraction("0.85") * paid

    gone = [row for row in rows if row["status"] == "cancelled"]
    early = [row for row in rows if row["ordered_at"] <= played.told_at.isoformat()]
    left = sum(map(loss, rows)) - sum(map(loss, gone))
    assert played.undone == {"USD": 100 * sum(map(loss, gone))}
    assert played.left == {"USD": 100 * left}
    assert played.lost == {"USD": 100 * sum(map(loss, early))}
    assert len(rows) == sum(played.decisions.values())
    assert played.saved["USD"] > played.undone["USD"]


def test_a_drill_is_the_same_every_time(tmp_path):
    one, other = (play(find_scenario(QUICK), tmp_path / name) for name in ("one", "other"))

    assert one.timeline == other.timeline
    inbox = [
        {path.name: path.read_bytes() for path in (tmp_path / name / "inbox").iterdir()} for name in ("one", "other")
    ]
    assert inbox[0] == inbox[1]
    assert one.files == other.files


def test_nothing_of_the_users_is_touched_and_no_connection_is_made(run, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text("this is no configuration")
    (tmp_path / "outbox").mkdir()
    for name, value in (
        ("ALERTS__TO", '["me@shop.example"]'), ("MAIL__HOST", "smtp.shop.example"), ("DATABASE_URL", "sqlite:///mine.db"),
        ("OUTBOX_DIR", str(tmp_path / "outbox")), ("RESPONSE__DEFAULT_PLAN", "under-limit"),
    ):  # fmt: skip
        monkeypatch.setenv(f"PROMOFUSE_{name}", value)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection"))
    before = stamps(tmp_path)

    ran = run("drill", QUICK)

    assert ran.code == 0
    assert stamps(tmp_path) == before


def test_a_story_tells_the_night(run):
    ran = run("drill", QUICK)

    assert ran.code == 0
    for said in ("critical PF101", "ALARM FLASH", "a person stops it", "letters approved", "ledger has 9 cancelled",
                 "taken back by cancelling", "outbox/INC-2026-0001/README.md", "As expected."):  # fmt: skip
        assert said in ran.out
    assert f"promofuse drill {QUICK} --keep DIR" in ran.err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('codes = ["PF101",', 'codes = ["PF999",', "check: expected PF999"),
        ('price = "4.99"', 'price = "5.99"', "PF101 price expected 5.99, found 4.99"),
        ('alarm = "spike"', 'alarm = "bleed"', "alarm: expected bleed, it was spike"),
        ('alarm = "spike"', 'alarm = ""', "alarm: has to stay silent"),
        ("within_orders = 4", "within_orders = 1", "alarm: expected after 1 orders at most, it came after 3"),
        ("decisions = { cancel = 9 }", "decisions = { cancel = 8, honour = 1 }", "triage: expected 8 cancel, found 9"),
        ("ledger = { cancelled = 9 }", "ledger = { cancelled = 8, open = 1 }", "ledger: expected 1 open, found 0"),
    ],
)
def test_a_drill_that_deviates_says_in_what(run, tmp_path, old, new, said):
    text = known_scenarios()[QUICK].read_text("utf-8")
    path = own_file(tmp_path, (old, new), text=text, name=f"{QUICK}.toml")

    ran = run("drill", path)

    assert ran.code == 1
    assert said in ran.out
    assert "As expected" not in ran.out


def test_an_alarm_on_a_healthy_night_fails_without_being_expected(run, tmp_path):
    """The cost is raised so that the deal loses money as the shop reads it, and the story's expectations stand."""
    text = known_scenarios()[HEALTHY[0]].read_text("utf-8")
    path = own_file(tmp_path, ('unit_cost = "22.00"', 'unit_cost = "85.00"'), text=text, name=f"{HEALTHY[0]}.toml")

    ran = run("drill", path, "--json")

    assert ran.code == 1
    assert any("check: expected nothing" in difference for difference in ran.json["drills"][0]["differences"])


def test_ones_own_drill_without_expectations_prints_them_to_be_added(run, tmp_path):
    first = run("drill", own_file(tmp_path))
    assert first.code == 0
    block = first.out[first.out.index("[expected]") :]

    path = own_file(tmp_path, text=f"{OWN}\n{block}")
    again = run("drill", path)

    assert again.code == 0
    assert "As expected." in again.out
    assert 'alarm = "' in block


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "a slip"', "title = a slip", "mine.toml: Invalid value"),
        ('title = "a slip"', 'titel = "a slip"', "mine.toml: title: Field required"),
        ("[night]", "[nights]", "night.noticed_after_minutes: Field required"),
        ('unit_cost = "8.00"', 'unitcost = "8.00"', "[[offers]] number 1: no column 'unitcost' in catalogue.csv"),
        ('unit_cost = "8.00"', 'unit_cost = "eight"', "mine: [[offers]] number 1, unit_cost:"),
        ('percent_off = "90"', 'percent_off = "90"\nkind = "gift"', "mine: [[promotions]] number 1, kind: "),
        ('sku = "MUG"\npromotions', 'sku = "CUP"\npromotions', "[[night.orders]] number 1: no offer has the SKU 'CUP'"),
        ('promotions = ["P"]', 'promotions = ["Q"]', "[[night.orders]] number 1: there is no promotion 'Q'"),
        ("orders = 20", "orders = -1", "night.orders.1.orders: Input should be greater than or equal to 0"),
        ("at = 2026-11-20T12:00:00Z", "at = 2026-11-20T12:00:00", "at: Input should have timezone info"),
        ("begins = 2026-11-20T18", "begins = 2026-10-20T18", "begins more than a day before `at`"),
    ],
)
def test_a_wrong_file_is_refused_with_key_and_reason(run, tmp_path, old, new, said):
    ran = run("drill", own_file(tmp_path, (old, new)))

    assert ran.code == 2
    assert said in ran.err
    assert "docs/drills.md" in ran.err


def test_unknown_names_and_files_are_refused(run, tmp_path):
    assert "no drill 'headset'" in run("drill", "headset").err
    assert run("drill", tmp_path / "none.toml").code == 2
    assert run("drill", QUICK, "--all").code == 2
    assert run("drill", "--keep", tmp_path / "x").code == 2


def test_without_a_name_the_drills_are_listed_with_what_to_do(run):
    ran = run("drill")

    assert ran.code == 0
    assert all(name in ran.out for name in NAMES)
    assert "promofuse drill --all" in ran.err
    assert {one["name"] for one in run("drill", "--json").json["drills"]} == set(NAMES)


def test_a_kept_folder_can_be_looked_through_with_the_usual_commands(run, tmp_path):
    ran = run("drill", QUICK, "--keep", tmp_path / "kept")
    folder = tmp_path / "kept" / QUICK

    assert ran.code == 0
    looked = run("incidents", "--config", folder / "config.toml", "--at", "2026-11-20T20:00:00Z", "--json")
    (incident,) = looked.json["incidents"]
    assert (incident["id"], incident["state"], incident["ledger"]["cancelled"]) == ("INC-2026-0001", "closed", 9)
    assert (folder / "outbox/INC-2026-0001/README.md").exists()
    assert run("drill", QUICK, "--keep", tmp_path / "kept").code == 2


def test_all_of_them_are_a_table_and_one_that_deviates_is_named(run, tmp_path, monkeypatch):
    text = known_scenarios()[QUICK].read_text("utf-8")
    wrong = own_file(tmp_path, ("ledger = { cancelled = 9 }", "ledger = { cancelled = 1 }"), text=text)
    known = {"two_currencies": known_scenarios()["two_currencies"], "mine": wrong}
    monkeypatch.setattr(drills, "known_scenarios", lambda: known)
    monkeypatch.setattr("promofuse.drill.scenario.known_scenarios", lambda: known)

    ran = run("drill", "--all")

    assert ran.code == 1
    assert "two_currencies" in ran.out
    assert "PF206 20 h 0 min before, 0.00 USD" in " ".join(ran.out.split())
    assert "mine: ledger: expected 1 cancelled" in ran.out
    assert "2 drills, 1 as expected, 1 not" in ran.out
    assert "1/2 two_currencies" in ran.err
