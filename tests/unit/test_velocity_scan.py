"""The spike detector on one promotion: when it speaks, how long it is silent, what a change does."""

import json
from dataclasses import replace

from promofuse.facts import Buyer
from promofuse.instants import DAY, HOUR, MINUTE
from promofuse.velocity.baseline import HourlyCurve
from promofuse.velocity.deviation import DeviationHabit
from promofuse.velocity.scan import Plan, PromotionScan, ScanSettings, Usual, WatchedLine

START = 1_800_000_000_000_000 // HOUR * HOUR
SLOW = HourlyCurve([0.1] * 168)  # orders an hour
SETTINGS = ScanSettings()
EARNS = Plan(since=START, starts=START, depth=-0.3)
USUAL = Usual(votes=DeviationHabit().votes(many=False), loss=2000.0, trifle=1000.0)  # minor units an hour


class Stream:
    """Feeds one promotion and notes when it speaks."""

    def __init__(self, plan=EARNS, curve=SLOW, usual=USUAL):
        self.usual = usual
        self.scan = PromotionScan(plan)
        self.curve = curve
        self.count = 0
        self.spikes = []

    def order(self, at, loss=1000, share=1.0, order_id=None, snooze=True, scale=1, buyer=0):
        self.count += 1
        line = WatchedLine(
            order_id=order_id or f"O{self.count}", sku_number=7, ordered_at=at, seen_at=at, paid_share=share,
            loss=loss, scale=scale, buyer=buyer,
        )  # fmt: skip
        spike = self.scan.see(line, self.curve, self.usual, SETTINGS)
        if spike and snooze:
            self.scan.snooze(at, spike, SETTINGS)
        self.spikes += [spike] if spike else []
        return spike

    def burst(self, at, orders, every=MINUTE, **line):
        return [spike for number in range(orders) if (spike := self.order(at + number * every, **line))]


def test_a_burst_of_losses_speaks_within_a_few_orders():
    stream = Stream()
    (spike,) = stream.burst(START + DAY, 12)

    assert 3 <= spike.window_orders <= 5
    assert spike.window_minutes in {2, 5}
    assert 0.3 < spike.expected < 0.4
    assert spike.score >= SETTINGS.threshold
    assert stream.scan.orders == 12
    assert stream.scan.lost == 12_000


def test_orders_that_earn_are_no_evidence():
    assert Stream().burst(START + DAY, 200, loss=-500) == []


def test_the_same_burst_where_it_is_usual_is_silent():
    assert Stream(curve=HourlyCurve([60.0] * 168)).burst(START + DAY, 12) == []


def test_without_a_baseline_counts_are_no_evidence():
    assert Stream(curve=None).burst(START + DAY, 30) == []


def test_small_change_is_not_worth_an_alarm_that_money_is():
    assert Stream().burst(START + DAY, 4, loss=10) == []
    assert Stream().burst(START + DAY, 4, loss=3000) != []


def test_lines_of_one_order_count_once():
    stream = Stream()
    assert stream.burst(START + DAY, 30, order_id="basket") == []
    assert stream.scan.orders == 1
    assert stream.scan.lost == 30_000


def test_two_orders_far_below_the_plan_are_enough_where_one_is_not():
    stream = Stream()
    assert stream.burst(START + DAY, 1, share=0.1, loss=4000) == []
    assert stream.burst(START + DAY + 4 * MINUTE, 3, every=4 * MINUTE, share=0.1, loss=4000) != []
    assert stream.spikes[0].below_plan >= 2


def test_a_few_orders_in_a_row_may_be_one_persons():
    stream = Stream()
    assert stream.burst(START + DAY, 3, share=0.5, loss=900) == []
    assert stream.scan.deviation.orders == 1


def test_orders_of_one_buyer_within_minutes_are_one_and_those_of_several_are_not():
    assert Stream().burst(START + DAY, 12)
    stream = Stream()
    assert stream.burst(START + DAY, 4, buyer=5) == []
    assert (stream.scan.counts.total, stream.scan.orders) == (1, 4)
    stream.order(START + DAY + 4 * MINUTE, buyer=6)
    stream.order(START + DAY + 20 * MINUTE, buyer=6)
    assert stream.scan.counts.total == 3


def test_one_buyer_who_does_not_stop_or_buys_at_an_unusual_price_is_news():
    greedy = Stream()
    greedy.burst(START + DAY, 9, buyer=5)
    assert greedy.scan.counts.total == 6

    typed = Stream(replace(EARNS, depth=0.9, depth_evidence=6.0))
    typed.burst(START + DAY, 3, buyer=5, snooze=False)
    assert typed.scan.counts.total == 3


