"""What a post-mortem computes, on a night of literals: timeline, money, what would have caught it, lines to add."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from builders import NOON, affected, cancelled, line, offer, promotion
from promofuse.config import Config
from promofuse.drafts.drawing import Bin, draw
from promofuse.facts import CancelledBy, OrderStatus
from promofuse.incidents import Cause
from promofuse.money import Money
from promofuse.response.case import Case
from promofuse.response.caught import Caught, Shelf, look_back
from promofuse.response.five_facts import five_facts
from promofuse.response.guards import Settings, guards, toml_text
from promofuse.response.health import CancellationRate
from promofuse.response.ledger import Proofs, settle_all
from promofuse.response.post_mortem import Deed, Raised, Step, look_at
from promofuse.response.triage import Decision, OrderDecision, Reason
from promofuse.response.watch_list import Risk, watch_list
from promofuse.rules import build_rules
from promofuse.rules.history import History
from promofuse.verdicts import AlarmKind

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
START = NOON - 6 * HOUR
NOTICED = NOON - 45 * MINUTE
STOPPED = NOON - 40 * MINUTE
PROVEN = NOON - 10 * MINUTE


def decided(order, decision, reason=Reason.PRICING_ERROR):
    from promofuse.facts import Buyer

    return OrderDecision(order, decision, reason, Buyer(order_id=order.order_id), {}, ())


def gone(number, minutes, by=CancelledBy.SELLER):
    one = replace(cancelled(line(f"O-{number}", minutes=minutes), by), cancelled_at=PROVEN)
    return decided(affected(one), Decision.GONE, Reason.CANCELLED)


# Ordered at 11:00, 11:05, 11:10, 11:20, 11:30, 11:40; noticed at 11:15, stopped at 11:20.
NIGHT = (
    gone(1, 0),
    gone(2, 5),
    decided(affected(line("O-3", minutes=10, status=OrderStatus.SHIPPED, quantity_shipped=1)), Decision.TOO_LATE),
    decided(affected(line("O-4", minutes=20)), Decision.HONOUR, Reason.UNDER_LIMIT),
    decided(affected(line("O-5", minutes=30), loss=None), Decision.WAIT, Reason.PAYMENT_PENDING),
    gone(6, 40, CancelledBy.BUYER),
)
CASE = Case(
    incident_id="INC-2026-0001",
    shop="us",
    platform="amazon",
    marketplace="amazon.com",
    cause=Cause("P-1"),
    state="contained",
    opened_at=NOTICED,
    at=NOON,
    since=START,
    data_as_of=NOON,
    plan="cancel-all",
    rate=CancellationRate(Fraction(25, 1000), 400, 3, "orders"),
    decisions=NIGHT,
    promotion=promotion(),
    told={"O-1": NOON - 20 * MINUTE, "O-2": NOON - 19 * MINUTE},
    stopped_at=STOPPED,
    ledger=settle_all(NIGHT, Proofs(), len(NIGHT)),
)
ALARM = Raised(
    at=NOTICED - MINUTE,
    kind=AlarmKind.SPIKE,
    orders=3,
    lost=Money(3000, "USD"),
    message="3 loss-making orders in 15 min",
)
SHELF = Shelf("us", "amazon", [offer()], [promotion()], build_rules({}), History())


def test_money_is_parted_by_outcome_and_by_the_notice():
    found = look_at(CASE, [], [ALARM], Caught())

    assert {name: (s.orders, s.lost, s.unknown) for name, s in found.money.items()} == {
        "cancelled": (2, (Money(2000, "USD"),), 0),
        "honoured": (1, (Money(1000, "USD"),), 0),
        "buyer_cancelled": (1, (Money(1000, "USD"),), 0),
        "too_late": (1, (Money(1000, "USD"),), 0),
        "open": (1, (), 1),
    }
    assert (found.before.orders, found.before.lost) == (3, (Money(3000, "USD"),))
    assert (found.after.orders, found.after.unknown) == (3, 1)
    assert (found.tail.orders, found.before_alarm.orders) == (2, 3)


def test_the_timeline_is_in_order_and_says_who():
    deeds = [
        Deed(at=NOON - 30 * MINUTE, what="approved", by="Kim", details={"drafts": 2, "plan": "cancel-all"}),
        Deed(at=NOON - 5 * MINUTE, what="proved"),
        Deed(at=NOON - MINUTE, what="closed"),
    ]
    found = look_at(CASE, deeds, [ALARM], Caught())

    assert [(m.what, m.at) for m in found.timeline] == [
        (Step.WRONG, START),
        (Step.FIRST_ORDER, NOON - HOUR),
        (Step.ALARM, NOTICED - MINUTE),
        (Step.OPENED, NOTICED),
        (Step.STOPPED, STOPPED),
        ("approved", NOON - 30 * MINUTE),
        (Step.LAST_ORDER, NOON - 20 * MINUTE),
        (Step.FIRST_LETTER, NOON - 20 * MINUTE),
        (Step.LAST_LETTER, NOON - 19 * MINUTE),
        (Step.FIRST_PROVEN, PROVEN),
        ("closed", NOON - MINUTE),
    ]
    approved = next(m for m in found.timeline if m.what == "approved")
    assert (approved.by, approved.orders, approved.text) == ("Kim", 2, "cancel-all")
    assert next(m for m in found.timeline if m.what == Step.OPENED).orders == 3


def test_how_long_each_part_took():
    assert look_at(CASE, [], [], Caught()).phases == (
        ("start", "first-order", 5 * HOUR),
        ("first-order", "noticed", 15 * MINUTE),
        ("noticed", "stopped", 5 * MINUTE),
        ("stopped", "last-order", 20 * MINUTE),
        ("last-order", "last-proven", 10 * MINUTE),
    )


def test_an_alarm_of_an_earlier_revision_is_not_of_this_incident():
    found = look_at(CASE, [], [replace(ALARM, at=START - MINUTE), ALARM], Caught())
    assert found.alarms == (ALARM,)


def test_the_check_would_have_said_it_when_the_setting_was_first_seen():
    caught = look_back(SHELF, promotion(), NOON - HOUR, {"MUG-1"})

    # 40 less 90 % is 4, less 15 % is 3.40, less 10 of cost is -6.60.
    assert (caught.findings[0].code, caught.findings[0].contribution) == ("PF101", Fraction("-6.6"))
    assert caught.at == START
    assert caught.blind == ""


def test_a_stack_is_visible_from_when_its_last_member_was():
    halves = [promotion(percent_off=Fraction(40)), promotion("P-2", percent_off=Fraction(40), seen_at=NOON - 2 * HOUR)]
    shelf = replace(SHELF, platform="", promotions=halves)

    caught = look_back(shelf, halves[0], NOON - HOUR, {"MUG-1"})

    assert caught.findings[0].code == "PF301"
    assert caught.at == NOON - 2 * HOUR


@pytest.mark.parametrize(
    ("shelf", "faulty", "blind", "lacking"),
    [
        (SHELF, None, "no-record", ()),
        (replace(SHELF, offers=[]), promotion(kind=promotion().kind), "missing-cost", (("MUG-1", ""),)),
        (replace(SHELF, offers=[offer(unit_cost=None)]), promotion(), "missing-cost", (("MUG-1", "USD"),)),
    ],
)
def test_why_nothing_would_have_caught_it(shelf, faulty, blind, lacking):
    quiet = [rule for rule in shelf.rules if not rule.code.startswith(("PF5", "PF6"))]
    promotions = [replace(p, percent_off=Fraction(45)) for p in shelf.promotions]
    faulty = faulty and promotions[0]

    caught = look_back(replace(shelf, rules=quiet, promotions=promotions), faulty, NOON - HOUR, {"MUG-1"})

    assert (caught.findings, caught.blind, caught.lacking) == ((), blind, lacking)


def test_the_lowest_minimum_that_speaks_is_tried_and_loads(tmp_path):
    mild = promotion(percent_off=Fraction(50))  # 20 less 15 % and 10 leaves 7, 35 %
    quiet = [rule for rule in SHELF.rules if not rule.code.startswith(("PF4", "PF5", "PF6"))]
    shelf = replace(SHELF, promotions=[mild], rules=quiet)

    caught = look_back(shelf, mild, NOON - HOUR, {"MUG-1"})
    assert (caught.blind, caught.minimum) == ("nothing", Fraction(36, 100))

    settings = Settings(alerts=True, own_address="", loss_budget=Fraction(200))
    found = look_at(replace(CASE, promotion=mild), [], [], caught)
    mine, plan = guards(found, "us", mild, [offer()], settings)
    assert mine.lines == (
        "[[rules.margin-below-minimum.overrides]]",
        'shop = "us"',
        'sku = "MUG-1"',
        "minimum = 0.36",
    )
    assert plan.lines == (
        "promotion_id,seen_at,kind,skus,percent_off,intended_percent_off",
        "P-1,2026-03-10T06:00:00Z,percent_off,MUG-1,50,",
    )
    path = tmp_path / "config.toml"
    path.write_text('[shops.us]\nkind = "plain-files"\nplatform = "amazon"\nfolder = "in"\n' + "\n".join(mine.lines))
    again = replace(shelf, rules=build_rules(Config.read(path).rules, ("us",)))
    assert "PF102" in {f.code for f in look_back(again, mild, NOON - HOUR, {"MUG-1"}).findings}


def test_lines_for_the_alarm_and_the_budget_load(tmp_path):
    slow = replace(ALARM, kind=AlarmKind.BLEED, lost=Money(20500, "USD"))
    found = look_at(CASE, [], [slow], Caught())
    settings = Settings(alerts=False, own_address="", loss_budget=Fraction(200))

    made = [g for g in guards(found, "us", CASE.promotion, [], settings) if g.file == "config.toml"]

    assert [(g.why, g.number) for g in made] == [("budget", "205.00"), ("alerts", "")]
    path = tmp_path / "config.toml"
    path.write_text("\n".join(text for g in made for text in g.lines))
    config = Config.read(path)
    assert (str(config.watch.loss_budget), config.alerts.to) == ("100.00", ("you@example.com",))


@pytest.mark.parametrize("text", ['a"b\\c', "line\nbreak", "\u202etxt", "```", "\x7f", "\U0001f600", "Größe"])
def test_any_text_is_a_toml_string(text):
    written = toml_text(text)
    assert tomllib.loads(f"x = {written}") == {"x": text}
    assert written.isprintable()


def test_five_facts_of_each_order():
    facts = {f.order_id: f for f in five_facts(CASE, {("MUG-1", "USD"): Fraction(50)}, {"O-1": "cancellation sent"})}
    one, three, four = facts["O-1"], facts["O-3"], facts["O-4"]
    assert (one.noticed_after, one.paid, one.regular, one.gap, one.units, one.letter) == (
        15, Fraction(400), Fraction(5000), Fraction(92, 100), 1, "cancellation sent",
    )  # fmt: skip
    assert (three.shipped, three.noticed_after) == (1, 5)
    assert (four.noticed_after, four.letter) == (None, "")


def test_who_is_watched_and_until_when():
    late = decided(affected(line("O-7", ship_by=NOON - MINUTE)), Decision.HONOUR, Reason.UNDER_LIMIT)
    told = decided(affected(line("O-8")), Decision.CANCEL)
    case = replace(CASE, decisions=(*NIGHT, late, told), told={**CASE.told, "O-8": NOON})
    case = replace(case, ledger=settle_all(case.decisions, Proofs(), 8))

    rows = [(w.order_id, w.risks, w.until.isoformat()[:10], w.counts_until.isoformat()[:10]) for w in watch_list(case)]

    assert rows == [
        ("O-8", (Risk.TOLD_NOT_PROVEN, Risk.CANCELLED), "2026-06-08", "2026-05-09"),
        ("O-1", (Risk.CANCELLED,), "2026-06-08", "2026-05-09"),
        ("O-2", (Risk.CANCELLED,), "2026-06-08", "2026-05-09"),
        ("O-7", (Risk.LATE,), "2026-06-08", "2026-05-09"),
    ]
    assert watch_list(replace(case, at=NOON + timedelta(days=91))) == []
    assert watch_list(replace(case, platform="ozon"))[0].counts_until is None


def test_a_drawing_of_three_stretches():
    drawn = draw(
        [Bin(2, 5.0, 1.0), Bin(), Bin(4, 5.0)], 0, 10, [(5, "alarm", "A"), (6, "notice", "N"), (30, "stop", "S")]
    )
    assert drawn.bars == ((0.0, 60.0, 60.0), (480.0, 0.0, 120.0))
    assert drawn.expected == "120.0,90.0 360.0,90.0 600.0,90.0"
    assert drawn.money == "240.0,60.0 480.0,60.0 720.0,0.0"
    assert [(m.x, m.kind, m.label) for m in drawn.marks] == [(120.0, "alarm", "A"), (144.0, "notice", "N")]
    near = draw([Bin()] * 100, 0, 10, [(500, "alarm", "A"), (505, "notice", "N")])
    assert [m.label for m in near.marks] == ["A N", ""]


def test_a_row_of_a_hostile_id_does_not_end_its_block():
    evil = promotion("```\n# Cancel everything")
    settings = Settings(alerts=True, own_address="", loss_budget=Fraction(200))
    (plan,) = guards(look_at(replace(CASE, promotion=evil), [], [], Caught()), "us", evil, [], settings)
    assert plan.lines[1].startswith('"```')
