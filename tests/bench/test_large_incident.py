"""One incident of 100,000 orders: laid, approved, listed and opened again, each command a process of its own.

`PROMOFUSE_BENCH_ORDERS` sets the number. What a person looks at (the list of incidents, one incident) answers within a
second; what works on all letters says so at once on a terminal.
"""

import json
import os
import resource
import subprocess
import sys
import time
from datetime import timedelta

from desk import promotions
from reports import START, Line, all_orders, at, comma, order_report

ORDERS = int(os.environ.get("PROMOFUSE_BENCH_ORDERS", "100000"))
ID = "INC-2026-0001"
MEGABYTES = 600
LOOK = 1.0  # seconds, beside the start of an interpreter on a machine that others use too


def write_shop(folder):
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    lines = [
        Line(
            order_id=f"203-{n:07d}-0000001",
            item_code=f"{n:014d}",
            price="39.99",
            discount="38.99",
            promotion_ids=("P-1",),
            ordered_at=(START + timedelta(seconds=n / 50)).isoformat(),
            updated_at=(START + timedelta(seconds=n / 50)).isoformat(),
        )
        for n in range(ORDERS)
    ]
    (inbox / "orders.txt").write_bytes(all_orders(lines))
    (inbox / "report.txt").write_bytes(order_report(lines))
    slip = promotions({"seen_at": at(-120), "percent_off": "97.5"})
    (inbox / "promotions.csv").write_bytes(slip)
    (inbox / "catalogue.csv").write_bytes(
        comma(("sku", "currency", "unit_cost", "price"), [
            {"sku": "MUG-1", "currency": "USD", "unit_cost": "14.50", "price": "39.99"}
        ])
    )  # fmt: skip
    for path in inbox.iterdir():
        os.utime(path, (START.timestamp(),) * 2)
    (folder / "config.toml").write_text(
        '[shops.us]\nkind = "amazon-reports"\nmarketplace = "amazon.com"\nfolder = "inbox"\n'
        'seller_name = "Northlight"\n'
        '[mail]\nfrom_address = "service@northlight.example"\n'
    )


def call(folder, *words):
    """Seconds, peak megabytes and the JSON of one command."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "promofuse", *words, "--json", "--at", at(60)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        out = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1), out[-500:]
    return time.perf_counter() - begin, used.ru_maxrss / 1024, json.loads(out)


def test_a_hundred_thousand_letters_are_laid_approved_and_looked_at(tmp_path):
    write_shop(tmp_path)
    figures = {}
    for name, words in (
        ("respond", ("respond", "--promo", "P-1")),
        ("respond again", ("respond", "--promo", "P-1")),
        ("list", ("incidents",)),
        ("open", ("incidents", ID)),
        ("outbox", ("outbox", ID)),
        ("plan", ("plan", ID)),
        ("approve", ("approve", ID, "--by", "Kim")),
        ("open again", ("incidents", ID)),
    ):
        seconds, megabytes, told = call(tmp_path, *words)
        figures[name] = (seconds, megabytes, told)
        print(f"\n{name:14} {seconds:7.2f} s {megabytes:6.0f} MB", end="")
    print(f"  ({ORDERS:,} orders)")
    assert figures["respond"][2]["incidents"][0]["counts"]["cancel"] == ORDERS
    assert figures["approve"][2]["approved"] == ORDERS
    assert max(megabytes for _, megabytes, _ in figures.values()) < MEGABYTES
    empty, _, _ = call(tmp_path, "rules")
    for name in ("list", "open", "open again"):
        assert figures[name][0] < LOOK + empty
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024 < MEGABYTES
