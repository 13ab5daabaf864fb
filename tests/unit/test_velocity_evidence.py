"""The evidence of the spike detector, piece by piece: counts, prices paid, planned depth."""

import json
import math

import pytest

from promofuse.velocity.counts import OrderCounts, surprise
from promofuse.velocity.depth import DepthHabit
from promofuse.velocity.deviation import AS_PLANNED, DeviationHabit, PlanDeviation, price_bin


def tail(count, mean):
    """P(N >= count) of a negative binomial with this mean and size 3, summed term by term from above."""
    p = 3 / (mean + 3)
    terms = (math.comb(n + 2, n) * p**3 * (1 - p) ** n for n in range(count, count + 4000))
    return math.fsum(terms)


@pytest.mark.parametrize("mean", [0.3, 1.0, 7.5, 40.0])
@pytest.mark.parametrize("count", [1, 2, 3, 10, 60])
def test_surprise_is_the_exact_tail(count, mean):
    assert surprise(count, mean) == pytest.approx(-math.log(tail(count, mean)), rel=1e-9)


def test_twice_the_expected_orders_and_two_are_the_least_that_can_reach_four_nats():
    means = [step / 10 for step in range(3, 3000, 7)]
    assert all(surprise(math.ceil(2 * mean + 2) - 1, mean) < 4 for mean in means)


def test_surprise_stays_finite_far_out():
    assert 1000 < surprise(1000, 0.3) < 3000


def counted(*minutes):
    counts = OrderCounts()
    for minute in minutes:
        counts.add(minute)
    return counts


def test_windows_hold_the_newest_minute_and_those_before():
    counts = counted(100, 101, 105, 105, 110)

    assert [counts.within(minutes) for minutes in (0, 4, 5, 9, 10, 60)] == [1, 1, 3, 4, 5, 5]


def test_late_orders_land_in_their_own_minute():
    assert counted(100, 110, 105, 100).to_state() == counted(100, 100, 105, 110).to_state()


def test_an_order_a_day_late_joins_the_past():
    counts = counted(5000, 10)

    assert (counts.total, counts.held, counts.within(1440)) == (2, 1, 1)


