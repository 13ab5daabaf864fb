from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import line, offer, promotion
from promofuse.facts import PromotionKind
from promofuse.pricing.margin import (
    DEFAULT_FEE_RATE,
    Contribution,
    CostBook,
    costs_of,
    promotion_fees,
    usual_fee_rate,
)

shares = st.fractions(0, 1, max_denominator=1000)
costs = st.fractions(0, 500, max_denominator=1000)


@given(
    paid=st.integers(0, 10**7), quantity=st.integers(1, 50), vat=shares, fee=shares, min_fee=costs,
    unit=costs, fulfilment=costs, shipping=st.fractions(0, 10**4, max_denominator=7),
)  # fmt: skip
def test_contribution_is_the_formula_exactly(paid, quantity, vat, fee, min_fee, unit, fulfilment, shipping):
    known = offer(vat_rate=vat, fee_rate=fee, min_fee=min_fee, unit_cost=unit, fulfilment_cost=fulfilment)

    left = costs_of(known, "amazon").contribution(paid, quantity, shipping)

    fees = max(fee * paid, min_fee * 100 * quantity)
    assert left == paid / (1 + vat) - fees - quantity * (unit + fulfilment) * 100 - shipping


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_paying_more_never_leaves_less(paid, more):
    compiled = costs_of(offer(min_fee=Fraction(1), vat_rate=Fraction(19, 100)), "amazon")

    assert compiled.contribution(paid + more, 2) >= compiled.contribution(paid, 2)


def test_a_line_sold_for_a_dollar_loses_its_cost_and_shipping():
    book = CostBook([offer(shipping_cost=Fraction("3.50"))], "amazon")
    cheap = line(item_price=4000, item_discount=3900)

    left = book.contribution(cheap, [cheap])

    assert (left.amount, left.loss_making, left.assumed) == (Fraction(85 - 1000 - 350), True, False)


def test_shipping_is_the_orders_largest_shared_by_quantity():
    book = CostBook([offer("A", shipping_cost=Fraction(6)), offer("B", shipping_cost=Fraction(9))], "amazon")
    first, second = line(sku="A", quantity=1), line(sku="B", quantity=2, line_key="B#0")

    shares = [book.shipping_share(one, [first, second]) for one in (first, second)]

    assert shares == [300, 600]


def test_the_price_paid_counts_shipping_and_its_discount():
    assert line(item_price=4000, item_discount=1000, shipping_price=500, shipping_discount=200).paid == 3300


def test_unknown_costs_and_prices_say_why():
    book = CostBook([offer(currency="EUR"), offer("NO-COST", unit_cost=None)], "amazon")

    reasons = [book.contribution(one, [one]).unknown for one in (line(), line(sku="NO-COST"), line(item_price=None))]

    assert reasons == [
        "the cost of MUG-1 is in EUR, the order in USD",
        "no unit_cost for NO-COST in USD",
        "the price is not known yet",
    ]


@pytest.mark.parametrize(("platform", "rate"), [("amazon", "0.15"), ("shopify", "0"), ("somewhere", "0.15")])
def test_a_blank_fee_takes_the_platforms_default_and_says_so(platform, rate):
    book = CostBook([offer(fee_rate=None, unit_cost=Fraction(0))], platform)
    full = line(item_price=10_000, item_discount=0)

    left = book.contribution(full, [full])

    assert (left.amount, left.assumed) == (10_000 * (1 - Fraction(rate)), True)


def test_a_coupon_costs_its_fixed_fee_a_redemption_and_a_deal_does_not():
    coupon = promotion(kind=PromotionKind.COUPON, fee_fixed=Fraction("0.60"), fee_rate=Fraction(25, 1000))
    deal = promotion(kind=PromotionKind.DEAL, fee_fixed=Fraction(70), fee_rate=Fraction(1, 100))
    capped = promotion(kind=PromotionKind.DEAL, fee_rate=Fraction(1, 2), fee_cap=Fraction(3))

    assert [promotion_fees(10_000, "USD", [one]) for one in (coupon, deal, capped)] == [310, 100, 300]


def test_the_usual_fee_rates():
    known = {platform: usual_fee_rate(platform) for platform in DEFAULT_FEE_RATE}

    own_shops = dict.fromkeys(("shopify", "vendure", "medusa", "saleor", "magento", "woocommerce"), 0)
    assert known == {"amazon": Fraction("0.15"), "ozon": Fraction("0.2"), **own_shops}
    assert usual_fee_rate("somewhere") == Fraction("0.15")


def test_shipping_and_the_fees_of_promotions_come_off():
    costs = costs_of(offer(), "amazon")

    assert costs.contribution(4000, 1) == 4000 - 600 - 1000
    assert costs.contribution(4000, 1, Fraction(300), Fraction(55)) == 4000 - 600 - 1000 - 300 - 55


def test_a_coupons_fixed_fee_counts_in_its_currency_only():
    coupon = {"kind": PromotionKind.COUPON, "fee_rate": Fraction(2, 100)}

    fees = [
        promotion_fees(10_000, "USD", [promotion(**coupon, **changes)])
        for changes in ({}, {"fee_fixed": Fraction(1), "currency": "EUR"}, {"fee_fixed": Fraction(1)})
    ]
    assert fees == [200, 200, 300]


@pytest.mark.parametrize(
    ("amount", "loss"), [(None, False), (-1, True), (Fraction(-1, 1000), True), (0, False), (1, False)]
)
def test_only_what_is_known_to_be_below_nothing_is_a_loss(amount, loss):
    left = Contribution(amount if amount is None else Fraction(amount))

    assert left.loss_making is loss
    assert left.assumed is False


def test_nobody_bears_shipping_that_is_not_known_or_of_no_units():
    book = CostBook([offer("A", shipping_cost=Fraction(6))], "amazon")
    unknown, none = line(sku="X"), line(sku="A", quantity=0)

    assert book.shipping_share(unknown, [unknown]) == 0
    assert book.shipping_share(none, [none]) == 0
