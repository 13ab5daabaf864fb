"""Columns, groups and bounds of a large catalogue, and its check that stays in memory."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import numpy as np
import pytest

from builders import NOON, offer, promotion
from promofuse.facts import PromotionKind
from promofuse.pricing import bounds as bounds_module
from promofuse.pricing.batch import Catalogue
from promofuse.pricing.columns import _MOST_RATE, MOST, Columns
from promofuse.rules import build_rules, check_shop, run
from promofuse.rules.standing import StandingCheck

HOUR = timedelta(hours=1)
RULES = build_rules({})


@pytest.fixture(autouse=True)
def _small_groups_too(monkeypatch):
    monkeypatch.setattr(bounds_module, "_FEW", 0)


def catalogue(offers, promotions, at=NOON, platform="amazon"):
    found = Catalogue("us", platform, offers)
    found.move(promotions, at)
    return found


def test_prices_are_rounded_down_and_costs_up():
    third = Fraction(1, 3)
    columns = Columns(
        [offer(price=third, unit_cost=third, fulfilment_cost=third, fee_rate=third, vat_rate=Fraction(1, 5))], "amazon"
    )

    assert (columns.price[0], columns.unit[0], columns.fee[0]) == (333_333, 333_334 + 333_334, 33_334)
    assert columns.keep[0] == 83_333
    assert not columns.exact
    assert not columns.exact_prices
    assert Columns([offer(vat_rate=Fraction(1, 5))], "amazon").exact


def test_currencies_have_parts_of_their_own():
    columns = Columns([offer(price=Fraction(5)), offer(currency="JPY", price=Fraction(500))], "amazon")

    assert columns.price.tolist() == [5_000_000, 5_000_000]
    assert columns.currencies == ["JPY", "USD"]


def test_what_is_not_known_and_what_stands_in():
    columns = Columns(
        [
            offer("A", price=None, list_price=Fraction(9), fee_rate=None),
            offer("B", price=None, unit_cost=None, min_margin=Fraction(1, 5), floor_price=Fraction(2)),
        ],
        "ozon",
    )

    assert columns.priced.tolist() == [True, False]
    assert columns.own_priced.tolist() == [False, False]
    assert columns.price.tolist() == [9_000_000, 0]
    assert columns.costed.tolist() == [True, False]
    assert columns.fee.tolist() == [20_000, 15_000]
    assert (columns.own_margin.tolist(), columns.margin.tolist()) == ([False, True], [0, 20_000])
    assert (columns.floored.tolist(), columns.floor.tolist()) == ([False, True], [0, 2_000_000])


def test_products_of_amounts_and_rates_fit_the_columns():
    assert MOST * _MOST_RATE < 2**63
    with np.errstate(all="raise"):
        columns = Columns([offer(price=Fraction(MOST, 10**6), fee_rate=Fraction(5), vat_rate=Fraction(0))], "amazon")
        found = catalogue(columns.offers, []).bounds(np.arange(1))

    assert not found.unsure.any()
    assert found.least_left[0] == pytest.approx(-4 * MOST, rel=1e-6)  # five times the price is charged


@pytest.mark.parametrize("huge", [Fraction(10) ** 8, Fraction(10) ** 30, Fraction(1, 10**30), Fraction(-1)])
def test_what_does_not_fit_is_looked_at(huge):
    columns = Columns([offer("A", price=huge), offer("B")], "amazon")

    assert columns.unsure.tolist() == [True, False]


def test_equal_amounts_are_told_from_others():
    columns = Columns(
        [offer("A"), offer("B"), offer("C", vat_rate=Fraction(1, 7)), offer("D", price=Fraction(10**30))], ""
    )
    odd = Columns([offer("A", unit_cost=Fraction(1, 3))], "")

    assert columns.amounts(0) == columns.amounts(1) != columns.amounts(2)
    assert columns.amounts(3) == odd.amounts(0) == ()


def test_rows_with_the_same_promotions_are_a_group():
    offers = [offer("A"), offer("B"), offer("C"), offer("A", currency="EUR")]
    promotions = [
        promotion("ALL", skus=("*",)),
        promotion("AB", skus=("A", "B", "GONE")),
        promotion("EURO", skus=("*",), currency="EUR"),
        promotion("NOT-B", skus=("*",), excluded_skus=("B",)),
    ]
    shop = catalogue(offers, promotions)

    found = [[one.promotion_id for one in shop.case(row).promotions] for row in range(4)]
    assert found == [["ALL", "AB", "NOT-B"], ["ALL", "AB"], ["ALL", "NOT-B"], ["ALL", "AB", "EURO", "NOT-B"]]
    cases = shop.promotions
    assert [len(cases[name].covered) for name in ("ALL", "AB", "EURO", "NOT-B")] == [4, 3, 1, 3]
    assert cases["AB"].missing == ("GONE",)
    assert [case.offer.sku for case in cases["AB"].covered] == ["A", "B", "A"]
    assert cases["AB"].covered[2].offer.currency == "EUR"
    assert shop.by_key["A", "EUR"] is offers[3]
    assert ("B", "EUR") not in shop.by_key
    assert (len(shop.by_key), set(shop.by_key)) == (4, {(one.sku, one.currency) for one in offers})


def test_amounts_of_all_currencies_compare_as_major_units():
    offers = [
        offer("YEN", currency="JPY", price=Fraction(500), unit_cost=Fraction(90)),
        offer("CENTS", price=Fraction(5, 100), unit_cost=Fraction(0)),
        offer("DINAR", currency="KWD", price=Fraction(30), unit_cost=Fraction(10)),
        offer("DOLLARS", price=Fraction(40), unit_cost=Fraction(20)),
        offer("EQUAL", currency="JPY", price=Fraction(40), unit_cost=Fraction(8)),
    ]
    shop = catalogue(offers, [promotion("HALF", percent_off=Fraction(50), skus=("*",))])

    covered = shop.promotions["HALF"].covered
    assert [case.offer.sku for case in covered.extremes()] == ["CENTS", "YEN"]
    assert covered.prices() == {Fraction(500), Fraction(5, 100), Fraction(30), Fraction(40)}
    assert shop.promotions["HALF"].hardest_hit().offer.sku == "DOLLARS"  # 20 less 15 % and a cost of 20


def test_a_promotion_misses_skus_in_its_currency():
    offers = [offer("A"), offer("A", currency="EUR"), offer("B")]
    cases = catalogue(
        offers, [promotion("P", skus=("A", "B", "C", "D"), currency="EUR", excluded_skus=("D",))]
    ).promotions

    assert cases["P"].missing == ("B", "C")
    of_one_each = [offer("A"), offer("B", currency="EUR")]
    assert catalogue(of_one_each, [promotion("P", skus=("A", "B"), currency="EUR")]).promotions["P"].missing == ("A",)
    assert catalogue([offer("A")], [promotion("P", skus=("A",), currency="EUR")]).promotions["P"].missing == ("A",)


def test_of_the_same_sku_and_currency_the_last_counts():
    shop = catalogue([offer("A", price=Fraction(1)), offer("B"), offer("A", price=Fraction(2))], [])

    assert [(one.sku, one.price) for one in shop.offers] == [("A", 2), ("B", 40)]


def test_a_promotion_charges_more_than_all_of_it():
    shop = catalogue([offer()], [promotion("P", percent_off=Fraction(1), fee_rate=Fraction(3))])

    assert shop.bounds(shop.rows(promotion("P"))).unsure.all()


def test_the_first_of_the_cheapest_and_the_dearest():
    offers = [
        offer("A"),
        offer("B", price=Fraction(0)),
        offer("C"),
        offer("D", price=Fraction(90)),
        offer("E", price=None),
    ]
    shop = catalogue(offers, [promotion("P", skus=("*",)), promotion("NONE", skus=("E",))])
    part = Fraction(1, 10**6)
    dust = catalogue([offer("A"), offer("F", price=part)], [promotion("P", skus=("*",))]).promotions["P"]

    assert [case.offer.sku for case in shop.promotions["P"].extremes()] == ["A", "D"]
    assert shop.promotions["NONE"].extremes() == []
    assert shop.promotions["P"].covered.prices() == {40, 90}
    assert [case.offer.sku for case in dust.extremes()] == ["F", "A"]
    assert dust.covered.prices() == {part, 40}


def test_hardest_hit_is_the_first_by_sku_of_those_with_least_left():
    offers = [
        offer("C", unit_cost=Fraction(20)),
        offer("A", unit_cost=Fraction(20)),
        offer("B", unit_cost=Fraction(12)),
    ]
    both = [promotion("P", skus=("*",)), promotion("Q", percent_off=Fraction(50), skus=("B", "C"))]
    shop = catalogue(offers, both)

    assert shop.promotions["P"].hardest_hit().offer.sku == "A"
    assert shop.promotions["P"].hardest_hit(both[1]).offer.sku == "C"
    everywhere = promotion("R", percent_off=Fraction(1), skus=("*",))
    three = catalogue(offers, [*both, everywhere]).promotions["P"]
    assert three.hardest_hit(everywhere, both[1]).offer.sku == "C"
    assert catalogue([offer(unit_cost=None)], [promotion()]).promotions["P-1"].hardest_hit() is None


def test_of_two_that_keep_the_same_the_first_by_sku_is_hit_hardest():
    offers = [
        offer("B"),
        offer("A"),
        offer("D"),
        offer("C", currency="JPY", price=Fraction(400), unit_cost=Fraction(1)),
    ]
    shop = catalogue(offers, [promotion("P", percent_off=Fraction(50), skus=("*",))])

    hit = shop.promotions["P"].hardest_hit()

    assert (hit.offer.sku, hit.contribution) == ("A", 7)
    twice = catalogue([offer("A"), offer("A", currency="EUR")], [promotion("P", skus=("A",))]).promotions["P"]
    assert twice.hardest_hit().offer.currency == "USD"


def test_the_hardest_hit_is_looked_for_again_once_a_promotion_beside_changes():
    half = promotion("HALF", percent_off=Fraction(50), skus=("*",))
    beside = promotion("Q", percent_off=Fraction(10), skus=("A",))
    shop = catalogue([offer("A"), offer("B")], [half, beside])
    assert shop.promotions["HALF"].hardest_hit(beside).offer.sku == "A"

    moved = promotion("Q", percent_off=Fraction(10), skus=("B",), seen_at=NOON + HOUR)
    shop.move([half, beside, moved], NOON + HOUR)

    assert shop.promotions["HALF"].hardest_hit(moved).offer.sku == "B"


def test_a_change_touches_the_rows_of_the_promotion_alone():
    offers = [offer(name) for name in "ABC"]
    everywhere, one = promotion("ALL", skus=("*",)), promotion("ONE", skus=("A",))
    shop = catalogue(offers, [everywhere, one])

    def touched(promotions, hours):
        return shop.move(promotions, NOON + hours * HOUR).tolist()

    assert touched([everywhere, one], 0) == []
    more = [everywhere, one, promotion("ONE", skus=("B",), seen_at=NOON)]
    assert touched(more, 1) == [0, 1]
    starts = [*more, promotion("SOON", skus=("C",), seen_at=NOON, starts_at=NOON + 3 * HOUR, ends_at=NOON + 5 * HOUR)]
    assert touched(starts, 2) == [2]
    assert touched(starts, 3) == [2]
    assert touched(starts, 4) == []
    assert touched(starts, 5) == [2]
    assert touched(starts, 6) == []


def test_a_coupon_is_looked_at_again_once_it_locks():
    coupon = promotion("C", kind="coupon", skus=("A",), starts_at=NOON + 8 * HOUR)
    shop = catalogue([offer("A")], [coupon])

    assert shop.move([coupon], NOON + HOUR).tolist() == []
    assert shop.move([coupon], NOON + 2 * HOUR).tolist() == [0]


def test_a_standing_check_takes_changed_offers_and_refuses_new_ones():
    half = promotion("HALF", percent_off=Fraction(50), skus=("*",), budget=Fraction(1), ends_at=NOON + HOUR)
    standing = StandingCheck("us", "amazon", [offer("A"), offer("B")], RULES)

    assert "PF101" not in {one.code for one in standing.check([half], NOON).findings}
    dear = offer("B", unit_cost=Fraction(18))
    found = standing.check([half], NOON, changed=[dear]).findings
    assert [(one.code, one.sku) for one in found if one.code == "PF101"] == [("PF101", "B")]
    assert found == check_shop("us", "amazon", [offer("A"), dear], [half], NOON, RULES).findings
    with pytest.raises(KeyError):
        standing.check([half], NOON, changed=[offer("C")])


def test_a_large_shop_is_checked_as_a_whole(monkeypatch):
    offers = [offer(f"S{number}", unit_cost=Fraction(number)) for number in range(40)]
    promotions = [promotion("HALF", percent_off=Fraction(50), skus=("*",))]
    one_by_one = check_shop("us", "amazon", offers, promotions, NOON, RULES)

    monkeypatch.setattr(run, "MANY", 40)
    assert check_shop("us", "amazon", offers, promotions, NOON, RULES) == one_by_one


def test_a_waiver_that_ends_is_seen_by_a_standing_check():
    tables = {"below-cost": {"waivers": [{"sku": "A", "reason": "clearance", "until": NOON + 2 * HOUR}]}}
    rules = build_rules(tables)
    deep = promotion("DEEP", skus=("*",), budget=Fraction(1), ends_at=NOON + 9 * HOUR)
    standing = StandingCheck("us", "amazon", [offer("A"), offer("B")], rules)

    for hours in (0, 1, 2, 3, 4):
        at = NOON + hours * HOUR
        found = standing.check([deep], at)
        assert found == check_shop("us", "amazon", [offer("A"), offer("B")], [deep], at, rules)
        assert len([one for one in found.findings if one.waived]) == (1 if hours <= 2 else 0)


def test_where_too_much_is_wrong_nothing_is_kept_and_all_is_judged_again(monkeypatch):
    from promofuse.rules import standing as standing_module

    monkeypatch.setattr(standing_module, "_MOST_KEPT", 3)
    offers = [offer(f"S{number}") for number in range(6)]
    deep = promotion("DEEP", skus=("*",), ends_at=NOON + 9 * HOUR)
    standing = StandingCheck("us", "amazon", offers, RULES)

    for hours in (0, 1):
        expected = check_shop("us", "amazon", offers, [deep], NOON + hours * HOUR, RULES)
        assert standing.check([deep], NOON + hours * HOUR) == expected


def test_a_few_rates_stand_in_many_offers():
    rates = (Fraction(1, 10), Fraction(3, 20), Fraction(1, 10**30))
    columns = Columns([offer(f"S{number}", fee_rate=rates[number % 3 % 2]) for number in range(40)], "amazon")
    odd = Columns([offer(f"S{number}", fee_rate=rates[2 * (number == 7)]) for number in range(40)], "amazon")

    assert columns.fee.tolist() == [(10_000, 15_000, 10_000)[number % 3] for number in range(40)]
    assert not columns.unsure.any()
    assert odd.unsure.tolist() == [number == 7 for number in range(40)]


def test_a_small_group_is_looked_at_without_bounds(monkeypatch):
    monkeypatch.setattr(bounds_module, "_FEW", 2)
    promotions = [promotion("P", skus=("A",)), promotion("Q", skus=("B", "C"))]
    shop = catalogue([offer("A"), offer("B"), offer("C")], promotions)

    found = shop.bounds(shop.rows(promotion("ALL", skus=("*",))))
    assert dict(zip(found.rows.tolist(), found.unsure.tolist(), strict=True)) == {0: True, 1: False, 2: False}


def test_groups_that_were_left_behind_are_cleared_away(monkeypatch):
    from promofuse.pricing import reach

    monkeypatch.setattr(reach, "_SPARE", 2)
    shop = catalogue([offer("A"), offer("B")], [promotion("P", skus=("A",))])

    for hours in range(1, 30):
        moved = promotion("P", skus=("AB"[hours % 2],), seen_at=NOON + hours * HOUR)
        shop.move([moved], NOON + hours * HOUR)
        found = [[one.promotion_id for one in shop.case(row).promotions] for row in (0, 1)]
        assert found == ([["P"], []] if hours % 2 == 0 else [[], ["P"]])
        assert len(shop._groups.promotions) <= 8


@pytest.mark.parametrize(
    ("settings", "price"),
    [
        ({"percent_off": Fraction(25)}, 30),
        ({"percent_off": None, "amount_off": Fraction(15)}, 25),
        ({"percent_off": None, "fixed_price": Fraction(12), "kind": PromotionKind.DEAL}, 12),
        ({"percent_off": Fraction(50), "max_discount": Fraction(8)}, 32),
        ({"percent_off": None, "amount_off": Fraction(99)}, 0),
    ],
)
def test_the_bound_of_one_promotion_is_its_price(settings, price):
    shop = catalogue([offer("A"), offer("B", price=Fraction(80))], [promotion("P", skus=("A",), **settings)])

    found = shop.bounds(np.array([0]))

    assert found.price.tolist() == [price * 1_000_000]
    assert found.price_at_most(Fraction(price * 100)).all()
    assert not found.price_at_most(Fraction(price * 100) - Fraction(1, 1000)).any()


def test_screens_at_their_limits():
    offers = [
        offer("A", price=Fraction(20), list_price=Fraction(40), unit_cost=Fraction(17), floor_price=Fraction(20)),
        offer("B", price=None, list_price=None, unit_cost=None),
    ]
    found = catalogue(offers, [promotion("P", percent_off=Fraction(0), skus=("*",))]).bounds(np.arange(2))

    assert found.untold.tolist() == [False, True]
    assert found.least_left[0] in (-1, 0)  # 20 less 15 % and a cost of 17; the fee of a part more is in it
    assert found.price_before_at_most(Fraction(1, 2)).tolist() == [True, False]
    assert not found.price_before_at_most(Fraction(49, 100)).any()
    assert not found.below_floor.any()
    assert found.margin_below(Fraction(1, 1000)).tolist() == [True, False]


def test_a_dear_offer_below_its_margin_is_looked_at():
    shop = catalogue([offer(price=Fraction(12_000), unit_cost=Fraction(11_400), fee_rate=Fraction(0))], [])

    found = shop.bounds(np.arange(1))  # 5 % are left

    assert found.margin_below(Fraction(1, 10)).all()
    assert not found.margin_below(Fraction(4, 100)).any()


ITEM, ORDER = {"percent_off": Fraction(60)}, {"percent_off": Fraction(20), "level": "order"}
TEN_OFF, FIVE_OFF_ORDER = (
    {"percent_off": None, "amount_off": Fraction(10)},
    {"percent_off": None, "amount_off": Fraction(5), "level": "order"},
)
DEAL = {"percent_off": None, "kind": PromotionKind.DEAL}
COUPON = {"percent_off": Fraction(5), "kind": PromotionKind.COUPON}


@pytest.mark.parametrize("platform", ["amazon", "vendure", "medusa", "shopify", "saleor", "magento", "woocommerce", ""])
@pytest.mark.parametrize(
    "settings",
    [
        [ITEM, {"percent_off": Fraction(30)}],
        [ITEM, ORDER],
        [ITEM, TEN_OFF],
        [ITEM, FIVE_OFF_ORDER],
        [ORDER, TEN_OFF],
        [DEAL | {"fixed_price": Fraction(25)}, DEAL | {"fixed_price": Fraction(20)}],
        [DEAL | {"fixed_price": Fraction(25)}, COUPON],
        [DEAL | {"fixed_price": Fraction(25)}, ORDER],
        [DEAL | {"fixed_price": Fraction(25)}, TEN_OFF, ORDER],
        [ITEM | {"max_discount": Fraction(7)}, ORDER],
    ],
)
def test_the_bound_of_plain_promotions_is_the_worst_price(platform, settings):
    promotions = [promotion(name, combines=("all",), **one) for name, one in zip("ABC", settings, strict=False)]
    shop = catalogue([offer("MUG-1", price=Fraction(99))], promotions, platform=platform)

    found = shop.bounds(np.array([0]))

    worst = shop.case(0).worst
    assert found.price[0] == pytest.approx(worst.price * 1_000_000, abs=3)
    assert found.price[0] <= worst.price * 1_000_000
    assert worst.price < 99


@pytest.mark.parametrize(
    "fees", [{"fee_rate": Fraction(1, 10)}, {"fee_fixed": Fraction(1), "kind": PromotionKind.COUPON}]
)
def test_fees_of_promotions_are_in_what_is_left(fees):
    shop = catalogue(
        [offer("MUG-1", unit_cost=Fraction(16))], [promotion("P", percent_off=Fraction(50), **fees)], platform=""
    )

    found = shop.bounds(np.array([0]))

    left = shop.case(0).contribution
    assert left < 1  # 20 less 15 %, a cost of 16 and the fee
    assert left * 1_000_000 - 2_100_000 < found.least_left[0] <= left * 1_000_000


def test_what_an_offer_is_held_against_is_rounded_up():
    third = Fraction(1, 3)
    columns = Columns([offer(list_price=third, floor_price=third, min_margin=third)], "")

    assert (columns.list_price[0], columns.floor[0], columns.margin[0]) == (333_334, 333_334, 33_334)


@pytest.mark.parametrize("odd", [{"price": Fraction(1, 3)}, {"unit_cost": Fraction(1, 3)}])
def test_columns_stay_inexact_whichever_offer_changes(odd):
    before = Columns([offer("A", **odd), offer("B")], "")
    after = Columns([offer("A"), offer("B")], "")

    before.replace(np.array([1]), [offer("B", price=Fraction(20))], "")
    after.replace(np.array([1]), [offer("B", **odd)], "")

    assert not before.exact
    assert not after.exact
    assert (before.exact_prices, after.exact_prices) == ("price" not in odd, "price" not in odd)


def test_margins_are_asked_for_without_loss_in_the_rounding():
    of_a_thousand = {"price": Fraction(1000), "fee_rate": Fraction(0)}
    shop = catalogue(
        [
            offer("THIN", unit_cost=1000 * (1 - Fraction(1, 250_000)), **of_a_thousand),
            offer("FULL", unit_cost=Fraction(1, 10_000), vat_rate=Fraction(1, 4), **of_a_thousand),
        ],
        [],
    )
    found = shop.bounds(np.arange(2))

    assert found.margin_below(Fraction(1, 200_000)).tolist() == [True, False]
    assert found.margin_below(Fraction(1)).tolist() == [True, True]


def test_a_third_of_the_list_price_is_asked_for_without_loss_in_the_rounding():
    shop = catalogue([offer(price=Fraction("33.3333"), list_price=Fraction(100))], [])

    assert shop.bounds(np.arange(1)).price_before_at_most(Fraction(1, 3)).all()


@pytest.mark.parametrize(
    "settings", [[], [promotion(percent_off=None, amount_off=Fraction(1, 10**7), fee_rate=Fraction(1))]]
)
def test_where_fees_take_more_than_the_price_the_whole_price_bears_them(settings):
    odd = offer(price=Fraction("0.3333339"), unit_cost=Fraction(0), fee_rate=Fraction(5))
    shop = catalogue([odd], settings)

    found = shop.bounds(np.arange(1))

    assert found.least_left[0] <= shop.case(0).contribution * 10**6 < found.least_left[0] + 12


THIRD = Fraction(1, 3)
NO_PERCENT = {"percent_off": None}


@pytest.mark.parametrize(
    ("price", "settings"),
    [
        (100, [{"percent_off": Fraction(50)}, {"percent_off": Fraction(40), "max_discount": Fraction(99)}]),
        (12_000, [{"percent_off": Fraction(90), "max_units": 5}]),
        (40, [NO_PERCENT | {"amount_off": Fraction(10), "min_amount": Fraction(50)}]),
        (40, [NO_PERCENT | {"amount_off": Fraction(10), "level": "order", "min_quantity": 2}]),
        (12_000, [NO_PERCENT | {"amount_off": Fraction(5000), "min_amount": Fraction(13_000)}]),
        (40, [NO_PERCENT | {"amount_off": THIRD}]),
        (40, [NO_PERCENT | {"fixed_price": THIRD}]),
    ],
)
def test_the_bound_is_at_most_the_worst_price(price, settings):
    promotions = [promotion(name, **one) for name, one in zip("AB", settings, strict=False)]
    shop = catalogue([offer("MUG-1", price=Fraction(price))], promotions)

    found = shop.bounds(np.array([0]))

    worst = shop.case(0).worst
    assert found.price[0] <= worst.price * 1_000_000 < price * 1_000_000


def test_promotions_that_charge_more_than_all_and_those_on_shipping():
    costly = catalogue([offer("MUG-1")], [promotion("P", fee_rate=Fraction(3, 2))])
    untold = catalogue([offer("MUG-1", unit_cost=None)], [promotion("P"), promotion("S", level="shipping")])

    assert costly.bounds(np.array([0])).unsure.all()
    assert untold.bounds(np.array([0])).untold.all()
