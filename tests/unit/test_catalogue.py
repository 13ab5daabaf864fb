"""Offers with their promotions, and promotions with their offers."""

from datetime import timedelta
from fractions import Fraction

import pytest

from builders import NOON, offer, promotion
from promofuse.pricing.catalogue import OfferCase, PromotionCase, cases_of

HOUR = timedelta(hours=1)


def cases(offers, promotions, platform="amazon"):
    found = cases_of("us", platform, offers, promotions, NOON)
    by_sku = {(case.offer.sku, case.offer.currency): case for case in found if isinstance(case, OfferCase)}
    by_id = {case.promotion.promotion_id: case for case in found if isinstance(case, PromotionCase)}
    return by_sku, by_id


def ids(case):
    return [promotion.promotion_id for promotion in case.promotions]


def test_each_offer_has_the_promotions_that_cover_it_in_its_currency():
    offers = [offer(), offer("CUP"), offer("CUP", currency="EUR")]
    promotions = [
        promotion("ALL", skus=("*",)),
        promotion("CUPS", skus=("CUP", "CUP", "SPOON"), currency="USD"),
        promotion("MUGS"),
    ]

    by_sku, by_id = cases(offers, promotions)

    assert ids(by_sku["MUG-1", "USD"]) == ["ALL", "MUGS"]
    assert ids(by_sku["CUP", "USD"]) == ["ALL", "CUPS"]
    assert ids(by_sku["CUP", "EUR"]) == ["ALL"]
    assert [case.offer.sku for case in by_id["ALL"].covered] == ["MUG-1", "CUP", "CUP"]
    assert by_id["CUPS"].missing == ("SPOON",)
    assert (by_id["ALL"].missing, by_id["ALL"].offers) == ((), 3)


def test_the_revision_in_force_counts_and_the_last_that_differed_stands_before_it():
    first = promotion(percent_off=Fraction(10), seen_at=NOON - 5 * HOUR)
    second = promotion(percent_off=Fraction(20), seen_at=NOON - 4 * HOUR)
    again = promotion(percent_off=Fraction(20), seen_at=NOON - 3 * HOUR, name="seen again")
    later = promotion(percent_off=Fraction(90), seen_at=NOON + HOUR)

    by_sku, by_id = cases([offer()], [later, again, first, second])

    assert by_id["P-1"].promotion is again
    assert by_id["P-1"].before is first
    assert by_id["P-1"].in_force.opens_at == by_sku["MUG-1", "USD"].worst.opens_at == second.seen_at


@pytest.mark.parametrize(("starts", "opens"), [(-9, -4), (None, -4), (2, 2)])
def test_a_changed_promotion_opens_with_its_change_or_its_later_start(starts, opens):
    starts_at = None if starts is None else NOON + starts * HOUR
    first = promotion(percent_off=Fraction(10), seen_at=NOON - 5 * HOUR, starts_at=starts_at)
    second = promotion(percent_off=Fraction(20), seen_at=NOON - 4 * HOUR, starts_at=starts_at)

    by_sku, by_id = cases([offer()], [first, second])

    assert by_id["P-1"].in_force.opens_at == NOON + opens * HOUR
    assert by_sku["MUG-1", "USD"].worst.opens_at == NOON + opens * HOUR
    _, by_id = cases([offer()], [first])
    assert by_id["P-1"].in_force.opens_at == (first.seen_at if starts_at is None else starts_at)


def test_ended_promotions_are_not_looked_at():
    over = promotion("A", ends_at=NOON)
    stopped = [promotion("B", seen_at=NOON - 5 * HOUR), promotion("B", status="ended", seen_at=NOON - HOUR)]

    by_sku, by_id = cases([offer()], [over, *stopped])

    assert by_id == {}
    assert ids(by_sku["MUG-1", "USD"]) == []


