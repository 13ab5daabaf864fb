"""100,000 offers against 20 promotions, and a million against five, as the check does it before every start."""

import resource
import time
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from builders import NOON, offer, promotion
from promofuse.facts import Offer
from promofuse.rules import build_rules, check_shop, run
from promofuse.rules.standing import StandingCheck

OFFERS = 100_000
SECONDS = 60
MILLION_SECONDS = 10
MILLION_MEGABYTES = 1536


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


MILLION = 1_000_000
ONE_BY_ONE = 50_000  # offers that are checked one by one, and counted as if they were a million
FEE, SHIPPING, STOCK = Fraction(15, 100), Fraction(3), 50


def many_offers(count, wrong_each):
    """Prices from 20.00 to 89.99; costs are 40 % of the price, of one offer in `wrong_each` 75 %."""
    prices = [2000 + number * 7919 % 7000 for number in range(count)]
    shares = [75 if number % wrong_each == 0 else 40 for number in range(count)]
    return [
        Offer(
            sku=f"S-{number}",
            currency="USD",
            price=Fraction(price, 100),
            unit_cost=Fraction(price * share, 10_000),
            fee_rate=FEE,
            shipping_cost=SHIPPING,
            stock=STOCK,
        )
        for number, (price, share) in enumerate(zip(prices, shares, strict=True))
    ]


def five_promotions(count, few_percent=20):
    """Two on everything, one on the first half, one on the middle, one on a hundred SKUs."""
    skus = [f"S-{number}" for number in range(count)]
    known = {"budget": Fraction(1000), "ends_at": NOON + timedelta(days=5)}
    return [
        promotion("ALL", percent_off=Fraction(10), skus=("*",), **known),
        promotion("CODE", percent_off=Fraction(5), skus=("*",), code="SPRING", code_kind="group", **known),
        promotion("HALF", percent_off=None, amount_off=Fraction(1), skus=tuple(skus[: count // 2]), **known),
        promotion("DEAL", percent_off=Fraction(5), skus=tuple(skus[count // 4 : count * 3 // 4]), **known),
        promotion("FEW", percent_off=Fraction(few_percent), skus=tuple(skus[:100]), **known),
    ]


def bare_loop(offers, promotions):
    """The least that one has to do: five prices and a comparison an offer, in plain integers that are at hand."""
    prices = [int(offer.price * 100) for offer in offers]
    costs = [int(offer.unit_cost * 100) + 300 for offer in offers]
    percents = [int(promotion.percent_off or 0) for promotion in promotions]
    started = time.process_time()
    losing = 0
    for price, cost in zip(prices, costs, strict=True):
        left = price
        for percent in percents:
            left -= price * percent // 100
        losing += left * 85 < cost * 100
    return time.process_time() - started, losing


@pytest.mark.parametrize("wrong_each", [1000, 100])
def test_a_million_offers(wrong_each, monkeypatch):
    """Times are of the processor: the machine is shared, and nothing here waits or runs in parallel."""
    rules = build_rules({})
    some, promotions = many_offers(ONE_BY_ONE, wrong_each), five_promotions(ONE_BY_ONE)
    monkeypatch.setattr(run, "MANY", ONE_BY_ONE + 1)
    started = time.process_time()
    expected = check_shop("us", "amazon", some, promotions, NOON, rules)
    one_by_one = (time.process_time() - started) * MILLION / ONE_BY_ONE
    monkeypatch.undo()
    assert check_shop("us", "amazon", some, promotions, NOON, rules) == expected

    offers, promotions = many_offers(MILLION, wrong_each), five_promotions(MILLION)
    bare, _ = bare_loop(offers, promotions)
    started = time.process_time()
    standing = StandingCheck("us", "amazon", offers, rules)
    found = standing.check(promotions, NOON)
    complete = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    later = [*promotions, replace(five_promotions(MILLION, 30)[-1], seen_at=NOON)]
    started = time.process_time()
    again = standing.check(later, NOON)
    promotion_changed = time.process_time() - started
    started = time.process_time()
    standing.check(later, NOON, changed=[replace(offers[7], unit_cost=Fraction(1))])
    offer_changed = time.process_time() - started

    print(
        f"\n1 of {wrong_each} wrong: {MILLION} offers, 5 promotions, {len(rules)} rules: {complete:.1f} s, "
        f"peak {peak:.0f} MB, {len(found.findings)} findings\n"
        f"one by one {one_by_one:.0f} s, {one_by_one / complete:.1f} times; "
        f"a bare loop over integers {bare:.2f} s, {complete / bare:.1f} times\n"
        f"after one promotion changed on 100 SKUs {promotion_changed * 1000:.0f} ms, "
        f"after one offer changed {offer_changed * 1000:.0f} ms"
    )
    assert again.findings != found.findings
    assert one_by_one / complete >= 5
    assert complete / promotion_changed >= 10
    assert complete <= MILLION_SECONDS
    assert peak <= MILLION_MEGABYTES
