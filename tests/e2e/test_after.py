"""After a closed night: the post-mortem, the orders to watch, the evidence as one zip, and the same thing again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import stat
import tomllib
import zipfile
from xml.etree import ElementTree as ET

import pytest

from commands import stamps
from desk import BAD, WEEK_OLD, promotions, spoilt, table, usual
from e2e.hostile import HOSTILE
from promofuse.config import Config
from reports import START, at, feed_report

ID = "INC-2026-0001"
DAY = 24 * 60
ALIAS = b"@marketplace.amazon"


@pytest.fixture
def night(desk, run):
    """Six spoilt orders of which four are proven cancelled and two were shipped; stopped, letters out, closed."""
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(6)])
    desk.respond(minutes=20)

    def call(*words, minutes=61):
        return run(*words, "--at", at(minutes))

    call("stopped", ID, "--at", at(4))
    call("plan", ID, "--honour", "B-4", "--honour", "B-5", minutes=22)
    call("approve", ID, "--by", "Kim", minutes=25)
    call("export", ID, minutes=30)
    gone = [line.but(status="Cancelled", updated_at=at(90)) for line in spoilt(4)]
    kept = [line.but(status="Shipped", updated_at=at(90)) for line in spoilt(6)[4:]]
    desk.orders("b", [WEEK_OLD, *usual(3), *gone, *kept], codes=False)
    for number, rows in (("1", 1), ("2", 3)):
        desk.put({f"result-{number}.txt": feed_report(rows)})
        when = START.timestamp() + 80 * 60
        os.utime(desk.base / f"inbox/us/result-{number}.txt", (when, when))
    assert call("prove", ID, minutes=100).code == 0
    assert call("close", ID, minutes=120).code == 0
    return call


def text(desk, name, number=1):
    return (desk.folder(number) / name).read_text("utf-8")


def test_the_timeline_has_who_and_when(desk, night):
    rows = [line for line in text(desk, "7-post-mortem.md").splitlines() if line.startswith("| ") and "UTC |" in line]
    told = [(cells[2].strip(), cells[3].strip(), cells[4].strip()) for cells in (row.split("|") for row in rows)]
    times = [when for when, _, _ in told if when != "UTC"]
    assert times == sorted(times)
    assert any(what.startswith("Approved 4 letters") and who == "Kim" for _, what, who in told)
    for wanted in ("Wrong from here on", "First affected order", "Latest affected order", "Stopped", "Closed"):
        assert any(what == wanted for _, what, _ in told), wanted
    assert any(what.startswith("Noticed: incident opened, 6 orders") for _, what, _ in told)


def test_money_is_parted_by_what_became_of_the_orders(desk, night):
    outcomes = {row["order_id"]: row for row in table(desk.folder() / "orders.csv")}
    ledger = json.loads(text(desk, "incident.json"))["ledger"]
    page = text(desk, "7-post-mortem.md")
    assert (ledger["cancelled"], ledger["honoured"], ledger["too_late"]) == (4, 2, 0)
    lost = sum(float(row["loss"]) for row in outcomes.values() if row["status"] == "shipped")
    saved = sum(float(row["loss"]) for row in outcomes.values() if row["status"] == "cancelled")
    assert f"| Lost for good: sent at that price | 2 | 2 | ${lost:.2f} |" in page
    assert f"| Saved: proven cancelled by you | 4 | 4 | ${saved:.2f} |" in page
    assert lost > 0 < saved


def test_what_would_have_caught_it_is_what_the_check_says(desk, night, run):
    checked = run("check", "--promo", "P-1", "--at", at(-120), "--json").json["findings"]
    worst = checked[0]
    page = text(desk, "7-post-mortem.md")
    assert f"{worst['code']} {worst['name']} ({worst['severity']})" in page
    assert "2 hours before the first order" in page
    assert "All that was lost came after: 6 orders" in page


def test_the_lines_to_add_load(desk, night, tmp_path):
    blocks = re.findall(r"^```toml\n(.*?)^```$", text(desk, "7-post-mortem.md"), re.MULTILINE | re.DOTALL)
    assert blocks
    more = tmp_path / "more.toml"
    more.write_text((tmp_path / "config.toml").read_text() + "\n" + "\n".join(blocks))
    assert Config.read(more).alerts.to == ("service@nordlicht.example",)
    assert tomllib.loads("\n".join(blocks))["alerts"]["to"] == ["service@nordlicht.example"]


def test_the_page_is_well_formed_and_names_no_buyer(desk, night):
    page = text(desk, "7-post-mortem.html")
    drawings = [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]
    assert len(drawings) == 2
    assert all(drawing.findall("line") for drawing in drawings)
    assert len(drawings[0].findall("rect")) >= 1
    assert not re.search(r"<script|src=|href=|url\(|https?:", page)
    assert ALIAS.decode() not in page and ALIAS.decode() not in text(desk, "7-post-mortem.md")
    ET.fromstring(re.sub(r"<(meta)([^>]*)>", r"<\1\2/>", page.partition("<!doctype html>")[2].replace("\n", " ")))


def test_running_it_again_touches_no_file(desk, night):
    night("outbox", ID, minutes=130)
    before = stamps(desk.folder())
    night("outbox", ID, minutes=130)
    assert stamps(desk.folder()) == before


def test_orders_to_watch_until_when(desk, night):
    rows = table(desk.folder() / "6-watch-list.csv")
    gone = [row for row in rows if "cancelled" in row["why"].split(";")]
    assert {row["order_id"] for row in gone} == {f"B-{n}" for n in range(4)}
    assert {row["claims_until"] for row in rows} == {at(90 * DAY)[:10]}
    assert {row["defects_count_until"] for row in rows} == {at(60 * DAY)[:10]}
    assert set(rows[0]) & {"email", "name", "buyer"} == set()
    night("outbox", ID, minutes=91 * DAY)
    assert not (desk.folder() / "6-watch-list.csv").exists()


def pack_of(ran):
    path = ran.json["pack"]["path"]
    with zipfile.ZipFile(path) as pack:
        return path, {name.partition("/")[2]: pack.read(name) for name in pack.namelist()}, pack


def test_the_pack_proves_itself_and_names_no_buyer(desk, night):
    ran = night("prove", ID, "--pack", "--json", minutes=200)
    path, files, pack = pack_of(ran)
    lines = [line.split("  ", 1) for line in files["MANIFEST.sha256"].decode().splitlines()]
    assert {name: hashlib.sha256(files[name]).hexdigest() for _, name in lines} == {name: sha for sha, name in lines}
    assert {name for _, name in lines} == files.keys() - {"MANIFEST.sha256"}
    assert ran.json["pack"]["root"] == hashlib.sha256(files["MANIFEST.sha256"]).hexdigest()
    assert not [name for name, content in files.items() if ALIAS in content]
    assert not [name for name in files if name.startswith(("letters/", "answers/", "3-buyers/"))]
    assert {"incident.json", "orders.csv", "ledger.csv", "events.csv", "settings.csv", "five-facts.csv", "letters.csv",
            "APPROVED.json", "5-annotation-request.md", "7-post-mortem.html", "reports/result-1.txt",
            "cancellation-files.csv", "README.txt"} <= files.keys()  # fmt: skip
    assert stat.S_IMODE(desk.outbox.joinpath(path).stat().st_mode) == 0o600
    assert {entry.date_time for entry in pack.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_facts_give_the_same_zip(desk, night):
    first = (desk.outbox / pack_of(night("prove", ID, "--pack", "--json", minutes=200))[0]).read_bytes()
    again = (desk.outbox / pack_of(night("prove", ID, "--pack", "--json", minutes=200))[0]).read_bytes()
    assert first == again


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_log_is_chained_and_settings_stand_before_and_after(desk, night):
    _, files, _ = pack_of(night("prove", ID, "--pack", "--json", minutes=200))
    chain = ""
    for row in rows_of(files["events.csv"]):
        cells = [row[name].removeprefix("'") for name in ("number", "at", "what", "by", "why", "details")]
        linked = f"{chain}\n{json.dumps(cells, ensure_ascii=False, separators=(',', ':'))}"
        chain = hashlib.sha256(linked.encode()).hexdigest()
        assert row["chain"] == chain
    assert [(row["role"], row["percent_off"]) for row in rows_of(files["settings.csv"])] == [("faulty", "97.5")]
    facts = rows_of(files["five-facts.csv"])
    assert {row["gap"] for row in facts} == {"0.9750"}
    assert [row["units_shipped"] for row in facts] == ["0", "0", "0", "0", "1", "1"]
    assert [row["minutes_to_notice"] for row in facts] == ["20", "19", "18", "17", "16", "15"]


def test_letters_go_along_only_when_asked_and_purge_deletes_them(desk, night):
    answer = desk.base / "answer.txt"
    answer.write_text("We have annotated the account of Mr Smith.")
    night("prove", ID, "--with-letters", "--json", minutes=200)
    path = desk.outbox / f"{ID}-evidence-with-letters.zip"
    with zipfile.ZipFile(path) as pack:
        letters = [name for name in pack.namelist() if name.endswith(".eml")]
    assert len(letters) == 4
    plain = night("prove", ID, "--pack", minutes=201)
    assert "root sha256" in plain.out

    ran = night("purge", minutes=40 * DAY)

    assert ran.code == 0
    assert not path.exists()
    assert (desk.outbox / f"{ID}-evidence.zip").exists()


def test_what_support_wrote_stays_out_of_the_plain_pack(desk, run):
    desk.shop()
    desk.orders("a", [WEEK_OLD, *usual(3), *spoilt(2)])
    desk.respond()
    answer = desk.base / "answer.txt"
    answer.write_text("Dear seller, the buyer Ada Smith has complained.")
    run("note", ID, "--case", "778", "--answer", answer, "--at", at(62))
    assert "Ada Smith" in text(desk, "5-annotation-request.md")

    _, files, _ = pack_of(run("prove", ID, "--pack", "--json", "--at", at(63)))
    _, more, _ = pack_of(run("prove", ID, "--with-letters", "--json", "--at", at(64)))

    assert not [name for name, content in files.items() if b"Ada Smith" in content]
    assert any(b"Ada Smith" in content for content in more.values())


@pytest.mark.parametrize(("name", "setting", "word"), [
    ("the same promotion", {"promotion_id": "P-1", "percent_off": "30"}, "its own incident"),
    ("another one on the SKU", {"promotion_id": "P-9", "percent_off": "20"}, "an incident on MUG-1"),
    ("the same name", {"promotion_id": "P-9", "skus": "CUP-2", "percent_off": "20"}, "an incident of the same name"),
    ("the same discount", {"promotion_id": "P-9", "name": "Tea", "skus": "CUP-2", "percent_off": "97.5"},
     "an incident of the same discount"),
])  # fmt: skip
def test_the_same_thing_again_within_two_weeks(desk, night, run, name, setting, word):
    def again(minutes):
        slip = {"seen_at": at(-120), "percent_off": "97.5", "intended_percent_off": "9.75"}
        desk.put({"promotions.csv": promotions(slip, {"seen_at": at(minutes), **setting})})
        os.utime(desk.base / "inbox/us/promotions.csv", (minutes, minutes))  # a new time, else it is not read again
        found = run("check", "--at", at(minutes + 5), "--json").json["findings"]
        return [finding["message"] for finding in found if finding["code"] == "PF605"]

    (message,) = again(120 + 14 * DAY - 60)  # closed at 120
    assert word in message and ID in message
    ran = run("daemon", "--once", "--json", "--at", at(120 + 14 * DAY - 50))
    assert ran.code in (0, 1)
    assert again(120 + 14 * DAY + 60) == []


def test_the_daemon_tells_the_seller_once_that_it_may_come_again(desk, night, run):
    import sqlite3
    from contextlib import closing

    slip = {"seen_at": at(-120), "percent_off": "97.5", "intended_percent_off": "9.75"}
    desk.put({"promotions.csv": promotions(slip, {"seen_at": at(3 * DAY), "promotion_id": "P-9", "percent_off": "20"})})
    for minutes in (3 * DAY + 5, 3 * DAY + 10):
        run("daemon", "--once", "--at", at(minutes))
    with closing(sqlite3.connect(desk.base / "var/promofuse.sqlite3")) as db:
        told = db.execute("SELECT subject, body FROM notice WHERE key LIKE 'again:%'").fetchall()
    assert len(told) == 1
    assert ID in told[0][1]


def test_hostile_names_stay_text(desk, run):
    name = HOSTILE["html"] + HOSTILE["markdown"]
    desk.shop(files={"promotions.csv": promotions({"seen_at": at(-120), "percent_off": "97.5", "name": name})})
    desk.orders("a", [WEEK_OLD, *usual(2), *(line.but(title=name) for line in spoilt(3))])
    desk.respond()
    page = text(desk, "7-post-mortem.html")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert BAD.sku in page
