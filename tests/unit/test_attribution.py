"""One cause a line: ids matched by id and name, revisions by time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from promofuse.facts import Offer, OrderLine, OrderStatus, Promotion, PromotionKind
from promofuse.pricing.attribution import PromotionBook, sold_at_stated_price

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def promotion(promotion_id, percent=10, **settings):
    settings.setdefault("seen_at", NOON)
    return Promotion(promotion_id=promotion_id, percent_off=Fraction(percent), **settings)


def line(*ids, at=NOON + HOUR, sku="MUG"):
    return OrderLine(
        order_id="1", line_key="1", sku=sku, quantity=2, currency="USD",
        ordered_at=at, seen_at=at, item_price=5000, promotion_ids=ids,
    )  # fmt: skip


def test_first_revision_counts_from_the_earlier_of_seen_and_start():
    first = promotion("A", starts_at=NOON - HOUR)
    book = PromotionBook([first])

    assert book.revision("A", NOON - HOUR) is first
    assert book.revision("A", NOON - HOUR - timedelta(seconds=1)) is None
    assert PromotionBook([promotion("A", starts_at=NOON + HOUR)]).revision("A", NOON) is not None


def test_later_revision_counts_from_its_seen_at_whatever_its_start():
    first, second = promotion("A"), promotion("A", 90, seen_at=NOON + HOUR, starts_at=NOON - HOUR)
    book = PromotionBook([second, first])

    assert book.revision("A", NOON + HOUR - timedelta(seconds=1)) is first
    assert book.revision("A", NOON + HOUR) is second
    assert book.revision("B", NOON) is None
    assert book.revisions("A") == (first, second)


def test_same_seen_at_the_later_row_counts():
    book = PromotionBook([promotion("A", 10), promotion("A", 20)])

    assert book.revision("A", NOON) == promotion("A", 20)


def test_a_name_matches_and_an_id_wins_over_a_name():
    book = PromotionBook([promotion("A", name="Spring sale"), promotion("Spring sale")])

    assert book.resolve(["Spring sale"], NOON) == ("Spring sale",)
    assert PromotionBook([promotion("A", name="Spring  sale")]).resolve([" Spring sale"], NOON) == ("A",)


@pytest.mark.parametrize(
    "raw", [["Buy 2", " save 10%, today"], ["Buy 2", "save 10%", "today"], ["Buy 2, save 10%, today"]]
)
def test_a_name_with_commas_is_joined_again(raw):
    book = PromotionBook([promotion("A", name="Buy 2, save 10%, today"), promotion("B", name="Buy 2")])

    assert book.resolve(["X", *raw, "B"], NOON) == ("X", "A", "B")


def test_of_several_with_a_name_the_live_one_then_the_lowest_id():
    past = promotion("A", name="Sale", ends_at=NOON)
    book = PromotionBook([past, promotion("C", name="Sale"), promotion("B", name="Sale")])

    assert book.resolve(["Sale"], NOON) == ("B",)
    assert PromotionBook([past, promotion("B", name="Sale", status="ended")]).resolve(["Sale"], NOON) == ("A",)


def test_the_largest_planned_discount_on_the_sku_is_the_cause():
    book = PromotionBook(
        [promotion("A", 5), promotion("B", 30), promotion("C", 60, skus=("OTHER",)), promotion("D", 30)]
    )

    assert book.cause(line("A", "C", "D", "B"), None) == "B"


def test_amounts_compare_with_percents_at_the_price():
    fixed = Promotion(promotion_id="F", seen_at=NOON, fixed_price=Fraction(15), currency="USD")
    book = PromotionBook([promotion("A", 35), fixed])

    assert book.cause(line("A", "F"), Offer(sku="MUG", currency="USD", price=Fraction(30))) == "F"
    assert book.cause(line("A", "F"), Offer(sku="MUG", currency="USD", price=Fraction(20))) == "A"
    assert book.cause(line("A", "F"), None) == "F"  # 5000 for two: 25.00 each


def test_an_unknown_discount_ranks_below_a_known_one():
    book = PromotionBook([Promotion(promotion_id="A", seen_at=NOON), promotion("B", 1)])

    assert book.cause(line("A", "B"), None) == "B"
    assert book.cause(line("A"), None) == "A"


def test_ids_without_record_are_a_cause_only_alone():
    book = PromotionBook([promotion("P")])

    assert book.cause(line("A-unknown", "P"), None) == "P"
    assert book.cause(line("Z-unknown", "A-unknown"), None) == "A-unknown"
    assert book.cause(line(), None) is None


def test_shipping_promotions_are_no_cause():
    book = PromotionBook([promotion("S", 100, level="shipping"), promotion("P", 1)])

    assert book.cause(line("S", "P"), None) == "P"
    assert book.cause(line("S"), None) is None
    assert book.cause(line("S", "A-unknown"), None) is None


def test_a_line_before_the_first_record_is_still_that_promotions_line():
    book = PromotionBook([promotion("A", 20), promotion("B", 10)])

    assert book.cause(line("B", at=NOON - HOUR), None) == "B"
    assert book.cause(line("A", "B", at=NOON - HOUR), None) == "A"


def test_when_a_revision_begins_to_count():
    first = promotion("A", starts_at=NOON - HOUR)
    later = promotion("A", 90, seen_at=NOON + HOUR, starts_at=NOON - 2 * HOUR)
    book = PromotionBook([first, later])

    assert book.effective_from(first) == NOON - HOUR
    assert book.effective_from(later) == NOON + HOUR
    assert book.effective_from(promotion("A")) == NOON
    assert book.effective_from(promotion("B", starts_at=NOON - HOUR)) == NOON - HOUR
    assert book.effective_from(promotion("B")) == NOON
    assert PromotionBook([promotion("A")]).revision("A", NOON - HOUR) is None
    assert "A" in book
    assert "B" not in book


def test_a_line_mentions_a_promotion_by_its_id_or_by_a_name_with_commas():
    book = PromotionBook([promotion("A", name="Buy 2, save 10%, today"), promotion("B", name="Sale")])

    assert book.mentions(["X", "A"], "A")
    assert not book.mentions(["X"], "A")
    assert book.mentions(["X", "Buy 2", "save 10%", "today"], "A")
    assert book.mentions(["Buy 2, save 10%, today", "X"], "A")
    assert not book.mentions(["Buy 2", "save 10%"], "A")
    assert not book.mentions(["Sale"], "A")
    assert book.mentions(["Buy 2", "Sale", "X"], "B")
    assert not book.mentions([], "A")
    assert PromotionBook().mentions(["A", "B"], "B")


def sale(promotion_id="S", price="25", **settings):
    return promotion(
        promotion_id, **{"kind": PromotionKind.SALE_PRICE, "fixed_price": Fraction(price), "skus": ("MUG",)} | settings
    )


def sold(paid, at=NOON + HOUR, sku="MUG", discount=0, **settings):
    """Two units for `paid` cents in all, without any promotion id."""
    return OrderLine(
        order_id="1", line_key="1", sku=sku, quantity=2, currency="USD", ordered_at=at, seen_at=at,
        item_price=paid, item_discount=discount, **settings,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "line", "at_stated_price"),
    [
        ({}, sold(5000), True),
        ({}, sold(4000), True),
        ({}, sold(5002), True),  # a minor unit a unit
        ({}, sold(5003), False),
        ({}, sold(6000, discount=1000), True),
        ({}, sold(None), False),
        ({}, sold(5000, sku="CUP"), False),
        ({"kind": PromotionKind.DEAL}, sold(5000), True),
        ({"kind": PromotionKind.FIXED_PRICE}, sold(5000), True),
        ({"kind": PromotionKind.FIXED_PRICE, "program": "business_price"}, sold(5000), True),
        ({"kind": PromotionKind.FIXED_PRICE}, sold(5003), False),
        ({"code": "TEN"}, sold(5000), False),  # its order would name it
        ({"level": "shipping"}, sold(5000), False),
        ({"level": "order"}, sold(5000), False),
        ({"status": "ended"}, sold(5000), False),
        ({"fixed_price": None}, sold(5000), False),
        ({"currency": "EUR"}, sold(5000), False),
        ({"starts_at": NOON + HOUR}, sold(5000), True),
        ({"starts_at": NOON + 2 * HOUR}, sold(5000), False),
        ({"ends_at": NOON + HOUR}, sold(5000), False),
        ({"ends_at": NOON + 2 * HOUR}, sold(5000), True),
        ({"starts_at": NOON, "ends_at": NOON + 2 * HOUR}, sold(5000), True),
    ],
)
def test_what_was_sold_at_a_stated_price(settings, line, at_stated_price):
    assert sold_at_stated_price(sale(**settings), line) is at_stated_price


def test_a_line_without_ids_is_put_down_to_the_price_that_it_was_sold_at():
    deal = sale("ALL", "10", skus=("*",), kind=PromotionKind.DEAL)
    book = PromotionBook([sale("T"), sale("S"), sale("C", skus=("CUP",)), deal])

    assert book.inferred_cause(sold(5000)) == "S"
    assert book.inferred_cause(sold(2000)) == "ALL"
    assert book.inferred_cause(sold(5000, sku="CUP")) == "C"
    assert book.inferred_cause(sold(6000)) is None
    assert book.inferred_cause(sold(5000, promotion_ids=("X",))) is None
    assert book.inferred_cause(sold(5000, at=NOON - HOUR)) is None
    assert PromotionBook([promotion("A")]).inferred_cause(sold(5000)) is None


def test_without_a_catalogue_price_the_price_on_the_line_compares():
    """25.00 a unit: 5.00 off are 20 %."""
    amount = Promotion(promotion_id="A", seen_at=NOON, amount_off=Fraction(5))
    book = PromotionBook([amount, promotion("B", 19), promotion("C", 21)])

    assert book.cause(line("A", "B"), None) == "A"
    assert book.cause(line("A", "C"), None) == "C"
    assert book.cause(line("A", "B"), Offer(sku="MUG", currency="USD")) == "A"
    listed = Offer(sku="MUG", currency="USD", list_price=Fraction(50))
    assert book.cause(line("A", "B"), listed) == "B"
    assert book.cause(line("A", "B"), Offer(sku="MUG", currency="USD", price=Fraction(20))) == "A"
    free = OrderLine(
        order_id="1", line_key="1", sku="MUG", quantity=0, currency="USD", ordered_at=NOON, seen_at=NOON,
        item_price=0, promotion_ids=("A", "B"),
    )  # fmt: skip
    assert book.cause(free, None) == "B"
    assert book.cause(free, Offer(sku="MUG", currency="USD", price=Fraction(20))) == "A"


def test_a_promotion_on_other_skus_is_the_last_to_be_put_down_to():
    elsewhere, unknown = promotion("A", 50, skus=("CUP",)), Promotion(promotion_id="B", seen_at=NOON)

    assert PromotionBook([elsewhere, unknown]).cause(line("A", "B"), None) == "B"
    assert PromotionBook([elsewhere, promotion("C", 0)]).cause(line("A", "C"), None) == "C"
    assert PromotionBook([elsewhere]).cause(line("A"), None) == "A"


def test_among_promotions_of_one_name_only_those_live_at_that_minute_count():
    scheduled = promotion("A", name="Sale", starts_at=NOON + HOUR)
    running = promotion("B", name="Sale", ends_at=NOON + 2 * HOUR)
    book = PromotionBook([scheduled, running])

    assert book.resolve(["Sale"], NOON) == ("B",)
    assert book.resolve(["Sale"], NOON + HOUR) == ("A",)  # from its start on both are, and the lowest id counts
    assert book.resolve(["Sale"], NOON + 2 * HOUR) == ("A",)
    assert PromotionBook([promotion("A", name="Sale", ends_at=NOON + HOUR), promotion("B", name="Sale")]).resolve(
        ["Sale"], NOON + HOUR
    ) == ("B",)


def test_a_name_that_is_on_record_only_later_still_names_its_promotion():
    book = PromotionBook([promotion("A", name="Sale"), promotion("B", name="Sale", starts_at=NOON - 2 * HOUR)])

    assert book.resolve(["Sale"], NOON - HOUR) == ("B",)  # A is not known to be live yet
    assert PromotionBook([promotion("A", name="Sale")]).resolve(["Sale"], NOON - HOUR) == ("A",)


def test_the_revision_in_force_ranks_not_the_first_one():
    book = PromotionBook([promotion("A", 50), promotion("A", 5, seen_at=NOON + HOUR), promotion("B", 20)])

    assert book.cause(line("A", "B", at=NOON), None) == "A"
    assert book.cause(line("A", "B", at=NOON + HOUR), None) == "B"


def test_a_line_without_a_price_ranks_what_can_be_ranked():
    fixed = Promotion(promotion_id="F", seen_at=NOON, fixed_price=Fraction(1), currency="USD")
    pending = replace(line("A", "F"), item_price=None, status=OrderStatus.PENDING)

    assert PromotionBook([promotion("A", 1), fixed]).cause(pending, None) == "A"


def test_a_short_name_is_mentioned_and_a_blank_one_is_none():
    book = PromotionBook([promotion("A", name="Sale"), promotion("B", name="  ")])

    assert book.mentions(["X", "Sale"], "A")
    assert not book.mentions(["", " "], "B")
    assert book.resolve([" ", "Sale"], NOON) == ("A",)
