"""Whatever happens to the orders and whichever reports arrive: an annotation is asked for proven orders only.

The oracle is the design's sentence, not the code: proven is what was re-read as cancelled, and accepted in the
cancellation's processing report, or listed in the platform's cancellation report, or cancelled by the seller as the
shop tells it, and not asked for by its buyer.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import BAD, CATALOGUE, SLIP, WEEK_OLD
from promofuse.app.decide import Wish, plan_incident
from promofuse.app.prove import prove
from promofuse.app.respond import Request, respond
from promofuse.config import Config
from promofuse.errors import Refused
from promofuse.outbox import folder as folders
from promofuse.response.ledger import Outcome
from promofuse.store.engine import open_store
from promofuse.store.privacy import load_keys
from reports import START, all_orders, at, comma, feed_report, order_report, orders_csv, tsv

ID = "INC-2026-0001"
COUNT = 4
SETTINGS = """
[mail]
from_address = "service@nordlicht.example"
[shops.us]
kind = "{kind}"
platform = "amazon"
marketplace = "amazon.com"
folder = "inbox"
seller_name = "Nordlicht"
signer = "Kim"
"""
LIST = ("order-id", "order-item-id", "cancellation-date", "cancelled-by", "cancellation-reason")
WORDS = {"seller": "Seller", "buyer": "Buyer", "marketplace": "Amazon"}


@dataclass
class Order:
    """What is really so, and what of it has been told in files that lie in the inbox."""

    number: int
    lines: int
    innocent: bool
    status: str = "Unshipped"
    by: str = ""  # who cancelled it
    asked: bool = False
    told_cancelled: bool = False
    told_asked: bool = False
    evidence: set[str] = field(default_factory=set)  # item codes of which a file says that the seller cancelled them

    @property
    def order_id(self):
        return f"B-{self.number}"

    @property
    def codes(self):
        return [f"9{self.number}{line}" for line in range(self.lines)]

    def rows(self, minutes, *, tell_who=False):
        row = BAD.but(
            order_id=self.order_id, ordered_at=at(self.number), updated_at=at(minutes), status=self.status,
            asked_to_cancel=str(self.asked).lower(), email=f"b{self.number}@marketplace.amazon.com",
            cancelled_by=self.by if tell_who else "",
        )  # fmt: skip
        rows = [row.but(item_code=code) for code in self.codes]
        other = row.but(sku="CUP-2", price="20", discount="", promotion_ids=(), item_code=f"7{self.number}")
        return [*rows, *([other.but(status=self._other, cancelled_by="")] if self.innocent else [])]

    @property
    def _other(self):
        return "Unshipped" if self.by == "seller" else self.status


class Night:
    """A shop, its platform, and the seller's folder."""

    def __init__(self, base, orders, kind):
        self.base, self.plain = base, kind == "plain-files"
        self.orders = {order.order_id: order for order in orders}
        self.config = Config.read(base / "config.toml")
        self.store = open_store("", self.config.data_dir)
        self.keys = load_keys(self.config.data_dir)
        self.minutes, self.files = 60, 0

    def put(self, name, content, minutes=None):
        path = self.base / "inbox" / name
        path.write_bytes(content)
        then = START.timestamp() + minutes * 60 if minutes else START.timestamp() - 10**6 + self.files
        os.utime(path, (then, then))
        self.files += 1

    def tell_orders(self, some, *, asked=True):
        """New order reports that name some of the orders; perhaps without the report that says who asked."""
        self.minutes += 1
        told = [order for order in self.orders.values() if order.number in some]
        if not told:
            return
        rows = [row for order in told for row in order.rows(self.minutes, tell_who=self.plain)]
        if self.plain:
            self.put(f"orders-{self.files}.csv", orders_csv(rows))
        else:
            self.put(f"all-{self.files}.txt", all_orders(rows))
            if asked:
                self.put(f"items-{self.files}.txt", order_report(rows))
        for order in told:
            order.told_cancelled = order.status == "Cancelled"
            order.told_asked |= order.asked and (asked or self.plain)
            if self.plain and order.by == "seller":
                order.evidence |= set(order.codes)
            if self.plain and order.by == "buyer":
                order.told_asked = True

    def upload(self, name, *, told, naming):
        """The seller uploads a file as it lies there; the platform does what it can, and writes its report."""
        path = self.base / "outbox" / ID / "4-cancel" / name
        if self.plain or not path.exists():
            return
        self.minutes += 1
        rows = [line.split("\t") for line in path.read_text().split("\n")[2:] if line]
        errors, done = [], []
        for number, (order_id, _, code) in enumerate(rows, 1):
            order = self.orders[order_id]
            if order.status != "Unshipped" and order.by != "seller":
                names = {"order-id": order_id} if naming else {}
                errors.append(
                    {"original-record-number": str(number), "error-code": "18028", "error-type": "Error",
                     "error-message": "not possible", **names}
                )  # fmt: skip
            else:
                done.append((order, code))
        for order, code in done:
            order.status, order.by = "Cancelled", "seller"
            if told:
                order.evidence.add(code)
        if told and rows:
            self.minutes += 1
            report = feed_report(len(rows), len(rows) - len(errors), errors)
            self.put(f"report-{self.files}.txt", report, self.minutes)

    def list_cancelled(self, some):
        """The platform's list of cancelled orders, with who did it."""
        if self.plain:
            return
        self.minutes += 1
        rows = [
            {"order-id": order.order_id, "order-item-id": code, "cancellation-date": at(self.minutes),
             "cancelled-by": WORDS[order.by], "cancellation-reason": "PricingError"}
            for order in self.orders.values()
            if order.number in some and order.status == "Cancelled"
            for code in order.codes
        ]  # fmt: skip
        if not rows:
            return
        self.put("cancellations.txt", tsv(LIST, rows))  # a newer list takes the older one's place
        for order in self.orders.values():
            order.evidence -= {f"listed {code}" for code in order.codes}
        for row in rows:
            order = self.orders[row["order-id"]]
            if order.by == "seller":
                order.evidence.add(f"listed {row['order-item-id']}")

    def happens(self, number, what):
        order = self.orders[f"B-{number}"]
        if order.status != "Unshipped":
            return
        match what:
            case "the buyer asks":
                order.asked = True
            case "the buyer's wish is granted":
                order.asked, order.status, order.by = True, "Cancelled", "buyer"
            case "shipped":
                order.status = "Shipped"
            case _:
                order.status, order.by = "Cancelled", what

    def honour(self, number):
        self.command(lambda *a: plan_incident(*a[:4], Wish(honour=[f"B-{number}"]), a[4]))

    def respond(self):
        self.command(lambda config, store, keys, _, now: respond(config, store, keys, Request(promotion="P-1"), now))

    def command(self, act):
        self.minutes += 1
        try:
            return act(self.config, self.store, self.keys, ID, START + timedelta(minutes=self.minutes))
        except Refused:
            return None

    def check(self):
        """Settle, and compare what is claimed with what the design calls proven."""
        done = self.command(prove)
        assert done is not None
        may_be_claimed = {
            order.order_id
            for order in self.orders.values()
            if order.by == "seller"
            and order.told_cancelled
            and not order.told_asked
            and all({code, f"listed {code}"} & order.evidence for code in order.codes)
        }
        root = self.base / "outbox" / ID
        claimed = set()
        if (root / "5-proven-cancellations.csv").exists():
            text = (root / "5-proven-cancellations.csv").read_text("utf-8-sig")
            claimed = {row["order_id"] for row in csv.DictReader(io.StringIO(text, newline=""))}
        assert claimed <= may_be_claimed, f"claimed and not proven: {claimed - may_be_claimed}"
        assert claimed == {entry.order_id for entry in done.ledger.of(Outcome.CANCELLED)}
        request = (root / "5-annotation-request.md").read_text("utf-8")
        message = request.partition("```")[2].partition("```")[0]
        assert set(re.findall(r"B-\d+", message)) <= claimed
        named_elsewhere = set(re.findall(r"B-\d+", request.replace("\\", ""))) - claimed
        if claimed:
            assert f"{len(claimed)} of " in request
        else:
            assert "READY" not in request.replace("NOT READY", "")
        told_of = done.ledger.of(Outcome.UNKNOWN, Outcome.FAILED)
        assert named_elsewhere <= {entry.order_id for entry in told_of}
        counts = done.ledger.counts
        assert counts.pop("found") == sum(counts.values()) == len(self.orders)
        return claimed, may_be_claimed