def test_what_loses_before_alone_and_together():
    half, more = promotion("A", percent_off=Fraction(50)), promotion("B", percent_off=Fraction(85))
    by_sku, by_id = cases([offer(), offer("CUP", price=Fraction(11))], [half, more, promotion("C", skus=("CUP",))])
    mug, cup = by_sku["MUG-1", "USD"], by_sku["CUP", "USD"]

    assert mug.contribution == -10
    assert [alone.combination for alone in mug.losing_alone] == [("B",)]
    assert not mug.losing_before
    assert (cup.losing_before, cup.losing_alone) == (True, ())
    assert (by_id["A"].losing, by_id["C"].losing) == (1, 1)


def test_the_list_price_stands_in_and_says_so():
    by_sku, _ = cases([offer(price=None, list_price=Fraction(50)), offer("CUP", price=None)], [promotion()])

    assert by_sku["MUG-1", "USD"].worst.base == 50
    assert by_sku["MUG-1", "USD"].list_price_only
    assert by_sku["CUP", "USD"].worst is None


def test_the_largest_share_is_at_the_cheapest_or_at_the_dearest_offer():
    offers = [offer(f"MUG-{price}", price=Fraction(price)) for price in (10, 20, 40)]
    five = promotion("FIVE", percent_off=None, amount_off=Fraction(5), skus=("*",))
    to_ten = promotion("TEN", percent_off=None, fixed_price=Fraction(10), skus=("*",))
    nothing = promotion("NONE", percent_off=None, skus=("*",))

    _, by_id = cases(offers, [five, to_ten, nothing, promotion("P", skus=())])

    assert by_id["FIVE"].largest_share() == Fraction(1, 2)
    assert by_id["TEN"].largest_share() == Fraction(3, 4)
    assert by_id["NONE"].largest_share() is None
    assert by_id["P"].largest_share() == Fraction(9, 10)
    assert by_id["FIVE"].hardest_hit().offer.sku == "MUG-10"
    assert by_id["P"].hardest_hit() is None


def test_every_promotion_that_loses_alone_is_found_whatever_stands_beside_it():
    off = {"percent_off": None}
    promotions = [
        promotion("FREIGHT", amount_off=Fraction(99), level="shipping", **off),
        promotion("SMALL", amount_off=Fraction(1), **off),
        promotion("LARGE", amount_off=Fraction(38), **off),
        promotion("DEAL", fixed_price=Fraction(3), **off),
        promotion("SHARE", percent_off=Fraction(80)),
        promotion("SOUND", percent_off=Fraction(5)),
        promotion("TEN-FOR-NINE", buy_quantity=1, get_quantity=9, **off),
    ]

    by_sku, _ = cases([offer()], promotions)

    alone = {single.combination for single in by_sku["MUG-1", "USD"].losing_alone}
    assert alone == {("LARGE",), ("DEAL",), ("SHARE",), ("TEN-FOR-NINE",)}


def test_where_the_price_is_not_known_the_lowest_stated_one_can_be_told():
    def stated(*promotions, **changes):
        return cases_of("us", "amazon", [offer(**({"price": None} | changes))], promotions, NOON)[0].stated

    def deal(name, price, **changes):
        return promotion(name, percent_off=None, fixed_price=Fraction(price), **changes)

    later = {"starts_at": NOON + timedelta(hours=1)}
    found = stated(
        deal("A", 5), deal("B", 3, min_quantity=2, **later), deal("C", 3, **later, min_quantity=4), promotion()
    )
    assert (found.price, found.base, found.combination, found.units) == (3, 3, ("B",), 2)
    assert (found.opens_at, found.bound, found.floor, found.currency) == (NOON + timedelta(hours=1), False, None, "USD")
    found = stated(deal("B", 3, **later), deal("D", 3))
    assert (found.combination, found.opens_at) == (("D",), NOON - timedelta(hours=6))
    assert stated(deal("A", 5), deal("F", 1, funded_share=Fraction(1, 2))).price == 5
    assert stated(deal("A", 5), deal("E", 1, status="ended")).price == 5
    assert stated(promotion()) is None
    assert stated() is None
    assert stated(deal("A", 5), price=Fraction(9)) is None
    assert stated(deal("A", 5), list_price=Fraction(9)) is None


