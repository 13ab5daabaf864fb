"""What the check asks the store of a shop's past: current lines with promotions, and incidents that stand."""

from datetime import timedelta

import pytest

from inbox import Inbox
from promofuse.incidents import Cause
from promofuse.rules.history import PastIncident
from promofuse.store.events import Act, add_event
from promofuse.store.histories import load_lines_with_promotions, load_past_incidents
from promofuse.store.incidents import IncidentRecord, save_incident
from reports import START, Line, all_orders, at

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def inbox(tmp_path):
    with Inbox(tmp_path) as shop:
        yield shop


def lines(inbox, since=START - DAY, until=START + DAY):
    with inbox.store.read() as db:
        return [(line.order_id, line.sku) for line in load_lines_with_promotions(db, "us", since, until)]


def test_only_lines_with_promotions_of_the_time_asked_for(inbox):
    told = [
        Line(order_id="O-1", promotion_ids=("SPRING",), ordered_at=at(30)),
        Line(order_id="O-2", ordered_at=at(5)),
        Line(order_id="O-3", promotion_ids=("SPRING",), ordered_at=at(5)),
    ]
    inbox.put("orders.txt", all_orders(told))
    inbox.read()

    assert lines(inbox) == [("O-3", "MUG-1"), ("O-1", "MUG-1")]
    assert lines(inbox, since=START + timedelta(minutes=30)) == [("O-1", "MUG-1")]
    assert lines(inbox, until=START + timedelta(minutes=29)) == [("O-3", "MUG-1")]


def test_a_line_of_a_superseded_copy_is_not_asked_for(inbox):
    inbox.put("old.txt", all_orders([Line(sku="MUG-1", promotion_ids=("SPRING",)), Line(sku="CUP-1")]))
    newer = Line(sku="CUP-1", promotion_ids=("SPRING",), updated_at=at(90))
    inbox.put("new.txt", all_orders([newer]))
    inbox.read()

    assert lines(inbox) == [("O-1", "CUP-1")]


def test_incidents_that_were_not_dismissed_with_their_skus(inbox):
    def record(number, cause, **known):
        return IncidentRecord(
            incident_id=f"INC-2026-000{number}", shop="us", cause=cause, opened_at=START - number * DAY, **known
        )

    with inbox.store.write() as db:
        save_incident(db, record(1, Cause(skus=("MUG-1", "CUP-1")), state="closed"))
        save_incident(db, record(2, Cause(promotion_id="P"), summary={"cause": {"skus": ["MUG-1"]}}))
        save_incident(db, record(3, Cause(promotion_id="Q"), state="closed"))
        save_incident(db, record(9, Cause(promotion_id="R")))
        add_event(db, inbox.keys, "INC-2026-0001", Act.CLOSED, START - HOUR)
        add_event(db, inbox.keys, "INC-2026-0003", Act.DISMISSED, START, by="Ann", why="a test")
    with inbox.store.read() as db:
        found = load_past_incidents(db, "us", START - 5 * DAY, START)
        of_another_shop = load_past_incidents(db, "de", START - 5 * DAY, START)

    assert found == [
        PastIncident(
            incident_id="INC-2026-0002", opened_at=START - 2 * DAY, over_at=START, promotion_id="P", skus=("MUG-1",)
        ),
        PastIncident(incident_id="INC-2026-0001", opened_at=START - DAY, over_at=START - HOUR, skus=("MUG-1", "CUP-1")),
    ]
    assert of_another_shop == []
