"""100,000 offers against 20 promotions, as the check does it before every start."""

import time
from datetime import timedelta
from fractions import Fraction

import pytest

from builders import NOON, offer, promotion
from promofuse.rules import build_rules, check_shop

OFFERS = 100_000
SECONDS = 60


@pytest.mark.parametrize("everywhere", [False, True], ids=["5000 SKUs each", "all SKUs each"])
def test_a_large_catalogue(everywhere):
    offers = [
        offer(f"MUG-{number}", price=Fraction(2000 + number * 7919 % 7000, 100), unit_cost=Fraction(6), stock=50)
        for number in range(OFFERS)
    ]
    promotions = [
        promotion(
            f"P-{number}",
            percent_off=Fraction(1 + number % 5) if number % 3 else None,
            amount_off=None if number % 3 else Fraction(1),
            starts_at=NOON + timedelta(days=number - 10),
            ends_at=NOON + timedelta(days=number + 3),
            skus=("*",) if everywhere else tuple(f"MUG-{sku}" for sku in range(number * 5000, number * 5000 + 5000)),
            budget=Fraction(1000),
        )
        for number in range(20)
    ]

    started = time.perf_counter()
    result = check_shop("us", "amazon", offers, promotions, NOON, build_rules({}))
    took = time.perf_counter() - started

    print(f"\n{OFFERS} offers, {len(promotions)} promotions: {took:.1f} s, {len(result.findings)} findings")
    assert took < SECONDS
