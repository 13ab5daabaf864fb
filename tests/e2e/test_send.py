"""From approval to proof with a real mail server in another process: what goes, what is held back, what is claimed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from desk import BAD, WEEK_OLD, spoilt, table, usual
from post_office import MailServer
from reports import START, at

ID = "INC-2026-0001"


@pytest.fixture
def office(tmp_path, monkeypatch):
    """A mail server that keeps what it accepts."""
    servers = []

    class Office:
        kept = tmp_path / "accepted.jsonl"

        def open(self, *faults):
            server = MailServer(self.kept, faults)
            servers.append(server)
            monkeypatch.setenv("PROMOFUSE_MAIL__PORT", str(server.port))
            return server

        def received(self):
            return [json.loads(line) for line in self.kept.read_bytes().splitlines()] if self.kept.exists() else []

    yield Office()
    for server in servers:
        server.kill()


@pytest.fixture
def night(desk, run):
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(6)])
    desk.respond()

    def call(*words, minutes=61):
        return run(*words, "--at", at(minutes))

    return call


def entries(desk):
    lines = (desk.folder() / "3-buyers/manifest.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def states(desk):
    return {entry["order_id"]: entry["state"] for entry in entries(desk)}


def processing_report(rows, failed=()):
    text = f"Feed Processing Summary:\n\tNumber of records processed\t\t{rows}\n"
    text += f"\tNumber of records successful\t\t{rows - len(failed)}\n\n"
    text += "original-record-number\torder-id\terror-code\terror-type\terror-message\n"
    for number, order_id, message in failed:
        text += f"{number}\t{order_id}\t18028\tError\t{message}\n"
    return text.encode()


def test_what_was_approved_is_sent_once_as_it_stands(desk, night, office):
    office.open()
    night("approve", ID, "--by", "Kim")

    ran = night("send", ID, "--confirm", 6, "--json")

    assert ran.code == 0
    assert (ran.json["sent"], ran.json["failed"], ran.json["unknown"]) == (6, 0, 0)
    received = office.received()
    listed = {entry["message_id"]: entry for entry in entries(desk)}
    assert {one["id"] for one in received} == set(listed)
    for one in received:
        assert one["to"] == listed[one["id"]]["to"]
        assert one["sha256"] == listed[one["id"]]["sha256"]
        assert one["dates"] == 1
    assert set(states(desk).values()) == {"sent"}
    again = night("send", ID)
    assert again.code == 0
    assert "Nothing left to send" in again.out
    assert len(office.received()) == 6


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "nobody confirmed"), (("--confirm", 5), "not 5"), (("--confirm", 7), "not 7")],
)
def test_a_number_that_is_missing_or_wrong_sends_nothing(night, office, words, said):
    office.open()
    night("approve", ID, "--by", "Kim")

    ran = night("send", ID, *words)

    assert (ran.code, said in ran.err) == (5, True)
    assert office.received() == []


def test_nothing_goes_without_approval(night, office):
    office.open()

    ran = night("send", ID, "--confirm", 6)

    assert ran.code == 5
    assert "not approved" in ran.err
    assert office.received() == []


def test_a_letter_edited_after_approval_stays(desk, night, office):
    office.open()
    night("approve", ID, "--by", "Kim")
    path = desk.folder() / "3-buyers/drafts/B-2.eml"
    path.write_bytes(path.read_bytes().replace(b"Hello", b"Good day"))

    assert night("send", ID, "--confirm", 6).code == 5
    ran = night("send", ID, "--confirm", 5)

    assert ran.code == 0
    assert "1 letters are changed" in ran.err
    assert len(office.received()) == 5
    assert states(desk)["B-2"] == "edited"
    night("approve", ID, "--by", "Kim")
    assert night("send", ID, "--confirm", 1).code == 0
    assert len({one["id"] for one in office.received()}) == 6


def test_an_edited_template_stops_all_of_its_letters(desk, night, office):
    office.open()
    night("approve", ID, "--by", "Kim")
    template = desk.folder() / "3-buyers/templates/cancellation.en.txt"
    template.write_text(template.read_text("utf-8").replace("Kind regards", "With kind regards"), "utf-8")

    ran = night("send", ID, "--confirm", 6)

    assert ran.code == 5
    assert office.received() == []


def test_orders_shipped_cancelled_or_honoured_since_are_withheld(desk, night, office):
    office.open()
    night("approve", ID, "--by", "Kim")
    later = [line.but(updated_at=at(65)) for line in spoilt(6)]
    desk.orders("b", [later[0].but(status="Shipped"), later[1].but(status="Cancelled")])
    night("plan", ID, "--honour", "B-2", minutes=66)

    ran = night("send", ID, "--confirm", 3, "--json", minutes=67)

    assert ran.code == 0
    withheld = {one["order_id"] for one in ran.json["letters"] if one["state"] == "withheld"}
    assert withheld | ran.json["withheld_before"].keys() == {"B-0", "B-1", "B-2"}
    assert len(office.received()) == 3
    assert {order_id for order_id, state in states(desk).items() if state == "sent"} == {"B-3", "B-4", "B-5"}


def test_old_data_sends_nothing(night, office):
    office.open()
    night("approve", ID, "--by", "Kim")

    ran = night("send", ID, "--confirm", 6, minutes=60 * 5)

    assert (ran.code, "too old" in ran.err) == (5, True)
    assert office.received() == []


def test_new_orders_do_not_hold_up_what_is_approved(desk, night, office):
    office.open()
    night("approve", ID, "--by", "Kim")
    desk.orders("b", spoilt(2, first=6))

    ran = night("send", ID, "--confirm", 6, minutes=63)

    assert ran.code == 0
    assert "2 letters are not approved" in ran.err
    assert Counter(states(desk).values()) == {"sent": 6, "rendered": 2}
    night("approve", ID, "--by", "Kim", minutes=64)
    assert night("send", ID, "--confirm", 2, minutes=65).code == 0
    assert len(office.received()) == 8


def test_refusals_and_doubts_come_first_and_are_exit_code_1(desk, night, office):
    office.open(
        {"phase": "rcpt", "do": "550 no such buyer", "times": 1},
        {"phase": "kept", "do": "drop", "times": 1},
    )
    night("approve", ID, "--by", "Kim")

    ran = night("send", ID, "--confirm", 6)

    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].startswith("failed: ")
    assert lines[1].startswith("unknown: ")
    assert "promofuse resolve" in ran.err
    doubtful = lines[1].split(":")[1].strip()
    assert night("send", ID).code == 1  # nothing left, and still in doubt
    assert night("close", ID).code == 5
    assert night("resolve", ID, doubtful, "perhaps", "--by", "Kim").code == 2
    assert night("resolve", ID, doubtful, "sent", "--by", "Kim").code == 0
    assert night("resolve", ID, doubtful, "sent", "--by", "Kim").code == 2
    assert len(office.received()) == 5
    assert states(desk)[doubtful] == "sent"


def test_a_letter_that_was_not_sent_after_all_is_sent_again(desk, night, office):
    server = office.open({"phase": "dot", "do": "drop", "times": 1})
    night("approve", ID, "--by", "Kim")
    night("send", ID, "--confirm", 6)
    (doubtful,) = [order_id for order_id, state in states(desk).items() if state == "unknown"]

    night("resolve", ID, doubtful, "not-sent", "--by", "Kim")
    ran = night("send", ID, "--confirm", 1)

    assert (ran.code, server.process.poll()) == (0, None)
    assert len({one["id"] for one in office.received()}) == 6


def test_no_mail_server_is_exit_code_4_and_loses_nothing(desk, night, office, monkeypatch):
    office.open().kill()
    monkeypatch.setattr("promofuse.app.send.Pace", quick)
    night("approve", ID, "--by", "Kim")

    ran = night("send", ID, "--confirm", 6)

    assert ran.code == 4
    assert set(states(desk).values()) == {"approved"}
    office.open()
    assert night("send", ID, "--confirm", 6).code == 0
    assert len(office.received()) == 6


def quick(limits):
    from post_office import HURRIED
    from promofuse.delivery.pace import Pace

    return Pace(limits, HURRIED)


@pytest.mark.slow
def test_ctrl_c_finishes_what_is_on_its_way_and_the_next_run_goes_on(desk, night, office, tmp_path):
    office.open({"phase": "dot", "do": "delay:0.2"})
    desk.orders("b", spoilt(40, first=6))
    desk.respond(minutes=62)
    night("approve", ID, "--by", "Kim", minutes=63)
    command = [sys.executable, "-m", "promofuse", "send", ID, "--confirm", "46", "--at", at(64)]
    sender = subprocess.Popen(command, cwd=tmp_path, env={**os.environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(office.received()) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    sender.send_signal(signal.SIGINT)
    _, err = sender.communicate(timeout=60)

    assert sender.returncode == 1, err
    assert b"goes on where it stopped" in err
    went = len(office.received())
    assert 5 <= went < 46
    assert Counter(states(desk).values()) == {"sent": went, "approved": 46 - went}
    assert night("send", ID, "--confirm", 46 - went, minutes=65).code == 0
    assert len({one["id"] for one in office.received()}) == len(office.received()) == 46


def test_a_whole_night_is_proven_and_only_what_is_proven_is_claimed(desk, night, office, tmp_path):
    """Trial, letters, upload, re-read: four proven, one refused by the platform, one the buyer asked for."""
    office.open()
    night("approve", ID, "--by", "Kim")
    night("send", ID, "--confirm", 6)
    early = night("prove", ID, "--json", minutes=62).json
    assert early["incident"]["ledger"]["cancelled"] == 0
    assert "NOT READY: 0 of 6" in (desk.folder() / "5-annotation-request.md").read_text("utf-8")
    assert "6 buyers were told" in (desk.folder() / "README.md").read_text("utf-8")
    rest = (desk.folder() / "4-cancel/2-all.txt").read_text().splitlines()[2:]
    order_ids = [row.split("\t")[0] for row in rest]
    refused = order_ids[-1]
    desk.put({"report-1.txt": processing_report(1)})
    desk.put({"report-2.txt": processing_report(5, [(5, refused, "The order was shipped")])})
    for name in ("report-1.txt", "report-2.txt"):
        moment = START.timestamp() + 80 * 60
        os.utime(tmp_path / "inbox/us" / name, (moment, moment))
    gone = [one.but(status="Cancelled", updated_at=at(90)) for one in spoilt(6) if one.order_id != refused]
    asked = gone[0].order_id
    desk.orders("b", [gone[0].but(asked_to_cancel="true"), *gone[1:]])

    ran = night("prove", ID, "--json", minutes=100)

    assert ran.code == 0
    ledger = ran.json["incident"]["ledger"]
    assert ledger == {
        "found": 6, "cancelled": 4, "honoured": 0, "buyer_cancelled": 1, "unknown": 0, "failed": 1, "too_late": 0,
        "open": 0,
    }  # fmt: skip
    proven = {one["order_id"] for one in ran.json["orders"] if one["outcome"] == "cancelled"}
    assert proven == {one.order_id for one in gone[1:]}
    rows = table(desk.folder() / "5-proven-cancellations.csv")
    assert {row["order_id"] for row in rows} == proven
    assert {row["cancelled_by"] for row in rows} == {"seller"}
    assert "- `5-annotation-request.md`" in (desk.folder() / "README.md").read_text("utf-8")
    assert "`5-proven-cancellations.csv`" in (desk.folder() / "README.md").read_text("utf-8"), (
        "README has a line on each file"
    )
    request = (desk.folder() / "5-annotation-request.md").read_text("utf-8")
    assert "4 of 5 proven" in request
    assert asked not in request
    assert "The order was shipped" in request
    assert f"promofuse prove {ID}" not in ran.err
    printed = night("prove", ID, minutes=101)
    assert "6 found = 4 cancelled + 1 buyer cancelled + 1 failed" in printed.out


def test_cancelled_by_nobody_knows_whom_is_listed_and_not_claimed(desk, night):
    desk.orders("b", [one.but(status="Cancelled", updated_at=at(90)) for one in spoilt(6)])

    ran = night("prove", ID, "--json", minutes=100)

    assert ran.json["incident"]["ledger"]["unknown"] == 6
    request = (desk.folder() / "5-annotation-request.md").read_text("utf-8")
    assert "NOT READY: 0 of" in request or "No order is to be cancelled" in request
    assert not (desk.folder() / "5-proven-cancellations.csv").exists()


def test_reports_with_old_times_prove_from_their_first_reading_on(desk, night):
    desk.orders("b", [one.but(status="Cancelled", updated_at=at(90)) for one in spoilt(6)])
    desk.put({"r1.txt": processing_report(1), "r2.txt": processing_report(5)})  # made long before the incident

    ran = night("prove", ID, "--json", minutes=100)

    assert (ran.json["incident"]["ledger"]["cancelled"], ran.json["reports_not_taken"]) == (6, [])


def test_a_report_that_lay_there_before_the_files_proves_nothing_and_is_named(desk, run):
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(6)])
    desk.put({"r2.txt": processing_report(5)})
    desk.respond()
    desk.orders("b", [one.but(status="Cancelled", updated_at=at(90)) for one in spoilt(6)])

    ran = run("prove", ID, "--at", at(100), "--json")
    printed = run("prove", ID, "--at", at(101)).out

    why = "no cancellation file with 5 records was laid before this report was made or first read"
    assert ran.json["incident"]["ledger"]["unknown"] == 6
    assert [(one["file"], one["reason"]) for one in ran.json["reports_not_taken"]] == [("r2.txt", why)]
    assert f"r2.txt: not taken as evidence: {why}; leave it if it is about another upload; else upload" in printed
    assert f"- r2.txt: {why}" in (desk.folder() / "5-annotation-request.md").read_text("utf-8")


def test_a_reason_that_the_platform_refuses_leads_to_the_fallback(desk, night, tmp_path):
    rest = len((desk.folder() / "4-cancel/2-all.txt").read_text().splitlines()) - 2
    assert rest == 5
    desk.put({"r.txt": processing_report(1, [(1, "", "PricingError is not a valid cancellation-reason-code")])})
    moment = START.timestamp() + 80 * 60
    os.utime(tmp_path / "inbox/us/r.txt", (moment, moment))

    ran = night("prove", ID, minutes=90)

    assert "does not take the reason code PricingError" in ran.out
    assert 'cancel_reason = "GeneralAdjustment"' in ran.err


def test_counts_that_do_not_balance_are_refused_with_the_difference(desk, night):
    desk.put({"catalogue.csv": b"sku,currency,unit_cost,price\nMUG-1,USD,0.10,39.99\n"})

    ran = night("prove", ID, minutes=90)

    assert ran.code in (2, 5)
    assert "balance" in ran.err or "no affected order" in ran.err


def test_an_order_that_loses_no_money_any_more_is_named_with_a_way_out(desk, night):
    gone = [one.but(status="Cancelled", updated_at=at(90)) for one in spoilt(6) if one.order_id != "B-3"]
    corrected = spoilt(4)[3].but(discount="0.00", updated_at=at(90))
    desk.orders("b", [*gone, corrected])
    desk.put({"r1.txt": processing_report(1), "r2.txt": processing_report(5)})

    refused = night("prove", ID, minutes=100)
    request = (desk.folder() / "5-annotation-request.md").read_text("utf-8")

    assert refused.code == 5
    assert "no longer among the affected orders: 1 (B-3)" in refused.err
    assert "B-3: it no longer loses money" in refused.err
    assert f"promofuse plan {ID} --honour B-3, then prove again" in refused.err
    assert "no longer among the affected orders: 1 (B-3)" in request
    assert night("plan", ID, "--cancel", "B-3", minutes=101).code == 2
    assert night("plan", ID, "--honour", "B-3", minutes=101).code == 0
    ledger = night("prove", ID, "--json", minutes=102).json["incident"]["ledger"]
    assert (ledger["found"], ledger["cancelled"], ledger["honoured"]) == (6, 5, 1)
    assert night("plan", ID, "--undo", "B-3", minutes=103).code == 0
    assert night("prove", ID, minutes=104).code == 5


def test_the_buyer_of_an_order_that_loses_no_money_any_more_may_have_been_told(desk, night, office):
    office.open()
    night("approve", ID, "--by", "Kim")
    night("send", ID, "--confirm", 6)
    desk.orders("b", [spoilt(4)[3].but(discount="0.00", updated_at=at(90))])

    refused = night("prove", ID, minutes=100)

    assert "write to the buyer of B-3 first, who was told that it is being cancelled" in refused.err
    assert night("plan", ID, "--honour", "B-3", minutes=101).code == 0
    assert night("prove", ID, minutes=102).code == 0


def test_what_the_plan_honoured_is_not_too_late_once_it_ships(desk, night):
    night("plan", ID, "--honour", "B-5", minutes=62)
    shipped = [one.but(status="Shipped", updated_at=at(90)) for one in spoilt(6)[4:]]
    desk.orders("b", [*spoilt(4), *shipped])

    ledger = night("prove", ID, "--json", minutes=100).json["incident"]["ledger"]

    assert (ledger["honoured"], ledger["too_late"], ledger["open"]) == (1, 1, 4)
    assert (desk.decisions()["B-5"], desk.decisions()["B-4"]) == ("too-late", "too-late")


def test_part_orders_and_buyers_requests_count_as_the_design_says(desk, run):
    desk.shop()
    part = [
        BAD.but(order_id="P-9", item_code="71"),
        BAD.but(order_id="P-9", sku="CUP-2", price="20", discount="", promotion_ids=(), item_code="72"),
    ]
    desk.orders("a", [WEEK_OLD, *part, *spoilt(1)])
    desk.respond()

    kinds = {entry["order_id"]: entry["kind"] for entry in entries(desk)}

    assert kinds == {"P-9": "part-cancellation", "B-0": "cancellation"}


def test_letters_after_the_fact_go_to_proven_orders_only(desk, run, office, tmp_path):
    office.open()
    desk.settings = '[response]\nmessage_timing = "after"\n'
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(4)])
    desk.respond()
    assert entries(desk) == []
    desk.put({"r.txt": processing_report(3)})
    moment = START.timestamp() + 80 * 60
    os.utime(tmp_path / "inbox/us/r.txt", (moment, moment))
    rest = (desk.folder() / "4-cancel/2-all.txt").read_text().splitlines()[2:]
    proven = {row.split("\t")[0] for row in rest}
    desk.orders("b", [one.but(status="Cancelled", updated_at=at(90)) for one in spoilt(4)])
    run("prove", ID, "--at", at(100))

    kinds = {entry["order_id"]: entry["kind"] for entry in entries(desk)}
    run("approve", ID, "--by", "Kim", "--at", at(101))
    ran = run("send", ID, "--confirm", 3, "--at", at(102))

    assert kinds == dict.fromkeys(proven, "cancelled")
    assert ran.code == 0
    assert len(office.received()) == 3
    assert "we have cancelled" in (desk.folder() / "3-buyers/samples/cancelled.en-shortest.txt").read_text("utf-8")


def test_a_buyer_who_was_told_heads_every_view_and_turns_red(desk, night, office):
    office.open()
    night("approve", ID, "--by", "Kim")
    sent = night("send", ID, "--confirm", 6)
    assert sent.code == 0, sent

    soon = night("incidents", minutes=90)
    late = night("incidents", ID, minutes=61 + 121)
    assert late.code == 1, late

    assert soon.out.splitlines()[0].startswith(f"{ID}: 6 buyers were told, the first 0 h 2")
    assert late.out.splitlines()[0].startswith(f"LATE: {ID}: 6 buyers were told, the first 2 h 0")
    assert "letters: 6 sent" in late.out
    assert "UTC  sent 6 letters" in late.out
    assert "approved by Kim" in late.out
    night("outbox", ID, minutes=61 + 121)
    assert "**LATE: 6 buyers were told" in (desk.folder() / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_a_sender_that_is_killed_leaves_a_view_that_says_what_is_and_what_to_do(desk, night, office, tmp_path):
    office.open({"phase": "kept", "do": "delay:0.3"})
    desk.orders("b", spoilt(30, first=6))
    desk.respond(minutes=62)
    night("approve", ID, "--by", "Kim", minutes=63)
    command = [sys.executable, "-m", "promofuse", "send", ID, "--confirm", "36", "--at", at(64)]
    sender = subprocess.Popen(command, cwd=tmp_path, env={**os.environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(office.received()) < 9 and time.monotonic() < deadline:
        time.sleep(0.02)
    sender.kill()
    sender.communicate()

    look = night("incidents", ID, minutes=65)
    assert "buyers were told" in look.out.splitlines()[0]
    assert "buyers were told" in night("incidents", minutes=65).out.splitlines()[0]
    assert f"promofuse send {ID}     goes on with" in look.err
    office.open()
    waiting = night("send", ID, "--confirm", 0, minutes=65)
    ran = night("send", ID, "--confirm", int(waiting.err.split()[1]), "--json", minutes=65)
    assert (waiting.code, ran.code) == (5, 1)
    doubtful = [order_id for order_id, state in states(desk).items() if state == "unknown"]
    assert 1 <= len(doubtful) == ran.json["unknown"] <= 4
    for more in range(len(doubtful) - 1, -1, -1):
        ran = night("resolve", ID, doubtful[more], "sent", "--by", "Kim", minutes=65)
        assert (f"{more} more in doubt" in ran.err) == (more > 0)
    assert set(Counter(one["id"] for one in office.received()).values()) == {1}


def test_letters_that_cannot_go_are_said_before_and_after(desk, night, office):
    office.open()
    spoiled = desk.folder() / "3-buyers/drafts/B-2.eml"
    spoiled.write_bytes(b"")

    diff = night("outbox", ID, "--diff")
    assert "Nothing was edited" not in diff.out
    assert "the file is empty" in diff.out
    night("approve", ID, "--by", "Kim")
    ran = night("send", ID, "--confirm", 5)

    assert ran.code == 0
    assert "1 letters were edited in a way that cannot be taken up: they do not go" in ran.err
    assert f"promofuse outbox {ID}     1 edits could not be taken up" in ran.err
    again = night("send", ID)
    assert (again.code, "cannot be taken up" in again.err) == (5, True)
    spoiled.unlink()  # ours again
    night("outbox", ID)
    night("approve", ID, "--by", "Kim")
    assert night("send", ID, "--confirm", 1).code == 0
    assert len({one["id"] for one in office.received()}) == 6


def test_a_deleted_file_holds_no_letter_back_and_that_is_said(desk, night, office):
    office.open()
    night("approve", ID, "--by", "Kim")
    for name in ("B-1", "B-2"):
        (desk.folder() / f"3-buyers/drafts/{name}.eml").unlink()

    ran = night("send", ID, "--confirm", 6)

    assert ran.code == 0
    assert f"2 letters go though their files were deleted: to hold one back, promofuse plan {ID} --honour" in ran.err
    assert len(office.received()) == 6


@pytest.mark.parametrize("reader", ["en", "zh"])
@pytest.mark.parametrize("timing", ["with", "before", "after"])
def test_the_steps_follow_the_timing_of_the_messages(desk, run, timing, reader):
    desk.settings = f'reader_language = "{reader}"\n[response]\nmessage_timing = "{timing}"\n'
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(6)])
    desk.respond()

    lines = (desk.folder() / "README.md").read_text("utf-8").splitlines()
    steps = [line for line in lines if line[:2].rstrip(".").isdigit()]
    letters, trial, prove = (
        next((place for place, step in enumerate(steps) if word in step), None)
        for word in (f"promofuse send {ID}", "1-try-one.txt", f"promofuse prove {ID}")
    )

    assert [step.partition(".")[0] for step in steps] == [str(n) for n in range(1, len(steps) + 1)]
    if timing == "with":
        assert trial + 1 == letters < prove
    elif timing == "before":
        assert letters + 1 == trial < prove
    else:
        assert letters is None
        assert ("draws up the letters" in steps[prove]) or ("会写好信" in steps[prove])
        assert "no letters yet" in run("approve", ID, "--by", "Kim", "--at", at(61)).err
        assert "No letters yet" in run("send", ID, "--at", at(61)).out
