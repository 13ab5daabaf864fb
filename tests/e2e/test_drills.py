"""Known incidents from report files to a proven ledger; each can also go wrong, and then says so."""

from __future__ import annotations

import re
import socket
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from commands import stamps
from promofuse.cli import drill as command
from promofuse.drill import play as playing
from promofuse.drill import scenario as scenarios
from promofuse.drill.play import Played, play
from promofuse.drill.scenario import CALLS_FOR, Expected, State, load_scenario, scenario_names
from promofuse.response.triage import Decision
from promofuse.verdicts import Finding, Severity

PAGE = Path(__file__).parents[2] / "docs/drills.md"
SILENT = {"planned_deal_big_but_healthy", "organic_viral_full_price"}
UNCHECKED = {"repricer_without_record"}  # the check has nothing to look at
NAMED = {  # what a set of drills has to hold, whatever their files say
    "headset_1usd", "coupon_twice_midnight", "unit_slip", "nine_to_ninetynine", "ld_plus_coupon_additive_zero",
    "group_code_leak", "excel_all_skus", "auto_promo_ozon", "repricer_penny_fba_fbm", "slow_bleed_no_spike",
    "viral_20min", "reseller_tail", "already_shipped_half", "stockout_hides_spike", "timezone_dst_start",
    "two_currencies", "buyer_cancelled_some", "recurrence_within_2_weeks", *SILENT, *UNCHECKED,
}  # fmt: skip


def test_all_the_nights_are_there():
    assert set(scenario_names()) == NAMED


@pytest.mark.parametrize("name", scenario_names())
def test_a_night_goes_as_it_has_to(name, tmp_path):
    scenario = load_scenario(name)

    played = play(name, scenario, tmp_path)

    assert played.deviations == []
    if name in SILENT:
        assert (played.caught, played.alarm, played.incidents) == (None, None, [])
        assert not (tmp_path / "outbox").exists()
        return
    orders = sum(stream.count for stream in scenario.faults)
    assert (played.ledger["found"], sum(played.counts.values())) == (orders, orders)
    assert (played.caught is None) is (name in UNCHECKED)
    assert played.balanced
    assert played.breaches == 0
    assert played.ledger["open"] == (played.counts["wait"] if scenario.person.plan == "legal-review" else 0)
    assert 0 <= played.saved <= played.lost_in_all
    assert played.alarm is None or 0 < played.lost_by_alarm < played.lost_in_all
    assert (played.letters > 0) is (scenario.person.plan != "legal-review")


def test_the_same_night_twice_is_the_same(tmp_path):
    scenario = load_scenario("stockout_hides_spike")
    first, second = (play("x", scenario, tmp_path / folder) for folder in ("a", "b"))

    assert first.story == second.story
    assert replace(first, folders=[]) == replace(second, folders=[])


@pytest.fixture
def night():
    """A short one."""
    return load_scenario("stockout_hides_spike")


def expecting(scenario, **changes):
    return scenario.model_copy(update={"expected": scenario.expected.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"worst": None}, "the check should be silent"),
        ({"codes": ("PF101",)}, "the check should say PF101, and says PF101, PF201"),
        ({"worst": scenarios.WorstFinding(code="PF101", price="5.00")}, "PF101 at 5.00, and says PF101 at 4.99"),
        ({"alarm": None}, "the watch should be silent"),
        ({"alarm": scenarios.ExpectedAlarm(kinds=("bleed",), orders=3)}, "should be bleed"),
        ({"alarm": scenarios.ExpectedAlarm(kinds=("spike",), orders=1)}, "and is spike after 2"),
    ],
)  # fmt: skip
def test_another_expectation_is_a_difference(night, tmp_path, changes, said):
    (difference,) = play("x", expecting(night, **changes), tmp_path).deviations

    assert said in difference


def test_a_watch_that_stays_silent_is_a_difference(tmp_path):
    healthy = load_scenario("planned_deal_big_but_healthy")
    wanted = Expected(codes=(), alarm=scenarios.ExpectedAlarm(kinds=("spike",), orders=9))

    (difference,) = play("x", healthy.model_copy(update={"expected": wanted}), tmp_path).deviations

    assert "is silent" in difference


def test_a_fault_that_is_none_to_the_shop_is_a_difference(night, tmp_path):
    cheap = night.model_copy(update={"offers": ({**night.offers[0], "unit_cost": "0.10", "shipping_cost": "0"},)})

    differences = play("x", cheap, tmp_path).deviations

    assert "12 affected orders are not found, the first F0-00000" in differences


