"""Which processing report belongs to which version of a cancellation file, and what it says of its items."""

from datetime import timedelta

import pytest

from builders import NOON
from promofuse.facts import FeedError, FeedResult
from promofuse.response.evidence import Upload, match_results, not_taken
from promofuse.response.ledger import rejected_reason

A, B, C, D = (("O-1", "11"), ("O-2", "22"), ("O-3", "33"), ("O-4", "44"))


def laid(*rows, minutes=0, path="4-cancel/2-all.txt", incident="INC-1"):
    at = NOON + timedelta(minutes=minutes)
    return Upload(incident_id=incident, path=path, sha256=f"{rows}", laid_at=at, rows=rows, reason="PricingError")


def report(processed, successful=None, *errors, minutes=60, **told):
    at = NOON + timedelta(minutes=minutes)
    successful = processed if successful is None else successful
    known = {"name": "report.txt", "at": at, "processed": processed, "successful": successful, "errors": errors}
    return FeedResult(**(known | told))


def match(uploads, result):
    [found] = match_results(uploads, [result])
    return found


def test_a_report_without_errors_accepts_every_row_of_the_file_with_as_many_records():
    found = match([laid(A, path="4-cancel/1-try-one.txt"), laid(B, C)], report(2))

    assert (found.accepted, found.rejected, found.why) == ({B, C}, {}, "")
    assert [upload.path for upload in found.uploads] == ["4-cancel/2-all.txt"]


@pytest.mark.parametrize(
    "error",
    [
        FeedError(record=2, code="E"),
        FeedError(record=2, order_id="O-2", code="E"),
        FeedError(order_id="O-2", code="E"),
        FeedError(record=4, order_id="O-2", code="E"),
        FeedError(order_id="O-2", line_id="22", code="E"),
    ],
    ids=["record", "both", "order", "the order rather than the record", "item"],
)
def test_a_record_among_the_errors_is_rejected_and_the_others_are_accepted(error):
    found = match([laid(A, B, C)], report(3, 2, error))

    assert (found.accepted, dict(found.rejected), found.why) == ({A, C}, {B: error}, "")


def test_one_of_two_lines_of_an_order_is_rejected_by_its_record():
    lines = ("O-1", "11"), ("O-1", "12"), B
    error = FeedError(record=2, order_id="O-1")
    found = match([laid(*lines)], report(3, 2, error))

    assert (found.accepted, dict(found.rejected)) == ({lines[0], B}, {lines[1]: error})


def test_an_xml_file_counts_orders_not_lines():
    lines = ("O-1", "11"), ("O-1", "12"), B
    error = FeedError(record=1)
    found = match([laid(*lines, path="4-cancel/acknowledgement.xml")], report(2, 1, error))

    assert found.accepted == {B}
    assert dict(found.rejected) == {lines[0]: error, lines[1]: error}


def test_a_warning_stops_nothing_where_the_summary_counts_it_as_successful():
    warning = FeedError(record=1, warning=True)

    assert match([laid(A, B)], report(2, 2, warning)).accepted == {A, B}


def test_a_record_with_a_warning_that_the_summary_does_not_count_as_successful_is_not_accepted():
    warning = FeedError(record=1, warning=True)
    found = match([laid(A, B)], report(2, 1, warning))

    assert (found.accepted, found.rejected) == ({B}, {})


def test_a_summary_that_does_not_agree_with_the_errors_accepts_nothing_but_rejects():
    error = FeedError(record=1)
    found = match([laid(A, B, C)], report(3, 1, error))

    assert (found.accepted, dict(found.rejected)) == (frozenset(), {A: error})
    assert found.why == ("its numbers do not agree: 3 records, 1 successful, 1 errors; no record counts as accepted")


def test_an_error_about_the_whole_file_rejects_every_record_if_none_was_successful():
    whole, one = FeedError(code="5000"), FeedError(record=2, code="5002")
    found = match([laid(A, B)], report(2, 0, whole, one))

    assert (found.accepted, dict(found.rejected)) == (frozenset(), {A: whole, B: one})


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (report(2, complete=False), "had not finished"),
        (report(2, of_listings=True), "about listings"),
        (FeedResult(name="r.txt", at=NOON), "no numbers of records"),
        (report(3), "no cancellation file of ours has 3 records"),
        (report(2, minutes=-1), "no cancellation file with 2 records was laid before"),
        (report(2, 1, FeedError(order_id="X-9")), "it names order X-9, which no cancellation file with 2 records has"),
        (report(2, 1, FeedError(record=3)), "no cancellation file"),
        (report(2, 1, FeedError(order_id="O-1", line_id="99")), "no cancellation file"),
        (report(0), "no cancellation file"),
    ],
    ids=["unfinished", "listings", "no summary", "size", "too early", "order", "record", "item", "empty"],
)
def test_a_report_that_fits_no_file_is_no_evidence_and_says_so(result, why):
    found = match([laid(A, B), laid()], result)

    assert (found.uploads, found.accepted, found.rejected) == ((), frozenset(), {})
    assert why in found.why
    assert found.todo


