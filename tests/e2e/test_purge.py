"""After 30 days buyers are forgotten everywhere, and what proves the response is still there."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta

import pytest

from desk import WEEK_OLD, spoilt, usual
from promofuse.config import Config
from promofuse.store.engine import open_store
from promofuse.store.privacy import load_keys
from promofuse.worker import Daemon
from reports import START, at, order_report

ID = "INC-2026-0001"
ALIAS = b"@marketplace.amazon"
DAY = 24 * 60


@pytest.fixture
def night(desk, run):
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(4)])
    desk.respond()

    def call(*words, minutes=61):
        return run(*words, "--at", at(minutes))

    call("approve", ID, "--by", "Kim")
    call("export", ID)
    over = [line.but(status="Cancelled", updated_at=at(90)) for line in spoilt(4)]
    over += [line.but(status="Shipped", updated_at=at(90)) for line in (WEEK_OLD, *usual(3))]
    desk.orders("b", over, codes=False)
    call("prove", ID, minutes=100)
    return call


def traces(folder):
    """Files below a folder that name a buyer."""
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and ALIAS in p.read_bytes()}


def test_nothing_is_forgotten_before_its_time(desk, night):
    before = traces(desk.outbox)

    ran = night("purge", "--json", minutes=29 * DAY)

    assert (ran.code, ran.json["buyers"], ran.json["files"]) == (0, 0, [])
    assert traces(desk.outbox) == before
    assert before


def test_a_look_erases_nothing(desk, night):
    before = traces(desk.base)

    ran = night("purge", "--dry-run", minutes=40 * DAY)

    assert ran.code == 0
    assert "would erase" in ran.out
    assert traces(desk.base) == before


def test_after_thirty_days_the_folder_and_the_reports_name_nobody(desk, night, run):
    path = desk.folder() / "3-buyers/drafts/B-1.eml"
    path.write_bytes(path.read_bytes() + b"edited")
    night("outbox", ID, minutes=110)
    digests = {e["order_id"]: e["sha256"] for e in _manifest(desk)}

    ran = night("purge", "--json", minutes=40 * DAY)

    assert ran.code == 0
    assert ran.json["buyers"] == 8
    assert [name.rpartition("/")[2] for name in ran.json["files"]] == ["a-report.txt"]
    assert traces(desk.base) == set()
    assert len(digests) == 4
    with sqlite3.connect(desk.base / "var/promofuse.sqlite3") as db:
        kept = db.execute("SELECT order_id, state, sha256 FROM delivery ORDER BY order_id").fetchall()
        assert kept == [(order_id, "handed_out", digests[order_id]) for order_id in sorted(digests)]
        assert db.execute("SELECT count(*) FROM delivery_message").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM buyer").fetchone() == (0,)
    db.close()
    assert (desk.folder() / "APPROVED.json").exists()
    assert night("incidents", ID, "--json", minutes=40 * DAY).json["ledger"]["found"] == 4
    assert night("purge", "--json", minutes=41 * DAY).json["buyers"] == 0


def test_a_report_that_also_names_younger_orders_is_kept_and_its_old_buyers_are_not_learnt_again(desk, night):
    young = [line.but(order_id=f"Y-{n}") for n, line in enumerate(spoilt(2))]
    desk.put({"mixed.txt": order_report([*spoilt(4), *young])})

    ran = night("purge", "--json", minutes=40 * DAY)

    assert [name.rpartition("/")[2] for name in ran.json["kept_files"]] == ["mixed.txt"]
    night("respond", "--promo", "P-1", minutes=40 * DAY + 1)
    with sqlite3.connect(desk.base / "var/promofuse.sqlite3") as db:
        assert {row[0] for row in db.execute("SELECT order_id FROM buyer")} == {"Y-0", "Y-1"}
    db.close()


def test_orders_that_still_stand_are_never_due(desk, run):
    desk.shop()
    desk.orders("a", [WEEK_OLD, *spoilt(4)])
    desk.respond()

    ran = run("purge", "--json", "--at", at(60 * DAY))

    assert ran.json["buyers"] == 0


def _manifest(desk):
    lines = (desk.folder() / "3-buyers/manifest.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_daemon_forgets_too_and_leaves_the_sellers_own_files(desk, night):
    config = Config.read(desk.base / "config.toml")
    with open_store(config.database_url, config.data_dir) as store:
        Daemon(config, store, load_keys(config.data_dir), lambda: START + timedelta(days=40)).forget()

    assert traces(desk.base) == {"inbox/us/a-report.txt"}