def test_a_stated_price_beside_a_small_amount_is_not_taken_for_the_amount():
    alone = {"percent_off": None, "combines": ("none",)}
    found = [promotion("A", amount_off=Fraction(5), **alone),
             promotion("B", amount_off=Fraction(1), fixed_price=Fraction(2), **alone)]  # fmt: skip
    case = cases_of("us", "vendure", [offer()], found, NOON)[0]

    assert [worst.combination for worst in case.losing_alone] == [("B",)]


def test_what_keeps_exactly_nothing_does_not_lose():
    even = offer(price=Fraction(20), unit_cost=Fraction(8), fee_rate=Fraction(1, 5))

    by_sku, by_id = cases([even], [promotion("HALF", percent_off=Fraction(50))])

    case = by_sku["MUG-1", "USD"]
    assert (case.contribution, case.loses, case.losing_alone) == (0, False, ())
    assert by_id["HALF"].losing == 0
    before, _ = cases([offer(price=Fraction(10), unit_cost=Fraction(8), fee_rate=Fraction(1, 5))], [])
    assert (before["MUG-1", "USD"].contribution, before["MUG-1", "USD"].losing_before) == (0, False)


def test_a_promotion_that_leaves_exactly_nothing_does_not_lose_alone():
    even = offer(price=Fraction(20), unit_cost=Fraction(8), fee_rate=Fraction(1, 5))

    by_sku, _ = cases(
        [even], [promotion("HALF", percent_off=Fraction(50)), promotion("LITTLE", percent_off=Fraction(1))]
    )

    assert by_sku["MUG-1", "USD"].loses
    assert by_sku["MUG-1", "USD"].losing_alone == ()
    less = offer(price=Fraction(10), unit_cost=Fraction(8), fee_rate=Fraction(1, 5))
    by_sku, _ = cases([less], [promotion("LITTLE", percent_off=Fraction(1))])
    assert not by_sku["MUG-1", "USD"].losing_before
    assert [alone.combination for alone in by_sku["MUG-1", "USD"].losing_alone] == [("LITTLE",)]


def test_the_list_price_stands_in_only_where_there_is_no_price():
    offers = [
        offer("A", list_price=Fraction(50)),
        offer("B", price=None),
        offer("C", price=None, list_price=Fraction(50)),
    ]

    by_sku, _ = cases(offers, [])

    assert {sku: case.list_price_only for (sku, _), case in by_sku.items()} == {"A": False, "B": False, "C": True}
    assert by_sku["A", "USD"].worst.base == 40


def test_what_is_left_as_an_amount_as_a_margin_and_in_all():
    mug = offer(price=Fraction(24), vat_rate=Fraction(1, 5), unit_cost=Fraction(16), fee_rate=Fraction(1, 10), stock=7)
    half = promotion("HALF", percent_off=Fraction(50))
    by_sku, _ = cases([mug], [half])
    case = by_sku["MUG-1", "USD"]
    worst = case.worst

    # 12 / 1.2 - 1.20 - 16
    assert case.left(worst) == case.contribution == Fraction("-7.2")
    assert case.margin(worst, case.contribution) == Fraction("-0.72")
    assert case.exposure(worst, case.contribution) == Fraction("50.4")
    assert case.exposure(worst, Fraction(3)) == 0
    assert case.exposure(worst, None) is None
    assert case.margin(worst, None) is None
    assert case.left(None) is None
    free, _ = cases([offer(stock=None)], [promotion("FREE", percent_off=Fraction(100))])
    free = free["MUG-1", "USD"]
    assert free.margin(free.worst, free.contribution) is None
    assert free.exposure(free.worst, free.contribution) is None
    unknown, _ = cases([offer(unit_cost=None)], [half])
    unknown = unknown["MUG-1", "USD"]
    assert (unknown.left(unknown.worst), unknown.contribution, unknown.loses) == (None, None, False)


