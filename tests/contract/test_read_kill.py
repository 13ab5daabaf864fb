"""A reader is killed at any moment, again and again: the next one ends with the same facts."""

import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from inbox import Inbox
from promofuse.store.buyers import load_buyers
from reports import Line, all_orders, at, encode, order_report

READ = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from promofuse.app.read import read_shops
from promofuse.config import Config
from promofuse.store.engine import open_store
from promofuse.store.privacy import load_keys

config = Config.read(Path(sys.argv[1]) / "config.toml")
with open_store(config.database_url, config.data_dir) as store:
    keys = load_keys(config.data_dir)
    print("ready", flush=True)
    [read] = read_shops(config, store, keys, datetime(2026, 6, 1, tzinfo=UTC))
assert read.error is None
"""
ROWS, ORDERS = 24_000, 18_000
TABLES = ("order_line", "item_detail", "offer", "gap", "file")


def fill(inbox):
    lines = [Line(order_id=f"O-{n % ORDERS}", updated_at=at(n // ORDERS), ordered_at=at(0)) for n in range(ROWS)]
    buyers = [line.but(name=f"Buyer {line.order_id}") for line in lines[:6000]]
    inbox.put("a.txt", all_orders(lines))
    inbox.put("b.txt", order_report([*buyers, Line(sku="")]))
    inbox.put("catalogue.csv", encode(["sku,currency,unit_cost", *(f"S-{n},USD,{n}" for n in range(4000))]))


def contents(inbox):
    """Everything that was read, without what differs between folders and readings, and with the buyers decrypted."""
    with inbox.store.read() as db:
        rows = {}
        for name in TABLES:
            columns = [c for _, c, *_ in db.exec_driver_sql(f"PRAGMA table_info({name})") if c not in ("inode", "news")]
            quoted = ", ".join(f'"{column}"' for column in columns)
            rows[name] = db.exec_driver_sql(f"SELECT {quoted} FROM {name} ORDER BY 1, 2, 3").all()
        return rows, load_buyers(db, inbox.keys, "us", [f"O-{n}" for n in range(ORDERS)])


def count_lines(inbox):
    with inbox.store.read() as db:
        return db.exec_driver_sql("SELECT count(*) FROM order_line").scalar()


@pytest.mark.slow
def test_a_reader_killed_at_any_moment_leaves_nothing_that_the_next_one_does_not_mend(tmp_path):
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
    with Inbox(tmp_path / "whole") as whole:
        fill(whole)
        start = time.monotonic()
        whole.read()
        seconds = time.monotonic() - start
        expected = contents(whole)

    with Inbox(tmp_path / "killed") as killed:
        fill(killed)
        chance = random.Random(3)
        stored = set()
        for attempt in range(6):
            reader = subprocess.Popen([sys.executable, "-c", READ, str(tmp_path / "killed")], stdout=subprocess.PIPE)
            assert reader.stdout.readline() == b"ready\n"
            if attempt == 0:  # as soon as the first part of a file is stored; the other kills come at any moment
                while not count_lines(killed) and reader.poll() is None:
                    time.sleep(0.001)
            else:
                time.sleep(chance.uniform(0.02, 0.6) * seconds)
            reader.send_signal(signal.SIGKILL)
            reader.wait()
            reader.stdout.close()
            stored.add(count_lines(killed))

        killed.read()
        assert contents(killed) == expected
        assert stored & set(range(1, ORDERS)), "no kill hit the middle of a file"

    db = sqlite3.connect(tmp_path / "killed" / "var" / "promofuse.sqlite3")
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()
