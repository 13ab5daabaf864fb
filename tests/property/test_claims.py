"""Whatever reports come, go missing, are repeated or are about something else: the ledger claims only what is so."""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON, affected, cancelled, line
from promofuse.facts import Buyer, CancellationListed, CancelledBy, FeedError, FeedResult, OrderStatus
from promofuse.response.cancel_files import cancellations
from promofuse.response.evidence import Upload, match_results
from promofuse.response.ledger import Outcome, Proofs, settle_all
from promofuse.response.triage import decide


@dataclass(frozen=True)
class Fate:
    """What really happens to an order: who cancels how many of its two affected lines, and what the shop tells."""

    lines: int
    buyer: bool  # the buyer asks, and the order is cancelled for that
    elsewhere: bool  # cancelled by the marketplace or by hand in another window: nobody tells by whom
    shipped: bool
    refused: bool  # the platform rejects our cancellation
    told: bool  # the shop tells who cancelled
    listed: bool
    innocent: bool


fates = st.lists(
    st.builds(
        Fate,
        lines=st.integers(1, 2),
        buyer=st.booleans(),
        elsewhere=st.booleans(),
        shipped=st.booleans(),
        refused=st.booleans(),
        told=st.booleans(),
        listed=st.booleans(),
        innocent=st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def order(number, fate):
    lines = tuple(
        line(f"O-{number}", line_id=f"{number}{k}", line_key=f"MUG-1#{k}", minutes=number) for k in range(fate.lines)
    )
    innocent = (line(f"O-{number}", line_id=f"{number}9", line_key="CUP-2#0", sku="CUP-2"),) if fate.innocent else ()
    return affected(*lines, innocent=innocent)


def decisions_of(orders):
    return [decide(o, (), Buyer(order_id=o.order_id), {x.order_id for x in orders}, {}) for o in orders]


def after(found, fate, by_us):
    """The order as it is re-read, and the really cancelled lines' cancellers."""
    lines = [a.line for a in found.affected]
    if fate.shipped:
        lines = [replace(one, status=OrderStatus.SHIPPED) for one in lines]
    else:
        for place, one in enumerate(lines):
            who = (
                CancelledBy.BUYER if fate.buyer
                else CancelledBy.SELLER if (one.order_id, one.line_id) in by_us
                else CancelledBy.MARKETPLACE if fate.elsewhere
                else None
            )  # fmt: skip
            if who is not None:
                told = who if fate.told or who is CancelledBy.BUYER else CancelledBy.UNKNOWN
                lines[place] = cancelled(one, told)
    innocent = tuple(one for one in found.lines if one.line_key == "CUP-2#0")
    return affected(*lines, innocent=innocent)


@settings(max_examples=300)
@given(fates, st.data())
def test_an_order_is_claimed_only_if_the_seller_cancelled_all_of_it(fates, data):
    orders = [order(number, fate) for number, fate in enumerate(fates)]
    first = decisions_of(orders)
    rows = cancellations(first, "PricingError", blank_codes=False)
    pairs = [(row.order_id, row.item_code) for row in rows]
    versions = []
    for number in range(data.draw(st.integers(1, 4))):  # a file grows and shrinks before one version is uploaded
        some = data.draw(st.permutations(pairs))[: data.draw(st.integers(1, 3))]  # often as many as in another version
        path = data.draw(st.sampled_from(["1-try-one.txt", "2-all.txt", "feed.xml"]))
        chosen = tuple(pair for pair in pairs if pair in some)
        laid_at = NOON + timedelta(minutes=number)
        versions.append(
            Upload(incident_id="I", path=path, sha256=str(number), laid_at=laid_at, rows=chosen, reason="PricingError")
        )
    results, by_us = [], set()
    for number, version in enumerate(data.draw(st.lists(st.sampled_from(versions), max_size=3))):
        refused = {
            o.order_id for o, fate in zip(orders, fates, strict=True) if fate.refused or fate.shipped or fate.buyer
        }
        bad = [n for n, record in enumerate(version.records, 1) if record[0][0] in refused]
        for n, record in enumerate(version.records, 1):
            by_us |= set(record) if n not in bad else set()
        naming = data.draw(st.booleans())
        errors = tuple(
            FeedError(record=n, order_id=version.records[n - 1][0][0] if naming else "", code="18021") for n in bad
        )
        at = version.laid_at + timedelta(minutes=data.draw(st.integers(0, 9)))
        count = len(version.records)
        report = FeedResult(name=f"{number}", at=at, processed=count, successful=count - len(bad), errors=errors)
        if data.draw(st.booleans()):  # else it never reaches the inbox
            results.append(report)
    now = [after(found, fate, by_us) for found, fate in zip(orders, fates, strict=True)]
    listed = [
        CancellationListed(order_id=found.order_id, line_id=one.line_id, cancelled_by=who)
        for found, fate in zip(now, fates, strict=True)
        for one in [a.line for a in found.affected]
        if fate.listed and one.status is OrderStatus.CANCELLED
        for who in [
            CancelledBy.BUYER if fate.buyer
            else CancelledBy.UNKNOWN if (one.order_id, one.line_id) in by_us
            else CancelledBy.MARKETPLACE
        ]
    ]  # fmt: skip
    ledger = settle_all(decisions_of(now), Proofs(match_results(versions, results), listed), len(orders))

    truly = {
        found.order_id
        for found, fate in zip(now, fates, strict=True)
        if not fate.buyer
        and all(
            a.line.status is OrderStatus.CANCELLED and (a.line.order_id, a.line.line_id) in by_us
            for a in found.affected
        )
    }
    assert {entry.order_id for entry in ledger.of(Outcome.CANCELLED)} <= truly
    assert all(entry.proof for entry in ledger.of(Outcome.CANCELLED))
    assert not [entry for entry in ledger.entries if entry.proof and entry.outcome is not Outcome.CANCELLED]
    counts = ledger.counts
    assert counts.pop("found") == sum(counts.values())
    assert ledger.difference() == ""


pairs = st.tuples(st.sampled_from(["O-0", "O-1", "O-2"]), st.sampled_from(["", "00", "10", "11", "90"]))
times = st.integers(-3, 3).map(lambda minutes: NOON + timedelta(minutes=minutes))
uploads = st.builds(
    Upload,
    incident_id=st.sampled_from(["I", "J"]),
    path=st.sampled_from(["a.txt", "b.xml"]),
    sha256=st.just(""),
    laid_at=times,
    rows=st.lists(pairs, max_size=4).map(tuple),
)
errors = st.builds(
    FeedError,
    record=st.integers(0, 5),
    order_id=st.sampled_from(["", "O-0", "O-1", "X"]),
    line_id=st.sampled_from(["", "00", "10"]),
    warning=st.booleans(),
)
reports = st.builds(
    FeedResult,
    name=st.just("r"),
    at=times,
    processed=st.none() | st.integers(0, 5),
    successful=st.none() | st.integers(0, 9),
    complete=st.booleans(),
    errors=st.lists(errors, max_size=4).map(tuple),
)


@given(st.lists(uploads, max_size=4), st.lists(reports, max_size=4), st.randoms())
def test_no_report_can_break_the_matching_and_the_order_of_arrival_does_not_matter(uploads, reports, random):
    matches = match_results(uploads, reports)

    assert len(matches) == len(reports)
    for match in matches:
        laid = {pair for upload in match.uploads for pair in upload.rows}
        assert match.accepted <= laid and match.rejected.keys() <= laid
        assert all(upload.laid_at <= match.result.at for upload in match.uploads)
        assert len(match.accepted) == 0 or match.result.successful
        assert match.why or match.uploads
    shuffled = list(uploads)
    random.shuffle(shuffled)
    again = match_results(shuffled, reports)
    assert [match.accepted for match in again] == [match.accepted for match in matches]
    assert [set(match.rejected) for match in again] == [set(match.rejected) for match in matches]
