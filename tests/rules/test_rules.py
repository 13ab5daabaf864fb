"""Every rule is explained, exemplified and configurable."""

import inspect
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from pydantic import ValidationError

from promofuse.rules import EXAMPLE_AT, RULES, Rule, build_rules, check_shop

FAMILIES = {
    "price": "PF1", "floors": "PF1",
    "slips": "PF2", "revisions": "PF2", "quantities": "PF2", "currencies": "PF2",
    "stacking": "PF3", "duplicates": "PF3",
    "scope": "PF4", "reach": "PF4",
    "limits": "PF5", "codes": "PF5",
    "schedule": "PF6", "recurrence": "PF6",
    "seen_orders": "PF7", "seen_limits": "PF7",
    "blind_spots": "PF8", "unseen": "PF8",
}  # fmt: skip
# These judge what is there: what is not known gives them nothing to say, and another rule says that it is missing.
ALWAYS_TELL = {
    "PF105", "PF504", "PF602", "PF605", "PF702", "PF703", "PF704", "PF705", "PF802", "PF803", "PF804", "PF805",
}  # fmt: skip


def test_codes_and_names_are_unique():
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_is_complete(rule):
    family = FAMILIES[rule.__module__.rpartition(".")[2]]
    assert re.fullmatch(rf"{family}\d\d", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    text = inspect.getdoc(rule)
    assert re.fullmatch(r"[A-Z].+\.", text.splitlines()[0])
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Why it matters", "What to do"]
    tells = {True, False} if rule.code in ALWAYS_TELL else {True, False, None}
    assert {example.fires for example in rule.examples} == tells
    assert len({example.name for example in rule.examples}) == len(rule.examples)
    assert all(field.description for field in rule.model_fields.values())
    assert rule.model_config["frozen"]


def test_settings_come_from_the_tables():
    built = build_rules({"margin-below-minimum": {"minimum": Decimal("0.25")}, "whole-catalogue": {"least_offers": 3}})

    assert [rule.code for rule in built] == [rule.code for rule in RULES]
    settings = {rule.name: dict(rule) for rule in built}
    assert settings["margin-below-minimum"] == {"minimum": Fraction(1, 4)}
    assert settings["whole-catalogue"] == {"share": Fraction(1, 2), "least_offers": 3}


def test_the_catalogue_is_complete():
    assert len(RULES) >= 24
    assert [rule.code for rule in RULES] == sorted(rule.code for rule in RULES)
    assert {rule.code[:3] for rule in RULES} == {f"PF{family}" for family in range(1, 9)}


def test_every_wrong_setting_is_named_with_its_place():
    wrong = {
        "margin-below-minimum": {"minimum": Decimal(2), "maximum": 1},
        "below-costs": {},
        "whole-catalogue": {"share": "half"},
    }

    with pytest.raises(ValidationError) as caught:
        build_rules(wrong)

    problems = {problem["loc"]: problem["msg"] for problem in caught.value.errors()}
    assert set(problems) == {
        ("rules", "below-costs"),
        ("rules", "margin-below-minimum", "minimum"),
        ("rules", "margin-below-minimum", "maximum"),
        ("rules", "whole-catalogue", "share"),
    }
    assert "below-cost" in problems["rules", "below-costs"]
    assert "less than 1" in problems["rules", "margin-below-minimum", "minimum"]


CHECKS = ("check_offer", "check_promotion", "check_in_shop", "check_shop")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_crash_of_any_rule_is_a_visible_unknown(rule, monkeypatch):
    fires = next(example for example in rule.examples if example.fires)

    def crash(self, *facts):
        raise ZeroDivisionError("of the test")

    for name in CHECKS:
        if getattr(rule, name) is not getattr(Rule, name):
            monkeypatch.setattr(rule, name, crash)
    result = check_shop(
        "us", fires.platform, fires.offers, fires.promotions, EXAMPLE_AT, build_rules({}), fires.history
    )

    crashed = [
        unknown for unknown in result.unknowns if unknown.reason.startswith(f"the rule {rule.name} crashed: Zero")
    ]
    assert {unknown.code for unknown in crashed} == {rule.code}
    assert rule.code not in {finding.code for finding in result.findings}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_what_a_rule_says_is_short_and_whole(rule):
    for example in rule.examples:
        result = check_shop(
            "us", example.platform, example.offers, example.promotions, EXAMPLE_AT, build_rules({}), example.history
        )
        for finding in result.findings:
            assert "could not be written" not in finding.message
            assert re.fullmatch(r"[A-Z0-9].*\.", finding.message), finding.message
            assert re.fullmatch(r"\S.*\.", finding.hint), finding.hint
            assert len(finding.message) < 300
            assert "  " not in finding.message + finding.hint
            assert "Fraction" not in finding.message + finding.hint
