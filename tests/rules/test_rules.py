"""Every rule is explained, exemplified and configurable."""

import inspect
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from pydantic import ValidationError

from promofuse.rules import RULES, build_rules

FAMILIES = {
    "price": "PF1", "slips": "PF2", "stacking": "PF3", "scope": "PF4", "limits": "PF5", "blind_spots": "PF8",
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
    assert {example.fires for example in rule.examples} == {True, False, None}
    assert len({example.name for example in rule.examples}) == len(rule.examples)
    assert all(field.description for field in rule.model_fields.values())
    assert rule.model_config["frozen"]


def test_settings_come_from_the_tables():
    built = build_rules({"margin-below-minimum": {"minimum": Decimal("0.25")}, "whole-catalogue": {"least_offers": 3}})

    assert [rule.code for rule in built] == [rule.code for rule in RULES]
    settings = {rule.name: dict(rule) for rule in built}
    assert settings["margin-below-minimum"] == {"minimum": Fraction(1, 4)}
    assert settings["whole-catalogue"] == {"share": Fraction(1, 2), "least_offers": 3}


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