def test_what_is_asked_of_all_offers_of_a_promotion():
    offers = [offer("A", price=Fraction(20)), offer("B", unit_cost=Fraction(25)), offer("C", price=None), offer("D")]
    everywhere, on_two = promotion("ALL", skus=("*",)), promotion("TWO", skus=("A", "D"))
    _, by_id = cases(offers, [everywhere, on_two, promotion("NONE", skus=("C",)), promotion("GONE", skus=("X",))])

    assert [case.offer.sku for case in by_id["ALL"].extremes()] == ["A", "B"]
    assert by_id["NONE"].extremes() == []
    assert by_id["ALL"].covered.prices() == {20, 40}
    assert by_id["ALL"].hardest_hit().offer.sku == "B"
    assert by_id["ALL"].hardest_hit(on_two).offer.sku == "A"
    assert by_id["NONE"].hardest_hit() is None
    assert (by_id["ALL"].currency, by_id["GONE"].currency) == ("USD", "")
    equal = [offer("B"), offer("A"), offer("C")]
    _, by_id = cases(equal, [promotion("ALL", skus=("*",))])
    assert by_id["ALL"].hardest_hit().offer.sku == "A"
    _, by_id = cases([offer("A", currency="EUR"), offer("A")], [promotion("ALL", skus=("*",))])
    assert by_id["ALL"].hardest_hit().offer.currency == "EUR"


def test_the_currency_of_a_promotion_is_its_own_or_that_of_its_first_offer():
    offers = [offer("A", currency="EUR"), offer("B")]

    _, by_id = cases(offers, [promotion("P", skus=("A", "B")), promotion("Q", skus=("A", "B"), currency="USD")])

    assert (by_id["P"].currency, by_id["Q"].currency) == ("EUR", "USD")
    assert cases([offer("A")], [promotion("E", skus=("A",), currency="EUR")])[1]["E"].currency == "EUR"


def test_of_several_settings_the_largest_share():
    offers = [offer("A", price=Fraction(20)), offer("B", price=Fraction(100))]
    settings = [
        promotion("AMOUNT", skus=("*",), percent_off=Fraction(10), amount_off=Fraction(10)),
        promotion("PRICE", skus=("*",), percent_off=Fraction(10), fixed_price=Fraction(50)),
        promotion("PERCENT", skus=("*",), percent_off=Fraction(10)),
    ]

    _, by_id = cases(offers, settings)

    shares = {name: case.largest_share() for name, case in by_id.items()}
    assert shares == {"AMOUNT": Fraction(1, 2), "PRICE": Fraction(1, 2), "PERCENT": Fraction(1, 10)}
    assert all(case.computable for case in by_id.values())
    assert not cases(offers, [promotion("P", percent_off=None)])[1]["P"].computable


def test_what_is_left_out_is_neither_covered_nor_missing():
    offers = [offer("A"), offer("B")]
    but_b = promotion("P", skus=("*",), excluded_skus=("B",))
    named = promotion("Q", skus=("A", "B", "X", "Y"), excluded_skus=("B", "X"))

    by_sku, by_id = cases(offers, [but_b, named, promotion("R", skus=("B",))])

    assert (ids(by_sku["A", "USD"]), ids(by_sku["B", "USD"])) == (["P", "Q"], ["R"])
    assert by_id["Q"].missing == ("Y",)


def test_offers_that_differ_only_in_what_is_left_out():
    by_sku, _ = cases(
        [offer("A"), offer("B")], [promotion("ALL", skus=("*",)), promotion("P", skus=("*",), excluded_skus=("B",))]
    )

    assert (ids(by_sku["A", "USD"]), ids(by_sku["B", "USD"])) == (["ALL", "P"], ["ALL"])


def test_a_revision_that_is_yet_to_be_seen_is_not_looked_at():
    by_sku, by_id = cases([offer()], [promotion("LATER", seen_at=NOON + HOUR), promotion("NOW")])

    assert (ids(by_sku["MUG-1", "USD"]), set(by_id)) == (["NOW"], {"NOW"})
