"""The window day by day, other metrics, deadlines, limits and bands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from promofuse.facts import AccountHealth
from promofuse.response.health import (
    CancellationRate,
    Metric,
    clean_on,
    deadlines,
    defect_causes,
    reported_metric,
    reported_rate,
    roll,
)
from promofuse.response.penalties import cancellation_limit, cancels_itself_after, penalties_of

LIMIT = Fraction(25, 1000)
DAY = timedelta(days=1)


def counted(orders, leaving):
    return CancellationRate(LIMIT, orders, sum(leaving), "orders", as_of=NOON, leaving=tuple(leaving))


def test_two_of_21_are_over_and_clean_when_the_last_has_left():
    days = roll(counted(21, (0, 1, 0, 0, 1, 0, 0)), NOON, [], [])

    assert [(day.orders, day.cancelled) for day in days] == [
        (21, 2), (21, 2), (21, 1), (21, 1), (21, 1), (21, 0), (21, 0), (21, 0),
    ]  # fmt: skip
    assert clean_on(days, LIMIT) == NOON + 5 * DAY


def test_what_the_plan_cancels_leaves_with_the_day_on_which_it_was_ordered():
    placed = [NOON - timedelta(hours=hours) for hours in (30, 26, 2)]

    days = roll(counted(100, (0,) * 7), NOON, placed, placed)

    assert [day.planned for day in days] == [3, 3, 3, 3, 3, 3, 1, 0]
    assert [day.orders for day in days] == [100, 100, 100, 100, 100, 100, 98, 97]
    assert clean_on(days, LIMIT) == NOON + 6 * DAY  # 1 of 98


def test_a_rate_that_is_under_the_limit_is_clean_today():
    assert clean_on(roll(counted(1000, (1, 0, 0, 0, 0, 0, 0)), NOON, [], []), LIMIT) == NOON


def test_a_report_that_tells_no_days_keeps_its_cancellations_as_long_as_they_can_be_there():
    rate = CancellationRate(LIMIT, 100, 5, "account health", as_of=NOON - timedelta(days=2))

    days = roll(rate, NOON, [NOON - timedelta(hours=1)], [])

    assert [day.cancelled for day in days] == [5, 5, 5, 5, 5, 0, 0, 0]
    assert {day.orders for day in days} == {100}  # the new order is not in the report


def test_an_unknown_rate_has_no_days():
    assert roll(CancellationRate(LIMIT), NOON, [], []) == ()
    assert clean_on((), LIMIT) is None


@given(
    st.lists(st.integers(0, 9), min_size=7, max_size=7),
    st.lists(st.integers(0, 167), max_size=30),
    st.integers(0, 500),
)
def test_each_day_counts_what_is_still_in_its_window(leaving, hours, others):
    placed = [NOON - timedelta(hours=hour, minutes=1) for hour in hours]
    rate = counted(others + sum(leaving) + len(placed) + 1, leaving)

    days = roll(rate, NOON, placed, placed)

    assert days[0].planned == rate.cancelled + len(placed)
    for number, day in enumerate(days):
        left = [time for time in placed if time >= NOON + number * DAY - 7 * DAY]
        assert day.planned == sum(leaving[number:]) + len(left)
        assert day.orders == rate.orders - (len(placed) - len(left))
    assert days[-1].planned == 0
    assert clean_on(days, LIMIT) is not None


def health(metric, part, whole, **changes):
    return AccountHealth(**({"as_of": NOON, "metric": metric, "numerator": part, "denominator": whole} | changes))


@pytest.mark.parametrize(
    ("part", "whole", "until"), [(3, 1000, 7), (9, 1000, 1), (10, 1000, 0), (0, 50, 1), (0, 1000, 10)]
)
def test_how_many_more_defects_reach_the_limit(part, whole, until):
    metric = reported_metric(
        [health("order_defect_rate", part, whole), health("late_shipment_rate", 9, 10)],
        "order_defect_rate",
        "amazon.com",
        NOON,
        Fraction(1, 100),
    )

    assert metric.until_limit() == until
    assert Fraction(part + until, whole) >= metric.limit
    assert until == 0 or Fraction(part + until - 1, whole) < metric.limit


def test_without_a_report_a_metric_is_unknown_and_a_target_goes_first():
    assert reported_metric([], "order_defect_rate", "", NOON, LIMIT) == Metric(LIMIT)
    assert Metric(LIMIT).until_limit() is None
    reports = [health("order_defect_rate", 1, 100, target=Fraction(2, 100))]
    told = reported_metric(reports, "order_defect_rate", "", NOON, LIMIT)
    assert told.limit == Fraction(2, 100)


def test_the_causes_of_defects_are_those_of_the_same_report():
    rate = health("order_defect_rate", 3, 1000)
    claims, feedback = health("order_defect_claims", 2, 1000), health("order_defect_feedback", 1, 1000)
    older = health("order_defect_chargebacks", 5, 900, as_of=NOON - DAY)
    assert defect_causes([rate, claims, feedback, older], "amazon.com", NOON) == {"claims": 2, "feedback": 1}
    newer = health("order_defect_rate", 4, 1000, as_of=NOON)
    assert defect_causes([replace(claims, as_of=NOON - DAY), newer], "amazon.com", NOON) == {}
    assert defect_causes([claims], "amazon.com", NOON) == {}


def test_a_reports_window_ends_no_later_than_the_report():
    ended = NOON - timedelta(days=1)
    reports = [health("cancellation_rate", 1, 100, window_to=ended)]
    assert reported_rate(reports, "", NOON, LIMIT).as_of == ended
    later = [health("cancellation_rate", 1, 100, window_to=NOON + timedelta(days=1))]
    assert reported_rate(later, "", NOON, LIMIT).as_of == NOON


def test_orders_are_sorted_by_their_ship_by_date():
    dates = [NOON - timedelta(hours=3), NOON, NOON + timedelta(hours=23), NOON + timedelta(days=1), None]

    due = deadlines(dates, NOON, timedelta(days=7))

    assert (due.late, due.soon, due.later, due.unknown) == (1, 2, 1, 1)
    assert due.first == NOON
    assert due.cancelled_from == NOON - timedelta(hours=3) + timedelta(days=7)
    assert deadlines([None], NOON, timedelta(days=7)).cancelled_from is None
    assert deadlines(dates, NOON, None).cancelled_from is None


@pytest.mark.parametrize(
    ("platform", "marketplace", "configured", "limit"),
    [
        ("amazon", "amazon.com", LIMIT, LIMIT),
        ("amazon", "amazon.in", LIMIT, Fraction(2, 100)),
        ("ozon", "ozon.ru", LIMIT, Fraction(4, 100)),
        ("vendure", "", LIMIT, LIMIT),
        ("amazon", "amazon.in", Fraction(5, 100), Fraction(5, 100)),
    ],
)
def test_the_limit_is_the_marketplaces_unless_one_is_set(platform, marketplace, configured, limit):
    assert cancellation_limit(platform, marketplace, configured) == limit


def test_only_amazon_is_known_to_cancel_by_itself():
    assert cancels_itself_after("amazon") == timedelta(days=7)
    assert cancels_itself_after("shopify") is None
    assert penalties_of("vendure") is None
