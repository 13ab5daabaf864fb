"""docs/rules.md is what the rules say of themselves."""

from pathlib import Path

from promofuse.rules import RULES
from promofuse.rules.document import document_rule, document_rules

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == document_rules(RULES), "run: make docs"


def test_one_rule_by_itself_has_its_settings_and_examples():
    text = document_rule(next(rule for rule in RULES if rule.name == "margin-below-minimum"))

    assert text.startswith("PF102 margin-below-minimum\n")
    assert "- `minimum` = 0.1: Lowest contribution as a share of the price without tax." in text
    assert "- cannot tell: the unit cost is not known" in text