def test_known_buyers_vote_on_the_price_however_close_together():
    stream = Stream()
    for second, buyer in enumerate((1, 2, 2, 3)):
        stream.order(START + DAY + second * MINUTE // 60, share=0.3, loss=900, buyer=buyer)
    assert stream.scan.deviation.orders == 3


def test_trifles_are_no_alarm_and_caution_asks_for_more():
    assert Stream().burst(START + DAY, 12, loss=30) == []

    careful = Stream(usual=USUAL._replace(caution=2.8))
    assert Stream().burst(START + DAY, 12)[0].window_orders < careful.burst(START + DAY, 12)[0].window_orders


def test_a_shop_that_is_busy_altogether_expects_more():
    busy = Stream(usual=USUAL._replace(level=3.0))
    (spike,) = busy.burst(START + DAY, 12)
    assert spike.expected > Stream().burst(START + DAY, 12)[0].expected


def test_a_plan_that_a_person_accepted_is_no_evidence_and_planned_in_full():
    deep = replace(EARNS, depth=0.5, depth_evidence=5.0, usual_depth=0.25, loss_per_order=300.0)
    accepted = deep.accepted()
    assert (accepted.depth_evidence, accepted.loss_per_order, accepted.usual_depth) == (0.0, 600.0, 0.5)
    assert replace(EARNS, depth_evidence=5.0).accepted() == EARNS


def test_lines_ordered_before_the_change_do_not_vote_on_the_new_price():
    stream = Stream(replace(EARNS, since=START + DAY))
    stream.burst(START + DAY - HOUR, 3, share=0.1)

    assert stream.scan.deviation.score == 0
    assert stream.scan.orders == 0


def test_a_plan_of_unusual_depth_speaks_sooner():
    deep = Stream(replace(EARNS, depth=0.8, depth_evidence=6.0))
    shallow = Stream()
    for stream in (deep, shallow):
        stream.burst(START + DAY, 12, every=10 * MINUTE)

    assert deep.spikes[0].window_orders < shallow.spikes[0].window_orders
    assert deep.spikes[0].depth_evidence == 6.0


def test_a_loss_leader_that_loses_as_planned_is_given_more_room():
    busy = HourlyCurve([4.0] * 168)
    planned = Stream(replace(EARNS, depth=0.1, loss_per_order=1000.0), curve=busy)
    unplanned = Stream(curve=busy)
    for stream in (planned, unplanned):
        stream.burst(START + DAY, 24, every=2 * MINUTE)

    assert planned.spikes == []
    assert unplanned.spikes != []


def test_an_alarm_snoozes_for_a_day_and_then_until_three_times_the_loss():
    stream = Stream()
    assert len(stream.burst(START, 60)) == 1
    assert stream.burst(START + DAY - HOUR, 30) == []
    assert stream.burst(START + DAY + HOUR, 5) == []
    assert stream.burst(START + DAY + 2 * HOUR, 5, loss=9000) != []


def test_without_snooze_it_keeps_speaking():
    assert len(Stream().burst(START, 12, snooze=False)) > 5


def test_a_change_rearms_and_counts_anew():
    stream = Stream()
    stream.burst(START, 20)
    stream.scan.change(replace(EARNS, since=START + HOUR, depth=0.2))

    assert not stream.scan.spoken
    assert (stream.scan.orders, stream.scan.lost) == (0, 0)
    assert stream.burst(START + HOUR, 8) != []


def test_a_revision_that_keeps_the_price_keeps_what_was_learnt():
    stream = Stream(curve=HourlyCurve([2.0] * 168))
    for hour in range(48):
        stream.order(START + hour * HOUR, loss=1)
    learnt = stream.scan.uplift(stream.curve, SETTINGS)
    stream.scan.change(replace(EARNS, since=START + 48 * HOUR, depth=EARNS.depth + 0.004))
    assert stream.scan.uplift(stream.curve, SETTINGS) == learnt < SETTINGS.uplift_most
    assert stream.scan.plan == EARNS
    assert not stream.scan.spoken

    stream.scan.change(replace(EARNS, since=START + 48 * HOUR, scope=1))
    assert stream.scan.uplift(stream.curve, SETTINGS) == SETTINGS.uplift_most


def test_a_declared_uplift_is_tolerated():
    declared = Stream(replace(EARNS, declared_uplift=40.0), curve=HourlyCurve([1.0] * 168))
    assert declared.scan.uplift(declared.curve, SETTINGS) == 60
    assert declared.burst(START, 20) == []
    assert Stream(curve=HourlyCurve([1.0] * 168)).burst(START, 20) != []


def test_the_state_is_small_exact_and_plain():
    stream = Stream(replace(EARNS, depth=0.123456789, depth_evidence=1.2345678901, loss_per_order=123.456789))
    for number in range(3000):
        share = 0.3 + number % 14 / 20
        stream.order(START + number * 47_000_001, loss=number + 1, scale=7, share=share, snooze=number % 2 > 0)
    text = json.dumps(stream.scan.to_state(), separators=(",", ":"))
    assert len(text) < 1700

    again = Stream()
    again.scan = PromotionScan.from_state(json.loads(text))
    again.count = stream.count
    for one in (stream, again):
        one.spikes = []
        one.burst(START + 5 * DAY, 40, share=0.4, loss=900_001, scale=3)
    assert again.spikes == stream.spikes != []
    assert again.scan.to_state() == stream.scan.to_state()


def test_the_number_of_a_buyer_tells_him_from_others_and_names_nobody():
    one = Buyer(order_id="1", email="Ann@x.example")
    assert (
        one.number
        == Buyer(order_id="2", email="ann@x.example").number
        != Buyer(order_id="3", email="b@x.example").number
    )
    assert 1 <= one.number <= 1 << 16
    assert Buyer(order_id="4", name="Ann").number == 0
