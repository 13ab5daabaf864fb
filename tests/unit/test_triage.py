from dataclasses import replace
from datetime import timedelta

import pytest

from builders import NOON, affected, by_marketplace, cancelled, line
from promofuse.facts import Buyer, CancelledBy, ItemDetail, OrderStatus, fill_blanks
from promofuse.response.cancel_files import amazon_flat_file, cancellations, choose_trial, plain_file
from promofuse.response.plan import KEPT
from promofuse.response.triage import Decision, Missing, Reason, bulk_groups, decide, match_item_codes

BUYER = Buyer(order_id="O-1", email="b1@marketplace.amazon.com", name="Ann")


def item(line_id="77", **changes):
    known = {"order_id": "O-1", "sku": "MUG-1", "quantity": 1, "currency": "USD", "item_price": 4000}
    return ItemDetail(line_id=line_id, **(known | changes))


def decided(order, details=(item(),), buyer=BUYER, cancel=("O-1",), by_person=None):
    return decide(order, details, buyer, cancel, by_person or {})


PENDING = line(status=OrderStatus.PENDING)
ASKED = line(cancel_requested_by_buyer=True)
SHIPPED = line(status=OrderStatus.SHIPPED)


@pytest.mark.parametrize(
    ("order", "decision", "reason"),
    [
        (affected(line()), Decision.CANCEL, Reason.PRICING_ERROR),
        (affected(PENDING), Decision.WAIT, Reason.PAYMENT_PENDING),
        (affected(by_marketplace(line())), Decision.REQUEST, Reason.BY_MARKETPLACE),
        (affected(by_marketplace(PENDING)), Decision.REQUEST, Reason.BY_MARKETPLACE),
        (affected(by_marketplace(ASKED)), Decision.REQUEST, Reason.BY_MARKETPLACE),
        (affected(ASKED), Decision.BUYER_REQUESTED, Reason.BUYER_ASKED),
        (affected(replace(ASKED, status=OrderStatus.PENDING)), Decision.BUYER_REQUESTED, Reason.BUYER_ASKED),
        (affected(SHIPPED), Decision.TOO_LATE, Reason.SHIPPED),
        (affected(by_marketplace(SHIPPED)), Decision.TOO_LATE, Reason.SHIPPED),
        (affected(line(status=OrderStatus.PARTIALLY_SHIPPED)), Decision.TOO_LATE, Reason.PART_SHIPPED),
        (affected(line(quantity=3, quantity_shipped=1)), Decision.TOO_LATE, Reason.PART_SHIPPED),
        (affected(line(), innocent=(replace(SHIPPED, sku="CUP"),)), Decision.TOO_LATE, Reason.PART_SHIPPED),
        (affected(cancelled(line())), Decision.GONE, Reason.CANCELLED),
        (affected(cancelled(by_marketplace(line()))), Decision.GONE, Reason.CANCELLED),
        (affected(line(), cancelled(line(line_key="MUG-1#1"))), Decision.CANCEL, Reason.PRICING_ERROR),
        (affected(line(replaces_order_id="O-0")), Decision.HONOUR, Reason.REPLACEMENT),
        (affected(line(replaces_order_id="O-0", status=OrderStatus.PENDING)), Decision.WAIT, Reason.PAYMENT_PENDING),
        (affected(replace(ASKED, replaces_order_id="O-0")), Decision.BUYER_REQUESTED, Reason.BUYER_ASKED),
    ],
)
def test_the_state_of_an_order_decides(order, decision, reason):
    outcome = decided(order)

    assert (outcome.decision, outcome.reason) == (decision, reason)


def test_what_the_plan_leaves_out_is_honoured_and_a_person_overrules_the_plan():
    assert decided(affected(line()), cancel=()).decision is Decision.HONOUR
    overruled = decided(affected(line()), by_person={"O-1": Decision.HONOUR})
    assert (overruled.decision, overruled.reason) == (Decision.HONOUR, Reason.PERSON)


def test_a_person_cannot_cancel_what_has_shipped():
    assert decided(affected(SHIPPED), by_person={"O-1": Decision.CANCEL}).decision is Decision.TOO_LATE


def test_a_replacement_is_shipped_whatever_plan_or_person_says():
    replacement = affected(line(replaces_order_id="O-0"))
    assert decided(replacement, by_person={"O-1": Decision.CANCEL}).reason is Reason.REPLACEMENT


def test_under_legal_review_an_order_waits_unless_a_person_decides():
    held = decide(affected(line()), (), BUYER, (), {}, kept=KEPT["legal-review"])
    assert (held.decision, held.reason, held.missing) == (Decision.WAIT, Reason.LEGAL_REVIEW, ())
    said = decide(affected(line()), (), BUYER, (), {"O-1": Decision.CANCEL}, kept=KEPT["legal-review"])
    assert said.decision is Decision.CANCEL


