"""What a person decides: the plan, single orders, an edited orders.csv, the stop, the case, the end."""

from __future__ import annotations

import pytest

from desk import WEEK_OLD, promotions, spoilt, table, usual
from reports import at

ID = "INC-2026-0001"


@pytest.fixture
def night(desk, run):
    """Ten spoilt orders among 400: under-limit leaves room for a few."""
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(190), *spoilt(10)])
    desk.respond()

    def call(*words, minutes=61):
        return run(*words, "--at", at(minutes))

    return call


def test_a_look_at_the_plans_changes_nothing(desk, night):
    before = desk.decisions()

    ran = night("plan", ID, "--json")

    assert ran.code == 0
    plans = {plan["name"]: plan for plan in ran.json["plans"]}
    assert plans["cancel-all"] == {
        "name": "cancel-all", "in_force": True, "cancel": 10, "honour": 0, "hold": 0, "rate_after": "5.00 %",
        "over": True, "cost": None, "clean_on": "2026-03-17", "note": "",
    }  # fmt: skip
    assert (plans["under-limit"]["cancel"], plans["under-limit"]["honour"]) == (4, 6)
    assert not plans["under-limit"]["over"]
    assert desk.decisions() == before


def test_the_day_under_the_limit_again_is_the_marketplaces(desk, run):
    desk.shop(marketplace="amazon.com.au")
    desk.orders("a", [WEEK_OLD, *usual(190), *spoilt(10)])
    desk.respond()

    ran = run("plan", ID, "--at", at(61))  # 13:01 UTC, in Sydney the next day already

    assert "5.00 % OVER   2026-03-18 " in ran.out


def test_each_look_at_the_plans_ends_with_what_comes_next(night):
    assert night("plan", ID).err.splitlines()[-3:] == [
        "Next:",
        f"  promofuse plan {ID} --use NAME | --cancel ORDER | --honour ORDER | --from orders.csv     to change it",
        f"  promofuse approve {ID} --by NAME     once you have read 3-buyers/samples; edited files are taken up",
    ]
    changed = night("plan", ID, "--use", "under-limit").err
    assert changed.endswith(
        f"promofuse approve {ID} --by NAME     once you have read 3-buyers/samples; edited files are taken up\n"
    )
    night("approve", ID, "--by", "Kim")
    assert f"promofuse send {ID}     4 approved letters wait" in night("plan", ID).err
    assert f"promofuse send {ID}     4 approved letters wait" in night("outbox", ID).err
    assert f"promofuse outbox {ID}     takes up your edits" in night("outbox").err
    night("reject", ID, "--by", "Kim", "--why", "over")
    night("close", ID)
    assert "it is closed" in night("plan", ID).err
    assert "approve" not in night("outbox", ID).err


def test_another_plan_is_used_and_can_be_taken_back(desk, night):
    ran = night("plan", ID, "--use", "under-limit")

    assert ran.code == 0
    assert list(desk.decisions().values()).count("cancel") == 4
    assert "5.00" in ran.out
    assert "2.00" in ran.out
    night("plan", ID, "--use", "cancel-all")
    assert set(desk.decisions().values()) == {"cancel"}


def test_single_orders_are_decided_and_survive_growth_and_another_plan(desk, night):
    ran = night("plan", ID, "--honour", "B-1", "B-2", "--json")

    assert ran.json["changed"] == {"B-1": "honour", "B-2": "honour"}
    assert {"B-1", "B-2"} & desk.drafts() == set()
    desk.orders("b", spoilt(3, first=10))
    incident = desk.respond(minutes=90)
    assert (incident["orders"], incident["counts"]["honour"]) == (13, 2)
    night("plan", ID, "--use", "under-limit", minutes=91)
    assert {desk.decisions()[order_id] for order_id in ("B-1", "B-2")} == {"honour"}
    night("plan", ID, "--use", "cancel-all", minutes=92)
    night("plan", ID, "--undo", "B-1", minutes=93)
    assert (desk.decisions()["B-1"], desk.decisions()["B-2"]) == ("cancel", "honour")
    row = next(row for row in table(desk.folder() / "orders.csv") if row["order_id"] == "B-2")
    assert row["reason"] == "decided-by-person"


