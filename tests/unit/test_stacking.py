"""Which promotions can meet on one unit."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from builders import NOON, promotion
from promofuse.facts import PromotionKind
from promofuse.pricing.stacking import Layer, can_be_live, largest_sets, layer_of, overlap, stacking_of
from promofuse.verdicts import Confidence

AMAZON = stacking_of("amazon")
HOUR = timedelta(hours=1)


def test_layers():
    assert layer_of(promotion()) is Layer.AUTOMATIC
    assert layer_of(promotion(code="SPRING")) is Layer.CODE
    assert layer_of(promotion(code_kind="group")) is Layer.CODE
    assert layer_of(promotion(code_kind="none")) is Layer.AUTOMATIC
    assert layer_of(promotion(kind=PromotionKind.COUPON, code="SPRING")) is Layer.COUPON
    assert layer_of(promotion(kind=PromotionKind.DEAL)) is Layer.PRICE
    assert layer_of(promotion(percent_off=None, fixed_price=Fraction(20))) is Layer.PRICE


@pytest.mark.parametrize(
    ("one", "other", "together", "confidence"),
    [
        ({}, {}, True, Confidence.HIGH),
        ({}, {"code": "B"}, True, Confidence.HIGH),
        ({"code": "A"}, {"code": "B"}, True, Confidence.LOW),
        ({"kind": PromotionKind.COUPON}, {"kind": PromotionKind.COUPON}, True, Confidence.HIGH),
        ({"kind": PromotionKind.COUPON}, {"kind": PromotionKind.DEAL}, True, Confidence.MEDIUM),
        ({"kind": PromotionKind.SALE_PRICE}, {"kind": PromotionKind.DEAL}, False, Confidence.MEDIUM),
    ],
)
def test_amazon(one, other, together, confidence):
    meeting = AMAZON.meet(promotion("A", **one), promotion("B", **other))

    assert (meeting.together, meeting.confidence) == (together, confidence)


def test_an_unknown_platform_combines_everything_and_says_that_it_is_assumed():
    unknown = stacking_of("some-shop")
    meeting = unknown.meet(promotion("A", kind=PromotionKind.DEAL), promotion("B", kind=PromotionKind.DEAL))

    assert (meeting.together, meeting.confidence) == (True, Confidence.LOW)


def test_of_two_stated_prices_one_counts():
    stated = {"percent_off": None, "kind": PromotionKind.FIXED_PRICE}
    one, other = promotion("A", fixed_price=Fraction(9), **stated), promotion("B", fixed_price=Fraction(8), **stated)

    assert not stacking_of("").meet(one, other).together


@pytest.mark.parametrize(
    ("one", "other", "together", "confidence"),
    [
        (None, ("none",), False, Confidence.HIGH),
        (("all",), ("none",), False, Confidence.HIGH),
        (("all",), ("C",), False, Confidence.HIGH),
        (("all",), ("C", "A"), True, Confidence.HIGH),
        (("B",), ("A",), True, Confidence.HIGH),
        (("all",), ("all",), True, Confidence.HIGH),
        (("all",), None, True, Confidence.LOW),
        ((), (), True, Confidence.LOW),
    ],
)
def test_combines_is_mutual_and_overrules_the_table(one, other, together, confidence):
    meeting = AMAZON.meet(promotion("A", code="A", combines=one), promotion("B", code="B", combines=other))

    assert (meeting.together, meeting.confidence) == (together, confidence)


def test_coupons_lock_before_they_start_on_amazon():
    starts = NOON + 24 * HOUR
    coupon = promotion(kind=PromotionKind.COUPON, starts_at=starts)

    assert AMAZON.editable_until(coupon, NOON) == starts - 6 * HOUR
    assert AMAZON.editable_until(promotion(starts_at=starts), NOON) == starts
    assert stacking_of("vendure").editable_until(coupon, NOON) == starts
    assert AMAZON.editable_until(coupon, starts) is None
    assert AMAZON.editable_until(promotion(), NOON) is None


def test_live_from_now_on():
    assert can_be_live(promotion(), NOON)
    assert can_be_live(promotion(status="scheduled", starts_at=NOON + HOUR), NOON)
    assert not can_be_live(promotion(status="ended"), NOON)
    assert not can_be_live(promotion(ends_at=NOON), NOON)
    assert not can_be_live(promotion(starts_at=NOON + HOUR, ends_at=NOON + HOUR), NOON)


def test_ranges_end_before_their_end():
    first = promotion(starts_at=NOON, ends_at=NOON + HOUR)

    assert overlap(first, promotion(starts_at=NOON + HOUR / 2))
    assert not overlap(first, promotion(starts_at=NOON + HOUR))


def test_largest_sets():
    friends = {frozenset("AB"), frozenset("BC"), frozenset("AC"), frozenset("CD")}

    def together(one: str, other: str) -> bool:
        return frozenset((one, other)) in friends

    found = largest_sets("ABCDE", together)

    assert found is not None
    assert sorted(map("".join, found)) == ["ABC", "CD", "E"]
    assert largest_sets("", together) == [()]


def test_twelve_promotions_are_tried_in_every_way_and_forty_of_them_are_not():
    def in_other_threes(one: int, other: int) -> bool:
        return one // 3 != other // 3

    twelve = largest_sets(range(12), in_other_threes)

    assert twelve is not None
    assert len(twelve) == 81
    assert largest_sets(range(40), in_other_threes) is None