def test_the_ship_by_date_is_the_earliest_of_lines_that_stand():
    early, late = line(ship_by=NOON), line(line_key="MUG-1#1", ship_by=NOON + timedelta(days=2))
    assert decided(affected(early, late)).ship_by == NOON
    assert decided(affected(cancelled(early), late)).ship_by == late.ship_by
    assert decided(affected(line())).ship_by is None


class TestBulkGroups:
    def groups(self, *sold, buyers=None):
        orders = [affected(line(order_id, quantity=quantity)) for order_id, quantity in sold]
        return bulk_groups(orders, buyers or {}, many_orders=3, many_units=10)

    def test_many_orders_or_many_units_of_one_address_are_a_group(self):
        alias = {f"A-{n}": Buyer(order_id=f"A-{n}", email="One@post.example".swapcase()) for n in range(3)}
        two = {f"B-{n}": Buyer(order_id=f"B-{n}", email="two@post.example") for n in range(2)}
        sold = [("A-0", 1), ("A-1", 1), ("A-2", 1), ("B-0", 6), ("B-1", 4), ("C", 9)]
        assert self.groups(*sold, buyers=alias | two) == {
            "B-0": "bulk-1", "B-1": "bulk-1", "A-0": "bulk-2", "A-1": "bulk-2", "A-2": "bulk-2",
        }  # fmt: skip

    def test_without_an_address_an_order_stands_for_itself(self):
        assert self.groups(("A", 1), ("B", 1), ("C", 1), ("D", 12)) == {"D": "bulk-1"}


def test_the_buyers_wish_in_the_second_report_counts():
    assert (
        decided(affected(line()), details=[item(cancel_requested_by_buyer=True)]).decision is Decision.BUYER_REQUESTED
    )


CUP = line(sku="CUP", line_key="CUP#0", promotion_ids=())


@pytest.mark.parametrize(
    ("order", "details"),
    [
        (affected(line(), innocent=(replace(CUP, cancel_requested_by_buyer=True),)), [item()]),
        (affected(line(), innocent=(CUP,)), [item(), item("78", sku="CUP", cancel_requested_by_buyer=True)]),
    ],
)
def test_a_wish_about_another_item_gives_the_touched_one_no_false_reason(order, details):
    outcome = decided(order, details=details)

    assert (outcome.decision, outcome.buyer_asked, outcome.asked_elsewhere) == (Decision.CANCEL, False, True)
    assert outcome.kind == "part-cancellation"
    (row,) = cancellations([outcome], "PricingError", blank_codes=False)
    assert (row.item_code, row.reason) == ("77", "PricingError")


def test_a_wish_that_may_be_about_the_touched_item_counts():
    twin = replace(line(promotion_ids=()), line_key="MUG-1#1")
    order = affected(line(), innocent=(twin,))

    outcome = decided(order, details=[item(), item("78", cancel_requested_by_buyer=True)])

    assert (outcome.decision, outcome.buyer_asked) == (Decision.BUYER_REQUESTED, True)
    unlisted = [item(), item("79", sku="OTHER", cancel_requested_by_buyer=True)]  # no line of ours that it could be
    assert decided(affected(line()), details=unlisted).buyer_asked


def test_a_missing_address_and_a_missing_code_are_named():
    assert decided(affected(line()), details=(), buyer=None).missing == (Missing.ADDRESS, Missing.ITEM_CODE)


@pytest.mark.parametrize(("order_id", "code"), [("Ö-1", "77"), ("O 1", "77"), ("O-1", "7\t7"), ("O-1\n", "77")])
def test_an_id_that_would_break_an_ascii_file_is_named_and_stays_out(order_id, code):
    order = affected(line(order_id))
    details = [replace(item(code), order_id=order_id)]

    named = decide(order, details, BUYER, [order_id], {}, ascii_ids=True)

    assert named.missing == (Missing.BAD_ID,)
    assert cancellations([named], "PricingError", blank_codes=True) == []
    assert decide(order, details, BUYER, [order_id], {}).missing == ()


def test_who_cancelled_is_the_buyer_where_he_asked():
    gone = affected(cancelled(line()))
    assert decided(gone, details=[item(cancel_requested_by_buyer=True)]).cancelled_by == "buyer"
    assert decided(gone).cancelled_by == "unknown"
    assert decided(affected(cancelled(line(), CancelledBy.SELLER))).cancelled_by == "seller"
    assert decided(affected(line())).cancelled_by == ""


def test_an_innocent_line_makes_it_a_part_cancellation():
    cup = line(sku="CUP", line_key="CUP#0", promotion_ids=())
    assert decided(affected(line(), innocent=(cup,))).kind == "part-cancellation"
    assert decided(affected(line(), innocent=(cancelled(cup),))).kind == "cancellation"