@pytest.mark.parametrize(
    ("made", "seen", "taken"),
    [(-60, 30, True), (-60, None, False), (-60, 0, False), (-60, -30, False), (60, -30, True), (60, 90, True)],
    ids=["old file, read later", "never known", "read with the laying", "read before", "clock behind", "usual"],
)
def test_a_report_counts_from_its_own_time_or_else_from_its_first_reading(made, seen, taken):
    seen_at = None if seen is None else NOON + timedelta(minutes=seen)
    found = match([laid(A, B)], report(2, minutes=made, seen_at=seen_at))

    assert found.accepted == ({A, B} if taken else frozenset())


def test_where_the_time_of_a_report_tells_its_file_its_first_reading_says_nothing():
    uploads = [laid(A), laid(B, minutes=60, incident="INC-2")]
    found = match(uploads, report(1, minutes=30, seen_at=NOON + timedelta(minutes=90)))

    assert (found.accepted, found.why) == ({A}, "")


def test_reports_that_were_not_taken_are_named_but_not_those_of_other_incidents():
    uploads = [laid(A, B), laid(C, D, incident="INC-2"), laid(A, incident="INC-2")]
    strange = report(9, name="strange.txt")
    shared = report(2, name="shared.txt", minutes=70)
    theirs = report(1, 0, name="theirs.txt")
    found = match_results(uploads, [strange, shared, theirs, report(1, name="fine.txt")])

    assert [one.result.name for one in not_taken(found, "INC-1")] == ["shared.txt", "strange.txt"]
    assert [one.result.name for one in not_taken(found, "INC-2")] == ["shared.txt", "theirs.txt", "strange.txt"]


def test_of_versions_that_name_the_same_orders_the_newest_before_the_report_stands_first():
    versions = [laid(A, B), laid(B, A, minutes=30), laid(A, B, minutes=90)]
    found = match(versions, report(2))

    assert (found.accepted, found.why) == ({A, B}, "")
    assert [upload.laid_at - NOON for upload in found.uploads] == [timedelta(minutes=30), timedelta(0)]


def test_of_versions_that_name_different_orders_only_what_they_share_is_evidence():
    found = match([laid(A, B), laid(A, C, minutes=30)], report(2))

    assert found.accepted == {A}
    assert found.why == (
        "it fits several versions of our files (INC-1 4-cancel/2-all.txt), which name different orders: "
        "only the orders in all of them count as accepted"
    )


def test_a_report_that_fits_two_files_of_one_order_each_proves_nothing():
    found = match([laid(A, path="1-try-one.txt"), laid(D, path="1-try-one.txt", incident="INC-2")], report(1))

    assert found.accepted == frozenset()
    assert found.why.endswith(
        "(INC-1 1-try-one.txt, INC-2 1-try-one.txt), which name different orders: it proves nothing"
    )


def test_a_named_order_decides_between_versions():
    error = FeedError(record=2, order_id="O-3")
    found = match([laid(A, B), laid(A, C, minutes=30)], report(2, 1, error))

    assert (found.accepted, dict(found.rejected), found.why) == ({A}, {C: error}, "")


NAMED = FeedError(record=1, order_id="O-1", code="73", message="'PricingError' is no valid cancellation-reason-code")
ALIKE = [FeedError(record=n, order_id=f"O-{n}", code="99", message="Rejected.") for n in (1, 2)]


def test_a_message_that_names_the_reason_code_tells_to_use_another_one():
    said = rejected_reason([report(1, 0, NAMED)], "PricingError")

    assert said is not None
    assert (said.reason, said.fallback, said.report, said.sure) == (
        "PricingError", "GeneralAdjustment", "report.txt", True,
    )  # fmt: skip
    assert said.message == "73: 'PricingError' is no valid cancellation-reason-code"


@pytest.mark.parametrize(
    "message",
    ["Invalid cancel reason.", "cvc-enumeration-valid: Value PricingError is not valid", "unknown reason code 7"],
)
def test_the_reason_is_named_in_many_words(message):
    assert rejected_reason([report(2, 1, FeedError(record=1, message=message))], "PricingError") is not None


def test_an_error_on_every_record_that_is_the_same_may_be_the_reason():
    said = rejected_reason([report(2, 0, *ALIKE)], "PricingError")

    assert said is not None
    assert (said.sure, said.message) == (False, "99: Rejected.")


@pytest.mark.parametrize(
    "results",
    [
        [],
        [report(2)],
        [report(1, 0, ALIKE[0])],
        [report(2, 1, ALIKE[0])],
        [report(2, 0, ALIKE[0], FeedError(record=2, code="18", message="already shipped"))],
        [report(1, 1, FeedError(record=1, message=NAMED.message, warning=True))],
        [report(1, 0, NAMED), report(2, minutes=90)],
    ],
    ids=["none", "good", "one order", "some", "different", "warning", "accepted since"],
)
def test_other_reports_say_nothing_of_the_reason(results):
    assert rejected_reason(results, "PricingError") is None


def test_after_the_fallback_there_is_no_other_reason():
    said = rejected_reason([report(2, 0, *ALIKE)], "GeneralAdjustment")

    assert said is not None
    assert said.fallback == ""
