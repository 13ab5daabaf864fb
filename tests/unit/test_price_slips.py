"""Wrong prices that no promotion names: what speaks, what stays silent, and what a dismissal does."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from promofuse.facts import Offer, OrderLine, Promotion, PromotionKind
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook
from promofuse.velocity.settings import WatchSettings
from promofuse.velocity.watch import ShopWatch
from promofuse.verdicts import AlarmKind

START = datetime(2027, 5, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LAMP = Offer(sku="LAMP", currency="USD", price=Fraction(40), unit_cost=Fraction(20), fee_rate=Fraction(1, 10))
VASE = replace(LAMP, sku="VASE")


def line(number, at, paid, sku="LAMP", **fields):
    told = {"seen_at": at, "item_price": paid, "currency": "USD", "quantity": 1} | fields
    return OrderLine(order_id=f"O{number}", line_key="1", sku=sku, ordered_at=at, **told)


class Shop:
    """A week of a lamp and a vase every four hours at the full price, then what a test sells."""

    def __init__(self, *offers, promotions=(), price=4000):
        self.costs = CostBook(offers or (LAMP, VASE), "")
        self.watch = ShopWatch("us", self.costs, PromotionBook(promotions), WatchSettings())
        self.count = 0
        for hour in range(0, 168, 4):
            for sku in ("LAMP", "VASE"):
                assert self.sell(START - 7 * DAY + hour * 60 * MINUTE, price, sku=sku) == []

    def sell(self, at, paid, **fields):
        self.count += 1
        return self.watch.see_order([line(self.count, at, paid, **fields)])

    def night(self, paid, orders=12, every=6 * MINUTE, **fields):
        return [alarm for n in range(orders) for alarm in self.sell(START + n * every, paid, **fields)]


def test_a_penny_speaks_with_its_sku_at_the_first_order_and_again_as_a_spike():
    one, spike = Shop().night(1)

    assert (one.kind, one.promotion_id, one.sku, one.about) == (AlarmKind.ORDER, "", "LAMP", "LAMP")
    assert one.since == START
    assert one.message == (
        "LAMP, no promotion named: 1 order at $0.01 a unit; the catalogue's price is $40.00; losing $20 on it."
    )
    assert (spike.kind, spike.sku) == (AlarmKind.SPIKE, "LAMP")
    assert "orders paid below the catalogue's price; losing" in spike.message


def test_a_quarter_of_the_price_speaks_after_some_orders():
    (alarm,) = Shop().night(1000)

    assert alarm.kind is AlarmKind.SPIKE
    assert 2 <= alarm.orders <= 4
    assert alarm.lost == alarm.orders * 1100  # 10.00 paid, 1.00 fee, 20.00 cost


@pytest.mark.parametrize(
    ("offer", "paid", "fields"),
    [
        (LAMP, 1400, {}),  # loses 7.40, at 35 % of the price: a clearance
        (LAMP, 0, {}),  # a replacement or a sample
        (LAMP, None, {}),  # pending
        (LAMP, 1, {"replaces_order_id": "O1"}),
        (LAMP, 1, {"currency": "EUR"}),
        (replace(LAMP, unit_cost=Fraction(8)), 1000, {}),  # earns
        (replace(LAMP, unit_cost=None), 1, {}),
        (replace(LAMP, price=None), 1, {}),
        (replace(LAMP, price=Fraction(10)), 1000, {}),  # loses money at its own price: the check says that
    ],
)
def test_what_is_no_slip_is_silent(offer, paid, fields):
    assert Shop(offer, VASE).night(paid, **fields) == []


def test_the_list_price_stands_in_where_the_catalogue_has_no_price():
    shop = Shop(replace(LAMP, price=None, list_price=Fraction(40)), VASE)

    assert [alarm.kind for alarm in shop.night(1)] == [AlarmKind.ORDER, AlarmKind.SPIKE]


def test_a_promotion_that_states_the_price_is_the_cause():
    sale = Promotion(
        promotion_id="SALE", seen_at=START, kind=PromotionKind.FIXED_PRICE, skus=("LAMP",), fixed_price=Fraction(1)
    )

    assert {alarm.about for alarm in Shop(promotions=[sale]).night(100)} == {"SALE"}


def test_two_skus_of_one_order_are_two_causes():
    at = START + DAY
    order = [line(900, at, 1), replace(line(900, at, 1, sku="VASE"), line_key="2")]

    assert [alarm.sku for alarm in Shop().watch.see_order(order)] == ["LAMP", "VASE"]


def test_a_price_that_a_person_called_meant_is_silent_and_a_much_lower_one_is_not():
    shop = Shop()
    assert shop.night(1000)
    shop.watch.dismiss("", START + DAY, "LAMP")

    assert shop.watch.knows_dismissal("", START + DAY, "LAMP")
    assert [a for n in range(30) for a in shop.sell(START + 2 * DAY + n * MINUTE, 1000)] == []
    assert shop.sell(START + 3 * DAY, 1)


def test_a_restart_changes_nothing():
    whole, before = Shop(), Shop()
    for shop in (whole, before):
        shop.night(1000)
        shop.watch.dismiss("", START + DAY, "VASE")
    after = Shop()
    after.count = before.count
    after.watch = ShopWatch("us", before.costs, PromotionBook(), WatchSettings())
    after.watch.restore(json.loads(json.dumps(before.watch.to_state())))
    rest = [(START + 2 * DAY + n * 7 * MINUTE, 1 + 100 * (n % 8)) for n in range(40)]

    assert [a for at, paid in rest for a in whole.sell(at, paid)] == [
        a for at, paid in rest for a in after.sell(at, paid)
    ]
    assert after.watch.to_state() == whole.watch.to_state()


def test_a_state_of_an_older_program_goes_on():
    state = Shop().watch.to_state()
    del state["slips"]
    shop = Shop()
    shop.watch.restore(state)

    assert shop.night(1)