class TestItemCodes:
    def test_a_code_of_the_lines_own_wins(self):
        assert match_item_codes(affected(line(line_id="11")), [item()]) == ({"MUG-1#0": "11"}, frozenset())

    def test_lines_of_one_sku_meet_by_quantity_and_price(self):
        touched = line(quantity=2, item_price=8000)
        innocent = line(line_key="MUG-1#1", promotion_ids=())
        codes, ambiguous = match_item_codes(
            affected(touched, innocent=(innocent,)), [item("1"), item("2", quantity=2, item_price=8000)]
        )
        assert (codes, ambiguous) == ({"MUG-1#0": "2", "MUG-1#1": "1"}, frozenset())

    def test_twins_that_share_one_fate_share_the_codes(self):
        twins = affected(line(), line(line_key="MUG-1#1"))
        codes, ambiguous = match_item_codes(twins, [item("2"), item("1")])
        assert (sorted(codes.values()), ambiguous) == (["1", "2"], frozenset())

    def test_twins_of_different_fate_are_ambiguous(self):
        twins = affected(line(), innocent=(line(line_key="MUG-1#1", promotion_ids=()),))
        codes, ambiguous = match_item_codes(twins, [item("2"), item("1")])
        assert (codes, ambiguous) == ({}, {"MUG-1#0", "MUG-1#1"})
        assert decided(twins, details=[item("2"), item("1")]).missing == (Missing.AMBIGUOUS_CODE,)

    def test_a_line_too_few_in_the_second_report_is_ambiguous(self):
        twins = affected(line(), line(line_key="MUG-1#1"))
        assert match_item_codes(twins, [item("1")])[1] == {"MUG-1#0", "MUG-1#1"}


class TestFillBlanks:
    def test_an_unknown_price_and_unknown_ids_are_filled(self):
        blank = line(item_price=None, item_discount=0, promotion_ids=())
        (filled,) = fill_blanks([blank], [item(item_discount=3600, promotion_ids=("P-1",))])
        assert (filled.paid, filled.promotion_ids) == (400, ("P-1",))

    def test_what_is_known_stays(self):
        assert fill_blanks([line()], [item(item_price=1, promotion_ids=("X",))]) == [line()]

    def test_twins_are_not_guessed(self):
        twins = [line(item_price=None), line(item_price=None, line_key="MUG-1#1")]
        assert fill_blanks(twins, [item("1"), item("2")]) == twins


class TestCancelFiles:
    def rows(self, *orders, blank_codes=False):
        return cancellations(orders, "PricingError", blank_codes=blank_codes)

    def test_reason_and_code_of_each_line(self):
        rows = self.rows(decided(affected(line())), decided(affected(ASKED)))
        assert [(row.item_code, row.reason) for row in rows] == [("77", "PricingError"), ("77", "BuyerCanceled")]

    @pytest.mark.parametrize("state", [PENDING, SHIPPED, by_marketplace(line()), cancelled(line())])
    def test_only_what_can_be_cancelled_enters(self, state):
        assert self.rows(decided(affected(state))) == []

    def test_pending_stays_out_even_if_the_buyer_asked(self):
        both = decided(affected(replace(ASKED, status=OrderStatus.PENDING)))
        assert (both.missing, self.rows(both)) == ((Missing.PENDING,), [])

    def test_a_missing_code_stays_out_unless_blank_codes_are_wanted(self):
        lacking = decided(affected(line()), details=())
        assert self.rows(lacking) == []
        (row,) = self.rows(lacking, blank_codes=True)
        assert (row.reason, row.item_code) == ("", "")

    def test_a_blank_code_never_cancels_an_innocent_line(self):
        cup = line(sku="CUP", line_key="CUP#0", promotion_ids=())
        lacking = decided(affected(line(), innocent=(cup,)), details=())
        assert self.rows(lacking, blank_codes=True) == []

    def test_a_part_cancellation_names_the_spoilt_line_alone(self):
        cup = line(sku="CUP", line_key="CUP#0", promotion_ids=())
        rows = self.rows(decided(affected(line(), innocent=(cup,)), details=(item(), item("88", sku="CUP"))))
        assert [row.item_code for row in rows] == ["77"]

    def test_the_trial_is_one_plain_order_and_stays_the_same(self):
        two = affected(line("O-0"), line("O-0", line_key="MUG-1#1"))
        rows = self.rows(
            decided(two, details=(item("1"), item("2")), cancel=("O-0",)),
            decided(affected(line())),
            decided(affected(line("O-2")), cancel=("O-2",)),
        )
        assert choose_trial(rows, "") == "O-1"
        assert choose_trial(rows, "O-2") == "O-2"
        assert choose_trial(rows, "O-9") == "O-1"
        assert choose_trial([], "O-9") == ""

    def test_the_amazon_file_byte_by_byte(self):
        assert amazon_flat_file(self.rows(decided(affected(line())))) == (
            b"TemplateType=OrderCancellation\tVersion=1.0/1.0.3\t"
            b"This row for Amazon.com use only.  Do not modify or delete.\r\n"
            b"order-id\tcancellation-reason-code\tamazon-order-item-code\r\n"
            b"O-1\tPricingError\t77\r\n"
        )

    def test_other_platforms_get_a_plain_list(self):
        assert plain_file(self.rows(decided(affected(line())))).splitlines()[1] == b"O-1,77,MUG-1,1,PricingError"