@contextmanager
def opened(template, orders, kind):
    """A folder with the incident just opened by `respond`."""
    base = Path(tempfile.mkdtemp())
    shutil.copytree(template, base, dirs_exist_ok=True)
    (base / "config.toml").write_text(SETTINGS.format(kind=kind))
    night = Night(base, orders, kind)
    try:
        if night.plain:
            night.put("orders-old.csv", orders_csv([WEEK_OLD]))
        else:
            night.put("all-old.txt", all_orders([WEEK_OLD]))
        night.tell_orders(range(COUNT))
        night.respond()
        yield night
    finally:
        night.store.close()
        shutil.rmtree(base)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    base = tmp_path_factory.mktemp("template")
    (base / "inbox").mkdir()
    (base / "inbox/catalogue.csv").write_bytes(CATALOGUE)
    (base / "inbox/promotions.csv").write_bytes(SLIP)
    (base / "config.toml").write_text(SETTINGS.format(kind="amazon-reports"))
    open_store("", Config.read(base / "config.toml").data_dir).close()
    return base


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(folders, "_flush", lambda staging: None)


numbers = st.integers(0, COUNT - 1)
some = st.sets(numbers, max_size=COUNT) | st.just(set(range(COUNT)))
steps = st.one_of(
    st.tuples(
        st.just("happens"), numbers,
        st.sampled_from(["the buyer asks", "the buyer's wish is granted", "shipped", "seller", "marketplace"]),
    ),
    st.tuples(st.just("upload"), st.sampled_from(["1-try-one.txt", "2-all.txt"]), st.booleans(), st.booleans()),
    st.tuples(st.just("upload"), st.just("2-all.txt"), st.just(True), st.booleans()),
    st.tuples(st.just("orders"), some, st.booleans()),
    st.tuples(st.just("orders"), st.just(set(range(COUNT))), st.just(True)),
    st.tuples(st.just("list"), some),
    st.tuples(st.just("honour"), numbers),
    st.tuples(st.just("respond")),
)  # fmt: skip
shapes = st.lists(st.tuples(st.sampled_from([1, 1, 2]), st.booleans()), min_size=COUNT, max_size=COUNT)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    shapes,
    st.sampled_from(["amazon-reports", "amazon-reports", "amazon-reports", "plain-files"]),
    st.lists(steps, max_size=12),
    st.sampled_from([True, True, True, False]),
)
def test_only_what_is_proven_is_named(template, quick, shapes, kind, story, read_again):
    orders = [Order(number, *shape) for number, shape in enumerate(shapes)]
    with opened(template, orders, kind) as night:
        for what, *how in story:
            match what:
                case "happens":
                    night.happens(*how)
                case "upload":
                    night.upload(how[0], told=how[1], naming=how[2])
                case "orders":
                    night.tell_orders(how[0], asked=how[1])
                case "list":
                    night.list_cancelled(*how)
                case "honour":
                    night.honour(*how)
                case _:
                    night.respond()
        if read_again:
            night.tell_orders(range(COUNT))
        night.check()


