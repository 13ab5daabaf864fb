"""The demo's files, read like anybody's, against a plain reading of the same files by the test itself."""

from __future__ import annotations

import csv
import json
import socket
from collections import Counter
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from fractions import Fraction

import pytest

from commands import stamps
from promofuse.demo import STOREFRONTS, write_demo
from promofuse.marketplaces import MARKETPLACES

AT = datetime.fromisoformat("2026-04-07T05:30:00+00:00")
US = STOREFRONTS[0]


@pytest.fixture
def night(tmp_path):
    write_demo(tmp_path / "demo", AT)
    return tmp_path / "demo"


def tab_rows(path, encoding):
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def expected_orders(folder, place):
    """Orders of the promotion by decision, read from the report with the csv module alone."""
    encoding = MARKETPLACES[place.marketplace].encoding
    inbox = folder / "inbox" / place.name
    (report,) = (path for path in inbox.glob("*.txt") if not path.name.startswith("orderreport"))
    asked = {
        row["order-id"]
        for row in tab_rows(next(inbox.glob("orderreport*")), encoding)
        if row["is-buyer-requested-cancellation"] == "true"
    }
    decisions = {}
    for row in tab_rows(report, encoding):
        if row["promotion-ids"] != place.promotion_id:
            continue
        order_id = row["amazon-order-id"]
        decisions[order_id] = (
            "gone" if row["order-status"] == "Cancelled"
            else "too-late" if row["order-status"] == "Shipped"
            else "request" if row["fulfillment-channel"] == "Amazon"
            else "buyer-requested" if order_id in asked
            else "wait" if row["order-status"] == "Pending"
            else "cancel"
        )  # fmt: skip
    return decisions


def respond(run, folder, place=US, *more):
    return run(
        "respond", "--promo", place.promotion_id, "--config", folder / "config.toml", "--at", AT.isoformat(), *more
    )


