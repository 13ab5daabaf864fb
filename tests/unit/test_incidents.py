from datetime import timedelta
from fractions import Fraction

from builders import NOON, line, offer, promotion
from promofuse.facts import PromotionKind
from promofuse.incidents import Cause, faulty_since, find_affected
from promofuse.pricing.attribution import PromotionBook
from promofuse.pricing.margin import CostBook

COSTS = CostBook([offer(), offer("CUP")], "amazon")
CAUSE = Cause("P-1")
HOUR = timedelta(hours=1)


def find(lines, *, promotions=None, costs=COSTS, since=NOON - 6 * HOUR, cause=CAUSE):
    orders = {}
    for one in lines:
        orders.setdefault(one.order_id, []).append(one)
    book = PromotionBook([promotion()] if promotions is None else promotions)
    return find_affected(cause, orders, book, costs, since, NOON)


def test_loss_making_lines_of_the_cause_are_affected_oldest_first():
    found = find([line("O-2", minutes=5), line("O-1", minutes=1), line("O-3", item_discount=0)])

    assert [order.order_id for order in found] == ["O-1", "O-2"]
    assert found[0].loss == Fraction(1000 - 400 + 60)


def test_lines_before_the_start_and_after_now_are_not():
    assert find([line("O-1", ordered_at=NOON - 7 * HOUR), line("O-2", ordered_at=NOON + HOUR)]) == ()


def test_a_profitable_line_of_an_affected_order_stays_innocent():
    (order,) = find([line(), line(line_key="CUP#0", sku="CUP", item_discount=0, promotion_ids=())])

    assert (len(order.lines), [a.line.sku for a in order.affected]) == (2, ["MUG-1"])


def test_unknown_costs_and_prices_count_with_the_loss_left_blank():
    found = find([line("O-1"), line("O-2", item_price=None)], costs=CostBook([], "amazon"))

    assert [order.loss for order in found] == [None, None]


def test_a_line_of_two_promotions_belongs_to_the_deeper_one():
    small = promotion("P-0", percent_off=Fraction(10))
    both = line(promotion_ids=("P-0", "P-1"))

    assert find([both], promotions=[small, promotion()])
    assert not find([both], promotions=[small, promotion()], cause=Cause("P-0"))


def test_ids_without_record_are_no_cause_beside_a_recorded_one():
    assert not find([line(promotion_ids=("Free Shipping", "P-1"))], cause=Cause("Free Shipping"))
    assert find([line(promotion_ids=("Unseen",))], cause=Cause("Unseen"), promotions=[])
    assert find([line(promotion_ids=("Also unseen", "Unseen"))], cause=Cause("Unseen"), promotions=[])


def test_a_sale_price_is_inferred_by_sku_time_and_price():
    sale = promotion(kind=PromotionKind.SALE_PRICE, percent_off=None, fixed_price=Fraction(4), ends_at=NOON - HOUR / 2)
    cheap = {"item_price": 400, "item_discount": 0, "promotion_ids": ()}
    lines = [
        line("O-1", **cheap),
        line("O-2", **cheap | {"item_price": 802, "quantity": 2}),
        line("O-3", **cheap | {"item_price": 450}),
        line("O-4", minutes=40, **cheap),
        line("O-5", **cheap | {"sku": "CUP"}),
    ]

    found = find(lines, promotions=[sale])

    assert [order.order_id for order in found] == ["O-1", "O-2"]
    assert all(a.inferred for order in found for a in order.affected)


def test_a_price_without_promotion_is_found_by_sku():
    found = find([line(promotion_ids=()), line("O-2")], cause=Cause(skus=("MUG-1",)))

    assert [order.order_id for order in found] == ["O-1"]
    assert (Cause(skus=("A", "B")).key, Cause("X").key) == ("price:A;B", "promotion:X")


class TestFaultySince:
    def since(self, *revisions, lines=(), costs=COSTS):
        return faulty_since(CAUSE, PromotionBook(revisions), costs, lines)

    def test_the_first_revision_counts_from_its_start_if_that_is_earlier(self):
        assert self.since(promotion(starts_at=NOON - 8 * HOUR)) == NOON - 8 * HOUR
        assert self.since(promotion(starts_at=NOON)) == NOON - 6 * HOUR

    def test_a_later_revision_counts_from_when_it_was_seen(self):
        sound = promotion(percent_off=Fraction(9), starts_at=NOON - 9 * HOUR)
        slip = promotion(seen_at=NOON - 2 * HOUR, starts_at=NOON - 9 * HOUR)

        assert self.since(sound, slip) == NOON - 2 * HOUR

    def test_the_first_loss_making_revision_counts_not_its_repetition_or_repair(self):
        again = promotion(seen_at=NOON - 4 * HOUR, status="active")
        repaired = promotion(seen_at=NOON - HOUR, percent_off=Fraction(9))

        assert self.since(promotion(), again, repaired) == NOON - 6 * HOUR

    def test_where_the_plan_cannot_be_priced_the_first_losing_line_tells_the_revision(self):
        unpriced = CostBook([offer(price=None)], "amazon")
        sound = promotion(percent_off=Fraction(9))
        slip = promotion(seen_at=NOON - 2 * HOUR)
        lines = [line("O-0", ordered_at=NOON - 5 * HOUR, item_discount=0), line("O-1")]

        assert self.since(sound, slip, lines=lines, costs=unpriced) == NOON - 2 * HOUR
        assert self.since(sound, slip, costs=unpriced) == NOON - 6 * HOUR

    def test_without_a_record_it_is_the_first_line(self):
        assert self.since(lines=[line("O-2"), line("O-1", minutes=-9)]) == NOON - HOUR - timedelta(minutes=9)
        assert self.since() is None