def test_the_straight_way_proves_every_order(template, quick):
    orders = [Order(number, 1 + number % 2, number == 3) for number in range(COUNT)]
    with opened(template, orders, "amazon-reports") as night:
        night.upload("1-try-one.txt", told=True, naming=True)
        night.upload("2-all.txt", told=True, naming=True)
        night.tell_orders(range(COUNT))
        claimed, may_be_claimed = night.check()

        assert claimed == may_be_claimed == set(night.orders)
        assert "READY: 4 of 4" in (night.base / "outbox" / ID / "5-annotation-request.md").read_text("utf-8")


def test_a_report_that_names_other_orders_proves_nothing(template, quick):
    orders = [Order(number, 1, innocent=False) for number in range(COUNT)]
    with opened(template, orders, "amazon-reports") as night:
        for number in range(COUNT):
            night.happens(number, "marketplace")
        night.tell_orders(range(COUNT))
        foreign = [{"original-record-number": "1", "order-id": "X-1", "error-code": "1", "error-type": "Error"}]
        night.put("report.txt", feed_report(COUNT - 1, COUNT - 2, foreign), night.minutes)
        columns = ("order_id", "line_id", "cancelled_at", "cancelled_by", "reason")
        night.put("other.csv", comma(columns, [{"order_id": "X-1", "cancelled_by": "Seller", "reason": "a"}]))

        assert night.check() == (set(), set())
