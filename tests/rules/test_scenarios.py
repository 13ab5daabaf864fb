"""Nights that really happened, as settings: each fault is found before it starts, and healthy shops raise nothing.

The files are the drills that come with Promofuse; tests/e2e/test_drills.py plays the whole nights.
"""

from __future__ import annotations

import pytest

from promofuse.drill import known_scenarios, load_scenario
from promofuse.drill.scenario import read_facts
from promofuse.marketplaces import find_marketplace
from promofuse.rules import build_rules, check_shop
from promofuse.rules.history import History, PastIncident
from promofuse.rules.wording import amount_text
from promofuse.verdicts import Severity

SCENARIOS = known_scenarios().values()


def check(scenario):
    facts, place = read_facts(scenario), find_marketplace(scenario.marketplace)
    incidents = tuple(PastIncident(**past.model_dump()) for past in scenario.incidents)
    history = History(zone=place.zone if place else "", sold=facts.sold, incidents=incidents)
    shop = ("shop", scenario.platform, facts.offers, facts.promotions)
    return check_shop(*shop, scenario.at, build_rules({}), history)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path):
    scenario = load_scenario(path)
    result, expected = check(scenario), scenario.expected

    serious = [finding for finding in result.findings if finding.severity is not Severity.INFO]
    assert sorted(finding.code for finding in serious) == sorted(expected.codes)
    if expected.worst is None:
        assert (result.findings, result.unknowns) == ((), ())
        return
    worst = next(finding for finding in serious if finding.code == expected.worst.code)
    for name in ("price", "contribution", "exposure"):
        if wanted := getattr(expected.worst, name):
            assert amount_text(getattr(worst, name), worst.currency) == wanted
    if not expected.running:
        assert worst.opens_at > scenario.at
        assert worst.editable_until is not None
        assert "edited" in worst.hint


def test_the_scenarios_are_all_there():
    assert len(SCENARIOS) >= 19
