from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, affected, cancelled, line
from promofuse.facts import AccountHealth
from promofuse.response.case import share_text
from promofuse.response.health import CancellationRate, counted_rate, reported_rate
from promofuse.response.plan import cancel_set, costliest_first, offered_plans

LIMIT = Fraction(25, 1000)


@given(st.integers(0, 400), st.integers(1, 3000), st.fractions(Fraction(1, 1000), 1, max_denominator=1000))
def test_room_is_the_largest_number_strictly_under_the_limit(cancelled, orders, limit):
    rate = CancellationRate(limit, orders, min(cancelled, orders))

    room = rate.room()

    fits = [k for k in range(orders + 2) if Fraction(rate.cancelled + k, orders) < limit]
    assert room == max(fits, default=0)


def test_two_of_21_orders_are_over_already():
    rate = CancellationRate(LIMIT, 21, 2)

    assert (share_text(rate.now), rate.room()) == ("0.095238", 0)


def test_exactly_the_limit_is_not_under_it():
    assert CancellationRate(LIMIT, 1000, 0).room() == 24


def report(**changes):
    known = {"as_of": NOON, "metric": "cancellation_rate", "numerator": 3, "denominator": 313}
    return AccountHealth(**(known | changes))


def test_the_newest_report_up_to_now_wins_with_its_own_target():
    older = report(as_of=NOON - timedelta(days=2), numerator=9)
    later = report(as_of=NOON + timedelta(hours=1), numerator=8)
    newest = report(target=Fraction(2, 100))

    rate = reported_rate([older, later, newest], "amazon.com", NOON, LIMIT)

    assert (rate.cancelled, rate.orders, rate.limit, rate.source) == (3, 313, Fraction(2, 100), "account health")


@pytest.mark.parametrize(
    "unfit",
    [
        report(metric="order_defect_rate"),
        report(as_of=NOON - timedelta(days=7)),
        report(marketplace="amazon.de"),
        report(numerator=0, denominator=0),
    ],
)
def test_reports_of_another_thing_time_or_place_or_of_no_orders_do_not_count(unfit):
    assert reported_rate([unfit], "amazon.com", NOON, LIMIT) is None


def test_a_marketplace_id_is_known_by_its_domain():
    assert reported_rate([report(marketplace="ATVPDKIKX0DER")], "amazon.com", NOON, LIMIT).orders == 313


@pytest.mark.parametrize(
    ("facts", "why"),
    [({"reaches_back": False}, "reach back"), ({"fresh": False}, "too old"), ({"orders": 0}, "no seller-fulfilled")],
)
def test_a_rate_without_cover_is_unknown_and_says_why(facts, why):
    rate = counted_rate(**({"orders": 10, "cancelled": 1, "reaches_back": True, "fresh": True} | facts), limit=LIMIT)

    assert rate.now is None
    assert why in rate.why
    assert offered_plans(rate) == ("cancel-all", "legal-review")


def orders_losing(*losses):
    return [affected(line(f"O-{n}"), loss=loss) for n, loss in enumerate(losses)]


def test_the_costliest_are_cancelled_first_and_unknown_losses_last():
    orders = orders_losing(100, None, 900, 900)

    assert [order.order_id for order in costliest_first(orders)] == ["O-2", "O-3", "O-0", "O-1"]


def test_under_limit_fills_the_room_and_cancel_all_takes_all():
    orders = orders_losing(100, 500, 900)
    rate = CancellationRate(LIMIT, 100, 0)

    assert cancel_set("under-limit", orders, rate) == {"O-1", "O-2"}
    assert cancel_set("cancel-all", orders, rate) == {"O-0", "O-1", "O-2"}


def test_honouring_costs_what_still_stands():
    half_gone = affected(line(), cancelled(line(line_key="MUG-1#1")), loss=700)

    assert half_gone.loss == 700


def test_under_limit_keeps_what_it_has_chosen_and_fills_the_room_that_is_left():
    orders = orders_losing(100, 500, 900, 700)
    rate = CancellationRate(LIMIT, 100, 0)

    assert cancel_set("under-limit", orders, rate, {"O-0"}) == {"O-0", "O-2"}
    assert cancel_set("under-limit", orders, rate, {"O-0", "O-1", "O-3", "gone since"}) == {"O-0", "O-1", "O-3"}
    assert cancel_set("under-limit", orders, CancellationRate(LIMIT), {"O-0"}) == {"O-0"}


@given(st.lists(st.integers(1, 10**6), max_size=40), st.integers(0, 30), st.integers(1, 900))
def test_under_limit_stays_under_and_loses_least(losses, cancelled, n):
    orders = orders_losing(*losses)
    rate = CancellationRate(LIMIT, n, min(cancelled, n))

    chosen = cancel_set("under-limit", orders, rate)

    if chosen:
        assert rate.after(len(chosen)) < LIMIT
    if len(chosen) < len(orders):
        assert rate.after(len(chosen) + 1) >= LIMIT
    kept = [order.loss for order in orders if order.order_id not in chosen]
    assert min((o.loss for o in orders if o.order_id in chosen), default=10**9) >= max(kept, default=0)


def test_a_share_is_written_to_six_places_half_to_even():
    assert [share_text(Fraction(*pair)) for pair in ((3, 313), (1, 1), (5, 10_000_000), (15, 10_000_000))] == [
        "0.009585", "1.000000", "0.000000", "0.000002",
    ]  # fmt: skip