def test_an_edited_orders_csv_is_taken_row_by_row(desk, night, tmp_path):
    rows = (desk.folder() / "orders.csv").read_text("utf-8-sig").splitlines()
    edited = []
    for row in rows:
        if '"B-3"' in row or '"B-4"' in row:
            edited.append(row.replace('"cancel"', '"honour"'))
        elif '"B-5"' in row:
            edited.append(row.replace('"cancel"', '"gone-fishing"'))
        elif '"B-6"' in row:
            edited.append(row.replace('"cancel"', '"wait"').replace("B-6", "B-6"))
        else:
            edited.append(row)
    edited.append(edited[-1].replace(edited[-1].split(",")[0], '"X-1"'))
    path = tmp_path / "mine.csv"
    path.write_text("\r\n".join(edited), "utf-8-sig")

    ran = night("plan", ID, "--from", path, "--json")

    assert ran.code == 0
    assert ran.json["changed"] == {"B-3": "honour", "B-4": "honour"}
    places = {(gap["line"], gap["column"]) for gap in ran.json["gaps"]}
    line = {row.split(",")[0].strip('"'): number for number, row in enumerate(edited, start=1)}
    assert places == {(line["B-5"], "decision"), (line["B-6"], "decision"), (line["X-1"], "order_id")}
    assert "X-1" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--use", "cancel-some"), 2, "no plan"),
        (("--honour", "X-9"), 2, "no order 'X-9'"),
        (("--honour", "B-1", "--cancel", "B-1"), 2, "both"),
        (("--from", "nowhere.csv"), 2, "cannot be read"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_whole(desk, night, words, code, said):
    before = desk.decisions()

    ran = night("plan", ID, *words)

    assert (ran.code, said in ran.err) == (code, True)
    assert desk.decisions() == before


def test_an_order_whose_state_leaves_no_choice_is_refused(desk, night):
    desk.orders("b", [line.but(status="Shipped", updated_at=at(70)) for line in spoilt(1)])
    desk.respond(minutes=80)

    ran = night("plan", ID, "--cancel", "B-0", minutes=81)

    assert ran.code == 5
    assert "too-late" in ran.err


def test_under_limit_without_a_rate_is_refused(desk, run):
    desk.shop()
    desk.orders("a", spoilt(3))
    desk.respond()

    ran = run("plan", ID, "--use", "under-limit", "--at", at(61))

    assert ran.code == 5
    assert "rate" in ran.err


def test_the_stop_is_recorded_and_orders_after_it_are_its_tail(desk, night, run):
    ran = run("stopped", ID, "--at", at(5))

    assert ran.code == 0
    assert "4 orders since" in ran.out
    assert night("incidents", ID, "--json").json["state"] == "contained"
    readme = (desk.folder() / "README.md").read_text("utf-8")
    assert "Stopped" in readme
    assert "4 orders since; the last one" in readme
    assert night("incidents").code == 1  # contained is not closed


def test_a_case_and_an_answer_are_noted(desk, night, tmp_path):
    answer = tmp_path / "answer.txt"
    answer.write_text("Please cancel the orders and write back.\n", "utf-8")

    assert night("note", ID, "--case", "14-22", "--answer", answer).code == 0
    assert night("note", ID).code == 2
    assert night("note", ID, "--answer", tmp_path / "none.txt").code == 2


def test_a_closed_incident_keeps_its_orders_and_new_ones_open_another(desk, night):
    assert night("close", ID).code == 0
    assert night("incidents").code == 0
    desk.orders("b", spoilt(2, first=10))

    incident = desk.respond(minutes=90)

    assert (incident["id"], incident["orders"]) == ("INC-2026-0002", 2)
    assert night("outbox", ID, minutes=91).code == 0
    assert len(desk.decisions(1)) == 10
    assert night("plan", ID, "--honour", "B-1", minutes=92).code == 5


def test_closing_says_what_is_left_undone(night):
    ran = night("close", ID)

    assert ran.code == 0
    assert "10 orders to cancel still stand" in ran.out
    assert f"open outbox/{ID}/7-post-mortem.html" in ran.err


def test_an_incident_whose_approved_letters_wait_is_not_closed_before_they_are_sent_or_rejected(night):
    night("approve", ID, "--by", "Kim")

    ran = night("close", ID)

    assert ran.code == 5
    assert "10 approved letters were not sent" in ran.err
    assert f"promofuse send {ID}" in ran.err
    assert night("incidents", ID, "--json").json["state"] == "open"
    assert night("reject", ID, "--by", "Kim", "--why", "over").code == 0
    assert night("close", ID).code == 0


def test_letters_approved_under_another_plan_do_not_keep_an_incident_open(night):
    night("approve", ID, "--by", "Kim")
    night("plan", ID, "--use", "under-limit")

    assert night("close", ID).code == 0


def test_an_incident_is_known_by_its_id_however_it_is_typed(night):
    assert night("plan", " inc-2026-0001", "--json").json["incident"]["id"] == ID
    assert night("incidents", "Inc-2026-0001", "--json").json["id"] == ID


def test_a_false_alarm_is_dismissed_with_name_and_reason(desk, night):
    night("approve", ID, "--by", "Kim")  # its letters are not meant to go
    assert night("dismiss", ID).code == 2
    assert night("dismiss", ID, "--by", "Kim", "--why", "a clearance").code == 0
    assert night("incidents", ID, "--json").json["state"] == "closed"


def test_a_record_written_over_does_not_make_an_open_incident_younger(desk, night):
    desk.put({"promotions.csv": promotions({"seen_at": at(200), "percent_off": "97.5"})})
    desk.orders("b", spoilt(2, first=10))

    incident = desk.respond(minutes=210)

    assert incident["orders"] == 12