def test_an_order_that_is_taken_for_affected_is_a_difference(night, tmp_path):
    told = night.model_copy(update={"orders": (*night.orders, night.orders[0].model_copy(update={"fault": False}))})

    differences = play("x", told, tmp_path).deviations

    assert "12 orders are taken for affected, the first H1-00000" in differences


def test_a_wrong_decision_a_letter_against_the_rules_and_a_lost_order_are_differences(night, tmp_path, monkeypatch):
    monkeypatch.setitem(CALLS_FOR, State.MARKETPLACE, Decision.CANCEL)
    monkeypatch.setattr(playing, "check_edited_draft", lambda *_: "it breaks policy rule AMZ-N01")
    monkeypatch.setattr(playing, "_ends", lambda decided: [(one.order_id, "seller") for one in decided][1:])

    differences = play("x", night, tmp_path).deviations

    assert any("is request, not cancel" in difference for difference in differences)
    assert any("9 letters break a rule" in difference for difference in differences)
    assert any("the ledger says cancelled 11, not 9" in difference for difference in differences)


def test_the_list_teaches(run):
    ran = run("drill")

    assert ran.code == 0
    assert all(name in ran.out for name in NAMED)
    assert "promofuse drill --all" in ran.err


def test_one_night_is_told_step_by_step_and_its_folder_can_stay(run, tmp_path):
    ran = run("drill", "stockout_hides_spike", "--keep", tmp_path / "kept")

    assert ran.code == 0
    for word in ("check: critical PF101", "ALARM FLASH", "the seller notices", "12 found = ", "It went as it has to."):
        assert word in ran.out
    assert (tmp_path / "kept/outbox/INC-2026-0001/README.md").exists()
    assert "INC-2026-0001/README.md" in ran.err
    looked = run("incidents", "--config", tmp_path / "kept/config.toml", "--at", "2026-11-21T02:00:00Z")
    assert "INC-2026-0001" in looked.out
    again = run("drill", tmp_path / "kept/scenario.toml", "--json")
    assert (again.code, again.json["drills"][0]["name"]) == (0, "scenario")
    assert run("drill", "unit_slip", "--keep", tmp_path / "kept").code == 2


def test_all_as_a_table_and_a_difference_is_exit_code_1(run, monkeypatch):
    monkeypatch.setattr(scenarios, "scenario_names", lambda: ["stockout_hides_spike", "two_currencies"])
    ran = run("drill", "--all")
    assert ran.code == 0
    assert re.search(r"stockout_hides_spike +PF101, 6 h ahead +2 orders, 4 min .*balanced +ok", ran.out)
    assert "2 drills, 2 as they have to go, 0 not." in ran.out
    assert "2 of 2: two_currencies" in ran.err

    monkeypatch.setitem(CALLS_FOR, State.PENDING, Decision.CANCEL)
    ran = run("drill", "--all")

    assert ran.code == 1
    assert "DIFFERS" in ran.out
    assert "two_currencies: order F0-00001 (pending) is wait, not cancel" in ran.out
    played = run("drill", "--all", "--json").json["drills"]
    assert [bool(one["deviations"]) for one in played] == [False, True]


def test_the_table_fits_a_hundred_columns_and_cuts_nothing(capsys):
    price = Finding(code="PF101", name="below-cost", severity=Severity.CRITICAL, shop="us", message="", hint="",
                    price=Fraction("1234.56"), currency="USD")  # fmt: skip
    widest = Played(
        name="ld_plus_coupon_additive_zero", about="", currency="USD", title="put into a sale by the platform",
        caught=price, ahead=timedelta(hours=5.83), alarm=SimpleNamespace(orders=120), minutes=179,
        lost_by_alarm=1234567, lost_in_all=Fraction(123456789), saved=Fraction(1234567), incidents=["INC-2026-0001"],
        counts=Counter(cancel=120, honour=100, request=20, wait=30, gone=40), letters=120, breaches=3,
        ledger=Counter(found=1), deviations=["one"],
    )  # fmt: skip

    command._print_table([widest, replace(widest, ledger=Counter(), deviations=[])])

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    table = " ".join(" ".join(lines).split())
    for cell in ("ld_plus_coupon_additive_zero", "1234.56", "120 orders, 179", "12345.67 USD", "1234567.89 USD",
                 "balanced", "DOES NOT", "BALANCE", "breaches", "DIFFERS"):  # fmt: skip
        assert cell in table


