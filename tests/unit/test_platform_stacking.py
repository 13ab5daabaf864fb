"""What each platform lets combine: the rules that its engine or its documents state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from builders import NOON, offer, promotion
from promofuse.facts import PromotionKind
from promofuse.pricing.catalogue import worst_of
from promofuse.pricing.margin import costs_of
from promofuse.pricing.meeting import Base, Layer, Lock, PromotionFee
from promofuse.pricing.promotion_sets import PromotionSets
from promofuse.pricing.stacking import STACKING, read_pair, stacking_of, tune_stacking
from promofuse.pricing.worst_case import unit_contribution
from promofuse.verdicts import Confidence

HOUR = timedelta(hours=1)
COUPON, DEAL, SALE = PromotionKind.COUPON, PromotionKind.DEAL, PromotionKind.SALE_PRICE


def off(promotion_id, percent, **changes):
    return promotion(promotion_id, percent_off=Fraction(percent), **changes)


def stated(promotion_id, price, **changes):
    return promotion(promotion_id, **({"percent_off": None, "kind": SALE, "fixed_price": Fraction(price)} | changes))


def price(platform, base, *promotions):
    return PromotionSets(platform, NOON).worst_case(Fraction(base), "USD", promotions).price


@pytest.mark.parametrize(
    ("platform", "base", "promotions", "expected"),
    [
        # Measured on a running Vendure 3.7.2 and a running Medusa 2.21.2.
        ("vendure", 99, [off("A", 60), off("B", 60)], "0"),
        ("medusa", 99, [off("A", 60), off("B", 60)], "15.84"),
        ("vendure", 99, [off("A", 60), off("B", 20, level="order")], "31.68"),
        ("medusa", 99, [off("A", 60), off("B", 20, level="order")], "31.68"),
        # Published for Amazon.
        ("amazon", 30, [stated("LD", 25, kind=DEAL), off("C", 5, kind=COUPON)], "23.5"),
        ("amazon", 30, [off("A", 50, code="A", code_kind="group"), off("B", 50, code="B", code_kind="group")], "0"),
        # A coupon of WooCommerce is taken of the sale price, one of Amazon of the price before the deal.
        ("woocommerce", 100, [stated("S", 80), off("C", 50, code="C")], "40"),
        ("amazon", 100, [stated("S", 80), off("C", 50, kind=COUPON)], "30"),
        ("woocommerce", 100, [off("C", 30, code="C"), off("D", 30, code="D")], "40"),
        ("woocommerce", 100, [off("C", 60, code="C"), off("D", 20, code="D", level="order")], "20"),
        ("woocommerce", 100, [stated("S", 50), off("C", 60, code="C"), off("D", 20, level="order")], "10"),
        # Shopify: one product discount a line; order discounts each on the subtotal after it.
        ("shopify", 100, [off("A", 30), off("B", 20)], "70"),
        ("shopify", 100, [off("A", 30), off("B", 10, level="order"), off("C", 10, level="order")], "56"),
        ("shopify", 100, [stated("S", 80), off("A", 50)], "40"),
        # Saleor: the best catalogue promotion, then a voucher or the best order promotion.
        ("saleor", 100, [off("A", 30), off("B", 20)], "70"),
        ("saleor", 100, [off("A", 30), off("V", 50, code="V")], "35"),
        ("saleor", 100, [off("V", 20, code="V"), off("W", 10, level="order")], "80"),
        ("saleor", 100, [off("V", 20, code="V", level="order"), off("W", 10, level="order")], "80"),
        ("saleor", 100, [off("V", 20, level="order"), off("W", 10, level="order")], "80"),
        ("saleor", 100, [off("V", 20, code="V"), off("W", 10, code="W")], "80"),
        ("saleor", 100, [stated("S", 60), off("A", 50), off("V", 10, code="V", level="order")], "45"),
        ("saleor", 100, [stated("S", 60), off("W", 10, level="order")], "54"),
        ("saleor", 100, [off("A", 30), off("W", 10, level="order")], "63"),
        # Magento: each rule on what the ones before left; one coupon code a cart.
        ("magento", 100, [off("A", 50), off("B", 50)], "25"),
        ("magento", 100, [off("A", 50, code="A"), off("B", 40, code="B")], "50"),
        ("magento", 100, [off("A", 20, kind=COUPON, code="A"), off("B", 10, kind=COUPON, code="B")], "80"),
        ("magento", 100, [stated("S", 60), off("A", 50)], "30"),
        # Ozon: one action price; what else there is may lie on top.
        ("ozon", 100, [stated("A", 80), stated("B", 70)], "70"),
        ("ozon", 100, [stated("A", 80), off("V", 10, code="V")], "70"),
    ],
)
def test_worst_price(platform, base, promotions, expected):
    assert price(platform, base, *promotions) == Fraction(expected)


@pytest.mark.parametrize(
    ("platform", "one", "other", "together", "confidence"),
    [
        ("amazon", {"program": "subscribe_and_save"}, {"kind": COUPON}, True, Confidence.LOW),
        ("amazon", {"program": "subscribe_and_save"}, {"program": "subscribe_and_save"}, False, Confidence.MEDIUM),
        ("amazon", {"program": "prime_exclusive"}, {"kind": DEAL}, False, Confidence.MEDIUM),
        ("amazon", {"program": "business_price"}, {"code": "C"}, True, Confidence.MEDIUM),
        ("shopify", {}, {"level": "order"}, True, Confidence.LOW),
        ("shopify", {"kind": SALE}, {"code": "C"}, True, Confidence.HIGH),
        ("shopify", {"kind": SALE}, {"kind": SALE}, False, Confidence.HIGH),
        ("shopify", {"code": "A"}, {"code": "B"}, False, Confidence.HIGH),
        ("shopify", {"code": "A"}, {}, False, Confidence.HIGH),
        ("saleor", {"kind": SALE}, {"kind": SALE}, False, Confidence.HIGH),
        ("saleor", {"kind": SALE}, {}, False, Confidence.HIGH),
        ("saleor", {"level": "order"}, {"code": "V", "level": "order"}, False, Confidence.HIGH),
        ("saleor", {}, {"code": "V", "level": "order"}, True, Confidence.HIGH),
        ("saleor", {"kind": SALE}, {"code": "V"}, True, Confidence.HIGH),
        ("magento", {"kind": SALE}, {"kind": SALE}, False, Confidence.MEDIUM),
        ("magento", {}, {"code": "A"}, True, Confidence.HIGH),
        ("woocommerce", {"code": "A"}, {"code": "B"}, True, Confidence.HIGH),
        ("woocommerce", {"kind": SALE}, {"kind": SALE}, False, Confidence.HIGH),
        ("ozon", {}, {"code": "A"}, True, Confidence.LOW),
        ("ozon", {"kind": SALE}, {"program": "ozon_action"}, False, Confidence.MEDIUM),
    ],
)
def test_pairs(platform, one, other, together, confidence):
    for first, second in ((one, other), (other, one)):
        meeting = stacking_of(platform).meet(promotion("A", **first), promotion("B", **second))
        assert (meeting.together, meeting.confidence) == (together, confidence)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ({"combinability": "exclusive"}, {"combinability": "unrestricted"}, False),
        ({"combinability": "exclusive"}, {}, False),
        ({"combinability": "preferential"}, {"combinability": "preferential"}, False),
        ({"combinability": "preferential"}, {"combinability": "unrestricted"}, True),
        ({"combinability": "unrestricted"}, {"combinability": "unrestricted"}, True),
    ],
)
def test_codes_say_what_they_combine_with(one, other, together):
    meeting = stacking_of("amazon").meet(promotion("A", code="A", **one), promotion("B", code="B", **other))

    assert (meeting.together, meeting.confidence) == (together, Confidence.HIGH)


def test_a_code_of_unknown_combinability_may_combine_and_an_exclusive_one_still_does_without_codes():
    amazon = stacking_of("amazon")
    exclusive = promotion("A", code="A", combinability="exclusive")

    unknown = amazon.meet(promotion("A", code="A", combinability="preferential"), promotion("B", code="B"))
    assert (unknown.together, unknown.confidence) == (True, Confidence.LOW)
    assert amazon.meet(exclusive, promotion("B")).together
    assert amazon.meet(exclusive, promotion("B", kind=COUPON)).together
    assert stacking_of("woocommerce").meet(exclusive, promotion("S", kind=SALE)).together
    assert not stacking_of("woocommerce").meet(exclusive, promotion("B", kind=COUPON, code="B")).together


def test_shopifys_handshake_is_mutual_and_tags_let_item_discounts_share_a_line():
    shopify = stacking_of("shopify")
    item = {"combines_levels": ("order", "item")}

    def together(one, other):
        return shopify.meet(promotion("A", **one), promotion("B", **other)).together

    assert together(item, {"level": "order", "combines_levels": ("item",)})
    assert not together(item, {"level": "order", "combines_levels": ()})
    assert not together({"combines_levels": ("shipping",)}, {"level": "order", "combines_levels": ("item",)})
    assert not together(item, item)
    assert together(
        {**item, "tags": ("X",), "combines_tags": ("Y",)}, {**item, "tags": ("Y",), "combines_tags": ("X",)}
    )
    assert not together({**item, "tags": ("X",), "combines_tags": ("Y",)}, {**item, "tags": ("Y",)})
    assert together({"combines_levels": ()}, {"kind": SALE})
    sure = shopify.meet(promotion("A", **item), promotion("B", level="order", combines_levels=("item",)))
    half = shopify.meet(promotion("A", **item), promotion("B", level="order"))
    assert (sure.confidence, half.confidence) == (Confidence.HIGH, Confidence.LOW)


def test_a_rule_stops_those_of_a_later_priority():
    first, second = off("A", 50, priority=1, stops_others=True), off("B", 40, priority=2)

    assert price("magento", 100, first, second) == 50
    assert price("magento", 100, first, off("B", 40, priority=0)) == 30
    assert price("magento", 100, first, off("B", 40, priority=1)) == 30
    assert price("magento", 100, first, off("B", 40)) == 30
    assert price("magento", 100, off("A", 50, stops_others=True), second) == 30
    assert price("magento", 100, off("A", 50, priority=1), second) == 30


def test_the_order_of_priorities_counts_where_the_platform_has_one():
    ten = promotion("A", percent_off=None, amount_off=Fraction(10), priority=0)

    assert price("magento", 100, ten, off("B", 50, priority=1)) == 45
    assert price("magento", 100, ten, off("B", 50)) == 40
    assert price("medusa", 100, ten, off("B", 50, priority=1)) == 40
    on_order = {"level": "order"}
    ten_off = promotion("A", percent_off=None, amount_off=Fraction(10), priority=0, **on_order)
    assert price("vendure", 100, ten_off, off("B", 50, priority=1, **on_order)) == 45


def test_the_order_in_which_two_are_named_does_not_matter():
    vendure, amazon = stacking_of("vendure"), stacking_of("amazon")
    skips, sale = promotion("A", excludes_discounted=True), promotion("B", kind=SALE)
    stops, later = promotion("A", priority=1, stops_others=True), promotion("B", priority=2)
    exclusive, free = promotion("A", code="A", combinability="exclusive"), promotion("B")

    for one, other in ((skips, sale), (sale, skips), (stops, later), (later, stops)):
        assert not vendure.meet(one, other).together
    assert amazon.meet(exclusive, free).together
    assert amazon.meet(free, exclusive).together
    assert vendure.meet(skips, promotion("C")).together
    assert not amazon.meet(promotion("A", combinability="exclusive"), promotion("B", code="B")).together


def test_a_program_has_a_lock_and_a_fee_of_its_own():
    known = stacking_of("amazon")
    fee = PromotionFee(since=date(2026, 1, 1), rate=Fraction(1, 10), source="a test")
    lock = Lock(before=HOUR, source="a test")
    table = replace(known, locks={**known.locks, "big_coupon": lock}, fees={**known.fees, "big_coupon": (fee,)})
    big = promotion(kind=COUPON, program="big_coupon", starts_at=NOON + 9 * HOUR)

    assert table.editable_until(big, NOON) == NOON + 8 * HOUR
    assert table.usual_fee(big) == fee
    assert (fee.per_redemption, fee.currency) == (0, "")


def test_groups_segments_and_sale_prices_keep_promotions_apart():
    assert price("vendure", 100, off("A", 50, group="g"), off("B", 40, group="g")) == 50
    assert price("vendure", 100, off("A", 50, group="g"), off("B", 40, group="h")) == 10
    assert price("vendure", 100, off("A", 50, segments=("new_customer",)), off("B", 40, segments=("prime",))) == 10
    assert (
        price("vendure", 100, off("A", 50, segments=("new_customer",)), off("B", 40, segments=("returning_customer",)))
        == 50
    )
    full = off("A", 30, excludes_discounted=True)
    assert price("woocommerce", 100, stated("S", 80), full) == 70
    assert price("woocommerce", 100, stated("S", 60), full) == 60
    assert price("vendure", 100, off("A", 50, combines=("none",)), off("B", 40)) == 50


def test_a_shop_knows_better_than_the_table():
    amazon = stacking_of("amazon")
    codes = [off("A", 50, code="A"), off("B", 40, code="B")]
    tuned = tune_stacking(
        amazon, item=Base.RUNNING, together=[read_pair("price+price")], apart=[read_pair("code + code")]
    )

    assert price("amazon", 100, *codes) == 10
    assert PromotionSets("amazon", NOON, tuned).worst_case(Fraction(100), "USD", codes).price == 50
    assert not tuned.meet(*codes).together
    assert tuned.meet(*codes).confidence is Confidence.HIGH
    assert tuned.meet(promotion("A", kind=SALE), promotion("B", kind=DEAL)).together
    assert (tuned.item, tuned.order, tuned.holds_floor) == (Base.RUNNING, Base.ORIGINAL, False)
    assert tuned.meet(promotion("A"), promotion("B")).confidence is Confidence.HIGH
    assert tune_stacking(amazon, order=Base.STAGE, holds_floor=True).holds_floor
    assert tune_stacking(tune_stacking(amazon, holds_floor=True)).holds_floor
    assert tune_stacking(amazon) == amazon
    assert read_pair("automatic:order + code") == {(Layer.AUTOMATIC, "order"), Layer.CODE}
    assert tune_stacking(amazon, order=Base.STAGE).order is Base.STAGE


def test_every_table_says_how_it_is_known():
    for table in STACKING.values():
        meetings = [table.otherwise, *table.meetings.values()]
        assert table.as_of >= date(2026, 11, 22)
        assert all(meeting.source for meeting in meetings)
        assert all(lock.source for lock in table.locks.values())
        assert all(fee.source for fees in table.fees.values() for fee in fees)


def test_until_when_a_scheduled_promotion_can_be_edited():
    amazon, starts = stacking_of("amazon"), NOON + 48 * HOUR

    def until(table, **changes):
        return table.editable_until(promotion(starts_at=starts, **changes), NOON)

    assert until(amazon, kind=COUPON) == starts - 6 * HOUR
    assert until(amazon, kind=DEAL) == starts - 25 * HOUR
    assert until(amazon, code="A") == starts
    assert until(amazon, kind=COUPON, locks_at=NOON + HOUR) == NOON + HOUR
    assert until(amazon, locks_at=starts + HOUR) == starts
    assert until(stacking_of("ozon"), locks_at=NOON - HOUR) == NOON - HOUR
    assert until(stacking_of("shopify"), kind=COUPON) == starts
    assert amazon.lock(promotion(kind=COUPON)).confidence is Confidence.MEDIUM
    assert amazon.lock(promotion()) is None


def test_a_coupon_that_does_not_say_what_it_costs_pays_the_fee_of_its_time():
    mug = offer()
    costs = costs_of(mug, "amazon")

    def left(platform="amazon", **changes):
        worst, contribution = worst_of(PromotionSets(platform, NOON), mug, costs, (off("C", 50, **changes),))
        assert contribution == unit_contribution(worst, costs)
        return contribution, worst.assumed_fees

    before = {"starts_at": NOON - 300 * 24 * HOUR}
    assert left(kind=COUPON) == (20 - 3 - 10 - Fraction("0.5"), True)
    assert left(kind=COUPON, **before) == (20 - 3 - 10 - Fraction("0.6"), True)
    assert left(kind=COUPON, min_quantity=2, **before)[0] == 20 - 3 - 10 - Fraction("0.3")
    first_day = {"starts_at": datetime(2025, 6, 2, tzinfo=UTC)}
    last_day = {"starts_at": datetime(2025, 6, 1, 23, tzinfo=UTC)}
    assert left(kind=COUPON, **first_day)[0] == Fraction("6.5")
    assert left(kind=COUPON, **last_day)[0] == Fraction("6.4")
    assert left(kind=DEAL, **first_day)[0] == Fraction("6.8")
    assert left(kind=DEAL, **last_day)[0] == 7
    assert left(kind=DEAL) == (20 - 3 - 10 - Fraction("0.2"), True)
    assert left(kind=DEAL, **before) == (7, False)
    assert left(kind=COUPON, fee_rate=Fraction(0)) == (7, False)
    assert left(kind=COUPON, fee_fixed=Fraction(1)) == (6, False)
    assert left() == (7, False)
    assert left("vendure", kind=COUPON) == (7, False)
    assert left(kind=COUPON, program="reorder_coupon") == (Fraction("6.5"), True)
