"""The watch over a shop: which tripwire speaks, for which promotion, in which words."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from promofuse.facts import Offer, OrderLine, Promotion, PromotionKind
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.velocity.scan import ScanSettings
from promofuse.velocity.settings import WatchSettings
from promofuse.velocity.watch import ShopWatch
from promofuse.verdicts import AlarmKind, Severity

START = datetime(2027, 5, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
MUG = Offer(sku="MUG", currency="USD", price=Fraction(20), unit_cost=Fraction(9), fee_rate=Fraction(1, 10))
BOWL = replace(MUG, sku="BOWL", floor_price=Fraction(8))
EURO = replace(MUG, currency="EUR")
TEN = Promotion(promotion_id="TEN", seen_at=START, skus=("MUG",), percent_off=Fraction(10))


class Shop:
    """A watch with a week of quiet history: MUG and BOWL each sell every four hours."""

    def __init__(self, *promotions, settings=None, days=7):
        self.watch = ShopWatch(
            "us", CostBook([MUG, BOWL, EURO], "amazon"), PromotionBook(), settings or WatchSettings()
        )
        self.count = 0
        for hour in range(0, 24 * days, 4):
            for sku in ("MUG", "BOWL"):
                assert self.sell(START - days * DAY + hour * HOUR, percent=0, ids=(), sku=sku) == []
        for promotion in promotions:
            self.watch.see_promotion(promotion)

    def line(self, at, percent, ids=("TEN",), sku="MUG", **fields):
        self.count += 1
        fields = {"order_id": f"O{self.count}", "quantity": 1, "currency": "USD", "seen_at": at} | fields
        price = 2000 * fields["quantity"]
        return OrderLine(
            line_key=str(self.count), sku=sku, ordered_at=at, item_price=price, item_discount=price * percent // 100,
            promotion_ids=ids, **fields,
        )  # fmt: skip

    def sell(self, at, percent, ids=("TEN",), sku="MUG", **fields):
        return self.watch.see_order([self.line(at, percent, ids, sku, **fields)])


def test_a_spike_speaks_with_its_promotion_and_money():
    shop = Shop(TEN)
    alarms = [a for n in range(6) for a in shop.sell(START + DAY + n * HOUR / 30, percent=80)]

    (alarm,) = alarms
    assert (alarm.kind, alarm.shop, alarm.promotion_id, alarm.currency) == (AlarmKind.SPIKE, "us", "TEN", "USD")
    assert alarm.at == START + DAY + (alarm.orders - 1) * HOUR / 30
    assert alarm.since == START
    assert alarm.lost == alarm.orders * 540  # 4.00 paid, 0.40 fee, 9.00 cost
    assert alarm.orders <= 4
    assert alarm.below_plan >= 2
    assert alarm.message.startswith(f"{alarm.window_orders} loss-making orders in ")
    assert alarm.score >= 9.7


def test_one_order_for_next_to_nothing_speaks_at_once_and_once_a_day():
    shop = Shop(TEN)
    (alarm,) = shop.sell(START + HOUR, percent=99)
    assert (alarm.kind, alarm.orders, alarm.lost) == (AlarmKind.ORDER, 1, 882)
    assert alarm.message == "1 order at $0.20 a unit; the plan is $18.00; losing $8.82 on it."

    assert [a.kind for a in shop.sell(START + 2 * HOUR, percent=99)] != [AlarmKind.ORDER]


def test_an_order_from_before_the_revision_proves_nothing_about_it():
    give_away = replace(TEN, percent_off=Fraction(99), intended_percent_off=Fraction(99))
    shop = Shop(give_away, replace(TEN, seen_at=START + HOUR))

    assert shop.sell(START + HOUR / 2, percent=99, seen_at=START + 2 * HOUR) == []


def test_one_order_that_loses_a_trifle_is_no_alarm():
    careful = Shop(TEN, settings=WatchSettings(loss_budget=Fraction(360)))  # $18 an hour, $9 in half an hour
    assert careful.sell(START + HOUR, percent=99) == []
    assert [a.kind for a in Shop(TEN).sell(START + HOUR, percent=99)] == [AlarmKind.ORDER]


@pytest.mark.parametrize("shipping", [Fraction(0), Fraction("3.335")])
def test_a_line_among_others_loses_what_its_contribution_says(shipping):
    lamp = replace(MUG, sku="LAMP", unit_cost=Fraction("9.125"), shipping_cost=shipping, min_fee=Fraction(3))
    costs = CostBook([MUG, lamp, EURO], "amazon")
    watch, sales = ShopWatch("us", costs, PromotionBook([TEN]), WatchSettings()), []
    watch.watcher = sales.append
    lines = [
        OrderLine(
            order_id="1", line_key=str(n), sku=sku, quantity=n + 1, currency=currency, ordered_at=START + HOUR,
            seen_at=START + HOUR, item_price=777 * (n + 1), promotion_ids=ids,
        )
        for n, (sku, currency, ids) in enumerate(
            [("MUG", "USD", ("TEN",)), ("LAMP", "USD", ("TEN",)), ("MUG", "EUR", ("TEN",)), ("LAMP", "USD", ())]
        )
    ]  # fmt: skip
    watch.see_order(lines)

    assert [sale.line for sale in sales] == lines[:3]
    for sale in sales:
        assert Fraction(-sale.loss, sale.scale) == costs.contribution(sale.line, lines).amount


def test_a_stack_below_the_sellers_floor_speaks_at_once():
    promotions = [replace(TEN, promotion_id=p, skus=("BOWL",), percent_off=Fraction(35)) for p in ("A", "B")]
    shop = Shop(*promotions)
    assert shop.sell(START + HOUR, percent=65, ids=("A",), sku="BOWL") == []

    (alarm,) = shop.sell(START + 2 * HOUR, percent=65, ids=("A", "B"), sku="BOWL")

    assert alarm.kind is AlarmKind.ORDER
    assert "2 promotions together went below the floor of $8.00" in alarm.message


def test_a_slow_bleed_speaks_when_its_budget_is_gone():
    typed_wrong = replace(TEN, percent_off=Fraction(75))
    shop = Shop(typed_wrong, settings=WatchSettings(loss_budget=Fraction(50)))
    alarms = [a for day in range(1, 60) for a in shop.sell(START + day * DAY, percent=75)]

    (alarm,) = alarms
    assert alarm.kind is AlarmKind.BLEED
    assert alarm.lost == alarm.orders * 450
    assert alarm.at == START + alarm.orders * DAY
    assert 50_00 < alarm.lost < 150_00
    assert alarm.message.endswith(
        f" in {alarm.orders} days; {alarm.orders} loss-making orders; ${alarm.lost // 100} so far."
    )


def test_healthy_promotions_are_silent():
    shop = Shop(TEN)
    assert [a for n in range(200) for a in shop.sell(START + n * HOUR / 10, percent=10)] == []


def test_a_promotion_without_record_is_judged_by_counts_alone():
    shop = Shop()
    alarms = [a for n in range(12) for a in shop.sell(START + n * HOUR / 60, percent=95, ids=("GHOST",))]

    (alarm,) = alarms
    assert alarm.kind is AlarmKind.SPIKE
    assert alarm.promotion_id == "GHOST"
    assert alarm.since == START
    assert (alarm.below_plan, alarm.planned_depth) == (0, 0)


def test_each_sku_seen_once_says_nothing_about_a_promotion_without_record():
    offers = [replace(MUG, sku=f"S{n}") for n in range(70)]
    watch = ShopWatch("us", CostBook(offers, ""), PromotionBook(), WatchSettings())
    shop = Shop()
    shop.watch = watch
    for hour in range(200):
        shop.sell(START + hour * HOUR, percent=0, ids=(), sku=f"S{hour % 70}")
    at = START + 201 * HOUR

    assert [a for n in range(20) for a in shop.sell(at + n * HOUR / 60, percent=80, ids=("GHOST",), sku=f"S{n}")] == []


def test_a_record_that_comes_later_is_taken_up():
    shop = Shop()
    shop.sell(START, percent=80)
    shop.watch.see_promotion(replace(TEN, seen_at=START + HOUR))
    (alarm,) = shop.sell(START + 2 * HOUR, percent=95)

    assert (alarm.kind, alarm.since) == (AlarmKind.ORDER, START + HOUR)


def test_a_sale_price_without_ids_is_found_by_sku_time_and_price():
    slip = Promotion(
        promotion_id="SALE", seen_at=START, kind=PromotionKind.SALE_PRICE, skus=("MUG",), fixed_price=Fraction(1),
        currency="USD", intended_price=Fraction(15),
    )  # fmt: skip
    shop = Shop(slip)

    assert shop.sell(START + HOUR, percent=50, ids=()) == []
    (alarm,) = shop.sell(START + HOUR, percent=95, ids=())
    assert (alarm.promotion_id, alarm.kind) == ("SALE", AlarmKind.ORDER)


def test_what_cannot_be_priced_is_left_out():
    shop = Shop(TEN)
    for n in range(20):
        at = START + n * HOUR / 60
        assert shop.watch.see_order([replace(shop.line(at, 99), item_price=None)]) == []
        assert shop.watch.see_order([shop.line(at, 99, sku="NO-COST")]) == []
        assert shop.watch.see_order([shop.line(at, 99, currency="GBP")]) == []
        assert shop.watch.see_order([shop.line(at, 99, replaces_order_id="O1")]) == []


def test_two_currencies_are_two_streams():
    shop = Shop(TEN)
    (dollars,) = shop.sell(START + HOUR, percent=99)
    (euros,) = shop.sell(START + HOUR, percent=99, currency="EUR")

    assert (dollars.currency, dollars.lost, euros.currency, euros.lost) == ("USD", 882, "EUR", 882)


def test_lines_of_one_order_share_its_shipping():
    offers = [replace(MUG, shipping_cost=Fraction(4)), replace(BOWL, shipping_cost=Fraction(4))]
    shop = Shop()
    shop.watch = ShopWatch("us", CostBook(offers, ""), PromotionBook([TEN]), WatchSettings())
    lines = [shop.line(START, 50), shop.line(START, 0, ids=(), sku="BOWL")]

    assert shop.watch.see_order([replace(line, order_id="BOTH") for line in lines]) == []
    ((_, _, state),) = shop.watch.to_state()["watched"]
    assert state["scan"]["lost"] == "200"  # 10.00 paid, 1.00 fee, 9.00 cost, 2.00 of the shipping


def test_history_teaches_but_does_not_speak_and_does_not_snooze():
    shop = Shop(TEN)
    for n in range(8):
        line = shop.line(START + HOUR + n * HOUR / 30, 80)
        assert shop.watch.see_order([line], history=True) == []

    (alarm,) = shop.sell(START + HOUR + 9 * HOUR / 30, percent=80)
    assert alarm.orders == 9


def test_a_row_that_repeats_the_record_changes_nothing():
    shop = Shop(TEN)
    first = [a for n in range(6) for a in shop.sell(START + DAY + n * HOUR / 30, percent=80)]
    shop.watch.see_promotion(replace(TEN, seen_at=START + 2 * DAY))
    again = [a for n in range(6) for a in shop.sell(START + DAY + HOUR + n * HOUR / 30, percent=80)]
    assert (len(first), again) == (1, [])

    shop.watch.see_promotion(replace(TEN, seen_at=START + 2 * DAY, name="looked at"))
    assert [a for n in range(6) for a in shop.sell(START + 2 * DAY + n * HOUR / 30, percent=80)] != []


def test_false_alarms_allowed_set_the_threshold():
    assert WatchSettings.allowing(1.0, Fraction(200)) == WatchSettings()
    assert WatchSettings.allowing(0.1, Fraction(200)).scan.threshold == pytest.approx(
        ScanSettings().threshold + 2.3, abs=0.01
    )


def test_promotions_without_orders_are_forgotten():
    shop = Shop(TEN)
    shop.sell(START + HOUR, percent=10)
    for day in range(1, 17):
        shop.sell(START + day * DAY, percent=0, ids=())

    assert shop.watch.to_state()["watched"] == []


def test_the_state_is_plain_json():
    shop = Shop(TEN)
    shop.sell(START + HOUR, percent=80)
    shop.sell(START + HOUR, percent=80, ids=("GHOST",))
    state = shop.watch.to_state()

    assert json.loads(json.dumps(state)) == state


SLIP = replace(TEN, seen_at=START + HOUR, percent_off=Fraction(95))


def test_a_revision_far_deeper_than_the_shops_is_asked_about_at_once():
    shop = Shop(TEN)
    question = shop.watch.see_promotion(SLIP)

    assert question.promotion_id == "TEN"
    assert question.depth == pytest.approx(0.9)
    assert question.before < 0
    assert shop.watch.see_promotion(replace(SLIP, seen_at=START + 2 * HOUR, name="looked at")) is None
    assert shop.watch.see_promotion(replace(TEN, seen_at=START + 3 * HOUR)) is None


def test_a_promotion_that_is_intended_is_not_asked_about_and_may_lose_what_it_plans():
    def sold(settings):
        shop = Shop(settings=settings)
        assert (shop.watch.see_promotion(SLIP) is None) == bool(settings.intended)
        return [a for n in range(40) for a in shop.sell(START + 2 * HOUR + n * 4 * HOUR, percent=95)]

    assert sold(WatchSettings())
    assert sold(WatchSettings(intended=frozenset({"TEN"}))) == []


def test_a_dismissed_alarm_is_not_raised_again_and_makes_its_plan_a_habit():
    shop = Shop(TEN, SLIP)
    (alarm, *_) = [a for n in range(6) for a in shop.sell(START + DAY + n * HOUR / 30, percent=95)]
    shop.watch.dismiss("TEN", alarm.at + HOUR)
    again = [a for n in range(60) for a in shop.sell(START + 3 * DAY + n * 4 * HOUR, percent=95)]
    assert again == []

    state = json.loads(json.dumps(shop.watch.to_state()))
    assert shop.watch.knows_dismissal("TEN", alarm.at + HOUR)
    shop.watch.dismiss("TEN", alarm.at + HOUR)
    assert json.loads(json.dumps(shop.watch.to_state())) == state


def test_an_alarm_says_how_bad_it_is_and_when_the_stock_is_gone():
    shop = Shop()
    few = replace(MUG, stock=10)
    shop.watch = ShopWatch("us", CostBook([few], ""), PromotionBook([TEN]), WatchSettings())
    (alarm,) = shop.sell(START + HOUR, percent=99)
    assert alarm.severity is Severity.WARNING  # 10 mugs, less than 200.00
    assert 0 < alarm.sold_out_minutes < 8 * 60
