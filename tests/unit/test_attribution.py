"""One cause a line: ids matched by id and name, revisions by time."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from promofuse.facts import Offer, OrderLine, Promotion
from promofuse.pricing.attribution import PromotionBook

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
