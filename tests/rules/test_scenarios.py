"""Nights that really happened, as settings: each fault is found before it starts, and healthy shops raise nothing."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from promofuse.drill.scenario import load_scenario, scenario_names
from promofuse.facts import Offer, OrderLine, OrderStatus, Promotion, PromotionKind
from promofuse.rules import build_rules, check_shop
from promofuse.rules.history import History, PastIncident
from promofuse.rules.wording import amount_text
from promofuse.verdicts import Severity

EXACT = (
    "price", "list_price", "floor_price", "unit_cost", "fee_rate", "shipping_cost", "percent_off", "amount_off",
    "fixed_price", "min_amount", "budget", "intended_percent_off", "intended_price", "expected_uplift",
)  # fmt: skip


def facts(row):
    """A table of the file as the keywords of a fact."""
    return {
        key: Fraction(value) if key in EXACT else tuple(value) if isinstance(value, list) else value
        for key, value in row.items()
    }


def judge(scenario):
    at, currency = scenario.at, scenario.currency
    usual = {"currency": currency, "seen_at": at - timedelta(hours=2), "skus": (scenario.offers[0]["sku"],)}
    fee = {"currency": currency, "fee_rate": Fraction(scenario.fee_rate)}
    offers = [Offer(**(fee | facts(row))) for row in scenario.offers]
    promotions = [
        Promotion(**(usual | facts(row) | {"kind": PromotionKind(row.get("kind", "percent_off"))}))
        for row in scenario.promotions
    ]
    sold = [
        OrderLine(
            **{
                "line_key": "1", "quantity": 1, "currency": currency, "ordered_at": at - timedelta(hours=1),
                "seen_at": at - timedelta(hours=1), "line_id": "1",
                **{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()},
                "status": OrderStatus(row.get("status", "unshipped")),
            }
        )
        for row in scenario.sold
    ]  # fmt: skip
    incidents = [PastIncident(**facts(row)) for row in scenario.incidents]
    history = History(zone=scenario.zone, sold=tuple(sold), incidents=tuple(incidents))
    return check_shop("shop", scenario.platform, offers, promotions, at, build_rules({}), history)


@pytest.mark.parametrize("name", scenario_names())
def test_scenario(name):
    scenario = load_scenario(name)
    result, expected = judge(scenario), scenario.expected

    serious = [finding for finding in result.findings if finding.severity is not Severity.INFO]
    assert sorted(finding.code for finding in serious) == list(expected.codes)
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
    assert len(scenario_names()) >= 19
