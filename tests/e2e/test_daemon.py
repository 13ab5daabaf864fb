"""The daemon's cycle on the demo's night: what it finds, tells and survives."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from fractions import Fraction

import pytest
from aiosmtpd.controller import Controller
from structlog.testing import capture_logs
from test_demo_night import AT, respond

from commands import stamps
from desk import BAD, WEEK_OLD, promotions, spoilt, usual
from promofuse.app.respond import respond_to
from promofuse.config import Config
from promofuse.demo import STOREFRONTS, write_demo
from promofuse.rules.price import BelowCost
from promofuse.store import engine
from promofuse.store.engine import open_store
from promofuse.store.privacy import load_keys
from promofuse.velocity.watch import ShopWatch
from promofuse.worker import Daemon
from reports import at as minute

JP = STOREFRONTS[2]


@pytest.fixture
def shop(tmp_path):
    """The demo with the smallest storefront alone."""
    return only_jp(tmp_path / "shop")


def only_jp(folder, percent=Fraction("97.5"), extra=""):
    write_demo(folder, AT, percent)
    config = folder / "config.toml"
    text = config.read_text("utf-8")
    for name in ("us", "de"):
        start = text.index(f"[shops.{name}]")
        text = text[:start] + text[text.index("\n\n", start) + 2 :]
    config.write_text(text.replace("to = []", extra or "to = []"), "utf-8")
    return folder


def once(run, folder, at=AT, *more):
    return run("daemon", "--once", "--config", folder / "config.toml", "--at", at.isoformat(), *more)


def drafts(folder):
    return {path.name: path.read_bytes() for path in (folder / "outbox").rglob("drafts/*.eml")}


def database(folder, question):
    with closing(sqlite3.connect(folder / "var/promofuse.sqlite3")) as db:
        return db.execute(question).fetchall()


def alarms(folder):
    return database(folder, "SELECT promotion_id, at, kind, orders, lost, message FROM alarm ORDER BY 1, 2, 3")


def test_one_cycle_opens_the_incident_with_the_drafts_that_respond_writes(run, shop, tmp_path):
    ran = once(run, shop)

    assert ran.code == 1
    assert "loss-making orders in" in ran.out
    by_hand = only_jp(tmp_path / "by hand")
    respond(run, by_hand, JP)
    assert drafts(shop) == drafts(by_hand)
    assert len(alarms(shop)) >= 1


def test_an_incident_opens_at_the_time_of_its_alarm(run, shop):
    told = json.loads(once(run, shop, AT, "--json").out)
    (incident,) = told["shops"][0]["incidents"]
    (raised,) = database(shop, "SELECT min(at) FROM alarm")[0]

    (opened,) = database(shop, "SELECT opened_at FROM incident")[0]

    assert opened == raised < AT.timestamp() * 1_000_000
    assert incident == f"INC-{AT.year}-0001"


def test_the_watch_tells_the_buyers_of_promotion_orders_apart(run, shop, monkeypatch):
    seen, see_order = set(), ShopWatch.see_order

    def note(self, lines, *, history=False, buyer=0):
        seen.update(buyer for line in lines if line.promotion_ids)
        return see_order(self, lines, history=history, buyer=buyer)

    monkeypatch.setattr(ShopWatch, "see_order", note)
    once(run, shop, AT)

    assert len(seen) > 10


def test_a_second_cycle_changes_nothing(run, shop):
    once(run, shop)
    before, alarmed = stamps(shop / "outbox"), alarms(shop)

    once(run, shop)

    assert (stamps(shop / "outbox"), alarms(shop)) == (before, alarmed)


def test_with_the_percentage_that_was_meant_it_stays_silent(run, tmp_path):
    folder = only_jp(tmp_path / "calm", Fraction("9.75"))

    ran = once(run, folder)

    assert (ran.code, alarms(folder)) == (0, [])
    assert not (folder / "outbox").exists()


def test_an_old_loss_is_history_and_opens_nothing(run, shop):
    ran = once(run, shop, AT + timedelta(days=9))

    assert ran.code == 0
    assert len(alarms(shop)) >= 1
    assert database(shop, "SELECT count(*) FROM incident") == [(0,)]


def in_fork(work):
    """Run in a process of its own; nothing it prints or leaves open reaches us."""

    def child():
        os.close(1), os.close(2)
        os.open(os.devnull, os.O_WRONLY), os.open(os.devnull, os.O_WRONLY)
        with suppress(SystemExit):
            work()
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    return process


def tick(folder, at=AT):
    config = Config.read(folder / "config.toml")
    with open_store("", config.data_dir) as store:
        return Daemon(config, store, load_keys(config.data_dir), lambda: at).tick()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_killed_anywhere_and_started_again_it_comes_to_the_same_end(run, shop, tmp_path):
    whole = only_jp(tmp_path / "whole")
    once(run, whole)
    dice = random.Random(11)

    for _ in range(14):
        process = in_fork(lambda: tick(shop))
        time.sleep(dice.uniform(0.01, 0.6))
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.join()
    once(run, shop)

    assert drafts(shop) == drafts(whole)
    assert alarms(shop) == alarms(whole)


def test_orders_that_come_later_raise_the_alarm_then_and_grow_the_incident(run, shop, tmp_path):
    (report,) = (path for path in (shop / "inbox/jp").glob("*.txt") if not path.name.startswith("orderreport"))
    content = report.read_bytes()
    lines = content.splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if JP.promotion_id.encode() in line)
    report.write_bytes(b"".join(lines[:first]))
    assert once(run, shop).code == 0

    seen = []
    for end in range(first + 4, len(lines) + 4, 4):
        report.write_bytes(b"".join(lines[:end])[:-3])  # half a line: the file is still being written
        seen.append(len(alarms(shop)))
        once(run, shop)
    report.write_bytes(content)
    once(run, shop)

    assert (seen[0], bool(alarms(shop))) == (0, True)
    by_hand = only_jp(tmp_path / "by hand")
    respond(run, by_hand, JP)
    assert drafts(shop) == drafts(by_hand)


def test_an_incident_grows_as_its_orders_come_due_though_no_file_changes(run, desk):
    lines = [BAD.but(order_id=f"B-{number}", ordered_at=minute(3 * number)) for number in range(12)]
    desk.shop()
    desk.orders("orders", [WEEK_OLD, *lines])

    def orders_at(minutes):
        run("daemon", "--once", "--config", desk.base / "config.toml", "--at", minute(minutes))
        return len(desk.decisions())

    assert [orders_at(minutes) for minutes in (20, 31, 50)] == [7, 11, 12]
    written = stamps(desk.folder())
    assert (orders_at(55), stamps(desk.folder())) == (12, written)


class Inbox:
    """A real SMTP server that keeps what it gets, or refuses."""

    def __init__(self):
        self.messages = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answer.startswith("250"):
            self.messages.append(message_from_bytes(envelope.content, policy=default))
        return self.answer


@pytest.fixture
def mail():
    inbox = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    inbox.port = port
    yield inbox
    server.stop()


def with_alerts(folder, port):
    config = only_jp(folder, extra='to = ["boss@lumina.example"]') / "config.toml"
    config.write_text(config.read_text("utf-8").replace("port = 1025", f"port = {port}"), "utf-8")
    return folder


def test_the_seller_is_told_once_without_any_buyers_data(run, tmp_path, mail):
    folder = with_alerts(tmp_path / "shop", mail.port)

    once(run, folder)
    once(run, folder)

    (message,) = mail.messages
    text = message.get_content()
    assert message["To"] == "boss@lumina.example"
    assert JP.promotion_id in message["Subject"]
    assert "promofuse incidents INC-2026-0001" in text
    assert not [name for name in JP.buyers if name in text]
    assert "marketplace.amazon" not in text


def test_a_mail_server_that_refuses_is_said_and_tried_again(run, tmp_path, mail):
    folder = with_alerts(tmp_path / "shop", mail.port)
    mail.answer = "451 later"

    first = once(run, folder)
    mail.answer = "250 OK"
    once(run, folder)

    assert "could not be told by mail" in first.out
    assert len(mail.messages) == 1
    assert drafts(folder)


def test_data_going_stale_is_told_and_shown(run, tmp_path, mail):
    folder = with_alerts(tmp_path / "shop", mail.port)
    for path in (folder / "inbox/jp").iterdir():
        os.utime(path, (AT.timestamp(), AT.timestamp()))
    once(run, folder)

    ran = once(run, folder, AT + timedelta(hours=3))

    assert "STALE" in ran.out
    assert any("blind" in str(message["Subject"]) for message in mail.messages)


def test_one_shop_that_fails_does_not_stop_the_others(run, tmp_path):
    folder = tmp_path / "shop"
    write_demo(folder, AT)
    (folder / "inbox/us").rename(folder / "inbox/gone")

    ran = once(run, folder, AT, "--json")

    states = {shop["shop"]: (bool(shop["error"]), len(shop["incidents"])) for shop in ran.json["shops"]}
    assert states == {"us": (True, 0), "de": (False, 1), "jp": (False, 1)}
    assert ran.code == 1


def test_one_incident_that_fails_does_not_stop_the_others_and_is_told_by_mail(run, desk, mail, monkeypatch):
    desk.settings = f'[alerts]\nto = ["boss@lumina.example"]\n[mail]\nport = {mail.port}\n'
    slips = [{"promotion_id": one, "seen_at": minute(-120), "percent_off": "97.5"} for one in ("P-1", "P-2")]
    desk.shop(files={"promotions.csv": promotions(*slips)})
    (desk.base / "config.toml").write_text((desk.base / "config.toml").read_text().replace("[mail]\nfrom_", "from_"))
    both = [*spoilt(6), *spoilt(6, first=6, promotion_ids=("P-2",))]
    desk.orders("a", [WEEK_OLD, *usual(3), *both])

    def answer(config, store, keys, shop, cause, *rest):
        if cause.promotion_id == "P-1":
            raise OSError(28, "No space left on device")
        return respond_to(config, store, keys, shop, cause, *rest)

    def cycle():
        return run("daemon", "--once", "--json", "--at", minute(60))

    with monkeypatch.context() as patched:
        patched.setattr("promofuse.app.cycle.respond_to", answer)
        (first,) = cycle().json["shops"]
        cycle()
    (then,) = cycle().json["shops"]

    assert (first["incidents"], "promotion:P-1: [Errno 28]" in first["error"]) == (["INC-2026-0001"], True)
    assert (then["incidents"], then["error"]) == (["INC-2026-0002"], None)
    assert sum("could not finish" in str(message["Subject"]) for message in mail.messages) == 1


def test_a_crashing_rule_is_a_visible_unknown(run, shop, monkeypatch):
    def crash(self, case):
        raise ZeroDivisionError("in the rule")
        yield

    monkeypatch.setattr(BelowCost, "check_offer", crash)

    ran = run("check", "--json", "--config", shop / "config.toml", "--at", AT.isoformat())

    assert any("crashed" in unknown["reason"] and unknown["code"] == "PF101" for unknown in ran.json["unknowns"])
    assert {finding["code"] for finding in ran.json["findings"]} >= {"PF201"}


def test_a_broken_template_of_the_users_gives_way_to_ours_and_is_said(run, shop):
    mine = shop / "mine/buyer/cancellation"
    mine.mkdir(parents=True)
    (mine / "ja.txt.j2").write_text("Subject: x\n\n{{ oops", "utf-8")
    config = shop / "config.toml"
    config.write_text(config.read_text("utf-8").replace('templates_dir = ""', 'templates_dir = "mine"'), "utf-8")

    ran = once(run, shop)

    assert "cannot be used" in ran.out
    assert drafts(shop)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_disk_that_takes_no_more_is_said_and_nothing_is_lost(run, shop, tmp_path):
    report = tmp_path / "said.json"

    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        open_store("", shop / "var").close()
        size = (shop / "var/promofuse.sqlite3").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 200_000, size + 200_000))
        with capture_logs() as logs:
            tick(shop)
        report.write_text(json.dumps(logs), "utf-8")

    in_fork(full).join()

    said = json.loads(report.read_text("utf-8"))
    assert any(entry["log_level"] == "error" for entry in said)
    once(run, shop)
    whole = only_jp(tmp_path / "whole")
    once(run, whole)
    assert drafts(shop) == drafts(whole)


def test_a_locked_database_is_said_and_the_next_cycle_goes_on(shop, monkeypatch):
    monkeypatch.setattr(engine, "_PRAGMAS", tuple(p.replace("30000", "100") for p in engine._PRAGMAS))
    open_store("", shop / "var").close()
    load_keys(shop / "var")
    with closing(sqlite3.connect(shop / "var/promofuse.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with capture_logs() as logs:
            locked = tick(shop)
        other.execute("ROLLBACK")

    assert any("locked" in str(entry) for entry in logs)
    assert locked is None or locked.shops[0].error
    assert tick(shop).open_incidents == 1


def test_a_clock_that_jumps_is_said_and_repeats_nothing(shop):
    config = Config.read(shop / "config.toml")
    times = iter([AT, AT - timedelta(hours=5), AT + timedelta(hours=8)])
    with open_store("", config.data_dir) as store, capture_logs() as logs:
        daemon = Daemon(config, store, load_keys(config.data_dir), lambda: next(times))
        cycles = [daemon.tick() for _ in range(3)]

    events = [entry["event"] for entry in logs]
    assert ("clock.back" in events, "clock.gap" in events) == (True, True)
    assert [cycle.open_incidents for cycle in cycles] == [1, 1, 1]
    assert len(alarms(shop)) == len(cycles[0].shops[0].alarms)


def test_a_second_daemon_is_refused(run, shop):
    config = Config.read(shop / "config.toml")
    from promofuse.worker import only_instance

    with only_instance(config.data_dir):
        ran = once(run, shop)

    assert ran.code == 5
    assert "another daemon" in ran.err


def test_the_daemon_drains_on_sigterm_and_leaves_a_heartbeat(shop):
    process = subprocess.Popen(
        [sys.executable, "-m", "promofuse", "daemon", "--config", str(shop / "config.toml"), "--at", AT.isoformat()],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (shop / "var/heartbeat.json").exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)

    assert process.returncode == 0, log
    assert '"daemon.stop"' in log
    assert json.loads((shop / "var/heartbeat.json").read_text("utf-8"))["open_incidents"] == 1


def test_a_plan_far_deeper_than_the_others_is_asked_about_once(run, shop):
    before_it_starts = AT - timedelta(hours=9, minutes=30)
    once(run, shop, before_it_starts)
    once(run, shop, before_it_starts + timedelta(minutes=1))

    assert alarms(shop) == []
    asked = database(shop, "SELECT subject, body FROM notice WHERE key LIKE 'question:%'")
    assert len(asked) == 1
    assert "is it meant to lose" in asked[0][0]
    assert "[watch]" in asked[0][1]
    assert "The check says: " in asked[0][1]
    assert "can be bought for" in asked[0][1]
    assert not database(shop, "SELECT key FROM notice WHERE key LIKE 'found:%'")  # one mail is enough


CONFIG = """
[shops.own]
kind = "plain-files"
platform = "shopify"
folder = "in"
seller_name = "Northlight"
"""


def test_a_critical_finding_is_mailed_once_and_again_when_it_says_something_else(run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "config.toml").write_text(CONFIG)

    def look(minutes, price, promotions="", more=""):
        (tmp_path / "config.toml").write_text(CONFIG + more)
        (tmp_path / "in/catalogue.csv").write_text(
            f"sku,currency,price,unit_cost,fee_rate\nMUG,USD,{price},12,0.03\nCUP,USD,20,12,0.03\n"
        )
        if promotions:
            head = "promotion_id,seen_at,kind,status,starts_at,ends_at,skus,percent_off,combines,per_customer_limit"
            (tmp_path / "in/promotions.csv").write_text(f"{head}\n{promotions}")
        once(run, tmp_path, AT + timedelta(minutes=minutes))
        return [
            row[0] for row in database(tmp_path, "SELECT subject FROM notice WHERE key LIKE 'found:%' ORDER BY made_at")
        ]

    assert look(0, 30) == []
    assert look(1, 10) == look(2, 10) == ["[own] MUG loses money as it is set"]
    assert len(look(3, 9)) == 2
    soon = (AT + timedelta(hours=6)).isoformat()
    late = (AT + timedelta(days=2)).isoformat()
    halves = "".join(f"{name},{AT.isoformat()},percent_off,scheduled,{soon},{late},CUP,30,all,1\n" for name in "AB")

    subjects = look(4, 30, halves)

    assert subjects[2:] == ["[own] A, B loses money as it is set"]
    (body,) = database(tmp_path, "SELECT body FROM notice WHERE subject LIKE '%A, B%'")[0]
    assert "promofuse check --promo A --explain" in body
    assert look(5, 30, halves, '[watch]\nintended = ["A", "B"]\n') == subjects


def test_a_dismissed_incident_reaches_the_watch(run, shop):
    once(run, shop)
    ((incident,),) = database(shop, "SELECT incident_id FROM incident")
    config = ("--config", shop / "config.toml")
    at = AT + timedelta(minutes=1)
    run("dismiss", incident, "--by", "Kim", "--why", "a clearance", *config, "--at", at.isoformat())
    once(run, shop, at)
    once(run, shop, at + timedelta(minutes=1))

    ((state,),) = database(shop, "SELECT state FROM watch")
    assert len(json.loads(state)["dismissed"]) == 1


def test_what_an_older_program_left_is_watched_anew(run, shop):
    once(run, shop)
    before = alarms(shop)
    with closing(sqlite3.connect(shop / "var/promofuse.sqlite3")) as db:
        db.execute("UPDATE watch SET state = '{\"older\": true}'")
        db.commit()

    ran = once(run, shop, AT + timedelta(minutes=1))

    assert ran.code == 1
    assert alarms(shop) == before != []
    ((state,),) = database(shop, "SELECT state FROM watch")
    assert json.loads(state)["watched"]
