"""Approval binds the letters that a person could read, as they lie there, and nothing else."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default

import pytest

from commands import stamps
from desk import WEEK_OLD, promotions, spoilt, table, usual
from reports import at, order_report

ID = "INC-2026-0001"


@pytest.fixture
def night(desk, run):
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(6)])
    desk.respond()

    def call(*words, minutes=61):
        return run(*words, "--at", at(minutes))

    return call


def states(desk):
    lines = (desk.folder() / "3-buyers/manifest.jsonl").read_text("utf-8").splitlines()
    return {entry["order_id"]: entry["state"] for entry in map(json.loads, lines)}


def test_approval_binds_every_listed_letter_and_says_who(desk, night):
    before = stamps(desk.folder() / "3-buyers/drafts")

    ran = night("approve", ID, "--by", "Chen Wei", "--json")

    assert ran.code == 0
    assert (ran.json["approved"], ran.json["unseen"]) == (6, 0)
    assert set(states(desk).values()) == {"approved"}
    assert stamps(desk.folder() / "3-buyers/drafts") == before
    (batch,) = json.loads((desk.folder() / "APPROVED.json").read_text())["batches"]
    assert (batch["by"], batch["drafts"], batch["plan"], batch["root"]) == (
        "Chen Wei",
        6,
        "cancel-all",
        ran.json["root"],
    )
    again = night("approve", ID, "--by", "Chen Wei")
    assert again.code == 0
    assert "approved already" in again.out


def test_approve_says_plan_rate_and_orders_without_letter_first(desk, night):
    desk.orders("b", spoilt(2, first=6), codes=False)
    desk.respond(minutes=70)

    ran = night("approve", ID, "--by", "Kim", minutes=71)

    lines = ran.out.splitlines()
    assert lines[0].startswith("2 orders to cancel have no letter")
    assert "Plan cancel-all" in ran.out
    assert "promofuse send" in ran.err


def test_new_orders_are_a_batch_of_their_own(desk, night):
    night("approve", ID, "--by", "Kim")
    desk.orders("b", spoilt(2, first=6))
    desk.respond(minutes=70)

    assert [states(desk)[f"B-{n}"] for n in (0, 5, 6, 7)] == ["approved", "approved", "rendered", "rendered"]
    ran = night("approve", ID, "--by", "Kim", "--json", minutes=71)
    assert ran.json["approved"] == 2
    assert set(states(desk).values()) == {"approved"}


def test_letters_that_nobody_could_read_are_not_bound(desk, night, run):
    desk.orders("b", spoilt(2, first=6))
    run("daemon", "--once", "--at", at(62))  # the shop was read, and the folder shows all eight
    desk.orders("c", spoilt(1, first=8))
    run("check", "--at", at(63))  # the shop was read, and the folder shows no ninth

    ran = night("approve", ID, "--by", "Kim", "--json", minutes=64)

    assert (ran.json["approved"], ran.json["unseen"]) == (8, 1)
    assert states(desk)["B-8"] == "rendered"


def test_a_hand_edit_after_approval_needs_approval_again(desk, night):
    night("approve", ID, "--by", "Kim")
    path = desk.folder() / "3-buyers/drafts/B-2.eml"
    path.write_bytes(path.read_bytes().replace(b"Hello", b"Good day"))

    night("outbox", ID)

    assert (states(desk)["B-2"], states(desk)["B-3"]) == ("edited", "approved")
    diff = night("outbox", ID, "--diff")
    assert "+Good day" in diff.out
    assert night("approve", ID, "--by", "Kim", "--json").json["approved"] == 1
    assert set(states(desk).values()) == {"approved"}


def test_an_edited_template_is_taken_up_by_approve_itself(desk, night):
    template = desk.folder() / "3-buyers/templates/cancellation.en.txt"
    night("approve", ID, "--by", "Kim")
    template.write_text(template.read_text("utf-8").replace("Kind regards", "With kind regards"), "utf-8")

    ran = night("approve", ID, "--by", "Kim", "--json")

    assert ran.json["approved"] == 6
    raw = (desk.folder() / "3-buyers/drafts/B-1.eml").read_bytes()
    assert "With kind regards" in message_from_bytes(raw, policy=default).get_content()
    assert "as shipped, as you wrote it" in night("outbox", ID, "--diff").out


@pytest.mark.parametrize("edit", [b"X-Spam: yes\r\n", b"Bcc: a@b.example\r\n"])
def test_an_edit_that_adds_a_header_is_never_approved(desk, night, edit):
    path = desk.folder() / "3-buyers/drafts/B-2.eml"
    path.write_bytes(edit + path.read_bytes())

    ran = night("approve", ID, "--by", "Kim", "--json")

    assert ran.json["approved"] == 5
    assert "headers were added" in ran.json["problems"][0]
    assert states(desk)["B-2"] == "refused"


def test_another_plan_voids_approval_and_its_return_restores_it(desk, run):
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(190), *spoilt(10)])
    desk.respond()
    run("approve", ID, "--by", "Kim", "--at", at(61))

    run("plan", ID, "--use", "under-limit", "--at", at(62))
    assert set(states(desk).values()) == {"rendered"}
    run("plan", ID, "--use", "cancel-all", "--at", at(63))
    assert set(states(desk).values()) == {"approved"}


def test_an_order_taken_out_of_the_plan_leaves_the_others_approved(desk, night):
    night("approve", ID, "--by", "Kim")

    night("plan", ID, "--honour", "B-1")

    assert "B-1" not in states(desk)
    assert set(states(desk).values()) == {"approved"}


def test_rejected_letters_wait_for_an_equally_precise_word(desk, night):
    assert night("reject", ID, "--by", "Kim").code == 2  # why?
    ran = night("reject", ID, "--group", "cancellation.en", "--by", "Kim", "--why", "wrong tone")

    assert ran.code == 0
    assert set(states(desk).values()) == {"rejected"}
    assert night("approve", ID, "--by", "Kim").code == 5
    assert night("approve", ID, "--by", "Kim", "--group", "cancellation.en").code == 0
    night("reject", ID, "--by", "Kim", "--why", "not yet")
    assert set(states(desk).values()) == {"rejected"}
    assert night("approve", ID, "--by", "Kim").code == 0
    kinds = [b["what"] for b in json.loads((desk.folder() / "APPROVED.json").read_text())["batches"]]
    assert kinds == ["rejected", "approved", "rejected", "approved"]


def test_a_rejected_letter_that_is_edited_is_a_new_draft(desk, night):
    night("reject", ID, "--by", "Kim", "--why", "wrong tone")
    path = desk.folder() / "3-buyers/drafts/B-2.eml"
    path.write_bytes(path.read_bytes().replace(b"Hello", b"Good day"))

    ran = night("approve", ID, "--by", "Kim", "--group", "cancellation.en", "--json")

    assert ran.json["approved"] == 6


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--by", " "), 2), ((), 2), (("--by", "Kim", "--group", "cancellation.xx"), 2)],
)
def test_a_word_without_name_or_of_no_group_is_no_approval(desk, night, words, code):
    assert night("approve", ID, *words).code == code
    assert set(states(desk).values()) == {"rendered"}


def test_nothing_to_approve_is_refused_with_what_there_is(desk, run):
    desk.shop()
    desk.orders("a", spoilt(2), codes=False)
    desk.respond()

    ran = run("approve", ID, "--by", "Kim", "--at", at(61))

    assert ran.code == 5
    assert "there are none" in ran.err


def test_inferred_orders_need_a_person_who_confirms_them(desk, run):
    slip = promotions({"seen_at": at(-120), "kind": "sale_price", "fixed_price": "1", "currency": "USD"})
    desk.shop()
    desk.put({"promotions.csv": slip.replace(b"percent_off,skus", b"percent_off,skus")})
    desk.orders("a", [WEEK_OLD, *(line.but(promotion_ids=(), price="1.00", discount="") for line in spoilt(3))])
    run("respond", "--sku", "MUG-1", "--at", at(60))

    refused = run("approve", ID, "--by", "Kim", "--at", at(61))
    confirmed = run("confirm", ID, "--by", "Kim", "--at", at(62))
    approved = run("approve", ID, "--by", "Kim", "--at", at(63))

    assert (refused.code, confirmed.code, approved.code) == (5, 0, 0)
    assert "promofuse confirm" in refused.err


def test_the_daemon_opens_an_incident_of_a_wrong_price_and_a_person_confirms_or_dismisses_it(desk, run):
    def penny(line):
        return line.but(promotion_ids=(), price="0.01", discount="")

    desk.shop()
    desk.orders("a", [WEEK_OLD, *map(penny, spoilt(6))])
    once = run("daemon", "--once", "--at", at(60))
    (incident,) = run("incidents", "--json", "--at", at(60)).json["incidents"]

    assert "alarm MUG-1: MUG-1, no promotion named: 1 order at $0.01 a unit; the catalogue's price is" in once.out
    assert incident["cause"] == {"kind": "price", "promotion_id": None, "skus": ["MUG-1"]}
    assert incident["orders"] == 6
    assert "no promotion named" in (desk.folder() / "7-post-mortem.md").read_text("utf-8")
    assert run("approve", ID, "--by", "Kim", "--at", at(61)).code == 5
    assert run("confirm", ID, "--by", "Kim", "--at", at(62)).code == 0
    assert run("approve", ID, "--by", "Kim", "--at", at(63)).code == 0
    assert run("dismiss", ID, "--by", "Kim", "--why", "a sample sale", "--at", at(64)).code == 0

    desk.orders("b", [penny(line).but(order_id=f"L-{line.order_id}", ordered_at=at(66)) for line in spoilt(6)])
    run("daemon", "--once", "--at", at(70))

    (only,) = run("incidents", "--json", "--at", at(70)).json["incidents"]
    assert only["state"] == "closed"


def test_exported_letters_are_the_persons_to_send(desk, night):
    assert night("export", ID).code == 5
    night("approve", ID, "--by", "Kim")

    ran = night("export", ID, "--json")

    assert (ran.code, ran.json["handed_out"]) == (0, 6)
    folder = desk.folder() / "3-buyers/export" / f"batch-{ran.json['batch']}"
    letters = sorted((folder / "eml").glob("*.eml"))
    assert [path.stem for path in letters] == [f"B-{n}" for n in range(6)]
    assert message_from_bytes(letters[0].read_bytes(), policy=default)["X-Unsent"] == "1"
    rows = table(folder / "mail-merge.csv")
    assert [row["order_id"] for row in rows] == [f"B-{n}" for n in range(6)]
    assert all(row["order_id"] in row["body"] + row["subject"] for row in rows)
    assert (folder / "paste.txt").read_text("utf-8").count("Subject: ") == 6
    assert set(states(desk).values()) == {"handed_out"}
    assert night("export", ID).code == 5
    for path in letters:
        assert path.stat().st_mode & 0o777 == 0o600


def test_an_export_says_that_the_cancellations_follow_at_once(desk, night):
    night("approve", ID, "--by", "Kim")

    ran = night("export", ID)

    assert "4-cancel as soon as you have sent them" in ran.err


def test_an_export_withholds_what_was_shipped_and_refuses_old_data(desk, night):
    night("approve", ID, "--by", "Kim")
    desk.orders("b", [line.but(status="Shipped", updated_at=at(70)) for line in spoilt(1)])

    ran = night("export", ID, "--json", minutes=75)

    assert ran.json["handed_out"] == 5
    assert "B-0" not in states(desk)


def test_old_data_hands_nothing_out(desk, night):
    night("approve", ID, "--by", "Kim")

    ran = night("export", ID, minutes=60 * 24)

    assert ran.code == 5
    assert "too old" in ran.err
    assert set(states(desk).values()) == {"approved"}


def test_letters_that_went_out_stay_as_they_went(desk, night):
    night("approve", ID, "--by", "Kim")
    night("export", ID)
    drafts = desk.folder() / "3-buyers/drafts"
    before = {path.name: path.read_bytes() for path in drafts.glob("*.eml")}
    template = desk.folder() / "3-buyers/templates/cancellation.en.txt"
    template.write_text(template.read_text("utf-8").replace("Kind regards", "With kind regards"), "utf-8")
    (drafts / "B-2.eml").write_bytes(before["B-2.eml"].replace(b"Hello", b"Hey"))
    gone = [line.but(status="Cancelled", updated_at=at(70)) for line in spoilt(3)]
    desk.orders("b", gone)
    desk.put({"c.txt": order_report(spoilt(6))})

    ran = night("respond", "--promo", "P-1", minutes=80)

    assert ran.code == 0
    assert {path.name: path.read_bytes() for path in drafts.glob("*.eml")} == before
    assert set(states(desk).values()) == {"handed_out"}
    assert "gone out already" in ran.out
    refused = night("plan", ID, "--honour", "B-5", minutes=81)
    assert (refused.code, "was told" in refused.err) == (5, True)
    assert night("close", ID, minutes=82).code == 5
    assert "3 buyers were told" in (desk.folder() / "README.md").read_text("utf-8")
