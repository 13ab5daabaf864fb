"""An incident that goes on: later reports, other starts and plans, hand edits on the way."""

from __future__ import annotations

import json

import pytest

from commands import stamps
from desk import BAD, WEEK_OLD, promotions, spoilt, usual
from reports import ALL_ORDERS, all_orders, at, comma, order_report


def test_a_start_that_a_person_gave_overrules_and_stays(desk):
    desk.shop()
    desk.orders("a", [WEEK_OLD, BAD.but(order_id="B-early", ordered_at=at(-300)), *spoilt(10)])

    assert desk.respond()["orders"] == 10
    assert desk.respond("--since", at(5))["orders"] == 5
    assert desk.respond()["orders"] == 5
    assert desk.respond("--since", at(-400))["orders"] == 11
    assert desk.decisions().keys() >= {"B-early", "B-9"}


def test_a_start_after_everything_is_nothing_to_do(desk):
    desk.shop()
    desk.orders("a", spoilt(2))

    ran = desk.respond("--since", at(30))

    assert (ran.code, ran.json["incidents"]) == (0, [])
    assert not desk.outbox.exists()


def test_growth_changes_only_what_the_news_changes(desk):
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(8)])
    desk.respond()
    before = stamps(desk.folder() / "3-buyers/drafts")
    trial = (desk.folder() / "4-cancel/1-try-one.txt").read_bytes()
    later = [line.but(updated_at=at(70)) for line in spoilt(8)]
    news = [
        later[1].but(status="Shipped"),
        later[2].but(status="Cancelled", price="", discount="", promotion_ids=(), quantity="0"),
        *spoilt(2, first=8),
    ]
    desk.orders("b", news)
    desk.put({"c.txt": order_report([later[3].but(asked_to_cancel="true")])})

    incident = desk.respond(minutes=80)

    assert incident["orders"] == 10
    expected = {f"B-{n}": "cancel" for n in range(10)} | {"B-1": "too-late", "B-2": "gone", "B-3": "buyer-requested"}
    assert desk.decisions() == expected
    assert desk.drafts() == {order_id for order_id, decision in expected.items() if decision == "cancel"}
    after = stamps(desk.folder() / "3-buyers/drafts")
    assert {name: stamp for name, stamp in after.items() if name in before} == {
        name: stamp for name, stamp in before.items() if name in after
    }
    assert desk.rows() == desk.drafts() | {"B-3"}
    assert (desk.folder() / "4-cancel/1-try-one.txt").read_bytes() == trial
    assert incident["ledger"] | {"open": 0} == {
        "found": 10, "cancelled": 0, "honoured": 0, "buyer_cancelled": 0, "unknown": 1, "failed": 0, "too_late": 1,
        "open": 0,
    }  # fmt: skip
    # All but the oldest order are in the window; nobody knows who cancelled the one.
    assert (incident["rate"]["cancelled"], incident["rate"]["orders"]) == (1, 13)


def test_a_trial_that_went_through_makes_room_for_the_next_one(desk):
    desk.shop()
    desk.orders("a", spoilt(3))
    desk.respond()
    first = (desk.folder() / "4-cancel/1-try-one.txt").read_text().split("\n")[2].split("\t")[0]
    gone = next(line for line in spoilt(3) if line.order_id == first)
    desk.orders("b", [gone.but(status="Cancelled", updated_at=at(70))])

    desk.respond(minutes=80)

    assert desk.rows() == {"B-0", "B-1", "B-2"} - {first}


def edit(path):
    path.write_bytes(path.read_bytes().replace(b"Kind regards", b"With many regards"))


def test_an_edited_letter_to_a_buyer_whose_order_has_left_is_not_among_the_drafts(desk):
    desk.shop()
    desk.orders("a", spoilt(3))
    desk.respond()
    edit(desk.folder() / "3-buyers/drafts/B-1.eml")
    desk.orders("b", [line.but(status="Shipped", updated_at=at(70)) for line in spoilt(2)])

    desk.respond(minutes=80)

    assert desk.drafts() == {"B-2"}
    (kept,) = (desk.folder() / "3-buyers/withdrawn").iterdir()
    assert b"With many regards" in kept.read_bytes()


def test_an_edited_letter_keeps_its_words_when_drafts_move_into_subfolders(desk, monkeypatch):
    monkeypatch.setattr("promofuse.outbox.letters.SHARD_FROM", 4)
    desk.shop()
    desk.orders("a", spoilt(4))
    desk.respond()
    edit(desk.folder() / "3-buyers/drafts/B-1.eml")
    desk.orders("b", spoilt(1, first=4))

    desk.respond()

    drafts = list((desk.folder() / "3-buyers/drafts").rglob("*.eml"))
    assert len(drafts) == 5
    assert [path.name for path in drafts if b"With many regards" in path.read_bytes()] == ["B-1.eml"]


