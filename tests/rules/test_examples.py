"""Every example of every rule does what it says."""

from __future__ import annotations

import pytest

from promofuse.rules import EXAMPLE_AT, RULES, Example, Rule, check_shop

CASES = [pytest.param(rule, example, id=f"{rule.code}-{example.name}") for rule in RULES for example in rule.examples]


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_example(rule: type[Rule], example: Example) -> None:
    result = check_shop(
        "example",
        example.platform,
        example.offers,
        example.promotions,
        EXAMPLE_AT,
        (rule.model_validate({}),),
        example.history,
    )

    found = {(finding.code, finding.name) for finding in result.findings}
    untold = {unknown.code for unknown in result.unknowns}
    if example.fires is None:
        assert found == set()
        assert untold == {rule.code}
    elif example.fires:
        assert found == {(rule.code, rule.name)}
        assert untold == set()
    else:
        assert found == set()
        assert untold == set()
