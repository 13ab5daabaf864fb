"""Nights that really happened, as settings: each fault is found before it starts, and healthy shops raise nothing."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from promofuse.facts import Offer, OrderLine, OrderStatus, Promotion, PromotionKind
from promofuse.rules import build_rules, check_shop
from promofuse.rules.history import History, PastIncident
from promofuse.rules.wording import amount_text
from promofuse.verdicts import Severity

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.toml"))
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


def read(path):
    told = tomllib.loads(path.read_text("utf-8"))
    at, currency = told["at"], told.get("currency", "USD")
    usual = {"currency": currency, "seen_at": at - timedelta(hours=2), "skus": (told["offers"][0]["sku"],)}
    offers = [Offer(**({"currency": currency, "fee_rate": Fraction(15, 100)} | facts(row))) for row in told["offers"]]
    promotions = [
        Promotion(**(usual | facts(row) | {"kind": PromotionKind(row.get("kind", "percent_off"))}))
        for row in told.get("promotions", [])
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
        for row in told.get("sold", [])
    ]  # fmt: skip
    incidents = [PastIncident(**facts(row)) for row in told.get("incidents", [])]
    history = History(zone=told.get("zone", ""), sold=tuple(sold), incidents=tuple(incidents))
    platform = told.get("platform", "amazon")
    result = check_shop("shop", platform, offers, promotions, at, build_rules({}), history)
    return at, result, told["expected"]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path):
    at, result, expected = read(path)

    serious = [finding for finding in result.findings if finding.severity is not Severity.INFO]
    assert sorted(finding.code for finding in serious) == expected["codes"]
    if "worst" not in expected:
        assert (result.findings, result.unknowns) == ((), ())
        return
    worst = next(finding for finding in serious if finding.code == expected["worst"]["code"])
    for name in ("price", "contribution", "exposure"):
        if name in expected["worst"]:
            assert amount_text(getattr(worst, name), worst.currency) == expected["worst"][name]
    if not expected.get("running"):
        assert worst.opens_at > at
        assert worst.editable_until is not None
        assert "edited" in worst.hint


def test_the_scenarios_are_all_there():
    assert len(SCENARIOS) >= 19
