"""What dismissed alarms change, what is asked at a change, how bad an alarm is."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from promofuse.facts import Promotion
from promofuse.instants import DAY
from promofuse.velocity.budget import LossBudget
from promofuse.velocity.feedback import Feedback
from promofuse.velocity.question import ask_about
from promofuse.velocity.scan import Plan
from promofuse.velocity.stake import judge_stake
from promofuse.verdicts import Severity

NOW = 1_800_000_000_000_000


def test_what_the_seller_bears_asks_for_nothing_more():
    feedback = Feedback(bearable=1.0)
    assert feedback.caution(NOW) == 0
    assert feedback.add("A", NOW)
    assert feedback.caution(NOW) == 0


def test_each_further_one_asks_for_more_fades_and_has_a_limit():
    feedback = Feedback(bearable=1.0)
    for number in range(3):
        assert feedback.add(f"P{number}", NOW)
    assert feedback.caution(NOW) == pytest.approx(1.4)
    assert feedback.caution(NOW + 30 * DAY) == pytest.approx(0.35)
    assert feedback.caution(NOW + 60 * DAY) == 0
    for number in range(40):
        feedback.add(f"Q{number}", NOW)
    assert feedback.caution(NOW) == 1.4


def test_a_dismissal_counts_once_also_after_a_restart():
    feedback = Feedback(bearable=0.5)
    assert feedback.add("A", NOW)
    assert not feedback.add("A", NOW)
    again = Feedback(bearable=0.5).restore(json.loads(json.dumps(feedback.to_state())))
    assert again.knows("A", NOW)
    assert not again.add("A", NOW)
    assert again.caution(NOW) == feedback.caution(NOW) > 0


def test_a_plan_far_deeper_than_the_shops_is_asked_about():
    promotion = Promotion(
        promotion_id="DEAL", name="May", seen_at=datetime(2027, 5, 3, tzinfo=UTC), percent_off=Fraction(95)
    )
    before = Plan(since=0, starts=0, depth=-0.3)
    deep = Plan(since=0, starts=0, depth=0.9, depth_evidence=5.0, usual_depth=0.15)

    asked = ask_about(promotion, deep, before)
    assert asked.message == (
        "DEAL is set to lose 90% of cost on each unit; until now it earned 30%; this shop's promotions lose 15%"
        " at most. Is it meant?"
    )
    assert (asked.depth, asked.before, asked.usual, asked.name) == (0.9, -0.3, 0.15, "May")
    assert "until now" not in ask_about(promotion, deep, None).message
    assert ask_about(promotion, replace(deep, depth_evidence=1.9), before) is None
    assert ask_about(promotion, replace(deep, depth=0.4, depth_evidence=3.9), before) is None
    assert ask_about(promotion, deep, deep) is None


def test_prices_lower_the_budget_of_a_bleed_and_dismissals_raise_it():
    budget = LossBudget()
    budget.spend(10_000, 0)
    assert budget.overrun(20_000) == 0
    assert budget.overrun(20_000, 3.0) > 1
    assert budget.overrun(9_000) > 1
    assert budget.overrun(9_000, -2.0) == 0


def test_a_night_at_this_pace_makes_the_severity():
    pace = {"loss_per_hour": 6000.0, "loss_per_unit": 1000.0, "units_per_hour": 6.0, "budget": 20_000.0}
    assert judge_stake(**pace, stock=None).severity is Severity.CRITICAL
    few = judge_stake(**pace, stock=3)
    assert (few.severity, few.money, few.sold_out_minutes) == (Severity.WARNING, 3000, 30)
    assert judge_stake(**pace, stock=1).severity is Severity.INFO
    assert judge_stake(**pace, stock=500).sold_out_minutes is None
