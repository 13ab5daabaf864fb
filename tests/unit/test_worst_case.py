"""The cheapest price that a buyer can reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from builders import NOON, offer, promotion
from promofuse.facts import PromotionKind
from promofuse.pricing.margin import costs_of
from promofuse.pricing.promotion_sets import PromotionSets
from promofuse.pricing.worst_case import (
    planned_discount,
    planned_price,
    planned_units,
    unit_contribution,
    units_at_risk,
)
from promofuse.verdicts import Confidence

DAY = timedelta(days=1)


def percent(promotion_id, value, **changes):
    return promotion(promotion_id, percent_off=Fraction(value), **changes)


def amount(promotion_id, value, **changes):
    return promotion(promotion_id, percent_off=None, amount_off=Fraction(value), **changes)


def stated(promotion_id, value, **changes):
    known = {"kind": PromotionKind.DEAL, "percent_off": None, "fixed_price": Fraction(value)}
    return promotion(promotion_id, **(known | changes))


def worst(platform, price, *promotions, currency="USD"):
    return PromotionSets(platform, NOON).worst_case(Fraction(price), currency, promotions)


@pytest.mark.parametrize(
    ("platform", "price", "promotions", "expected"),
    [
        ("amazon", 30, [stated("D", 25), percent("C", 5, kind=PromotionKind.COUPON)], "23.5"),
        ("amazon", 100, [amount("A", 10), percent("B", 10)], "80"),
        ("amazon", 40, [percent("A", 50), percent("B", 50)], "0"),
        ("amazon", 40, [percent("A", 60), percent("B", 60)], "0"),
        ("amazon", 30, [stated("D", 25), stated("E", 20)], "20"),
        ("vendure", 99, [percent("A", 60), percent("B", 60)], "0"),
        ("vendure", 99, [percent("A", 60), percent("B", 20, level="order")], "31.68"),
        ("medusa", 99, [percent("A", 60), percent("B", 60)], "15.84"),
        ("medusa", 99, [percent("A", 60), percent("B", 20)], "31.68"),
        ("medusa", 30, [stated("D", 25), percent("B", 20)], "20"),
        ("medusa", 100, [amount("A", 10), percent("B", 50)], "40"),
        ("", 100, [percent("A", 30), percent("B", 30)], "40"),
        ("amazon", 100, [percent("A", 100, level="shipping")], "100"),
        ("amazon", 100, [], "100"),
        ("amazon", 0, [amount("A", 10)], "0"),
    ],
)
def test_the_worst_price(platform, price, promotions, expected):
    assert worst(platform, price, *promotions).price == Fraction(expected)


def test_the_path_has_a_step_for_each_promotion_in_the_order_in_which_they_apply():
    found = worst("amazon", 30, percent("C", 5, kind=PromotionKind.COUPON), stated("D", 25))

    assert found.combination == ("D", "C")
    assert [(step.promotion and step.promotion.promotion_id, step.price) for step in found.path] == [
        (None, Fraction(30)),
        ("D", Fraction(25)),
        ("C", Fraction("23.5")),
    ]
    assert found.confidence is Confidence.MEDIUM
    assert found.assumed


def test_it_opens_when_the_last_of_them_starts():
    running = percent("A", 30, starts_at=NOON - DAY)
    scheduled = percent("B", 30, status="scheduled", starts_at=NOON + DAY)

    assert worst("amazon", 40, running, scheduled).opens_at == NOON + DAY
    assert worst("amazon", 40, running).opens_at == NOON - DAY
    assert worst("amazon", 40).opens_at is None


def test_promotions_that_are_never_live_together_do_not_add_up():
    first = percent("A", 30, ends_at=NOON + DAY)
    second = percent("B", 40, starts_at=NOON + DAY)

    found = worst("amazon", 100, first, second)

    assert (found.price, found.combination) == (Fraction(60), ("B",))


def test_only_promotions_that_are_needed_are_named():
    needed = [percent("A", 50), percent("B", 50, starts_at=NOON + DAY)]
    later = percent("C", 50, starts_at=NOON + 2 * DAY)
    idle = stated("D", 90)

    found = worst("amazon", 80, later, *needed, idle)

    assert (found.price, found.combination, found.opens_at) == (0, ("A", "B"), NOON + DAY)


@pytest.mark.parametrize(("sooner", "later"), [("A", "Z"), ("Z", "A")])
def test_of_equal_prices_by_a_share_and_by_an_amount_the_one_that_opens_first(sooner, later):
    first = {"starts_at": NOON + DAY, "combines": ("none",)}
    second = {"starts_at": NOON + 2 * DAY, "combines": ("none",)}

    assert worst("amazon", 80, percent(sooner, 50, **first), amount(later, 40, **second)).combination == (sooner,)
    assert worst("amazon", 80, amount(sooner, 40, **first), percent(later, 50, **second)).combination == (sooner,)


def test_free_sooner_counts_though_more_is_taken_off_later():
    soon = percent("Z", 100, starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    late = [percent("A", 60, starts_at=NOON + 3 * DAY), percent("B", 60, starts_at=NOON + 3 * DAY)]

    assert worst("amazon", 80, soon, *late).combination == ("Z",)


def test_a_stated_price_above_the_price_is_not_named():
    assert worst("amazon", 80, percent("A", 50), stated("D", 90)).combination == ("A",)


def test_of_equal_prices_the_one_that_opens_first():
    soon = percent("Z", 20, starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    late = percent("A", 20, starts_at=NOON + 3 * DAY)

    assert worst("amazon", 80, late, soon).combination == ("Z",)


def test_free_sooner_by_an_amount_counts_before_free_later_by_a_percentage():
    soon = amount("Z", 90, starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    late = percent("A", 100, starts_at=NOON + 3 * DAY)

    assert worst("amazon", 80, late, soon).combination == ("Z",)
    assert worst("amazon", 95, late, soon).combination == ("A",)


def test_a_promotion_in_another_currency_takes_no_amount_off():
    assert worst("amazon", 80, amount("A", 10, currency="EUR")).price == 80
    assert worst("amazon", 80, stated("A", 10, currency="EUR")).price == 80


def test_two_codes_are_assumed_to_combine():
    assert worst("amazon", 80, percent("A", 10, code="A"), percent("B", 10, code="B")).assumed
    assert not worst("amazon", 80, percent("A", 10, code="A")).assumed


def test_too_many_promotions_give_a_bound_that_says_so():
    many = [
        percent(f"P{number}", 2, combines=tuple(f"P{other}" for other in range(40) if other // 3 != number // 3))
        for number in range(40)
    ]

    found = worst("amazon", 100, *many)

    assert found.bound
    assert found.assumed
    assert found.price == 20


@pytest.mark.parametrize("spend", [{}, {"skus": ("*",), "min_amount": Fraction(20)}])
def test_many_promotions_are_no_bound_where_no_minimum_spend_hangs_on_one_offer(spend):
    promotions = [
        promotion(f"P-{hour}", percent_off=Fraction(10), starts_at=NOON + timedelta(hours=hour), **spend)
        for hour in range(7)
    ]

    worst = PromotionSets("medusa", NOON).worst_case(Fraction(40), "USD", promotions)

    assert worst.price == 40 * Fraction(9, 10) ** 7
    assert (worst.bound, worst.confidence) == (False, Confidence.HIGH)
    assert worst.opens_at == NOON + timedelta(hours=6)


def test_an_order_amount_is_shared_by_the_smallest_purchase_that_qualifies():
    order = amount("A", 10, level="order", min_amount=Fraction(50))

    assert planned_discount(order, Fraction(20), "USD") == Fraction(1, 5)
    assert planned_discount(order, Fraction(100), "USD") == Fraction(1, 10)
    assert planned_price(order, Fraction(20), "USD") == 16
    three = amount("A", 10, level="order", min_quantity=3)
    assert planned_discount(three, Fraction(20), "USD") == Fraction(1, 6)


def test_what_a_promotion_plans_for_a_unit():
    given = {"percent_off": None, "get_quantity": 1}

    assert planned_discount(percent("A", 100, level="shipping"), Fraction(20), "USD") == 0
    assert planned_discount(promotion(**given), Fraction(20), "USD") == 1
    assert planned_discount(promotion(**given, buy_quantity=3), Fraction(20), "USD") == Fraction(1, 4)
    two_free = {"percent_off": None, "buy_quantity": 2, "get_quantity": 2}
    assert planned_discount(promotion(**two_free), Fraction(20), "USD") == Fraction(1, 2)
    tiers = ((1, Fraction(20)), (2, Fraction(50)))
    assert planned_discount(promotion(**given, buy_quantity=1, tiers=tiers), Fraction(20), "USD") == Fraction(1, 4)
    assert planned_discount(promotion(percent_off=Fraction(30), tiers=tiers), None, "") == Fraction(1, 2)
    assert planned_discount(percent("A", 120), Fraction(20), "USD") == 1
    assert planned_discount(stated("A", 25), Fraction(20), "USD") == 0
    assert planned_discount(promotion(percent_off=None), Fraction(20), "USD") is None
    assert planned_discount(amount("A", 5, currency="EUR"), Fraction(20), "USD") is None
    assert planned_discount(amount("A", 5, min_quantity=2), Fraction(20), "USD") == Fraction(1, 4)
    assert planned_discount(amount("A", 5, min_amount=Fraction(1, 2)), Fraction(1, 2), "USD") == 1
    assert planned_discount(amount("A", Fraction(1, 4)), Fraction(1, 2), "USD") == Fraction(1, 2)
    assert planned_price(stated("A", 5), None, "USD") == 5
    assert planned_price(stated("A", 5, currency="EUR"), None, "USD") is None
    assert planned_price(promotion(percent_off=None), Fraction(20), "USD") is None


def test_units_that_a_buyer_has_to_take():
    tiers = ((2, Fraction(5)), (5, Fraction(20)))

    assert planned_units(percent("A", 10)) == 1
    assert planned_units(percent("A", 10, min_quantity=3)) == 3
    assert planned_units(promotion(percent_off=None, tiers=tiers)) == 5
    assert planned_units(promotion(percent_off=None, tiers=(*tiers, (9, Fraction(20))))) == 5
    assert planned_units(promotion(percent_off=None)) == 1
    assert planned_units(promotion(percent_off=None, get_quantity=2)) == 2
    assert planned_units(promotion(percent_off=None, buy_quantity=2, get_quantity=1)) == 3


def test_what_is_left_shares_shipping_and_counts_the_redemption_fee_once():
    mug = offer(shipping_cost=Fraction(6), vat_rate=Fraction(1, 5))
    costs = costs_of(mug, "amazon")
    coupon = percent("C", 50, kind=PromotionKind.COUPON, fee_fixed=Fraction("0.60"), min_quantity=2)
    found = worst("amazon", 40, coupon)

    # 20 / 1.2 - 15 % of 20 - 10 - 6 / 2 - 0.60 / 2
    assert unit_contribution(found, costs) == Fraction(50, 3) - 3 - 10 - 3 - Fraction("0.3")


def test_the_lowest_limit_counts():
    mug = offer(stock=500)
    limited = percent("A", 50, redemption_limit=30)
    budget = percent("B", 10, budget=Fraction(99))

    assert units_at_risk(worst("amazon", 40, limited), mug) == 30
    assert units_at_risk(worst("amazon", 40, limited, budget), mug) == 24
    assert units_at_risk(worst("amazon", 40, percent("C", 10)), mug) == 500
    pairs = percent("D", 50, redemption_limit=30, min_quantity=2)
    assert units_at_risk(worst("amazon", 40, pairs), mug) == 60
    assert units_at_risk(worst("amazon", 40, percent("E", 50, budget=Fraction(5), currency="EUR")), mug) == 500
    free = promotion("F", percent_off=None, fixed_price=Fraction(1), budget=Fraction(5), max_units=1)
    assert units_at_risk(worst("amazon", 40, free), mug) == 0
    assert units_at_risk(worst("amazon", 40, percent("C", 10)), offer()) is None


def test_a_budget_of_what_takes_nothing_off_limits_nothing():
    nothing = amount("N", 0, budget=Fraction(10))
    case = replace(worst("amazon", 40, percent("C", 10)), promotions=(nothing, percent("C", 10)))

    assert case.units_allowed is None
