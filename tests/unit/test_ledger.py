"""What became of each order, what proves it, and counts that balance."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import NOON, affected, cancelled, line
from promofuse.facts import Buyer, CancellationListed, CancelledBy, FeedError, FeedResult, ItemDetail, OrderStatus
from promofuse.response.evidence import Match, Upload
from promofuse.response.ledger import Entry, Ledger, Outcome, Proofs, settle, settle_all
from promofuse.response.triage import Decision, decide

LINE = line(line_id="11")
TWIN = line(line_id="12", line_key="MUG-1#1")
GONE = cancelled(LINE)
NOT_OURS = "cancelled, but nothing shows that the seller did it"


def decided(*lines, innocent=(), details=(), cancel=True, person=None, **loss):
    order = affected(*lines, innocent=innocent, **loss)
    by_person = {order.order_id: person} if person else {}
    return decide(order, details, Buyer(order_id=order.order_id), {order.order_id} if cancel else (), by_person)


def accepted(*pairs, rejected=(), minutes=0, name="report.txt"):
    at = NOON + timedelta(minutes=minutes)
    error = FeedError(record=1, code="18021", message="already shipped")
    upload = Upload(incident_id="I", path="2-all.txt", sha256="", laid_at=at, rows=pairs, reason="PricingError")
    result = FeedResult(name=name, at=at, processed=1, successful=1)
    return Match(result, (upload,), frozenset(pairs), dict.fromkeys(rejected, error))


def listed(by=CancelledBy.UNKNOWN, **told):
    return CancellationListed(**{"order_id": "O-1", "cancelled_by": by, **told})


def outcome(decision, matches=(), rows=()):
    return settle(decision, Proofs(matches, rows)).outcome


def test_cancelled_and_accepted_in_the_processing_report_is_proven():
    entry = settle(decided(GONE), Proofs([accepted(("O-1", "11"))]))

    assert entry == Entry(
        order_id="O-1",
        outcome=Outcome.CANCELLED,
        proof="accepted in the processing report report.txt",
        reason_code="PricingError",
    )


def test_a_whole_order_accepted_without_an_item_code_is_proven_and_has_no_reason():
    entry = settle(decided(cancelled(line())), Proofs([accepted(("O-1", ""))]))

    assert (entry.outcome, entry.reason_code) == (Outcome.CANCELLED, "")


def test_cancelled_and_listed_by_the_platform_is_proven_with_what_the_list_tells():
    row = listed(cancelled_at=NOON, reason="Pricing Error")
    entry = settle(decided(GONE), Proofs((), [row]))

    assert (entry.outcome, entry.cancelled_at, entry.reason_code) == (Outcome.CANCELLED, NOON, "Pricing Error")
    assert entry.proof == "in the platform's list of cancelled orders"


def test_cancelled_by_the_seller_as_the_shop_tells_it_is_proven():
    told = replace(cancelled(LINE, CancelledBy.SELLER), cancelled_at=NOON, cancel_reason="PricingError")
    entry = settle(decided(told), Proofs())

    assert (entry.outcome, entry.cancelled_at, entry.reason_code) == (Outcome.CANCELLED, NOON, "PricingError")


def test_the_last_update_stands_in_for_a_time_that_nobody_tells():
    entry = settle(decided(replace(GONE, updated_at=NOON)), Proofs())

    assert entry.cancelled_at == NOON


@pytest.mark.parametrize(
    ("matches", "rows"),
    [
        ([], []),
        ([accepted(("O-2", "11"))], []),
        ([accepted(("O-1", "99"))], []),
        ([accepted(rejected=[("O-1", "11")])], []),
        ([], [listed(CancelledBy.MARKETPLACE)]),
        ([], [listed(line_id="99")]),
        ([], [listed(order_id="O-2")]),
    ],
    ids=["nothing", "order", "item", "rejected", "by the marketplace", "another item", "another order"],
)
def test_whatever_else_is_cancelled_is_unknown(matches, rows):
    entry = settle(decided(GONE), Proofs(matches, rows))

    assert (entry.outcome, entry.proof, entry.error) == (Outcome.UNKNOWN, "", NOT_OURS)


@pytest.mark.parametrize("by", [CancelledBy.UNKNOWN, CancelledBy.MARKETPLACE])
def test_an_acceptance_proves_it_whatever_the_shop_calls_the_canceller(by):
    assert outcome(decided(cancelled(LINE, by)), [accepted(("O-1", "11"))]) is Outcome.CANCELLED


@pytest.mark.parametrize(
    ("decision", "rows"),
    [
        (decided(cancelled(LINE, CancelledBy.BUYER)), []),
        (decided(replace(GONE, cancel_requested_by_buyer=True)), []),
        (
            decided(
                GONE,
                details=[
                    ItemDetail(
                        order_id="O-1", line_id="11", sku="MUG-1", quantity=1, currency="USD",
                        cancel_requested_by_buyer=True,
                    )
                ],
            ),
            [],
        ),
        (decided(GONE), [listed(CancelledBy.BUYER)]),
        (decided(GONE), [listed(), listed(CancelledBy.BUYER)]),
        (decided(GONE, cancelled(TWIN, CancelledBy.BUYER)), []),
    ],
    ids=["shop", "flag on the line", "flag in the Order Report", "list", "one of two rows", "one of two lines"],
)  # fmt: skip
def test_what_the_buyer_wished_is_never_the_sellers(decision, rows):
    matches = [accepted(("O-1", "11"), ("O-1", "12"))]

    assert outcome(decision, matches, rows) is Outcome.BUYER_CANCELLED


def test_an_order_whose_buyer_had_asked_for_another_item_is_not_claimed():
    cup = line(sku="CUP", line_key="CUP#0", cancel_requested_by_buyer=True)

    entry = settle(decided(GONE, innocent=(cup,)), Proofs([accepted(("O-1", "11"))]))

    assert entry.outcome is Outcome.UNKNOWN
    assert "another item" in entry.error


def test_every_affected_line_must_be_proven():
    both = decided(GONE, cancelled(TWIN))

    assert outcome(both, [accepted(("O-1", "11"))]) is Outcome.UNKNOWN
    assert outcome(both, [accepted(("O-1", "11"), ("O-1", "12"))]) is Outcome.CANCELLED
    entry = settle(both, Proofs([accepted(("O-1", "11"))], [listed(line_id="12")]))
    assert entry.proof == "accepted in the processing report report.txt; in the platform's list of cancelled orders"


def test_what_happened_to_an_innocent_line_says_nothing():
    innocent = line(line_id="77", line_key="CUP-2#0", sku="CUP-2")
    part = decided(GONE, innocent=(innocent,))

    assert outcome(part, [accepted(("O-1", "11"))], [listed(CancelledBy.BUYER, line_id="77")]) is Outcome.CANCELLED
    assert outcome(part, [accepted(("O-1", "77"))]) is Outcome.UNKNOWN


def test_an_order_of_which_one_affected_line_still_stands_is_open():
    assert outcome(decided(GONE, TWIN), [accepted(("O-1", "11"))]) is Outcome.OPEN


def test_rejected_and_still_standing_has_failed_and_says_why():
    entry = settle(decided(LINE), Proofs([accepted(rejected=[("O-1", "11")])]))

    assert (entry.outcome, entry.error) == (Outcome.FAILED, "18021: already shipped")


def test_a_later_acceptance_undoes_a_rejection_and_a_later_rejection_does_not_undo_a_proof():
    no, yes = accepted(rejected=[("O-1", "11")], minutes=5), accepted(("O-1", "11"), minutes=1)

    assert outcome(decided(LINE), [no, yes]) is Outcome.FAILED
    assert outcome(decided(LINE), [no, accepted(("O-1", "11"), minutes=9)]) is Outcome.OPEN
    assert outcome(decided(GONE), [no, yes]) is Outcome.CANCELLED


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (decided(LINE), Outcome.OPEN),
        (decided(LINE, cancel=False), Outcome.HONOURED),
        (decided(LINE, person=Decision.HONOUR), Outcome.HONOURED),
        (decided(replace(LINE, status=OrderStatus.SHIPPED)), Outcome.TOO_LATE),
        (decided(replace(LINE, status=OrderStatus.PENDING)), Outcome.OPEN),
    ],
    ids=["cancel", "honour", "by a person", "shipped", "pending"],
)
def test_orders_that_stand(decision, expected):
    assert outcome(decision) is expected
    rejected = outcome(decision, [accepted(rejected=[("O-1", "11")])])
    assert rejected is (Outcome.FAILED if decision.decision is Decision.CANCEL else expected)


def test_the_counts_name_every_outcome_and_balance():
    orders = [GONE, replace(LINE, order_id="O-2"), replace(LINE, order_id="O-3", status=OrderStatus.SHIPPED)]
    ledger = settle_all(map(decided, orders), Proofs(), 3)

    assert ledger.counts == {
        "found": 3, "cancelled": 0, "honoured": 0, "buyer_cancelled": 0, "unknown": 1, "failed": 0, "too_late": 1,
        "open": 1,
    }  # fmt: skip
    assert ledger.difference() == ""
    assert [entry.order_id for entry in ledger.of(Outcome.OPEN, Outcome.UNKNOWN)] == ["O-1", "O-2"]


@pytest.mark.parametrize(
    ("found", "orders", "said"),
    [
        (3, "ab", "orders found: 3, accounted for: 2; no longer among the affected orders: 1"),
        (1, "ab", "orders found: 1, accounted for: 2; never recorded as found: 1"),
        (2, "aa", "order a is counted twice"),
        (4, "aabb", "order a is counted twice, and others too"),
        (0, "", ""),
    ],
)  # fmt: skip
def test_a_difference_is_said_in_one_sentence(found, orders, said):
    ledger = Ledger(found, tuple(Entry(order_id=order, outcome=Outcome.OPEN) for order in orders))

    assert ledger.difference() == said


def test_an_order_that_was_to_be_honoured_stays_honoured_when_it_is_shipped():
    orders = [replace(LINE, order_id=name, status=OrderStatus.SHIPPED) for name in ("O-1", "O-2")]
    ledger = settle_all(map(decided, orders), Proofs(), 2, honoured={"O-2"})

    assert [entry.outcome for entry in ledger.entries] == [Outcome.TOO_LATE, Outcome.HONOURED]


def test_an_honoured_order_that_is_cancelled_after_all_is_no_longer_honoured():
    [entry] = settle_all([decided(GONE)], Proofs(), 1, honoured={"O-1"}).entries

    assert entry.outcome is Outcome.UNKNOWN


def test_orders_that_are_affected_no_more_are_named_until_they_are_honoured():
    ledger = settle_all([decided(LINE)], Proofs(), 3, honoured={"O-3"}, left=("O-2", "O-3"))

    assert (ledger.counts["open"], ledger.counts["honoured"], ledger.left) == (1, 1, ("O-2",))
    assert ledger.difference() == ("orders found: 3, accounted for: 2; no longer among the affected orders: 1 (O-2)")