class TestUnderLimit:
    @pytest.fixture
    def desk(self, desk):
        """Room for five cancellations among 220 orders."""
        desk.shop()
        desk.orders("a", [WEEK_OLD, *usual(200), *spoilt(20)])
        incident = desk.respond("--plan", "under-limit")
        assert incident["counts"]["cancel"] == 5
        return desk

    def test_what_was_chosen_stays_chosen_when_dearer_orders_come(self, desk):
        before = desk.drafts()
        desk.orders("b", spoilt(3, first=20, quantity="3", price="119.97", discount="116.97"))

        incident = desk.respond()

        assert (incident["counts"]["cancel"], incident["counts"]["honour"]) == (5, 18)
        assert desk.drafts() == before

    def test_asking_for_the_plan_again_works_it_out_anew(self, desk):
        desk.orders("b", spoilt(3, first=20, quantity="3", price="119.97", discount="116.97"))

        desk.respond("--plan", "under-limit")

        assert desk.drafts() >= {"B-20", "B-21", "B-22"}
        assert len(desk.drafts()) == 5

    @pytest.mark.parametrize("command", ["respond", "outbox"])
    def test_data_that_grows_old_does_not_widen_the_plan(self, run, desk, command):
        before = desk.decisions()

        words = ("respond", "--promo", "P-1") if command == "respond" else ("outbox", "INC-2026-0001")
        ran = run(*words, "--at", at(600))

        assert ran.code == 0
        assert desk.decisions() == before
        assert len(desk.rows()) == 5
        incident = json.loads((desk.folder() / "incident.json").read_text())
        assert (incident["plan"], incident["rate"]["now"]) == ("under-limit", None)

    def test_old_data_leaves_no_room_for_new_orders(self, desk):
        desk.orders("b", spoilt(2, first=20))

        incident = desk.respond(minutes=600)

        assert (incident["counts"]["cancel"], incident["counts"]["honour"]) == (5, 17)

    def test_no_room_at_all_stays_no_cancellation_when_data_grows_old(self, desk):
        desk.shop("de")
        desk.put({"a.txt": all_orders([WEEK_OLD, *spoilt(5)]), "b.txt": order_report(spoilt(5))}, "de")
        assert desk.respond("--plan", "under-limit", "--shop", "de")["counts"]["cancel"] == 0

        assert desk.respond("--shop", "de", minutes=600)["counts"]["cancel"] == 0

    def test_cancellations_of_the_plan_use_the_room_up(self, desk):
        done = [
            line.but(status="Cancelled", updated_at=at(70)) for line in spoilt(20) if line.order_id in desk.drafts()
        ]
        desk.orders("b", done)

        incident = desk.respond(minutes=80)

        assert (incident["counts"]["gone"], incident["counts"]["cancel"]) == (5, 0)
        assert incident["rate"]["now"] == incident["rate"]["after"] == "0.022727"

    def test_a_person_may_still_cancel_all(self, desk):
        assert desk.respond("--plan", "cancel-all")["counts"]["cancel"] == 20
        assert desk.respond(minutes=600)["counts"]["cancel"] == 20


def test_an_incident_of_a_price_does_not_shrink_as_days_go_by(run, desk):
    desk.shop()
    cheap = [line.but(price="1.00", discount="", promotion_ids=()) for line in spoilt(3)]
    desk.orders("a", [WEEK_OLD, *cheap])
    assert run("respond", "--sku", "MUG-1", "--at", at(60)).code == 0

    ran = run("respond", "--sku", "MUG-1", "--at", at(8 * 24 * 60), "--json")

    assert ran.json["incidents"][0]["orders"] == 3
    assert run("outbox", "INC-2026-0001", "--at", at(8 * 24 * 60)).code == 0


def test_a_health_report_of_no_orders_leaves_the_counting_to_the_orders(desk):
    columns = ("as_of", "marketplace", "metric", "numerator", "denominator")
    row = dict(zip(columns, (at(0), "amazon.com", "cancellation_rate", "0", "0"), strict=True))
    desk.shop(files={"account_health.csv": comma(columns, [row])})
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(1)])

    assert desk.respond()["rate"]["orders"] == 4


@pytest.mark.parametrize("second", ["Amazon Free Shipping", "Z-9"])
def test_of_several_ids_that_nobody_recorded_the_named_one_counts(desk, second):
    desk.shop(files={"promotions.csv": promotions()})
    desk.orders("a", [BAD, BAD.but(order_id="O-2", promotion_ids=(second, "P-1"))])

    assert desk.respond()["orders"] == 2


def test_promotion_ids_that_only_the_order_report_tells_count(desk):
    columns = tuple(column for column in ALL_ORDERS if column != "promotion-ids")
    desk.shop()
    desk.put({"a.txt": all_orders(spoilt(3), columns), "b.txt": order_report(spoilt(3))})

    assert desk.respond()["orders"] == 3


def test_an_open_incident_outlives_a_record_that_is_written_over(run, desk):
    desk.shop()
    desk.orders("a", spoilt(3))
    desk.respond()
    before = desk.decisions()
    desk.put({"promotions.csv": promotions({"seen_at": at(30), "percent_off": "9.75"})})  # written over, not added

    ran = run("respond", "--promo", "P-1", "--at", at(60))

    assert ran.code == 0
    assert "3 orders" in ran.out
    assert desk.decisions() == before


def test_a_dry_run_leaves_no_incident(run, desk):
    desk.shop()
    desk.orders("a", spoilt(3))

    assert desk.respond("--dry-run")["orders"] == 3
    assert not desk.outbox.exists()
    assert run("incidents", "--json").json["incidents"] == []
