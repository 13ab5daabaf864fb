"""What a record plans for a unit, what an order may lose, and what one order proves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.instants import micros, moment
from promofuse.pricing.margin import CostBook
from promofuse.velocity.budget import LossBudget
from promofuse.velocity.depth import DepthHabit
from promofuse.velocity.line_loss import WatchedUnit
from promofuse.velocity.one_order import judge_order
from promofuse.velocity.plans import covered_offers, plan_of, planned_unit
from promofuse.velocity.scan import Spike
from promofuse.velocity.wording import describe_bleed, describe_order, describe_spike, show_money

NOON = datetime(2027, 5, 4, 12, tzinfo=UTC)
MUG = Offer(
    sku="MUG", currency="USD", price=Fraction(20), unit_cost=Fraction(9), fee_rate=Fraction(1, 10),
    shipping_cost=Fraction(1),
)  # fmt: skip
LAMP = replace(MUG, sku="LAMP", price=None, list_price=Fraction(40), unit_cost=Fraction(15))
COSTS = CostBook([MUG, LAMP, replace(MUG, sku="FREE", unit_cost=None)], "amazon")
HALF = Promotion(promotion_id="P", seen_at=NOON, skus=("MUG",), percent_off=Fraction(50))


def plan(promotion, before=None, offers=(MUG,), habit=None):
    return plan_of(promotion, before, offers, COSTS, habit or DepthHabit(), NOON)


def test_a_unit_is_planned_in_minor_units():
    unit = planned_unit(HALF, MUG, COSTS)

    assert unit.price == 1000
    assert unit.loss == pytest.approx(-(1000 * 0.9 - 900 - 100))
    assert unit.cost == 1000


def test_what_the_seller_stated_to_intend_is_the_price_that_counts():
    slip = replace(HALF, percent_off=Fraction(75, 1), intended_percent_off=Fraction(15, 2))
    assert planned_unit(slip, MUG, COSTS).price == 1850
    assert planned_unit(replace(slip, intended_price=Fraction(19)), MUG, COSTS).price == 1900
    assert planned_unit(slip, MUG, COSTS).loss == pytest.approx(1000 - 500 * 0.9)


def test_without_record_price_or_cost_there_is_no_planned_price():
    assert planned_unit(None, MUG, COSTS).price is None
    assert planned_unit(HALF, replace(MUG, price=None), COSTS).price is None
    assert planned_unit(HALF, COSTS.offers["FREE", "USD"], COSTS) is None


def compiled(promotion, offer=MUG):
    return WatchedUnit.compiled(planned_unit(promotion, offer, COSTS), COSTS.costs(offer.sku, "USD"), 7)


def test_paid_as_a_share_of_the_plan():
    assert compiled(HALF).paid_share(1000, 2) == 0.5
    assert compiled(replace(HALF, percent_off=Fraction(100))).paid_share(1000, 2) == 1
    assert compiled(None).paid_share(1000, 2) is None


def test_the_loss_of_a_line_is_the_exact_one_of_its_contribution():
    for quantity, paid in ((1, 2000), (2, 777), (3, 0), (40, 12_345)):
        line = OrderLine(
            order_id="1", line_key="1", sku="MUG", quantity=quantity, currency="USD", ordered_at=NOON, seen_at=NOON,
            item_price=paid,
        )  # fmt: skip
        unit = compiled(HALF)
        assert Fraction(-unit.loss(paid, quantity), unit.scale) == COSTS.contribution(line, [line]).amount


def test_an_order_may_lose_what_is_planned_but_no_more_than_usual():
    unit = planned_unit(HALF, MUG, COSTS)  # loses 10 % of cost
    assert unit.allowed_loss(2, 0.3, many=False) == pytest.approx(200)
    assert unit.allowed_loss(2, 0.05, many=False) == pytest.approx(100)
    assert unit.allowed_loss(2, 0.3, many=True) == pytest.approx(600)
    assert planned_unit(None, MUG, COSTS).allowed_loss(1, 0.3, many=False) == pytest.approx(300)
    assert planned_unit(replace(HALF, percent_off=Fraction(1)), MUG, COSTS).allowed_loss(1, 0.3, many=False) == 0


def test_a_plan_has_depth_evidence_and_an_expected_loss():
    deep = plan(replace(HALF, percent_off=Fraction(90), expected_uplift=Fraction(3)))

    assert deep.depth == pytest.approx(0.82)
    assert deep.depth_evidence > 1.5
    assert 0 < deep.loss_per_order < 0.82 * 1000
    assert deep.declared_uplift == 3
    assert not deep.many
    assert plan(replace(HALF, percent_off=Fraction(5))).loss_per_order == 0


def test_a_stated_intention_is_no_evidence():
    assert plan(replace(HALF, percent_off=Fraction(90), intended_percent_off=Fraction(90))).depth_evidence == 0
    assert plan(replace(HALF, percent_off=Fraction(90), intended_percent_off=Fraction(9))).depth_evidence > 1.5


def test_a_deepening_edit_is_told_from_one_that_keeps_the_price():
    first = plan(replace(HALF, percent_off=Fraction(9)))
    assert plan(replace(HALF, percent_off=Fraction(90)), first).deepened
    assert not plan(replace(HALF, percent_off=Fraction(9)), first).deepened
    assert plan(replace(HALF, percent_off=Fraction(9)), first).same_as(first)
    assert not plan(replace(HALF, percent_off=Fraction(9), skus=("MUG", "LAMP")), first).same_as(first)


def test_a_plan_starts_when_the_promotion_does():
    scheduled = plan(replace(HALF, starts_at=NOON + timedelta(days=3)))
    assert (moment(scheduled.since), moment(scheduled.starts)) == (NOON, NOON + timedelta(days=3))
    assert plan(HALF, scheduled).starts == micros(NOON)


def test_nothing_is_known_of_a_plan_without_prices():
    unknown = plan(HALF, offers=())
    assert (unknown.depth, unknown.depth_evidence, unknown.loss_per_order) == (None, 0, 0)
    assert not unknown.same_as(unknown)


def test_a_wide_promotion_is_judged_by_evenly_chosen_offers():
    many = [replace(MUG, sku=f"S{number:04d}") for number in range(1000)]
    costs = CostBook(many, "amazon")
    assert len(covered_offers(replace(HALF, skus=("*",)), "USD", many, costs)) == 200
    assert covered_offers(replace(HALF, skus=("S0007", "GONE")), "USD", many, costs) == [many[7]]
    assert covered_offers(replace(HALF, skus=("GONE",)), "USD", many, costs) == []


def test_one_order_far_below_the_plan_is_enough():
    far = judge_order(paid=Fraction(99), planned=Fraction(2999), floor=None, stacked=1)
    assert far is not None
    assert far.score == pytest.approx(299.9 / 99)
    assert (
        describe_order(far, Fraction(1800), "USD") == "1 order at $0.99 a unit; the plan is $29.99; losing $18 on it."
    )
    assert judge_order(paid=Fraction(0), planned=Fraction(2999), floor=None, stacked=1).score == 100


@pytest.mark.parametrize(
    ("paid", "planned", "floor", "stacked"), [(300, 2999, None, 1), (99, None, None, 1), (700, 800, 900, 1)]
)
def test_one_order_that_may_be_meant_is_not(paid, planned, floor, stacked):
    planned = None if planned is None else Fraction(planned)
    floor = None if floor is None else Fraction(floor)
    assert judge_order(paid=Fraction(paid), planned=planned, floor=floor, stacked=stacked) is None


def test_a_stack_below_the_floor_is_enough():
    stack = judge_order(paid=Fraction(500), planned=Fraction(800), floor=Fraction(900), stacked=2)
    assert stack.score == 1.8
    assert describe_order(stack, Fraction(420), "EUR") == (
        "1 order at €5.00 a unit; 2 promotions together went below the floor of €9.00; losing €4.20 on it."
    )


def test_a_bleed_is_told_once_and_again_at_three_times_the_excess():
    budget = LossBudget()
    told = []
    for day in range(60):
        budget.spend(loss=30.0, allowed=5.0)
        if budget.overrun(200.0):
            told.append(day)
            budget.spoken()
    assert told == [7, 23]


def test_what_orders_earn_takes_the_excess_down():
    budget = LossBudget()
    for _ in range(100):
        budget.spend(loss=30.0, allowed=0.0)
        budget.spend(loss=-31.0, allowed=0.0)
    assert budget.excess == 0


def test_a_busy_loss_leader_needs_excess_of_half_of_what_it_may_lose():
    budget = LossBudget()
    for _ in range(100):
        budget.spend(loss=14.0, allowed=10.0)
    assert budget.excess == pytest.approx(400)
    assert not budget.overrun(150.0)
    budget.spend(loss=200.0, allowed=0.0)
    assert budget.overrun(150.0) == pytest.approx(4)
    assert LossBudget.from_state(budget.to_state()).to_state() == budget.to_state()


def test_words_for_a_spike():
    spike = Spike(
        score=11.0, window_orders=5, window_minutes=10, expected=0.52, loss_per_hour=11_580.0, below_plan=0,
        depth_evidence=0.0,
    )  # fmt: skip
    assert describe_spike(spike, Fraction(9712), 0.0, "USD") == (
        "5 loss-making orders in 10 min; expected at most 0.5; losing $1.93/min; $97 so far."
    )
    price = replace(spike, window_orders=1, below_plan=2, depth_evidence=4.0, expected=12.6)
    assert describe_spike(price, Fraction(912), 0.61, "CAD") == (
        "1 loss-making order in 10 min; expected at most 13; 2 orders paid below the recorded plan; the recorded price"
        " loses 61% of cost, more than this shop's promotions do; losing CAD 1.93/min; CAD 9.12 so far."
    )
    assert describe_spike(replace(price, window_orders=0, below_plan=0, depth_evidence=0.0), Fraction(1), 0, "USD") == (
        "losing $1.93/min; $0.01 so far."
    )


def test_words_for_a_bleed_and_for_money():
    assert describe_bleed(41, Fraction(24_010), 21_190.0, 3.2, "USD") == (
        "$212 lost beyond the plan in 3 days; 41 loss-making orders; $240 so far."
    )
    assert describe_bleed(1, Fraction(900), 900.0, 0.5, "JPY") == (
        "¥900 lost beyond the plan in 12 h; 1 loss-making order; ¥900 so far."
    )
    assert show_money(Fraction(1, 2), "USD") == "$0.00"
