"""`promofuse check` as a person runs it: what it prints, what it exits with, and the facts of the store behind it."""

from __future__ import annotations

import pytest

AT = "2026-11-20T12:00:00Z"
CONFIG = """
[shops.us]
kind = "plain-files"
platform = "amazon"
marketplace = "amazon.com"
folder = "in"
"""
CATALOGUE = """sku,currency,unit_cost,price,fee_rate,shipping_cost,stock,category
SPEAKER,USD,14.50,40.00,0.15,3.50,300,audio
BOTTLE,USD,5,18,0.15,2,40,kitchen
"""
HEAD = (
    "promotion_id,seen_at,kind,status,starts_at,ends_at,skus,percent_off,code,code_kind,per_customer_limit,"
    "redemption_limit,intended_percent_off\n"
)
SLIP = (
    "NIGHT,2026-11-20T06:00:00Z,percent_off,scheduled,2026-11-20T22:10:00Z,2026-11-25T06:40:00Z,SPEAKER,97.5,SP9,"
    "group,1,60,9.75\n"
)
SOUND = (
    "WEEK,2026-11-18T06:00:00Z,percent_off,active,2026-11-18T08:00:00Z,2026-11-25T08:00:00Z,BOTTLE,10,,none,1,20,10\n"
)
ORDERS = """order_id,line_id,ordered_at,sku,quantity,item_price,item_discount,currency,promotion_ids,status
O-1,1,2026-11-20T09:00:00Z,BOTTLE,1,18.00,{discount},USD,WEEK,unshipped
"""


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "in").mkdir()

    def write(*, config="", promotions=SLIP + SOUND, catalogue=CATALOGUE, orders=""):
        (tmp_path / "config.toml").write_text(CONFIG + config, "utf-8")
        for name, text in (("catalogue", catalogue), ("promotions", HEAD + promotions), ("orders", orders)):
            if text:
                (tmp_path / "in" / f"{name}.csv").write_text(text, "utf-8")

    return write


def test_the_worst_comes_first_with_its_path_its_help_and_a_summary(run, shop):
    shop()

    ran = run("check", "--at", AT)

    assert ran.code == 1
    assert ran.out.splitlines() == [
        "critical PF101 below-cost: us NIGHT SPEAKER, up to 1029.00 USD at stake",
        "  SPEAKER can be bought for 1.00 USD, below cost: each unit loses 17.15 USD from 2026-11-20 22:10 UTC.",
        "  path: price 40.00 -> 97.5 % off (code SP9 of NIGHT) 1.00",
        "  help: Correct NIGHT before 2026-11-20 22:10 UTC. It can be edited for another 10 h 10 m.",
        "critical PF201 typed-number-slip: us NIGHT SPEAKER, up to 1029.00 USD at stake",
        "  NIGHT says 97.5 % off, but you planned 9.75 % off. On SPEAKER it leaves a price of 1.00 USD, and each unit "
        "loses 17.15.",
        "  path: price 40.00 -> 97.5 % off (code SP9 of NIGHT) 1.00",
        "  help: Correct NIGHT before 2026-11-20 22:10 UTC. It can be edited for another 10 h 10 m.",
        "",
        "2 critical: 2 offers against 2 promotions, live or scheduled.",
    ]
    assert "promofuse rules PF101" in ran.err
    assert "promofuse check --promo NIGHT --explain" in ran.err


def test_explain_shows_the_arithmetic_and_narrows(run, shop):
    shop()

    ran = run("check", "--at", AT, "--promo", "NIGHT", "--explain")

    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    place = lines.index("price before promotions 40.00")
    assert lines[place : place + 8] == [
        "price before promotions 40.00",
        "97.5 % off (code SP9 of NIGHT) -39.00",
        "= worst price 1.00",
        "fees -0.15",
        "cost -14.50",
        "shipping -3.50",
        "= left of a unit -17.15",
        "exposure: 60 units that stock, limits or budget allow x 17.15 = 1029.00 USD",
    ]
    assert run("check", "--at", AT, "--sku", "BOTTLE").code == 0
    assert run("check", "--at", AT, "--promo", "WEEK").code == 0
    unknown = run("check", "--at", AT, "--sku", "KETTLE")
    assert (unknown.code, "no SKU 'KETTLE'" in unknown.err) == (2, True)
    assert run("check", "--at", AT, "--promo", "NOON").code == 2


def test_a_sound_shop_is_told_what_was_looked_at(run, shop):
    shop(promotions=SOUND)

    ran = run("check", "--at", AT)

    assert (ran.code, ran.out) == (0, "Nothing found: 2 offers against 1 promotion, live or scheduled.\n")
    assert "promofuse daemon" in ran.err


def test_an_empty_shop_teaches_what_to_write(run, shop):
    shop(promotions="", catalogue="")

    ran = run("check", "--at", AT)

    assert ran.code == 0
    assert ran.out.startswith("Nothing could be checked: 0 offers against 0 promotions")
    assert "No promotion is on record: write promotions.csv with promotion_id,seen_at" in ran.out
    assert "No cost is on record: write catalogue.csv" in ran.out
    assert "promofuse doctor     what was read, and what is missing" in ran.err
    assert "promofuse daemon" not in ran.err


def test_a_promotion_without_a_catalogue_asks_for_costs(run, shop):
    shop(catalogue="")

    assert "write catalogue.csv with sku,currency,unit_cost and price" in run("check", "--at", AT).out


