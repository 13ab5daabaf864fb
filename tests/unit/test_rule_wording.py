"""The phrases of findings."""

from datetime import timedelta
from fractions import Fraction

import pytest

from builders import NOON, offer, promotion
from promofuse.facts import PromotionKind
from promofuse.pricing.catalogue import cases_of
from promofuse.rules.wording import (
    amount_text,
    arithmetic_text,
    count_text,
    duration_text,
    ids_text,
    kind_text,
    number_text,
    path_text,
    percent_text,
    setting_text,
)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"percent_off": Fraction("97.5")}, "97.5 % off"),
        ({"percent_off": None, "amount_off": Fraction(5), "min_amount": Fraction(50)}, "5.00 off from 50.00"),
        ({"percent_off": None, "fixed_price": Fraction(25)}, "fixed price 25.00"),
        ({"percent_off": None, "buy_quantity": 2, "get_quantity": 1}, "buy 2 get 1"),
        ({"percent_off": Fraction(50), "buy_quantity": 1, "get_quantity": 1}, "buy 1 get 1 50 % off"),
        ({"percent_off": None, "tiers": ((2, Fraction(5)), (4, Fraction(20)))}, "20 % off from 4 units"),
        ({"percent_off": None}, ""),
    ],
)
def test_settings(settings, text):
    assert setting_text(promotion(**settings), "USD") == text


def test_one_is_no_plural():
    assert [count_text(number, "offer") for number in (0, 1, 1200)] == ["0 offers", "1 offer", "1,200 offers"]


def test_numbers():
    assert [number_text(Fraction(text)) for text in ("10", "100", "97.50", "1/3", "0")] == [
        "10", "100", "97.5", "0.3333", "0",
    ]  # fmt: skip
    assert percent_text(Fraction(1, 3)) == "33.33 %"
    assert (amount_text(Fraction(5, 2), "JPY"), amount_text(Fraction(5, 2), "")) == ("2", "2.5")


def test_ids():
    found = [ids_text([promotion(name) for name in names]) for names in ("A", "AB", "ABC")]

    assert found == ["A", "A and B", "A, B and C"]


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(hours=5, minutes=40, seconds=59), "5 h 40 m"),
        (timedelta(days=3, hours=2, minutes=9), "3 d 2 h"),
        (timedelta(days=1, minutes=5), "1 d"),
        (timedelta(minutes=12), "12 m"),
        (timedelta(hours=2), "2 h"),
        (timedelta(seconds=-5), "0 m"),
    ],
)
def test_spans(span, text):
    assert duration_text(span) == text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"code": "SAVE20"}, "code SAVE20 of P-1"),
        ({"code_kind": "group"}, "code P-1"),
        ({"kind": PromotionKind.COUPON}, "coupon P-1"),
        ({"kind": PromotionKind.DEAL}, "deal P-1"),
        ({"kind": PromotionKind.SALE_PRICE}, "sale price P-1"),
        ({}, "P-1"),
        ({"segments": ("prime", "vip")}, "P-1 for Prime members, vip"),
        ({"code": "A", "segments": ("new_customer",)}, "code A of P-1 for new customers"),
    ],
)
def test_what_a_promotion_is_to_a_seller(settings, text):
    assert kind_text(promotion(**settings)) == text


def test_the_path_ends_with_the_order_that_it_needs():
    minimum = {"percent_off": None, "amount_off": Fraction(20), "min_amount": Fraction(50), "min_quantity": 2}
    order = promotion(level="order", skus=("*",), **minimum)
    (cart, _) = cases_of("us", "amazon", [offer(price=Fraction(24))], [order], NOON)

    assert path_text(cart, cart.worst) == (
        "price 24.00 -> 20.00 off from 50.00 from 2 units (P-1) 14.40, in an order of 2 units, "
        "with other goods for 2.00 in the order"
    )


def case(**changes):
    (found, _) = cases_of("us", "amazon", [offer(**changes)], [promotion(buy_quantity=1, get_quantity=1)], NOON)
    return found


def test_the_arithmetic_names_what_is_assumed_and_what_is_not_known():
    usual = arithmetic_text(case(fee_rate=None), case(fee_rate=None).worst)
    assert any(line.startswith("  fees (the platform's usual rate, assumed)") for line in usual)
    assert "  a buyer has to take 2 units; amounts are for one of them" in usual
    assert usual[-1] == "  exposure: none, each unit still earns"

    coupon = promotion(kind=PromotionKind.COUPON, percent_off=Fraction(50), starts_at=NOON)
    (clipped, _) = cases_of("us", "amazon", [offer(min_fee=Fraction(4))], [coupon], NOON)
    shown = [" ".join(line.split()) for line in arithmetic_text(clipped, clipped.worst)]
    assert shown[3:7] == [
        "fees -4.00",
        "promotion fees (the platform's usual rate, assumed) -0.50",
        "cost -10.00",
        "= left of a unit 5.50",
    ]

    deal = promotion("D", kind=PromotionKind.DEAL, percent_off=None, fixed_price=Fraction(30), fee_fixed=Fraction(0))
    (stacked, _, _) = cases_of("us", "amazon", [offer()], [coupon, deal], NOON)
    assert arithmetic_text(stacked, stacked.worst)[-2:] == (
        "  D and P-1 combine: SellerSprite's published rule, a third party, read 2026-11",
        "  what P-1 costs: 2.5 % of sales and $5 a coupon on amazon.com since 2025-06-02, third parties, read 2026-11",
    )

    blind = case(unit_cost=None)
    assert arithmetic_text(blind, blind.worst)[-1] == "  what is left is unknown: no unit_cost"

    order = promotion(level="order", percent_off=None, amount_off=Fraction(20), min_amount=Fraction(50), skus=("*",))
    (cart, _) = cases_of("us", "amazon", [offer(price=Fraction(24))], [order], NOON)
    assert "  other goods for 26.00 have to be in the order" in arithmetic_text(cart, cart.worst)

    dear = case(unit_cost=Fraction(50))
    assert arithmetic_text(dear, dear.worst)[-1].startswith("  exposure: unlimited")
