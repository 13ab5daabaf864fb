"""Overrides by shop, category and SKU, waivers with an end date, and what is wrong with either."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from pydantic import ValidationError

from builders import NOON, offer, promotion
from promofuse.config import Config
from promofuse.errors import ConfigError
from promofuse.rules import build_rules, check_shop
from promofuse.rules.history import History
from promofuse.verdicts import Severity


def margins(tables, *, category="mugs", shop="us", sku="MUG-1"):
    rules = build_rules({"margin-below-minimum": tables}, ["us", "de"])
    thin = promotion(percent_off=Fraction(50), budget=Fraction(100), ends_at=NOON + timedelta(days=5), skus=(sku,))
    result = check_shop(shop, "amazon", [offer(sku, category=category)], [thin], NOON, rules)
    return [finding.code for finding in result.findings]


@pytest.mark.parametrize(
    ("override", "fires"),
    [
        ({"sku": "MUG-1"}, True),
        ({"category": "mugs"}, True),
        ({"shop": "us"}, True),
        ({"shop": "us", "category": "mugs", "sku": "MUG-1"}, True),
        ({"sku": "MUG-2"}, False),
        ({"category": "cups"}, False),
        ({"shop": "de"}, False),
        ({"shop": "de", "sku": "MUG-1"}, False),
    ],
)
def test_an_override_holds_in_its_scope(override, fires):
    assert margins({"overrides": [{"minimum": Decimal("0.4"), **override}]}) == (["PF102"] if fires else [])


def test_the_most_specific_override_wins_whatever_their_order():
    overrides = [
        {"shop": "us", "minimum": Decimal("0.4")},
        {"sku": "MUG-1", "minimum": Decimal("0.3")},
        {"category": "mugs", "minimum": Decimal("0.5")},
    ]

    for turned in (overrides, overrides[::-1]):
        assert margins({"overrides": turned}) == []
        assert margins({"overrides": turned}, sku="MUG-2") == ["PF102"]


def test_an_override_keeps_the_other_settings_of_the_rule():
    tables = {"least_offers": 3, "overrides": [{"shop": "us", "share": Decimal("0.9")}]}
    whole = next(rule for rule in build_rules({"whole-catalogue": tables}) if rule.code == "PF401")

    assert [(one.share, one.least_offers) for one in whole.variants] == [(Fraction(1, 2), 3), (Fraction(9, 10), 3)]


def test_a_promotion_lies_in_a_category_with_all_the_offers_that_it_covers():
    tables = {"endless-promotion": {"overrides": [{"category": "mugs", "longest_days": 1}]}}
    week = promotion(percent_off=Fraction(40), ends_at=NOON + timedelta(days=7), skus=("MUG-1", "CUP-1"))

    def found(category):
        offers = [offer(category="mugs"), offer("CUP-1", category=category)]
        return "PF601" in {f.code for f in check_shop("us", "", offers, [week], NOON, build_rules(tables)).findings}

    assert [found("mugs"), found("cups")] == [True, False]


def test_what_is_wrong_is_named_with_its_place():
    tables = {
        "margin-below-minimum": {
            "overrides": [
                {"sku": "MUG-1", "minimun": Decimal("0.1")},
                {"minimum": Decimal("0.1")},
                {"shop": "fr", "minimum": Decimal("0.1")},
                {"sku": "A"},
                {"sku": "B", "minimum": Decimal("0.1")},
                {"sku": "B", "minimum": Decimal("0.2")},
                {"sku": "C", "minimum": Decimal(7)},
            ],
            "waivers": [{"promotions": ["A"], "reason": "ok then"}, {"reason": "all of it", "until": date(2026, 4, 1)}],
        },
        "below-cost": {"waivers": {"sku": "MUG-1"}},
    }

    with pytest.raises(ValidationError) as caught:
        build_rules(tables, ["us"])

    place = ("rules", "margin-below-minimum")
    problems = {problem["loc"]: problem["msg"] for problem in caught.value.errors()}
    assert set(problems) == {
        (*place, "overrides", 0, "minimun"),
        (*place, "overrides", 1),
        (*place, "overrides", 2, "shop"),
        (*place, "overrides", 3),
        (*place, "overrides", 5),
        (*place, "overrides", 6, "minimum"),
        (*place, "waivers", 0, "until"),
        (*place, "waivers", 1),
        ("rules", "below-cost", "waivers"),
    }
    assert problems[*place, "overrides", 1] == "name a shop, a category or a sku"
    assert problems[*place, "overrides", 2, "shop"] == "there is no shop 'fr'; there are us"
    assert problems[*place, "overrides", 5] == "the same scope as number 5"
    assert problems["rules", "below-cost", "waivers"].startswith("write it as [[rules.below-cost.waivers]]")


def test_the_configuration_names_file_key_and_reason(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[[rules.below-cost.waivers]]\nsku = "MUG-1"\nreason = "tasters"\nuntil = 2026-04-01T00:00:00\n')

    with pytest.raises(ConfigError) as caught:
        Config.read(path)

    assert f"{path}: rules.below-cost.waivers.0.until: give the time an offset from UTC" in str(caught.value)


def waived(waiver, *, loses=promotion(budget=Fraction(100), ends_at=NOON + timedelta(days=5))):
    tables = {"below-cost": {"waivers": [{"reason": "tasters for the fair", "until": date(2026, 3, 31), **waiver}]}}
    result = check_shop("us", "amazon", [offer()], [loses], NOON, build_rules(tables))
    return next(finding for finding in result.findings if finding.code == "PF101")


@pytest.mark.parametrize("scope", [{"sku": "MUG-1"}, {"promotions": ["P-1", "P-2"]}, {"shop": "us", "sku": "MUG-1"}])
def test_a_waived_finding_is_shown_as_waived(scope):
    found = waived(scope)

    assert (found.waived, found.severity) == (True, Severity.INFO)
    assert found.waiver == "waived until 2026-03-31: tasters for the fair"
    assert found.price == 4


@pytest.mark.parametrize("scope", [{"sku": "MUG-2"}, {"promotions": ["P-2"]}, {"shop": "de", "promotions": ["P-1"]}])
def test_a_waiver_for_something_else_changes_nothing(scope):
    found = waived(scope)

    assert (found.waived, found.severity, found.waiver) == (False, Severity.CRITICAL, "")


def test_an_expired_waiver_says_so():
    found = waived({"sku": "MUG-1", "until": date(2026, 3, 9)})

    assert (found.waived, found.severity) == (False, Severity.CRITICAL)
    assert found.waiver == "the waiver ended on 2026-03-09: tasters for the fair"


def test_a_waiver_holds_to_the_end_of_its_day():
    assert waived({"sku": "MUG-1", "until": date(2026, 3, 10)}).waived


def test_a_price_that_was_accepted_is_no_leave_for_a_slip():
    assert waived({"sku": "MUG-1", "lowest_price": Decimal(4)}).waived
    found = waived({"sku": "MUG-1", "lowest_price": Decimal(5)})
    assert (found.waived, found.waiver) == (
        False,
        "the waiver holds for prices from 5.00 on: tasters for the fair",
    )


def test_a_waiver_for_one_promotion_does_not_cover_a_stack_with_it():
    both = [promotion(name, percent_off=Fraction(40), budget=Fraction(1)) for name in ("A", "B")]
    tables = {"stack-below-cost": {"waivers": [{"promotions": ["A"], "reason": "meant", "until": date(2026, 12, 31)}]}}

    result = check_shop("us", "amazon", [offer()], both, NOON, build_rules(tables))

    assert [finding.waived for finding in result.findings if finding.code == "PF301"] == [False]


def test_waived_findings_are_folded_apart():
    offers = [offer(f"MUG-{number:02}") for number in range(12)]
    tables = {"below-cost": {"waivers": [{"sku": "MUG-03", "reason": "tasters", "until": date(2026, 12, 31)}]}}
    everywhere = promotion(skus=("*",), budget=Fraction(1))

    found = check_shop("us", "amazon", offers, [everywhere], NOON, build_rules(tables)).findings

    below = [finding for finding in found if finding.code == "PF101"]
    assert [finding.sku for finding in below if finding.waived] == ["MUG-03"]
    assert below[0].message.endswith("11 SKUs in all; the worst 10 are listed.")


def test_a_rule_on_the_whole_shop_has_settings_by_shop_alone():
    tables = {"stale-orders": {"overrides": [{"shop": "us", "hours": 1}]}}
    history = History(orders_as_of=NOON - timedelta(hours=2))

    def found(shop):
        running = promotion(percent_off=Fraction(5), ends_at=NOON + timedelta(days=1))
        return [
            f.code
            for f in check_shop(shop, "amazon", [offer()], [running], NOON, build_rules(tables), history).findings
        ]

    assert [found("us"), found("de")] == [["PF804"], []]
    with pytest.raises(ValidationError) as caught:
        build_rules({"stale-orders": {"overrides": [{"sku": "MUG-1", "hours": 1}]}})
    assert "only a shop can have its own" in str(caught.value)


@pytest.mark.parametrize(
    ("tables", "place", "says"),
    [
        ({"PF102": {}}, ("rules", "PF102"), "settings go under the rule's name: [rules.margin-below-minimum]"),
        (
            {"margin-below-min": {}},
            ("rules", "margin-below-min"),
            "no rule has this name; did you mean margin-below-minimum? `promofuse rules` lists them",
        ),
        ({"xyzzy": {}}, ("rules", "xyzzy"), "no rule has this name; `promofuse rules` lists them"),
        (
            {"margin-below-minimum": {"minimun": 1}},
            ("rules", "margin-below-minimum", "minimun"),
            "there is no such setting here; there are minimum",
        ),
        ({"below-cost": {"minimum": 1}}, ("rules", "below-cost", "minimum"), "this rule has no settings"),
    ],
)
def test_a_name_that_is_none_is_told_with_those_that_there_are(tables, place, says):
    with pytest.raises(ValidationError) as caught:
        build_rules(tables)

    assert [(problem["loc"], problem["msg"]) for problem in caught.value.errors()] == [(place, says)]
