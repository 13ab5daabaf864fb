from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, affected, cancelled, line
from promofuse.facts import AccountHealth
from promofuse.response.case import share_text
from promofuse.response.health import CancellationRate, counted_rate, reported_rate
from promofuse.response.penalties import penalties_of
from promofuse.response.plan import (
    Prices,
    bill,
    cancel_set,
    choose,
    costliest_first,
    offered_plans,
    suggested_plan,
)
from promofuse.response.triage import Decision

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
    assert [share_text(Fraction(*pair)) for pair in ((-1, 4), (-5, 4), (-3, 1), (-1, 10**9))] == [
        "-0.250000", "-1.250000", "-3.000000", "0.000000",
    ]  # fmt: skip


PRICED = Prices(currency="USD", breach=Fraction(5000))


@pytest.mark.parametrize(
    ("prices", "known"),
    [
        (Prices(), False),
        (Prices(currency="USD"), False),
        (Prices(breach=Fraction(1)), False),
        (PRICED, True),
        (Prices(currency="RUB", penalties=penalties_of("ozon"), index=CancellationRate(LIMIT)), False),
        (Prices(currency="RUB", penalties=penalties_of("ozon"), index=CancellationRate(LIMIT, 100, 1)), True),
    ],
)
def test_least_cost_is_offered_where_crossing_the_limit_has_a_price(prices, known):
    rate = CancellationRate(LIMIT, 100, 0)

    assert ("least-cost" in offered_plans(rate, prices)) is known
    assert "least-cost" not in offered_plans(CancellationRate(LIMIT), prices)


def test_least_cost_crosses_the_limit_only_where_that_is_cheaper():
    orders = orders_losing(900, 800, 700, 600)
    rate = CancellationRate(LIMIT, 100, 0)  # room for 2

    assert cancel_set("least-cost", orders, rate, prices=Prices(currency="USD", breach=Fraction(1301))) == {
        "O-0",
        "O-1",
    }
    assert len(cancel_set("least-cost", orders, rate, prices=Prices(currency="USD", breach=Fraction(1299)))) == 4


def test_where_the_limit_is_crossed_already_that_costs_nothing_more():
    orders = orders_losing(10, 20, 30)

    assert len(cancel_set("least-cost", orders, CancellationRate(LIMIT, 21, 2), prices=PRICED)) == 3


def test_unknown_losses_and_gains_are_never_cancelled_for_the_least_cost():
    orders = orders_losing(None, -50, 70)

    assert cancel_set("least-cost", orders, CancellationRate(LIMIT, 1000, 0), prices=PRICED) == {"O-2"}


def test_least_cost_without_a_rate_or_prices_keeps_what_it_had_chosen():
    orders = orders_losing(10, 20)

    assert cancel_set("least-cost", orders, CancellationRate(LIMIT), {"O-0"}, prices=PRICED) == {"O-0"}
    assert cancel_set("least-cost", orders, CancellationRate(LIMIT, 100, 0), {"O-0"}) == {"O-0"}


def test_under_legal_review_only_orders_whose_buyers_were_told_are_cancelled():
    assert cancel_set("legal-review", orders_losing(10, 20), CancellationRate(LIMIT, 100, 0), {"O-1"}) == {"O-1"}


def test_what_persons_cancel_takes_up_room():
    orders = orders_losing(900, 800, 700, 600)
    rate = CancellationRate(LIMIT, 100, 0)
    said = {"O-3": Decision.CANCEL, "O-0": Decision.HONOUR}

    assert choose("under-limit", orders, rate, said) == {"O-1"}
    assert choose("under-limit", orders, rate, {}) == {"O-0", "O-1"}


def test_at_equal_loss_groups_bought_in_quantity_come_first_and_single_units_last():
    orders = [
        affected(line("O-1"), loss=500),
        affected(line("O-2", quantity=4), loss=500),
        affected(line("O-3"), loss=500),
        affected(line("O-4"), loss=501),
    ]

    assert [o.order_id for o in costliest_first(orders, {"O-3"})] == ["O-4", "O-3", "O-2", "O-1"]


def test_ozons_bands_weigh_the_fee_against_the_loss():
    orders = [affected(line(f"O-{n}", item_price=100_000, item_discount=0), loss=2000) for n in range(5)]
    index = CancellationRate(Fraction(4, 100), 100, 2)
    prices = Prices(currency="RUB", penalties=penalties_of("ozon"), index=index)

    # Two more stay within 4 %; from the third on each costs 3 % of 1,000 roubles, more than the loss of 20.
    assert len(cancel_set("least-cost", orders, index, prices=prices)) == 2
    costs = bill(orders, [], index, prices)
    assert (costs.fees, costs.total, costs.blocks) == (15_000, 15_000, False)


def test_a_fee_stops_at_its_cap_in_its_own_currency():
    dear = [affected(line(item_price=90_000_000, item_discount=0), loss=1)]
    index = CancellationRate(Fraction(4, 100), 10, 9)
    prices = Prices(currency="RUB", penalties=penalties_of("ozon"), index=index)

    assert bill(dear, [], index, prices).fees == 150_000
    assert bill(dear, [], index, replace(prices, currency="USD")).fees == 8_100_000
    assert bill(dear, [], index, prices).blocks


@pytest.mark.parametrize(("lawyer", "plan"), [(True, "legal-review"), (False, "cancel-all")])
def test_the_plan_an_incident_opens_with(lawyer, plan):
    assert suggested_plan("cancel-all", legal_review=lawyer) == plan
