"""Expected orders by hour of week: what is learnt, and what is assumed before."""

import json

import pytest

from promofuse.instants import DAY, HOUR
from promofuse.velocity.baseline import WEEK_HOURS, Baseline, HourlyCurve

MONDAY = 1_800_230_400_000_000  # 2027-01-18 00:00 UTC


def feed(baseline, sku, hours, per_hour=1, *, start=MONDAY, promoted=()):
    """`per_hour(hour)` orders in each of the hours, folding when due; `promoted` days also sell under a promotion."""
    for hour in range(hours):
        at = start + hour * HOUR
        if baseline.due(at):
            baseline.fold(at)
        for _ in range(per_hour(hour) if callable(per_hour) else per_hour):
            baseline.add(sku, at)
        if hour // 24 in promoted:
            baseline.promoted(sku)
    return start + hours * HOUR


def test_a_curve_sums_any_range():
    curve = HourlyCurve(range(WEEK_HOURS))
    thursday = 4 * 7 * DAY  # a multiple of weeks after the epoch

    assert curve.between(thursday + 2 * HOUR, thursday + 4 * HOUR) == pytest.approx(2 + 3)
    assert curve.between(thursday + HOUR // 2, thursday + 3 * HOUR // 2) == pytest.approx(0.5)
    assert curve.between(thursday - HOUR, thursday + 3 * HOUR // 2) == pytest.approx(167 + 0 + 0.5)
    assert curve.between(thursday, thursday + 14 * DAY) == pytest.approx(2 * sum(range(WEEK_HOURS)))
    assert curve.between(thursday, thursday) == curve.between(thursday + 1, thursday) == 0


def test_nothing_is_known_before_the_first_hour_is_over():
    baseline = Baseline()
    feed(baseline, "A", 1)
    assert baseline.curve(["A"]) is None
    assert baseline.curve(None) is None

    assert baseline.due(MONDAY + HOUR)
    baseline.fold(MONDAY + HOUR)

    assert baseline.curve(["A"]).between(MONDAY + HOUR, MONDAY + 2 * HOUR) == pytest.approx(1, rel=0.1)


def test_it_is_refreshed_as_the_history_doubles_and_then_daily():
    baseline = Baseline()
    feed(baseline, "A", 24 * 10)

    assert baseline.version == 6 + 8  # after 1, 2, 4, 8, 16 and 32 h, and then each day


def test_a_steady_rate_is_found():
    baseline = Baseline()
    end = feed(baseline, "A", 24 * 21, 3)

    assert baseline.curve(["A"]).between(end, end + DAY) == pytest.approx(72, rel=0.05)
    assert baseline.curve(None).between(end, end + DAY) == pytest.approx(72, rel=0.05)
    assert baseline.curve(["A"], 2.0).between(end, end + DAY) == pytest.approx(144, rel=0.05)


def test_an_unknown_sku_sells_like_a_busy_one_at_first_and_like_none_later():
    baseline = Baseline()
    end = feed(baseline, "A", 4, 2)
    assert 0.3 < baseline.curve(["NEW"]).between(end, end + HOUR) < 2

    end = feed(baseline, "A", 24 * 28, 2, start=end)
    assert baseline.curve(["NEW"]).between(end, end + HOUR) < 0.01


def test_hours_not_lived_through_follow_the_same_hour_of_other_days():
    baseline = Baseline()
    end = feed(baseline, "A", 24 * 4, lambda hour: 5 if hour % 24 >= 12 else 1)
    baseline.fold(end)
    morning, evening = end + 6 * HOUR, end + 18 * HOUR

    assert baseline.curve(["A"]).between(morning, morning + HOUR) == pytest.approx(1, rel=0.2)
    assert baseline.curve(["A"]).between(evening, evening + HOUR) == pytest.approx(5, rel=0.2)


def test_days_under_a_promotion_do_not_lower_the_rate():
    always, sometimes = Baseline(), Baseline()
    end = feed(always, "A", 24 * 20, 2)
    feed(sometimes, "A", 24 * 20, lambda hour: 0 if hour // 24 in range(8, 16) else 2, promoted=range(8, 16))

    expected = always.curve(["A"]).between(end, end + DAY)
    assert sometimes.curve(["A"]).between(end, end + DAY) == pytest.approx(expected, rel=0.15)


def test_old_orders_fade():
    baseline = Baseline()
    end = feed(baseline, "A", 24 * 60, 4)
    end = feed(baseline, "A", 24 * 120, 1, start=end)

    assert baseline.curve(["A"]).between(end, end + DAY) < 24 * 1.7


def test_many_skus_together_follow_the_shops_week():
    baseline = Baseline()
    skus = [f"S{number}" for number in range(250)]
    for hour in range(24 * 8):
        at = MONDAY + hour * HOUR
        if baseline.due(at):
            baseline.fold(at)
        for sku in skus:
            baseline.add(sku, at)
    end = MONDAY + 8 * DAY
    by_sku = baseline.curve(skus[:200]).between(end, end + DAY)

    assert baseline.curve(skus).between(end, end + DAY) == pytest.approx(by_sku * 1.25, rel=0.02)


def test_a_pause_of_weeks_counts_as_lived():
    baseline = Baseline()
    end = feed(baseline, "A", 24 * 7, 2)
    baseline.fold(end + 21 * DAY)

    assert baseline.curve(["A"]).between(end, end + DAY) < 24


def test_it_goes_on_from_its_state_exactly():
    baseline = Baseline()
    end = feed(baseline, "A", 100, 2, promoted=(1,))
    baseline.promoted("B")
    again = Baseline.from_state(json.loads(json.dumps(baseline.to_state())))
    for one in (baseline, again):
        feed(one, "B", 60, 1, start=end)

    assert again.to_state() == baseline.to_state()
    assert again.curve(["A", "B"]).until(end + 5) == baseline.curve(["A", "B"]).until(end + 5)


def test_hours_are_those_of_the_local_week_and_follow_its_change_to_summer_time():
    change = MONDAY + 21 * DAY + 2 * HOUR
    baseline = Baseline(lambda at: HOUR if at >= change else 0)
    at = MONDAY
    while at < MONDAY + 28 * DAY:
        if baseline.due(at):
            baseline.fold(at)
        local = (at + (HOUR if at >= change else 0)) // HOUR % 24
        for _ in range(6 if local == 9 else 1):
            baseline.add("A", at)
        at += HOUR
    curve = baseline.curve(["A"])
    tomorrow = MONDAY + 28 * DAY

    assert curve.between(tomorrow + 8 * HOUR, tomorrow + 9 * HOUR) > 3.5  # nine o'clock in summer
    assert curve.between(tomorrow + 9 * HOUR, tomorrow + 10 * HOUR) < 2


def test_an_exceptional_day_does_not_change_what_is_usual():
    usual, holiday, dead = Baseline(), Baseline(), Baseline()
    end = feed(usual, "A", 24 * 22, 4)
    feed(holiday, "A", 24 * 22, lambda hour: 16 if hour // 24 == 19 else 4)
    feed(dead, "A", 24 * 22, lambda hour: 0 if hour // 24 == 19 else 4)

    expected = usual.curve(["A"]).between(end, end + DAY)
    for other in (holiday, dead):
        assert other.curve(["A"]).between(end, end + DAY) == pytest.approx(expected, rel=0.06)


def test_what_lasts_is_no_exception():
    grown = Baseline()
    end = feed(grown, "A", 24 * 40, lambda hour: 12 if hour >= 24 * 14 else 4)
    assert grown.curve(["A"]).between(end, end + DAY) > 1.7 * 96


def test_a_busy_evening_raises_the_level_and_a_restart_keeps_it():
    baseline = Baseline()
    feed(baseline, "A", 24 * 15, lambda hour: 90 if hour >= 24 * 15 - 8 else 30)

    assert baseline.level > 1.5
    again = Baseline.from_state(json.loads(json.dumps(baseline.to_state())))
    assert again.level == baseline.level
    assert again.to_state() == baseline.to_state()
