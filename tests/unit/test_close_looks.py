"""When the daemon looks at a shop: at its pace, closely for half an hour after a promotion began or changed."""

from datetime import UTC, datetime, timedelta

from promofuse.app.pace import Pace, beginnings
from promofuse.facts import Promotion

NOON = datetime(2027, 5, 3, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def promotion(seen_at, starts_at=None, status="active"):
    return Promotion(promotion_id="P", seen_at=seen_at, starts_at=starts_at, status=status)


def test_a_shop_is_looked_at_when_its_pace_says_so_and_at_once_after_a_restart():
    pace = Pace(every=300, closely=30)
    assert pace.due(["us", "de"], NOON) == ["us", "de"]
    pace.looked("us", NOON, ())
    pace.looked("de", NOON + 100 * SECOND, ())

    assert pace.due(["us", "de"], NOON + 200 * SECOND) == []
    assert pace.due(["us", "de"], NOON + 299 * SECOND) == ["us"]
    assert pace.due(["us", "de"], NOON - MINUTE) == ["us", "de"]  # the clock went back


def test_closely_from_the_beginning_for_half_an_hour():
    pace = Pace(every=300, closely=30)
    pace.looked("us", NOON, beginnings([promotion(NOON - 29 * MINUTE)], NOON))
    assert pace.due(["us"], NOON + 30 * SECOND) == ["us"]
    assert pace.due(["us"], NOON + 20 * SECOND) == []

    pace.looked("us", NOON, beginnings([promotion(NOON - 30 * MINUTE)], NOON))
    assert pace.due(["us"], NOON + 30 * SECOND) == []


def test_a_start_to_come_is_met_on_time():
    pace = Pace(every=3600, closely=30)
    pace.looked("us", NOON, beginnings([promotion(NOON - timedelta(days=2), NOON + 10 * MINUTE)], NOON))

    assert pace.due(["us"], NOON + 9 * MINUTE) == []
    assert pace.due(["us"], NOON + 10 * MINUTE) == ["us"]


def test_what_has_ended_asks_for_no_look_and_closely_is_never_slower():
    assert beginnings([promotion(NOON, status="ended")], NOON) == ()
    assert beginnings([promotion(NOON, NOON + MINUTE)], NOON) == (NOON, NOON + MINUTE)
    assert Pace(every=20, closely=60).beat == 20
