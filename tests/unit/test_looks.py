"""When a shop is looked at: at its pace, closely after a promotion began."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from promofuse.app.pace import Pace, beginnings
from promofuse.facts import Promotion

NOON = datetime(2027, 5, 3, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DEAL = Promotion(promotion_id="DEAL", seen_at=NOON - timedelta(days=2))


def looks(pace, start, until):
    """Minutes and seconds of the looks at `us` when asked each ten seconds."""
    at, taken = start, []
    while at < until:
        if pace.due(["us"], at):
            taken.append(at)
            pace.looked("us", at, (NOON,))
        at += 10 * SECOND
    return taken


def test_a_shop_is_looked_at_closely_for_half_an_hour_after_a_promotion_began():
    taken = looks(Pace(300, 30), NOON - 10 * MINUTE, NOON + 60 * MINUTE)
    gaps = {after - before for before, after in pairwise(taken) if before >= NOON + 5 * MINUTE}

    assert sum(NOON <= at < NOON + 30 * MINUTE for at in taken) >= 58
    assert gaps == {30 * SECOND, 300 * SECOND}
    assert sum(at >= NOON + 30 * MINUTE for at in taken) <= 7


def test_the_first_look_is_at_once_and_a_clock_that_went_back_loses_none():
    pace = Pace(300, 30)
    assert pace.due(["us", "uk"], NOON) == ["us", "uk"]
    pace.looked("us", NOON, ())
    assert pace.due(["us", "uk"], NOON + 60 * SECOND) == ["uk"]
    assert pace.due(["us"], NOON - MINUTE) == ["us"]
    assert Pace(20, 30).beat == 20


def test_changes_and_starts_are_beginnings():
    changed = replace(DEAL, seen_at=NOON - 10 * MINUTE)
    planned = replace(DEAL, starts_at=NOON + 5 * MINUTE)
    over = replace(DEAL, seen_at=NOON - MINUTE, status="ended")

    assert beginnings([DEAL, changed, planned, over], NOON) == (NOON - 10 * MINUTE, NOON + 5 * MINUTE)