def test_thinning_keeps_the_last_hour_by_the_minute_and_no_sum_changes_much():
    minutes = [step * 3 // 2 for step in range(2000)]
    counts = counted(*minutes)
    exact = {window: sum(minutes[-1] - m <= window for m in minutes) for window in (2, 10, 60, 160, 640, 1440)}

    assert {window: counts.within(window) for window in (2, 10, 60)} == {w: exact[w] for w in (2, 10, 60)}
    assert all(abs(counts.within(window) - exact[window]) <= exact[window] * 0.07 for window in exact)
    assert counts.total == 2000
    assert len(json.dumps(counts.to_state(), separators=(",", ":"))) < 1000


def test_counts_go_on_from_their_state():
    counts = counted(*range(0, 900, 2))
    again = OrderCounts.from_state(json.loads(json.dumps(counts.to_state())))
    for minute in (897, 500, 899, 2400):
        counts.add(minute)
        again.add(minute)

    assert again.to_state() == counts.to_state()


@pytest.mark.parametrize(("share", "place"), [(0.0, 0), (0.049, 0), (0.5, 10), (0.949, 18), (0.95, 19), (1.3, 19)])
def test_price_bins(share, place):
    assert price_bin(share) == place


@pytest.mark.parametrize("many", [False, True])
def test_a_deeper_price_never_votes_less(many):
    votes = DeviationHabit().votes(many=many)

    assert list(votes[:AS_PLANNED]) == sorted(votes[:AS_PLANNED], reverse=True)
    assert votes[0] > 2
    assert votes[AS_PLANNED] < 0
    assert max(votes) <= 5


def test_prices_that_the_shop_has_often_lose_their_vote():
    habit = DeviationHabit()
    before = habit.votes(many=False)
    usual = PlanDeviation()
    for number in range(200):
        usual.vote(18 if number % 4 == 0 else AS_PLANNED, before)
    habit.learn(usual, many=False)

    assert habit.votes(many=False)[18] < before[18] - 1
    assert habit.votes(many=False)[5] > before[5]
    assert habit.votes(many=True) == DeviationHabit().votes(many=True)


def test_one_promotion_teaches_no_more_than_two_hundred_orders():
    few, many = DeviationHabit(), DeviationHabit()
    for habit, orders in ((few, 200), (many, 5000)):
        usual = PlanDeviation()
        for _ in range(orders):
            usual.vote(18, habit.votes(many=False))
        habit.learn(usual, many=False)

    assert few.votes(many=False) == many.votes(many=False)


def test_orders_as_planned_take_the_score_down():
    votes = DeviationHabit().votes(many=False)
    deviation = PlanDeviation()
    deviation.vote(5, votes)
    deviation.vote(5, votes)
    assert (deviation.score, deviation.orders) == (2 * votes[5], 2)

    for _ in range(8):
        deviation.vote(AS_PLANNED, votes)

    assert (deviation.score, deviation.orders) == (0, 0)


def test_of_many_skus_each_votes_once_a_day():
    votes = DeviationHabit().votes(many=True)
    deviation = PlanDeviation()
    for sku, at in ((1, 10), (1, 20), (2, 30), (1, 40)):
        deviation.vote_of_many(3, votes, sku, at, day=100)
    assert deviation.orders == 2

    deviation.vote_of_many(3, votes, 1, 111, day=100)

    assert deviation.orders == 1


def test_habits_go_on_from_their_state():
    deviations, depths = DeviationHabit(), DepthHabit()
    seen = PlanDeviation()
    seen.vote(3, deviations.votes(many=True))
    deviations.learn(seen, many=True)
    depths.learn(0.2)
    depths.learn_edit(deepened=True)

    assert DeviationHabit.from_state(deviations.to_state()).votes(many=True) == deviations.votes(many=True)
    assert DepthHabit.from_state(depths.to_state()).evidence(0.5, 0.1) == depths.evidence(0.5, 0.1)
    assert PlanDeviation.from_state(seen.to_state()).to_state() == seen.to_state()


def test_depth_speaks_only_above_the_habit():
    habit = DepthHabit()
    for depth in (0.05, 0.08, 0.1, 0.12, 0.07, -0.2, -0.3, -0.1):
        habit.learn(depth)

    assert habit.evidence(-0.2, None) == habit.evidence(0.06, None) == 0
    assert habit.evidence(0.3, None) < habit.evidence(0.8, None)
    assert habit.evidence(0.8, None) > 2
    assert 0.1 < habit.usual_at_most() < 0.3


def test_giving_the_goods_away_is_rarer_than_any_clearance():
    habit = DepthHabit()
    for number in range(100):
        habit.learn(-0.3 + number / 250)

    clearance, half, nearly_all = (habit.evidence(depth, None) for depth in (0.4, 0.5, 0.9))
    assert clearance < half < nearly_all - 1.5
    assert nearly_all < habit.evidence(0.99, None) == pytest.approx(habit.evidence(1.5, None), abs=0.01)


def test_a_shop_of_clearances_finds_depth_usual():
    shallow, deep = DepthHabit(), DepthHabit()
    for number in range(30):
        shallow.learn(0.02 + number / 1000)
        deep.learn(0.3 + number / 100)

    assert deep.evidence(0.5, None) < 0.5 < shallow.evidence(0.5, None)


def test_an_edit_into_a_deeper_loss_is_evidence_until_the_shop_does_it_often():
    habit = DepthHabit()
    for _ in range(60):
        habit.learn_edit(deepened=False)

    assert habit.evidence(0.05, -0.2) - habit.evidence(0.05, None) == 3
    assert habit.evidence(0.05, 0.05) == habit.evidence(0.05, 0.2) == habit.evidence(0.05, None)
    for _ in range(60):
        habit.learn_edit(deepened=True)
    assert habit.evidence(0.05, -0.2) - habit.evidence(0.05, None) < 1