def test_a_waiver_is_shown_and_an_override_by_category_wins(run, shop):
    shop(
        config="""
[[rules.below-cost.waivers]]
promotions = ["NIGHT"]
reason = "tasters for the fair"
until = 2026-11-30
[[rules.typed-number-slip.waivers]]
promotions = ["NIGHT"]
reason = "the plan is old"
until = 2026-11-01
[[rules.margin-below-minimum.overrides]]
category = "kitchen"
minimum = 0.60
"""
    )

    ran = run("check", "--at", AT)

    assert ran.code == 1
    assert "waived PF101 below-cost: us NIGHT SPEAKER" in ran.out
    assert "  waived until 2026-11-30: tasters for the fair" in ran.out
    assert "  the waiver ended on 2026-11-01: the plan is old" in ran.out
    assert "BOTTLE keeps 41.79 % of the price, less than the minimum of 60 %" in ran.out
    assert ran.out.splitlines()[-1].startswith("1 critical, 1 warning, 1 waived: ")
    found = {finding["code"]: finding for finding in run("check", "--at", AT, "--json").json["findings"]}
    assert found["PF101"]["severity"] == "info"
    assert found["PF101"]["message"].endswith("[waived until 2026-11-30: tasters for the fair]")
    assert found["PF201"]["severity"] == "critical"


def test_a_screen_shows_the_worst_of_many_and_the_json_all_of_them(run, shop):
    bottles = "".join(f"BOTTLE-{number},USD,{5 + number},18,0.15,2,40,kitchen\n" for number in range(13))
    shop(catalogue=CATALOGUE + bottles, promotions=SOUND.replace("BOTTLE,10,,none,1,20,10", "*,90,,none,1,20,90"))

    ran = run("check", "--at", AT)
    told = run("check", "--at", AT, "--json").json["findings"]
    mildest = run("check", "--at", AT, "--sku", "BOTTLE-0")

    assert ran.out.count("critical PF101 below-cost: us WEEK") == 10
    assert "\n5 more of PF101 below-cost us WEEK; --json lists them, --sku SKU shows one\n" in ran.out
    assert {finding["sku"] for finding in told if finding["code"] == "PF101"} == {
        "SPEAKER", "BOTTLE", *(f"BOTTLE-{number}" for number in range(13)),
    }  # fmt: skip
    assert not any("in all" in finding["message"] for finding in told)
    assert mildest.code == 1
    assert "critical PF101 below-cost: us WEEK BOTTLE-0" in mildest.out


def test_only_waived_findings_exit_with_zero(run, shop):
    waiver = '[[rules.{}.waivers]]\nshop = "us"\nreason = "all of it is meant"\nuntil = 2026-11-30\n'
    shop(config=waiver.format("below-cost") + waiver.format("typed-number-slip"))

    assert run("check", "--at", AT).code == 0


def test_a_wrong_rule_setting_names_the_file_the_key_and_the_reason(run, shop, tmp_path):
    shop(config='[[rules.margin-below-minimum.overrides]]\nshop = "fr"\nminimum = 3\n')

    ran = run("check", "--at", AT)

    assert ran.code == 3
    assert "config.toml: rules.margin-below-minimum.overrides.0.shop: there is no shop 'fr'; there are us" in ran.err
    assert "rules.margin-below-minimum.overrides.0.minimum: it should be less than 1" in ran.err


def test_the_json_has_the_keys_of_the_contract_and_no_others(run, shop):
    shop(catalogue=CATALOGUE.replace("BOTTLE,USD,5,", "BOTTLE,USD,,"))

    told = run("check", "--at", AT, "--json").json

    assert set(told) == {"version", "at", "findings", "unknowns", "gaps"}
    assert {tuple(finding) for finding in told["findings"]} == {
        ("code", "name", "severity", "confidence", "shop", "promotion_ids", "sku", "message", "hint", "price",
         "currency", "contribution", "margin", "exposure", "combination", "opens_at", "editable_until", "assumed")
    }  # fmt: skip
    assert {tuple(unknown) for unknown in told["unknowns"]} == {("code", "shop", "sku", "promotion_ids", "reason")}
    slip = told["findings"][0]
    assert (slip["price"], slip["contribution"], slip["exposure"]) == ("1.00", "-17.15", "1029.00")
    assert slip["margin"] == "-17.150000"
    assert (slip["opens_at"], slip["editable_until"]) == ("2026-11-20T22:10:00Z", "2026-11-20T22:10:00Z")


def test_orders_of_the_last_days_are_compared_with_the_plan(run, shop):
    shop(promotions=SOUND, orders=ORDERS.format(discount="1.80"))
    assert run("check", "--at", AT).code == 0

    shop(promotions=SOUND, orders=ORDERS.format(discount="17.00"))
    ran = run("check", "--at", AT)

    assert ran.code == 1
    assert "critical PF701 paid-below-plan: us WEEK BOTTLE" in ran.out
    assert "WEEK plans 10 % off, and order O-1 with it paid down to 1.00 a unit" in ran.out


def test_an_incident_is_remembered_by_the_next_promotion_unless_it_was_dismissed(run, shop):
    again = SOUND.replace("WEEK,2026-11-18T06:00:00Z", "NEXT,2026-11-21T06:00:00Z").replace(
        "2026-11-18T08:00:00Z", "2026-11-22T18:00:00Z"
    )
    shop(promotions=SOUND + again, orders=ORDERS.format(discount="17.00"))
    assert run("respond", "--promo", "WEEK", "--at", AT).code == 0

    later = "2026-11-21T12:00:00Z"
    found = [f for f in run("check", "--at", later, "--json").json["findings"] if f["code"] == "PF605"]
    assert [(f["promotion_ids"], f["sku"]) for f in found] == [(["NEXT"], "BOTTLE")]
    assert "follows an incident on BOTTLE, INC-2026-0001 of 2026-11-20 12:00 UTC" in found[0]["message"]

    run("dismiss", "INC-2026-0001", "--by", "Ann", "--why", "a test order", "--at", later)
    assert "PF605" not in {f["code"] for f in run("check", "--at", later, "--json").json["findings"]}
