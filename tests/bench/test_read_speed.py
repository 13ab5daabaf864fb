"""Reading a year's All Orders report against a loop that does nothing but split lines and insert cells."""

import os
import random
import sqlite3
import subprocess
import sys
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

import pytest

from reports import ALL_ORDERS, START

ROWS = int(os.environ.get("PROMOFUSE_BENCH_ROWS", "1000000"))
LEAST_RATIO = 0.5
MOST_MEMORY = 400 * 2**20

READ = """
import resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from promofuse.app.read import read_shops
from promofuse.config import Config
from promofuse.store.engine import open_store
from promofuse.store.privacy import load_keys

base = Path(sys.argv[1])
config = Config.read(base / "config.toml")
with open_store(config.database_url, config.data_dir) as store:
    start, used = time.perf_counter(), time.process_time()
    [read] = read_shops(config, store, load_keys(config.data_dir), datetime(2026, 12, 1, tzinfo=UTC))
    seconds, used = time.perf_counter() - start, time.process_time() - used
assert not read.error and not read.gaps, (read.error, read.gaps[:3])
print(read.rows, seconds, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def write_report(path: Path) -> None:
    """Rows of 32 columns and about 255 bytes; a third of them names a promotion, some orders have two lines."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(ALL_ORDERS) + "\r\n")
        order_id = ""
        for number in range(ROWS):
            if not order_id or chance.random() > 0.05:
                order_id = f"{chance.randrange(1000):03d}-{chance.randrange(10**7):07d}-{number:07d}"
            bought = START - timedelta(seconds=(ROWS - number) * 30)
            sku = f"HS-{chance.randrange(5000):05d}"
            ids = f"PLM-{chance.randrange(60)}" if number % 3 == 0 else ""
            file.write(
                f"{order_id}\t{order_id}\t{bought.isoformat()}\t{(bought + timedelta(hours=9)).isoformat()}\tShipped\t"
                f"{'Amazon' if number % 3 else 'Merchant'}\tAmazon.com\t\t\tStandard\t"
                f'Headset "{sku}" with 5\' cable\t{sku}\tB0{sku[3:]}XX0\tShipped\t1\tUSD\t{number % 89 + 10}.99\t0.80\t'
                f"\t\t\t\t{'3.00' if ids else ''}\t\tSpringfield\tIL\t62704\tUS\t{ids}\tfalse\t\t\r\n"
            )


def insert_cells(report: Path, database: Path) -> tuple[float, float]:
    """Seconds, also of the processor, of the bare loop: the same columns into a table of the same shape."""
    with sqlite3.connect(database, isolation_level=None) as db:
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "cache_size = -64000"):
            db.execute(f"PRAGMA {pragma}")
        columns = [row[1] for row in db.execute("PRAGMA table_info(order_line)")]
        insert = f"INSERT INTO order_line VALUES ({','.join('?' * len(columns))})"
        start, used = perf_counter(), process_time()
        with report.open(encoding="utf-8", newline="\n") as file:
            next(file)
            rows = (bare_row(number, line) for number, line in enumerate(file))
            while chunk := list(islice(rows, 8000)):
                db.execute("BEGIN IMMEDIATE")
                db.executemany(insert, chunk)
                db.execute("COMMIT")
        seconds, used = perf_counter() - start, process_time() - used
    db.close()
    return seconds, used


def bare_row(number: int, line: str) -> tuple[object, ...]:
    c = line.split("\t")
    time = 1_770_000_000_000_000 + number * 30_000_000  # integers of the size that we store
    copy = time * 8
    # fmt: off
    return (
        "us", c[0], number, copy, copy, copy, copy, copy, c[11], c[14], c[15], time, time, "", time,
        c[6], c[12], c[10], 0, c[16], c[22], 0, 0, c[28], c[4], c[5], None, c[27], 0, "", "", None, None, None, "", 1,
    )
    # fmt: on


@pytest.mark.timeout(1800)
def test_reading_keeps_half_the_speed_of_bare_inserts_in_bounded_memory(tmp_path):
    (tmp_path / "inbox").mkdir()
    report = tmp_path / "inbox" / "orders.txt"
    write_report(report)
    (tmp_path / "config.toml").write_text(
        '[shops.us]\nkind = "amazon-reports"\nmarketplace = "amazon.com"\nfolder = "inbox"\n'
    )
    told = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path)], check=True, capture_output=True, text=True
    ).stdout.split()
    rows, seconds, used, memory = int(told[0]), float(told[1]), float(told[2]), int(told[3])
    database = tmp_path / "var" / "promofuse.sqlite3"
    bare_seconds, bare_used = insert_cells(report, empty_copy(database, tmp_path / "bare.sqlite3"))
    print(
        f"\n{ROWS:,} rows, {report.stat().st_size / 1e6:.0f} MB: {rows / seconds:,.0f} rows/s, "
        f"bare loop {ROWS / bare_seconds:,.0f} rows/s, ratio {bare_seconds / seconds:.2f}; "
        f"of processor time {bare_used / used:.2f}; "
        f"peak {memory / 2**20:.0f} MB, database {database.stat().st_size / 1e6:.0f} MB"
    )
    assert rows == ROWS
    assert bare_used / used >= LEAST_RATIO  # processor time: other programs on the machine do not change it
    assert memory < MOST_MEMORY


def empty_copy(database: Path, copy: Path) -> Path:
    """A fresh database with the same table and indexes."""
    source, target = sqlite3.connect(database), sqlite3.connect(copy)
    target.execute("PRAGMA journal_mode = WAL")
    for (statement,) in source.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'order_line' AND sql IS NOT NULL"
    ):
        target.execute(statement)
    source.close()
    target.close()
    return copy