def manifest(folder):
    text = (folder / "3-buyers/manifest.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("place", STOREFRONTS, ids=lambda place: place.name)
def test_every_storefront_comes_out_as_its_files_say(run, night, place):
    expected = expected_orders(night, place)

    ran = respond(run, night, place, "--json")

    assert ran.code == 0
    (incident,) = ran.json["incidents"]
    assert incident["orders"] == len(expected) == place.spoilt_orders
    assert incident["counts"] == {
        key: Counter(expected.values())[key]
        for key in ("cancel", "honour", "wait", "request", "buyer-requested", "too-late", "gone")
    }
    folder = night / "outbox" / incident["id"]
    drafted = {entry["order_id"] for entry in manifest(folder)}
    lacking = {row["order_id"] for row in table(folder / "3-buyers/exceptions.csv")}
    assert drafted | lacking >= {order for order, decision in expected.items() if decision == "cancel"}
    assert {expected[order] for order in drafted} == {"cancel"}
    assert {entry["language"] for entry in manifest(folder)} == {MARKETPLACES[place.marketplace].language}
    assert sum(incident["ledger"].values()) == 2 * incident["ledger"]["found"]


def test_each_draft_goes_to_its_buyer_alone_and_its_digest_holds(run, night):
    respond(run, night)
    folder = night / "outbox/INC-2026-0001"
    recipients = {row["order_id"]: row for row in table(folder / "3-buyers/recipients.csv")}

    for entry in manifest(folder):
        raw = (folder / entry["path"]).read_bytes()
        message = message_from_bytes(raw, policy=default)
        assert len(raw) == entry["bytes"]
        assert [address.addr_spec for address in message["To"].addresses] == [entry["to"]]
        assert recipients[entry["order_id"]]["email"] == entry["to"]
        assert message["Message-ID"] == entry["message_id"]
        assert entry["order_id"] in message.get_content()
        assert message["Date"] is None


def test_the_cancellation_files_hold_each_line_once(run, night):
    respond(run, night)
    folder = night / "outbox/INC-2026-0001"
    decisions = expected_orders(night, US)

    rows = [
        line.split("\t")
        for name in ("1-try-one.txt", "2-all.txt")
        for line in (folder / "4-cancel" / name).read_bytes().decode("ascii").split("\r\n")[2:-1]
    ]

    assert len(rows) == len({(order, code) for order, _, code in rows})
    assert all(code.isdigit() for _, _, code in rows)
    reasons = {order: reason for order, reason, _ in rows}
    assert {decisions[order] for order, reason in reasons.items() if reason == "PricingError"} == {"cancel"}
    assert {decisions[order] for order, reason in reasons.items() if reason == "BuyerCanceled"} == {"buyer-requested"}
    assert len((folder / "4-cancel/1-try-one.txt").read_bytes().split(b"\r\n")) == 4
    without_code = {row["order_id"] for row in table(folder / "3-buyers/exceptions.csv")}
    wanted = {order for order, decision in decisions.items() if decision in ("cancel", "buyer-requested")}
    assert set(reasons) == wanted - without_code


def test_a_second_run_touches_nothing(run, night):
    respond(run, night)
    before = stamps(night / "outbox")

    ran = respond(run, night)

    assert ran.code == 0
    assert stamps(night / "outbox") == before


def test_with_the_percentage_that_was_meant_there_is_no_incident(run, tmp_path):
    write_demo(tmp_path / "demo", AT, Fraction("9.75"))

    ran = respond(run, tmp_path / "demo")

    assert ran.code == 0
    assert "nothing to do" in ran.out
    assert not (tmp_path / "demo/outbox").exists()


def test_without_one_of_the_orders_there_is_one_draft_less(run, night):
    respond(run, night)
    whole = {entry["order_id"] for entry in manifest(night / "outbox/INC-2026-0001")}
    missing = sorted(whole)[3]
    other = night.parent / "other"
    write_demo(other, AT)
    for path in (other / "inbox/us").glob("*.txt"):
        kept = [line for line in path.read_bytes().splitlines(keepends=True) if missing.encode() not in line]
        path.write_bytes(b"".join(kept))

    respond(run, other)

    assert {entry["order_id"] for entry in manifest(other / "outbox/INC-2026-0001")} == whole - {missing}


def test_under_limit_stays_strictly_under_and_honours_the_rest(run, night):
    ran = respond(run, night, US, "--plan", "under-limit", "--json")

    (incident,) = ran.json["incidents"]
    rate, cancel = incident["rate"], incident["counts"]["cancel"]
    assert (rate["cancelled"] + cancel) / rate["orders"] < 0.025 <= (rate["cancelled"] + cancel + 1) / rate["orders"]
    assert incident["counts"]["honour"] == Counter(expected_orders(night, US).values())["cancel"] - cancel
    assert len(manifest(night / "outbox" / incident["id"])) <= cancel


def test_the_demo_command_tells_the_night_and_what_comes_next(run, tmp_path):
    ran = run("demo", "--at", AT.isoformat())

    assert ran.code == 0
    assert "INC-2026-0003" in ran.out
    assert "300 orders" in ran.out
    assert "promofuse incidents" in ran.err
    assert (tmp_path / "demo/outbox/INC-2026-0001/README.md").exists()


def test_the_demo_mails_nobody_whatever_the_environment_says(run, tmp_path, monkeypatch):
    monkeypatch.setenv("PROMOFUSE_ALERTS__TO", '["me@shop.example"]')
    monkeypatch.setenv("PROMOFUSE_OUTBOX_DIR", str(tmp_path / "mine"))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection"))

    assert run("demo", "--at", AT.isoformat()).code == 0
    assert (tmp_path / "demo/outbox/INC-2026-0001/README.md").exists()
    assert not (tmp_path / "mine").exists()


def test_the_demo_replaces_itself_and_nothing_else(run, tmp_path):
    assert run("demo", "--at", AT.isoformat()).code == 0
    assert run("demo", "--at", (AT + timedelta(days=1)).isoformat()).code == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("keep")

    refused = run("demo", "--dir", tmp_path / "mine")

    assert refused.code == 2
    assert (tmp_path / "mine/notes.txt").read_text() == "keep"
