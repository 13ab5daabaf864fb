"""Whatever the order, slicing and repetition of the files, the stored facts are the same."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox import Inbox
from reports import Line, all_orders, at, order_report

ORDERS = ("O-1", "O-2", "O-3")
SKUS = ("MUG-1", "CUP-2")
STATUSES = ("Pending", "Unshipped", "PartiallyShipped", "Shipped", "Cancelled")


@st.composite
def copies(draw):
    """One copy of an order as All Orders tells it: its lines share a time and a state; amounts may be blank.

    Two copies of the same order, time and state are the same report of the same thing, so their values follow from
    these three.
    """
    order_id, minute, status = draw(st.sampled_from(ORDERS)), draw(st.integers(1, 4)), draw(st.sampled_from(STATUSES))
    seed = sum(map(ord, f"{order_id}{minute}{status}"))
    blank = status == "Cancelled" or (status == "Pending" and seed % 2)
    return [
        Line(
            order_id=order_id,
            sku=SKUS[n % 2],
            updated_at=at(minute),
            status=status,
            item_status="Cancelled" if (seed + n) % 7 == 0 else "",
            price="" if blank else f"{seed % 40 + n}.99",
            discount="" if blank else f"{seed % 5}.00",
            quantity="0" if status == "Cancelled" else str(seed % 3 + 1),
            promotion_ids=(f"P-{seed % 3}",) if seed % 2 else (),
        )
        for n in range(seed % 4 + 1)
    ]


details = st.builds(
    Line,
    order_id=st.sampled_from(ORDERS),
    item_code=st.sampled_from(("71", "72")),
    price=st.sampled_from(("", "5.00", "7.00")),
    discount=st.sampled_from(("", "1.00", "2.00")),
    promotion_ids=st.sampled_from(((), ("P-1",), ("P-2",))),
    name=st.sampled_from(("", "Ann", "Bob")),
    email=st.sampled_from(("", "a@m.example", "b@m.example")),
    asked_to_cancel=st.sampled_from(("", "true", "false")),
)


def facts_of(files, reads):
    """What is stored after the files arrived in this order, in so many readings, and once more in the end."""
    with tempfile.TemporaryDirectory() as base, Inbox(Path(base)) as inbox:
        for number, content in enumerate(files):
            inbox.put(f"{number}.txt", content)
            if number % reads == 0:
                inbox.read()
        inbox.read()
        facts = inbox.facts()
    orders = facts["orders"]
    assert all(len({line.copy for line in lines}) == 1 for lines in orders.values())
    # When a line was first seen depends on the reading that met it, and on nothing else.
    return facts | {"orders": {k: [_without_seen_at(line) for line in lines] for k, lines in orders.items()}}


def _without_seen_at(line):
    return (line.line_key, line.copy, line.status, line.quantity, line.paid, line.promotion_ids, line.item_discount)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    reports=st.lists(st.lists(copies(), min_size=1, max_size=3), min_size=1, max_size=4),
    items=st.lists(st.lists(details, min_size=1, max_size=3), max_size=3),
    shuffle=st.randoms(use_true_random=False),
    reads=st.integers(1, 3),
)
def test_shuffled_sliced_and_repeated_files_give_the_same_facts(reports, items, shuffle, reads):
    orders = [unique(copies) for copies in reports]
    files = [all_orders([line for copy in copies for line in copy]) for copies in orders]
    files += [order_report(lines) for lines in items]
    slices = [all_orders(copy) for copies in orders for copy in copies]
    slices += [order_report([line]) for lines in items for line in lines]
    shuffled = [*files, *slices]
    shuffle.shuffle(shuffled)

    expected = facts_of(files, reads=9)

    assert facts_of(list(reversed(files)), reads) == expected
    assert facts_of(slices, reads) == expected
    assert facts_of(shuffled, reads) == expected


def unique(copies):
    """A report tells each copy of an order once."""
    told = {(copy[0].order_id, copy[0].updated_at, copy[0].status): copy for copy in copies}
    return list(told.values())
