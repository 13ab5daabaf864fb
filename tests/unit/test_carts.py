"""Carts: quantities, minimum spends, limits of an order, and what is left of a unit in them."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from builders import NOON, offer, promotion
from promofuse.facts import PromotionKind
from promofuse.pricing.catalogue import cases_of, worst_of
from promofuse.pricing.combination import Combination
from promofuse.pricing.discount import Cart, Discount
from promofuse.pricing.margin import costs_of
from promofuse.pricing.promotion_sets import PromotionSets
from promofuse.pricing.stacking import stacking_of, tune_stacking
from promofuse.pricing.worst_case import charges, fee_bound, unit_contribution
from promofuse.verdicts import Confidence

EVERYWHERE = {"skus": ("*",)}


def off(promotion_id, percent, **changes):
    return promotion(promotion_id, percent_off=Fraction(percent), **changes)


def less(promotion_id, amount, **changes):
    return promotion(promotion_id, percent_off=None, amount_off=Fraction(amount), **changes)


def given_away(promotion_id, buy, get, **changes):
    return promotion(promotion_id, **({"percent_off": None, "buy_quantity": buy, "get_quantity": get} | changes))


def worst(platform, base, *promotions, **changes):
    return PromotionSets(platform, NOON, changes.get("stacking")).worst_case(
        Fraction(base), "USD", promotions, changes.get("floor")
    )


TIERS = ((2, Fraction(10)), (5, Fraction(30)))


@pytest.mark.parametrize(
    ("base", "promotions", "price", "units", "others"),
    [
        (40, [given_away("A", 1, 1)], "20", 2, 0),
        (40, [given_away("A", 2, 1, percent_off=Fraction(50))], Fraction(100, 3), 3, 0),
        (40, [given_away("A", 1, 1), given_away("B", 2, 1)], Fraction(20, 3), 6, 0),
        (40, [given_away("A", 1, 1, max_units=1), given_away("B", 3, 1, max_units=1)], "20", 2, 0),
        (40, [given_away("A", 1, 1, buy_skus=("CUP",))], "0", 1, 0),
        (40, [given_away("A", 2, 1, buy_skus=("CUP",), percent_off=Fraction(50))], "20", 1, 0),
        (40, [given_away("A", 1, 1, buy_skus=("CUP",), min_quantity=3, max_units=1)], Fraction(80, 3), 3, 0),
        (40, [given_away("A", 1, 2, buy_skus=("CUP",), percent_off=Fraction(50))], "20", 1, 0),
        (40, [given_away("A", None, 1)], "0", 1, 0),
        (40, [given_away("A", 1, 1, percent_off=Fraction(50), tiers=((1, Fraction(20)),))], "30", 2, 0),
        # Of several settings of one promotion the one that takes most.
        (40, [off("A", 50, amount_off=Fraction(10))], "20", 1, 0),
        (40, [off("A", 10, amount_off=Fraction(10))], "30", 1, 0),
        (40, [given_away("A", 1, 1, amount_off=Fraction(10))], "20", 2, 0),
        (40, [promotion("A", percent_off=None, fixed_price=Fraction(30), amount_off=Fraction(5))], "30", 1, 0),
        (40, [promotion("A", percent_off=None, tiers=TIERS)], "28", 5, 0),
        (40, [promotion("A", percent_off=None, tiers=TIERS, buy_skus=("CUP-1",))], "28", 5, 0),
        (40, [promotion("A", percent_off=None, tiers=TIERS), given_away("B", 1, 1)], "8", 6, 0),
        # A coupon for five units, and one for one unit, beside a discount from three units on.
        (40, [off("A", 50, max_units=5)], "20", 1, 0),
        (40, [off("A", 50, max_units=5), off("B", 10, min_quantity=3)], "16", 3, 0),
        (40, [off("A", 50, max_units=1), off("B", 10, min_quantity=3)], "20", 1, 0),
        (40, [off("A", 50, max_units=1), off("B", 40, min_quantity=3)], Fraction(52, 3), 3, 0),
        (40, [off("A", 50, max_units=1), off("B", 10, min_quantity=2)], "20", 1, 0),
        (40, [off("A", 10, max_units=1), given_away("B", 1, 1), off("C", 20, min_quantity=5)], Fraction(34, 3), 6, 0),
        (40, [off("A", 60, max_units=1), off("B", 60, max_units=1)], "0", 1, 0),
        (40, [off("A", 100, min_quantity=1), less("B", 5)], "0", 1, 0),
        # Money off an order is worst in the smallest cart that qualifies.
        (40, [less("A", 10, level="order")], "30", 1, 0),
        (40, [less("A", 10, level="order"), given_away("B", 1, 1)], "15", 2, 0),
        (40, [less("A", 30, level="order"), given_away("B", 9, 1)], "10", 1, 0),
        (40, [less("A", 10, max_units=1), off("B", 50, min_quantity=2)], "15", 2, 0),
        (40, [promotion("A", percent_off=None, fixed_price=Fraction(20), max_units=1), off("B", 50, min_quantity=2)],
         "10", 2, 0),
        (40, [less("A", 20, max_discount=Fraction(5))], "35", 1, 0),
        (0, [less("A", 20, level="order", min_quantity=1)], "0", 1, 0),
        (0, [promotion("A", percent_off=None, fixed_price=Fraction(0), amount_off=Fraction(5), level="order")],
         "0", 1, 0),
        (40, [less("A", 10, level="order", min_quantity=2)], "35", 2, 0),
        (40, [less("A", 10, level="order"), off("B", 50, level="order", min_quantity=2)], "15", 2, 0),
        (40, [less("A", 10, level="order", min_amount=Fraction(60), **EVERYWHERE), off("B", 50)],
         Fraction(40, 3), 1, 20),
        (40, [less("A", 10, min_quantity=2)], "30", 2, 0),
        (30, [less("A", 50, min_amount=Fraction(100))], "17.5", 4, 0),
        (99, [less("A", 50, min_amount=Fraction(100))], "74", 2, 0),
        (99, [less("A", 50, min_amount=Fraction(100), **EVERYWHERE)], "49.5", 1, 1),
        (120, [less("A", 50, min_amount=Fraction(100), **EVERYWHERE)], "70", 1, 0),
        # Other goods do not count for a promotion on this SKU alone.
        (99, [less("A", 50, min_amount=Fraction(100)), off("B", 1, min_amount=Fraction(100), **EVERYWHERE)],
         "73.01", 2, 0),
        # One cart cannot meet both minimums at their cheapest.
        (20, [less("A", 10, min_amount=Fraction(50), **EVERYWHERE),
              less("B", 30, min_amount=Fraction(100), **EVERYWHERE)], "12", 1, 80),
        (20, [off("A", 25, min_amount=Fraction(50), **EVERYWHERE)], "15", 1, 30),
        (20, [off("A", 25, min_amount=Fraction(50))], "15", 3, 0),
        (40, [off("A", 50, max_discount=Fraction(15))], "25", 1, 0),
        (40, [off("A", 50, max_discount=Fraction(30), min_quantity=2)], "25", 2, 0),
        (40, [off("A", 100, min_quantity=3), off("B", 100)], "0", 1, 0),
        (40, [off("A", 60), off("B", 40, min_quantity=2), off("C", 1, min_quantity=7)], "0", 2, 0),
    ],
)  # fmt: skip
def test_the_worst_cart_on_amazon(base, promotions, price, units, others):
    found = worst("amazon", base, *promotions)

    assert (found.price, found.units, found.others) == (Fraction(price), units, others)
    assert found.path[-1].price == found.price
    assert not found.bound


def test_a_discount_can_drop_a_cart_below_what_another_one_needs():
    order = less("A", 20, level="order", min_amount=Fraction(50), **EVERYWHERE)
    half = off("B", 60)

    # Vendure and Medusa test the running total: 39.60 of 99.00 is not 50.00, so other goods have to make it up.
    found = worst("vendure", 99, order, half)
    assert (found.price, found.others) == (Fraction("39.6") - 20 * Fraction("39.6") / 50, Fraction("10.4"))
    # Amazon counts the price before promotions.
    assert worst("amazon", 99, order, half).price == Fraction("99") - Fraction("59.4") - 20


def test_other_goods_make_up_what_is_missing_in_just_that_cart():
    order = less("D", 60, level="order", min_amount=Fraction(100), **EVERYWHERE)

    # Two at 40.00 less a quarter and 70 % are 18.00; 82.00 are missing, and 60.00 are shared by 100.00.
    found = worst("medusa", 40, off("A", 50, max_units=1), off("C", 70, min_quantity=2), order)
    assert (found.price, found.units, found.others) == (9 - Fraction("5.4"), 2, 82)


def test_units_alone_meet_a_minimum_spend_after_other_discounts_have_been_taken():
    alone = less("A", 30, level="order", min_amount=Fraction(100))
    little = off("B", 2)

    # Two at 50.00 reach 100.00, at 49.00 it takes three: without the small discount it is cheaper.
    found = worst("medusa", 50, alone, little)
    assert (found.price, found.combination, found.units) == (35, ("A",), 2)
    assert worst("medusa", 50, alone, off("B", 40)).price == 30 - Fraction(30, 4)
    assert worst("amazon", 50, alone, little).price == 50 - 1 - 15
    assert worst("vendure", 50, alone, little).price == 35


def test_too_many_members_of_such_a_set_give_a_bound():
    alone = less("A", 30, level="order", min_amount=Fraction(100))
    small = [off(f"P{number}", 1) for number in range(6)]

    assert worst("medusa", 50, alone, *small[:5]).bound is False
    assert worst("amazon", 50, alone, *small).bound is False  # taken of the price before any: nothing is out of reach
    small[0] = off("P0", 1, starts_at=NOON + timedelta(days=1))
    found = worst("medusa", 50, alone, *small)
    assert found.bound
    assert found.opens_at == alone.seen_at
    assert found.path[-1].price == found.price
    assert found.confidence is Confidence.LOW
    assert found.price <= 50 * Fraction(99, 100) ** 6


def test_what_takes_nothing_off_in_the_cheapest_cart_is_not_named():
    once = less("ONCE", 40, max_units=1)
    three = given_away("THREE", 1, 1, percent_off=Fraction(10), min_quantity=3, starts_at=NOON + timedelta(hours=5))

    found = worst("", 100, once, three)

    assert (found.price, found.units, found.combination) == (60, 1, ("ONCE",))
    assert found.opens_at < NOON


def test_what_the_marketplace_pays_whole_is_not_named():
    assert worst("", 100, off("A", 10), off("B", 20, funded_share=Fraction(1))).combination == ("A",)


def test_an_amount_off_each_of_many_units_needs_no_bound():
    found = worst("amazon", 40, less("A", 10, min_quantity=150), less("B", 5))

    assert (found.price, found.units, found.bound) == (25, 150, False)


def test_quantities_beyond_a_hundred_give_a_bound():
    many = [given_away("A", 12, 1), given_away("B", 10, 1)]

    exact = worst("amazon", 40, *many)
    assert (exact.price, exact.units, exact.bound) == (40 - Fraction(40, 13) - Fraction(40, 11), 143, False)
    found = worst("amazon", 40, *many, off("C", 10, max_units=1))
    assert found.bound
    assert found.confidence is Confidence.LOW
    assert found.price == 40 - Fraction(40, 13) - Fraction(40, 11) - 4
    assert worst("amazon", 40, less("A", 10, min_amount=Fraction(4001))).bound
    assert not worst("amazon", 40, less("A", 10, min_amount=Fraction(4000))).bound


def test_what_the_marketplace_pays_back_is_no_loss():
    half = off("A", 40, funded_share=Fraction(1, 2))

    assert worst("ozon", 100, half).price == 80
    assert worst("ozon", 100, off("A", 40, funded_share=Fraction(1))).combination == ()
    assert worst("ozon", 100, less("A", 150, funded_share=Fraction(1, 2))).price == 50
    assert worst("medusa", 100, half, off("B", 50)).price == 40


def test_a_platform_that_holds_the_floor():
    holds = tune_stacking(stacking_of("ozon"), holds_floor=True)
    sale = promotion("A", percent_off=None, fixed_price=Fraction(15))

    assert worst("ozon", 40, sale, floor=Fraction(18)).price == 15
    found = worst("ozon", 40, sale, floor=Fraction(18), stacking=holds)
    assert (found.price, found.path[-1].price, found.combination) == (18, 18, ("A",))
    assert worst("ozon", 40, sale, floor=Fraction(12), stacking=holds).price == 15
    assert worst("ozon", 14, off("B", 50), floor=Fraction(18), stacking=holds).price == 14
    assert worst("ozon", 40, sale, stacking=holds).price == 15


def test_who_can_reach_it():
    prime = off("A", 20, kind=PromotionKind.DEAL, program="prime_exclusive", segments=("prime",))
    new = off("B", 30, code="NEW", segments=("new_customer", "prime"))
    anybody = off("C", 10)
    case = cases_of("us", "amazon", [offer()], [prime, new, anybody], NOON)[0]

    assert case.worst.segments == ("new_customer", "prime")
    assert case.worst.price == 16
    assert case.for_buyers(()).price == 36
    assert case.for_buyers(["prime"]).price == 28
    assert case.for_buyers(["prime", "business"]).segments == ("prime",)


def test_prices_below_one():
    half = [off("A", 50, max_units=1), off("B", 50, max_units=1)]

    assert worst("medusa", Fraction(4, 5), *half).price == Fraction(1, 5)
    assert worst("vendure", Fraction(4, 5), *half, off("C", 50, level="order", max_units=1)).price == 0


def test_only_what_is_needed_for_nothing_is_named():
    soon, late = {"starts_at": NOON + timedelta(days=1)}, {"starts_at": NOON + timedelta(days=2)}

    assert worst("amazon", 40, less("Z", 50, **soon), less("A", 50, **late)).combination == ("Z",)
    assert worst("amazon", 40, off("Z", 100), less("B", 5)).combination == ("Z",)
    assert worst("amazon", 40, off("Z", 100), less("B", 5)).price == 0


def test_percentages_before_amounts_where_the_order_is_not_known():
    assert worst("medusa", 40, less("A", 10, min_quantity=2), off("B", 50, min_quantity=2)).price == 10
    assert worst("medusa", 40, less("A", 10), off("B", 50, max_discount=Fraction(30))).price == 10
    assert worst("medusa", 40, less("A", 10), off("B", 50)).price == 10


def test_what_is_cheaper_depends_on_the_price():
    half, thirty = off("A", 50, combines=("none",)), less("B", 30, combines=("none",))

    assert worst("amazon", 40, half, thirty).combination == ("B",)
    assert worst("amazon", 100, half, thirty).combination == ("A",)


def test_the_least_sure_pair_counts():
    three = [off("A", 10), off("B", 10, code="B"), off("C", 10, code="C")]

    assert worst("amazon", 40, *three).confidence is Confidence.LOW
    assert worst("amazon", 40, *three[:2]).confidence is Confidence.HIGH


def test_what_has_ended_takes_nothing_off():
    assert worst("amazon", 40, off("A", 50, status="ended")).price == 40
    assert worst("amazon", 40, off("A", 50, ends_at=NOON)).combination == ()


def test_a_small_order_that_bears_its_shipping_alone_can_lose_where_a_large_one_at_a_lower_price_does_not():
    mug = offer(shipping_cost=Fraction(12), unit_cost=Fraction(14))
    costs = costs_of(mug, "amazon")
    small, large = off("A", 25), off("B", 30, min_quantity=2, combines=("none",))
    sets = PromotionSets("amazon", NOON)

    found, left = worst_of(sets, mug, costs, (small, large))

    # 28.00 keeps 23.80 - 14 - 6 on each of two; 30.00 for one keeps 25.50 - 14 - 12.
    assert sets.worst_case(Fraction(40), "USD", (small, large)).price == 28
    assert (found.price, found.combination, found.units, left) == (30, ("A",), 1, Fraction("-0.5"))
    assert worst_of(sets, offer(shipping_cost=Fraction(6)), costs_of(mug, "amazon"), ())[0].price == 40
    assert worst_of(sets, offer(price=None), costs, (small,)) == (None, None)
    assert worst_of(sets, mug, None, (small,))[1] is None


def test_a_promotion_that_charges_a_fee_can_leave_less_than_a_deeper_one():
    mug = offer(unit_cost=Fraction(18))
    costs = costs_of(mug, "vendure")
    deep, dear = off("A", 40, combines=("none",)), off("B", 35, fee_rate=Fraction(1, 4), combines=("none",))
    found, left = worst_of(PromotionSets("vendure", NOON), mug, costs, (deep, dear))

    assert (found.combination, left) == (("B",), 26 * (1 - Fraction(15, 100) - Fraction(1, 4)) - 18)


def test_quantities_below_what_a_promotion_needs_pay_no_fee_for_it():
    mug = offer(unit_cost=Fraction(24), shipping_cost=Fraction(11))
    many = off("A", 10, min_quantity=4, fee_rate=Fraction(1, 100))
    found, left = worst_of(PromotionSets("vendure", NOON), mug, costs_of(mug, "vendure"), (many,))

    assert (found.price, found.combination, found.opens_at, left) == (40, (), None, -1)


def test_it_opens_with_the_members_that_the_cart_needs():
    later = off("B", 30, starts_at=NOON + timedelta(days=1), min_quantity=3)
    found = worst("amazon", 40, given_away("A", 1, 1), later)

    assert (found.price, found.units, found.opens_at) == (8, 4, NOON + timedelta(days=1))


def test_no_more_answers_are_kept_than_fit(monkeypatch):
    from promofuse.pricing import promotion_sets

    monkeypatch.setattr(promotion_sets, "_MOST_KNOWN", 3)
    sets = PromotionSets("amazon", NOON)
    half = (off("A", 50),)

    for price in (10, 20, 30, 40, 10, 20):
        assert sets.worst_case(Fraction(price), "USD", half).price == Fraction(price, 2)
        assert len(sets.compiled(half, "USD").known) <= 3
    assert sets.worst_case(Fraction(20), "USD", half) is sets.worst_case(Fraction(20), "USD", half)


def test_a_bound_takes_an_amount_off_a_unit_whatever_it_needs():
    many = [less(f"P{number}", 1, min_quantity=2, max_units=1) for number in range(3)]

    found = worst("amazon", 40, *many, given_away("A", 100, 1))
    assert (found.bound, found.price) == (True, 40 - Fraction(40, 101) - 3)


@pytest.mark.parametrize(
    ("platform", "base", "promotions", "at_best"),
    [
        ("amazon", 30, [promotion("D", percent_off=None, fixed_price=Fraction(25)), off("C", 5)], "23.5"),
        ("woocommerce", 100, [promotion("S", percent_off=None, fixed_price=Fraction(80)), off("C", 50)], "40"),
        (
            "amazon",
            30,
            [promotion(n, percent_off=None, fixed_price=Fraction(p)) for n, p in (("D", 25), ("E", 20))],
            "20",
        ),
        ("medusa", 100, [off("A", 50), off("B", 50), less("C", 5)], "20"),
        ("amazon", 100, [off("A", 50), off("B", 50, max_units=1, min_quantity=2), less("C", 5)], "0"),
        ("medusa", 100, [off("A", 50, max_units=1), off("B", 50, max_units=1)], "25"),
        ("shopify", 100, [off("A", 50, max_units=1), off("B", 20, max_units=1, level="order")], "40"),
        ("vendure", 100, [off("A", 50), less("B", 20, min_amount=Fraction(100), level="order", **EVERYWHERE)], "40"),
        ("amazon", 100, [less("A", 20, min_amount=Fraction(200), **EVERYWHERE)], "90"),
        ("amazon", 100, [off("A", 50, max_discount=Fraction(30))], "70"),
        ("amazon", 100, [off("A", 50, funded_share=Fraction(1, 5), max_units=1)], "60"),
        ("amazon", 100, [less("A", 20, currency="EUR", min_quantity=2)], "100"),
        ("amazon", 100, [less("A", 200, min_quantity=2)], "0"),
        ("amazon", 100, [less("A", 20, level="order", min_quantity=2)], "80"),
        ("amazon", Fraction(1, 2), [less("A", Fraction(1, 4), level="order", min_quantity=2)], "0.25"),
        ("amazon", 0, [less("A", 20, level="order", min_quantity=2)], "0"),
        ("amazon", 40, [less("A", 10, min_quantity=2, buy_skus=("CUP",))], "30"),
        ("medusa", Fraction(4, 5), [off("A", 50, max_units=1), off("B", 50, max_units=2)], "0.2"),
        (
            "amazon",
            100,
            [given_away("A", 1, 1), given_away("B", 1, 1, buy_skus=("CUP",), percent_off=Fraction(20))],
            "30",
        ),
    ],
)
def test_a_bound_lets_every_discount_take_its_most(platform, base, promotions, at_best):
    stacking = stacking_of(platform)
    combination = Combination.of(map(Discount.of, promotions), stacking, bound=True)

    assert combination.at_best(Fraction(base), "USD") == Fraction(at_best)
    assert combination.cheapest(Fraction(base), "USD")[0] == Fraction(at_best)
    assert combination.cheapest(Fraction(base), "USD")[2]
    for units in range(1, 7):
        for others in (0, 50, 100, 200):
            cart = Cart(units, Fraction(others))
            assert combination.at(cart, Fraction(base), "USD") >= Fraction(at_best)


def left_by(mug, *promotions, platform="amazon", stacking=None):
    sets = PromotionSets(platform, NOON, stacking)
    return worst_of(sets, mug, costs_of(mug, platform), promotions)


SPEND = {"amount_off": Fraction(24), "percent_off": None, "min_amount": Fraction(80), "combines": ("none",)}


def test_a_minimum_spend_can_dilute_shipping_too():
    mug = offer(shipping_cost=Fraction(12), unit_cost=Fraction(14))

    found, left = left_by(mug, off("A", 25), promotion("B", **SPEND))
    assert (found.combination, found.units, left) == (("A",), 1, Fraction("-0.5"))


def test_where_the_cheapest_keeps_exactly_nothing_a_dearer_one_can_lose():
    # Two at 28.00 keep 23.80 - 17.80 - 6 = 0; one at 30.00 keeps 25.50 - 17.80 - 12.
    mug = offer(shipping_cost=Fraction(12), unit_cost=Fraction("17.80"))
    large = off("B", 30, min_quantity=2, combines=("none",))

    found, left = left_by(mug, off("A", 25), large)
    assert (found.combination, left) == (("A",), Fraction("-4.3"))
    # One at 30.00 keeps 25.50 - 13.50 - 12 = 0: that is no loss, and the cheapest price is told.
    found, left = left_by(offer(shipping_cost=Fraction(12), unit_cost=Fraction("13.50")), off("A", 25), large)
    assert (found.combination, left) == (("B",), Fraction("4.3"))


def test_of_two_that_leave_as_little_the_cheapest_is_told():
    # 20.00 leaves 20 - 3 - 18 = -1, and 25.00 with its fee of 20 % of it leaves 25 - 3.75 - 5 - 18 = -1.75.
    mug = offer(unit_cost=Fraction(18))
    deep = off("A", 50, combines=("none",))
    dear = off("B", Fraction("37.5"), combines=("none",), fee_rate=Fraction("0.17"))

    assert left_by(mug, deep, dear, platform="vendure")[0].combination == ("A",)
    assert left_by(mug, deep, dear, platform="vendure")[1] == -1


def test_where_the_cheapest_loses_it_is_told_though_a_dearer_one_loses_more():
    mug = offer(shipping_cost=Fraction(12), unit_cost=Fraction(20))
    large = off("B", 30, min_quantity=2, combines=("none",))

    found, left = left_by(mug, off("A", 25), large)
    assert (found.combination, left) == (("B",), Fraction("-2.2"))
    sets, costs = PromotionSets("amazon", NOON), costs_of(mug, "amazon")
    least = sets.least_left(Fraction(40), "USD", (off("A", 25), large), lambda case: unit_contribution(case, costs))
    assert (least.combination, unit_contribution(least, costs)) == (("A",), Fraction("-6.5"))
    same = sets.least_left(Fraction(40), "USD", (off("A", 25), large), lambda case: Fraction(-1))
    assert same.combination == ("B",)


def test_what_loses_alone_is_found_beside_a_deeper_one_that_does_not():
    mug = offer(shipping_cost=Fraction(12), unit_cost=Fraction(14))
    small, large = off("A", 25), off("B", 30, min_quantity=2, combines=("none",))
    case = cases_of("us", "amazon", [mug], [small, large], NOON)[0]
    assert [alone.combination for alone in case.losing_alone] == [("A",)]

    dear = off("B", 35, fee_rate=Fraction(1, 4), combines=("none",))
    case = cases_of("us", "vendure", [offer(unit_cost=Fraction(18))], [off("A", 40, combines=("none",)), dear], NOON)[0]
    assert [alone.combination for alone in case.losing_alone] == [("B",)]


def test_a_held_floor_counts_for_every_purchase():
    holds = tune_stacking(stacking_of("vendure"), holds_floor=True)
    mug = offer(unit_cost=Fraction(18), floor_price=Fraction(30))
    dear = off("B", 35, fee_rate=Fraction(1, 4), combines=("none",))

    found, left = left_by(mug, off("A", 40, combines=("none",)), dear, platform="vendure", stacking=holds)
    assert (found.price, left) == (30, 30 - Fraction("4.5") - 18)
    found, left = left_by(mug, off("A", 40, combines=("none",)), dear, platform="vendure")
    assert (found.price, left) == (26, 26 - Fraction("3.9") - Fraction("6.5") - 18)


def test_where_carts_are_too_many_the_bound_is_told_alone():
    found, left = left_by(offer(unit_cost=Fraction(1)), less("A", 10, min_amount=Fraction(4001)))

    assert found.bound
    assert left > 0


def test_of_carts_that_are_free_the_one_that_opens_first_then_the_smallest():
    later = {"starts_at": NOON + timedelta(hours=1)}
    both, third = given_away("A", 1, 1, **later), given_away("B", 2, 1, **later)

    found = worst("vendure", 31, both, third, off("C", 20, **later), off("D", 10, **later))
    assert (found.price, found.units, set(found.combination)) == (0, 4, {"A", "B", "C", "D"})
    found = worst("vendure", 31, both, third, off("C", 20, **later), off("D", 10, starts_at=NOON + timedelta(hours=2)))
    assert (found.price, found.units, set(found.combination)) == (0, 6, {"A", "B", "C"})
    found = worst("medusa", 20, given_away("A", 1, 1), off("B", 50), less("C", 15))
    assert (found.price, found.units, found.combination) == (0, 1, ("B", "C"))
    # Not free, but as cheap: the smaller cart bears its shipping alone.
    alone = {"combines": ("none",)}
    found = worst("vendure", 40, off("A", 50, min_quantity=3, **alone), off("B", 50, **alone))
    assert (found.price, found.units, found.combination) == (20, 1, ("B",))


def test_a_minimum_spend_out_of_reach_hides_no_purchase_that_loses_money():
    """Alone, B loses money on a single unit; A, which needs 300 units, must not keep that from being seen."""
    mug = offer(price=Fraction(5), unit_cost=Fraction(1), shipping_cost=Fraction(2), fee_rate=Fraction(15, 100))
    far, near = off("A", 1, min_amount=Fraction(1000), combines=("B",)), off("B", 40, combines=("A",))
    deep = promotion("C", percent_off=None, tiers=((9, Fraction(60)),), combines=("none",))

    exact, least = left_by(mug, near, deep, platform="vendure")
    assert (exact.combination, exact.price, exact.bound, least) == (("B",), 3, False, Fraction("-0.45"))
    found, left = left_by(mug, far, near, deep, platform="vendure")
    assert (found.combination, found.price, found.units) == (("B", "A"), Fraction("2.95"), 1)
    assert found.bound
    assert found.confidence is Confidence.LOW
    assert left == Fraction("2.95") * Fraction(85, 100) - 3


def test_fees_of_promotions():
    amazon = stacking_of("amazon")
    coupon = off("A", 10, kind=PromotionKind.COUPON)
    known = off("A", 10, kind=PromotionKind.COUPON, fee_fixed=Fraction(1, 2), fee_rate=Fraction(1, 100), currency="USD")

    assert fee_bound(coupon, amazon, "USD") == (Fraction("0.025"), 0)
    assert fee_bound(coupon, stacking_of("vendure"), "USD") == (0, 0)
    assert fee_bound(known, amazon, "USD") == (Fraction(1, 100), Fraction(1, 2))
    assert fee_bound(known, amazon, "EUR") == (Fraction(1, 100), 0)
    assert fee_bound(off("A", 10, fee_fixed=Fraction(1, 2)), amazon, "EUR") == (0, Fraction(1, 2))
    assert charges(coupon, amazon)
    assert not charges(coupon, stacking_of("vendure"))
    assert charges(known, stacking_of("vendure"))
    assert charges(off("A", 10, fee_rate=Fraction(1, 100)), amazon)
    assert not charges(off("A", 10, fee_fixed=Fraction(1, 2)), amazon)
    assert charges(off("A", 10, kind=PromotionKind.COUPON, fee_fixed=Fraction(1)), stacking_of("vendure"))


def test_of_nothing_nothing_is_taken_off():
    stated = Discount.of(promotion("A", percent_off=None, fixed_price=Fraction(2)))

    assert Combination.of([stated], stacking_of("amazon"), bound=True).at_best(Fraction(0), "USD") == 0


@pytest.mark.parametrize(
    ("changes", "units"),
    [
        ({"min_quantity": 100}, 100),
        ({"min_quantity": 200}, 200),
        ({"percent_off": None, "tiers": ((500, Fraction(100)),)}, 500),
    ],
)
@pytest.mark.parametrize("platform", ["amazon", "vendure"])
def test_what_is_free_only_in_a_cart_too_large_to_try_all_is_still_found(changes, units, platform):
    given = promotion("A", **({"percent_off": Fraction(100)} | changes))

    found = PromotionSets(platform, NOON).worst_case(Fraction(40), "USD", [given])

    assert (found.price, found.units, found.bound) == (0, units, False)


def test_an_offer_that_costs_nothing_has_no_cheaper_cart():
    own = promotion("A", percent_off=None, amount_off=Fraction(5), min_amount=Fraction(50))
    third = promotion("B", percent_off=None, buy_quantity=2, get_quantity=1)

    found = PromotionSets("vendure", NOON).worst_case(Fraction(0), "USD", [own, third])

    assert (found.price, found.units) == (0, 1)


def test_what_needs_too_many_units_hides_no_loss_in_a_smaller_cart():
    bulk = promotion("A", percent_off=None, buy_quantity=3, get_quantity=1, min_quantity=150, combines=("all",))
    free = promotion("B", percent_off=Fraction(100), level="order", combines=("all",), skus=("*",))
    sets = PromotionSets("vendure", NOON)

    both = sets.worst_case(Fraction(19), "USD", [bulk, free])

    assert both == sets.worst_case(Fraction(19), "USD", [free])
    assert (both.price, both.units, both.bound, both.combination) == (0, 1, False, ("B",))


def test_where_even_one_promotion_needs_too_many_units_a_bound_stands_in():
    alone = promotion("B", percent_off=Fraction(100), min_quantity=150, min_amount=Fraction(119), max_units=2)
    other = promotion("A", percent_off=Fraction(25), level="order", combines=("all",))

    found = PromotionSets("medusa", NOON).worst_case(Fraction(40), "USD", [other, alone])

    assert (found.price, found.bound, found.combination) == (0, True, ("B",))


def test_members_that_a_price_of_nothing_does_not_need_ask_for_no_other_goods():
    order = promotion("A", percent_off=Fraction(100), level="order", min_amount=Fraction(30), skus=("*",))
    deal = promotion("B", percent_off=None, fixed_price=Fraction(15), kind=PromotionKind.DEAL, combines=("all",))

    found = PromotionSets("magento", NOON).worst_case(Fraction(40), "USD", [order, deal])

    assert (found.price, found.units, found.others, found.combination) == (0, 1, 0, ("A",))