def test_the_night_in_the_documentation_is_one(run, tmp_path):
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "mine.toml").write_text(text, "utf-8")

    ran = run("drill", "mine.toml", "--json")

    assert ran.code == 0
    (told,) = ran.json["drills"]
    assert told["caught"] == {"code": "PF101", "severity": "critical", "price": "8.00", "hours_ahead": "20.00"}
    assert told["counts"]["cancel"] == told["letters"] == 20
    documented = PAGE.read_text("utf-8")
    keys = {*scenarios.Stream.model_fields, *scenarios.Person.model_fields, *scenarios.Expected.model_fields}
    keys |= {*scenarios.Scenario.model_fields, *(state.value for state in State)}
    assert not [key for key in keys - {"marketplace", "days"} if key not in documented]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("count = 60", "cuont = 60"), "orders.0.count: Field required, and 1 more"),
        (('sku = "LAMP"\nprice = 80\n', 'sku = "LMAP"\nprice = 80\n'), "orders 1: no offer 'LMAP'; offers: LAMP"),
        (("[person]\nnoticed = 2026-03-07T21:00:00Z\nplan = \"cancel-all\"\n", ""), "need a table [person]"),
        (('plan = "cancel-all"', 'plan = "all"'), "person: no plan 'all'"),
        (("last = 2026-03-07T20", "last = 2026-03-06T20"), "first is later than last"),
        (("about = ", "about "), "mine.toml: Expected"),
        (('unit_cost = "30"', 'unitcost = "30"'), "offers 1: no column 'unitcost'"),
        (('unit_cost = "30"', 'unit_cost = "thirty"'), "mine: offers 1: unit_cost: "),
        (('fixed_price = "8.00"', 'fixed_price = "8,00"'), "mine: promotions 1: fixed_price: "),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_says_where(run, tmp_path, change, said):
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert change[0] in text
    (tmp_path / "mine.toml").write_text(text.replace(*change), "utf-8")

    ran = run("drill", "mine.toml")

    assert ran.code == 2
    assert said in ran.err


def test_a_drill_that_nobody_knows_or_two_wishes_at_once(run):
    unknown = run("drill", "headset")
    assert unknown.code == 2
    assert "no drill 'headset'" in unknown.err
    assert run("drill", "headset_1usd", "--all").code == 2


def test_nothing_of_the_users_is_touched_and_no_connection_is_made(run, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text("this is no configuration")
    (tmp_path / "outbox").mkdir()
    mine = {
        "ALERTS__TO": '["me@shop.example"]', "MAIL__HOST": "smtp.shop.example", "OUTBOX_DIR": str(tmp_path / "outbox"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'mine.sqlite3'}", "RESPONSE__DEFAULT_PLAN": "under-limit",
    }  # fmt: skip
    for name, value in mine.items():
        monkeypatch.setenv(f"PROMOFUSE_{name}", value)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection"))
    before = stamps(tmp_path)

    ran = run("drill", "stockout_hides_spike")

    assert ran.code == 0
    assert stamps(tmp_path) == before


def test_pending_orders_get_their_letters_and_cancellations_once_they_are_paid(tmp_path):
    played = play("two_currencies", load_scenario("two_currencies"), tmp_path)

    assert (played.counts["cancel"], played.counts["wait"]) == (30, 30)
    assert (played.letters, played.ledger["cancelled"]) == (60, 60)


def test_what_came_after_the_alarm_is_told(night, tmp_path, run):
    played = play("x", night, tmp_path)
    ran = run("drill", "stockout_hides_spike")

    assert played.lost_after_alarm == played.lost_in_all - played.lost_by_alarm > 0
    assert "of them after the alarm" in ran.out


def test_a_remark_about_a_healthy_night_is_a_difference(tmp_path):
    healthy = load_scenario("planned_deal_big_but_healthy")
    offers = (*healthy.offers, {"sku": "NEW", "price": "9.00", "unit_cost": ""})  # its cost is not known
    promotions = ({**healthy.promotions[0], "skus": [row["sku"] for row in offers]},)
    unknown = healthy.model_copy(update={"offers": offers, "promotions": promotions})

    differences = play("x", unknown, tmp_path).deviations

    assert any(difference.startswith("the check should be silent") for difference in differences)


def test_orders_come_faster_and_faster_where_they_rise(night):
    stream = night.orders[0].model_copy(update={"rising": True, "count": 100})
    times = stream.times()
    half = stream.first + (stream.last - stream.first) / 2

    assert (times[0], times[-1]) == (stream.first, stream.last)
    assert sum(time < half for time in times) == 25
    assert times == sorted(times)
    assert timedelta(0) < times[-1] - times[-2] < times[2] - times[1]
    assert command.COUNTED.keys() == {decision.value for decision in Decision}
