"""Whatever people, buyers, crashes and mail servers do in whatever order: nothing goes that was not approved as it is.

The machine runs the real use cases on a real store and a real folder; only the connection to the mail server and the
moment of a crash are played. What a person agreed to is kept here, apart from the code: which bytes lay in the folder
when he said yes, and under which plan.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from itertools import islice
from pathlib import Path

import aiosmtplib
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from desk import BAD, CATALOGUE, SLIP, WEEK_OLD
from promofuse.app import approve as approving
from promofuse.app import project as projecting
from promofuse.app.approve import approve, export, reject
from promofuse.app.decide import Wish, close_incident, mark_stopped, note_case, plan_incident
from promofuse.app.outbox import refresh_outbox
from promofuse.app.prove import prove
from promofuse.app.respond import Request, respond
from promofuse.app.send import resolve_letter, send
from promofuse.cli.send import _agree
from promofuse.config import Config
from promofuse.delivery import journal, line
from promofuse.delivery.pace import Pace, Patience
from promofuse.drafts.mime import HEADERS
from promofuse.errors import Refused, UsageError
from promofuse.outbox import folder as folders
from promofuse.response.triage import Decision
from promofuse.store.deliveries import load_deliveries, take_steps
from promofuse.store.engine import Store, open_store
from promofuse.store.incidents import load_incident
from promofuse.store.privacy import load_keys
from reports import START, all_orders, at, comma, order_report

ID = "INC-2026-0001"
KINDS = ("cancellation", "part-cancellation")
PLANS = ("cancel-all", "under-limit")
MAX_AGE = 60
START_WITH = 5
ROOM = 3  # cancellations that stay under the limit, by the account health report
HEALTH = comma(
    ("as_of", "marketplace", "metric", "window_from", "window_to", "numerator", "denominator", "target"),
    [
        {
            "as_of": at(-30), "marketplace": "amazon.com", "metric": "cancellation_rate", "window_from": at(-10_110),
            "window_to": at(-30), "numerator": "0", "denominator": "160", "target": "0.025",
        }
    ],
)  # fmt: skip
SETTINGS = """
[mail]
from_address = "service@nordlicht.example"
max_connections = 1
[shops.us]
kind = "amazon-reports"
marketplace = "amazon.com"
folder = "inbox"
seller_name = "Nordlicht"
signer = "Kim"
"""
IN_FLIGHT = {"claimed", "sending", "sent", "unknown", "handed_out"}
FAULTS = ("", "", "", "rcpt 550", "rcpt 450", "dot 554", "dot 451", "lost", "kept, lost", "die", "die", "kept, die")


MEANWHILE = ("", "", "", "honour", "honour", "plan", "reject", "close", "outbox", "ship", "ship")


# What is drawn must not depend on the program: how far it came before a crash is a matter of threads.
PICK = st.integers(0, 59)


def pick(some, number):
    """One of these."""
    return sorted(some)[number % len(some)]


class Killed(Exception):
    """The process died here."""


class Fuse:
    """After so many more writes the process is dead, and every further write is none."""

    def __init__(self):
        self.left, self.dead = None, False

    def light(self, writes):
        self.left, self.dead = writes, False

    def burn(self):
        if self.left is not None and not self.dead:
            self.left -= 1
            self.dead = self.left < 0
        if self.dead:
            raise Killed


FUSE = Fuse()


@dataclass
class Server:
    """What arrived, and what happens to each of the next letters."""

    received: list[tuple[str, bytes]] = field(default_factory=list)  # recipient, bytes without Date
    faults: list[str] = field(default_factory=list)
    on_letter: object = None

    def next_fault(self):
        return self.faults.pop(0) if self.faults else ""


class Client:
    """aiosmtplib's client as the sender uses it, with no network."""

    is_connected = True

    def __init__(self, server):
        self.server, self.protocol, self.to, self.fault, self.data = server, self, "", "", b""

    def supports_extension(self, _):
        return False

    async def execute_command(self, command):
        verb = command[:4]
        if verb == b"RCPT":
            self.to = re.search(rb"<(.*)>", command)[1].decode()
            self.fault = self.server.next_fault()
            if self.fault.startswith("rcpt"):
                return aiosmtplib.SMTPResponse(int(self.fault[5:]), "not now")
        return aiosmtplib.SMTPResponse(354 if verb == b"DATA" else 250, "ok")

    def write(self, data):
        self.data = data

    async def read_response(self, timeout):  # noqa: ASYNC109
        assert self.data.endswith(b"\r\n.\r\n")
        date, _, message = self.data[:-3].replace(b"\r\n..", b"\r\n.").partition(b"\r\n")
        assert date.startswith(b"Date: ")
        if self.fault.startswith("dot"):
            return aiosmtplib.SMTPResponse(int(self.fault[4:]), "no")
        if self.fault in ("", "kept, lost", "kept, die"):
            self.server.received.append((self.to, message))
        if self.fault.endswith("lost"):
            self.is_connected = False
            raise aiosmtplib.SMTPServerDisconnected("lost")
        if self.fault.endswith("die"):
            FUSE.left, FUSE.dead = 0, True
            raise Killed
        if self.server.on_letter:
            act, self.server.on_letter = self.server.on_letter, None
            act()
        return aiosmtplib.SMTPResponse(250, "queued")

    async def rset(self):
        pass

    async def quit(self, timeout):  # noqa: ASYNC109
        self.is_connected = False

    def close(self):
        self.is_connected = False


@dataclass
class Order:
    """An affected order as the world knows it."""

    number: int
    innocent: bool = False
    addressed: bool = True
    status: str = "Unshipped"
    asked: bool = False
    name: str = "Ann Lee"
    ordered: int = 0

    @property
    def order_id(self):
        return f"B-{self.number}"

    def rows(self, minutes):
        spoilt = BAD.but(
            order_id=self.order_id, item_code=str(9000 + self.number), ordered_at=at(self.ordered),
            updated_at=at(minutes), status=self.status, name=self.name, email=f"b{self.number}@marketplace.amazon.com",
            asked_to_cancel=str(self.asked).lower(),
        )  # fmt: skip
        other = spoilt.but(sku="CUP-2", price="20", discount="", promotion_ids=(), item_code=str(7000 + self.number))
        return [spoilt, other] if self.innocent else [spoilt]

    @property
    def free(self):
        """Whether its state leaves a choice."""
        return self.status == "Unshipped" and not self.asked


def sha(raw):
    return hashlib.sha256(raw).hexdigest()


class Night(RuleBasedStateMachine):
    """One incident from the first order on."""

    template = None  # a folder with the incident just opened; set by the test

    def __init__(self):
        super().__init__()
        self.base = Path(tempfile.mkdtemp())
        shutil.copytree(self.template, self.base, dirs_exist_ok=True, copy_function=shutil.copy2)
        self.config = Config.read(self.base / "config.toml")
        self.store = open_store("", self.config.data_dir)
        self.keys = load_keys(self.config.data_dir)
        self.server = Server()
        Night.current = self
        self.minutes, self.files = 60, 0
        self.as_of = 30
        self.orders = {order.order_id: order for order in map(Order, range(START_WITH))}
        self.known = dict(self.orders)  # what the program has been able to read
        self.plan, self.by_person, self.closed = "cancel-all", {}, False
        self.approved = {order_id: set() for order_id in self.orders}
        self.seen = {}  # order -> every version of its letter that lay in the folder
        self.edited_groups = set()
        self.laid = True  # the folder is as the last command left it
        self.touched = False
        self.armed = None
        self.checked = 0
        self.frozen = {}  # order -> why no letter of it may go any more

    def teardown(self):
        FUSE.light(None)
        self.store.close()
        shutil.rmtree(self.base)

    # The world.

    @property
    def root(self):
        return self.base / "outbox" / ID

    def put(self, name, content):
        path = self.base / "inbox" / name
        path.write_bytes(content)
        self.files += 1
        os.utime(path, (START.timestamp() - 10**6 + self.files,) * 2)

    def report(self, orders):
        """A new All Orders report, and the Order Report that belongs to it."""
        self.minutes += 1
        self.as_of = self.minutes
        lines = [row for order in orders for row in order.rows(self.minutes)]
        self.put(f"all-{self.files}.txt", all_orders(lines))
        told = [row for order in orders if order.addressed for row in order.rows(self.minutes)]
        if told:
            self.put(f"order-{self.files}.txt", order_report(told))

    @rule(innocent=st.booleans(), addressed=st.sampled_from([True, True, False]), name=st.sampled_from(["Zoë Å", ""]))
    def an_order_comes_in(self, innocent, addressed, name):
        if len(self.orders) > 8:
            return
        order = Order(len(self.orders), innocent, addressed, name=name, ordered=self.minutes)
        self.orders[order.order_id] = order
        self.approved.setdefault(order.order_id, set())
        self.report([order])

    @rule(number=PICK, what=st.sampled_from(["Shipped", "Cancelled", "asked", "addressed"]))
    def an_order_changes(self, number, what):
        order = self.orders[pick(self.orders, number)]
        if what == "addressed":
            order.addressed = True
        elif order.free:
            order.asked = order.asked or what == "asked"
            order.addressed = order.addressed or order.asked
            order.status = order.status if what == "asked" else what
        self.report([order])

    def a_report_without_news_comes_in(self):
        self.report(list(self.orders.values()))

    @rule(minutes=st.sampled_from([5, 61]))
    def time_passes(self, minutes):
        self.minutes += minutes

    # What a person does to the folder.

    def drafts(self):
        return {path.stem: path for path in (self.root / "3-buyers/drafts").rglob("*.eml")}

    def remember(self):
        for order_id, path in self.drafts().items():
            self.seen.setdefault(order_id, set()).add(path.read_bytes())

    @rule(number=PICK, edit=st.sampled_from(["text", "header", "to", "policy", "subject", "back", "gone"]))
    def a_draft_is_edited(self, number, edit):
        drafts = self.drafts()
        if not drafts:
            return
        self.remember()
        order_id = pick(drafts, number)
        path = drafts[order_id]
        raw = path.read_bytes()
        if edit == "gone":
            path.unlink()
        else:
            path.write_bytes(
                {
                    "text": raw.replace(b"Hello", b"Good day"),
                    "header": b"Bcc: a@b.example\r\n" + raw,
                    "to": re.sub(rb"b\d+@", b"b99@", raw),
                    "policy": raw.replace(b"Hello", b"Please ask us to cancel your order. Hello"),
                    "subject": raw.replace(b"Subject: ", b"Subject: Sorry - "),
                    "back": pick(self.seen[order_id], number),
                }[edit]
            )
        self.touched = True

    @rule(
        kind=st.sampled_from(KINDS),
        edit=st.sampled_from(["good", "good", "dos", "broken", "policy", "no subject"]),
        word=st.integers(0, 99),
    )
    def a_template_is_edited(self, kind, edit, word):
        path = self.root / f"3-buyers/templates/{kind}.en.txt"
        if not path.exists():
            return
        text = path.read_text("utf-8")
        good = re.sub(r"Kind regards.*", f"Kind regards {word}", text)
        edited = {
            "good": good,
            "dos": good.replace("\n", "\r\n"),
            "broken": text + "{{ nobody.knows }}",
            "policy": text + "\nPlease cancel the order yourself.\n",
            "no subject": text.partition("\n")[2],
        }[edit]
        path.write_text(edited, "utf-8", newline="")
        if edit in ("good", "dos") and self.edited_groups is not None:
            self.edited_groups.add(f"{kind}.en")
        self.touched = True

    # Commands.

    def do(self, act):
        """Run one command; `done`, `refused` or `killed`, and what it returned."""
        self.minutes += 1
        self.remember()
        FUSE.light(self.armed)
        self.armed = None
        self.said = None
        now = START + timedelta(minutes=self.minutes)
        try:
            self.said = act(self.config, self.store, self.keys, ID, at=now)
            how = "killed" if FUSE.dead else "done"
        except (Refused, UsageError) as error:
            self.said = error
            how = "killed" if FUSE.dead else "refused"
        except BaseExceptionGroup as group:
            assert not group.split(Killed)[1], group  # noqa: PT017
            how = "killed"
        except Killed:
            how = "killed"
        finally:
            FUSE.light(None)
        self.resync(how)
        if how != "done":
            self.laid = False
        elif getattr(self.said, "projection", self.said) is not None:  # a word that changes nothing lays no folder
            self.laid, self.touched = True, False
        self.remember()
        return how

    def resync(self, how):
        """After a crash the person looks what became of his word: all of it, or nothing."""
        if how != "killed":
            return
        with self.store.read() as db:
            record = load_incident(db, ID)
        self.plan, self.by_person = record.plan, dict(record.by_person)
        self.closed = record.state == "closed"

    @rule(writes=st.integers(0, 12))
    def the_machine_will_crash(self, writes):
        self.armed = writes

    def outbox(self):
        if self.do(lambda *a, at: refresh_outbox(*a, at)) == "done":
            self.edited_groups.clear()

    def respond(self):
        def act(config, store, keys, _, at):
            return respond(config, store, keys, Request(promotion="P-1"), at)

        if not self.closed and self.do(act) == "done":
            self.edited_groups.clear()

    @rule(what=st.sampled_from(["outbox", "outbox", "respond", "respond", "note", "stopped", "prove", "close"]))
    def paperwork(self, what):
        match what:
            case "outbox":
                self.outbox()
            case "respond":
                self.respond()
            case "note":
                self.do(lambda *a, at: note_case(*a, "14", None, at))
            case "stopped":
                self.do(lambda *a, at: mark_stopped(*a, at, at))
            case "prove":
                assert self.do(lambda *a, at: prove(*a, at)) != "refused", self.said
            case _ if self.minutes > 400:
                self.closed = self.do(lambda *a, at: close_incident(*a, at)) == "done" or self.closed

    def wish(self, wish):
        before = (self.plan, dict(self.by_person))
        after_people = dict(before[1])
        after_people |= dict.fromkeys(wish.cancel, Decision.CANCEL) | dict.fromkeys(wish.honour, Decision.HONOUR)
        for order_id in wish.undo:
            after_people.pop(order_id, None)
        after = (wish.use or before[0], after_people)
        how = self.do(lambda *a, at: plan_incident(*a, wish, at))
        if how == "done":
            self.plan, self.by_person = after
        assert (self.plan, self.by_person) in (before, after), "half a wish was granted"
        return how

    @rule(
        numbers=st.sets(PICK, min_size=1, max_size=2),
        word=st.sampled_from(["plan", "plan", "cancel", "honour", "honour", "undo"]),
    )
    def a_person_decides(self, numbers, word):
        if word == "plan":
            self.wish(Wish(use=PLANS[self.plan == PLANS[0]]))
        else:
            self.wish(Wish(**{word: sorted({pick(self.orders, number) for number in numbers})}))

    @rule(group=st.sampled_from(["", "", *(f"{kind}.en" for kind in KINDS)]))
    def approve(self, group):
        self.remember()
        lay = {order_id: sha(path.read_bytes()) for order_id, path in self.drafts().items()}
        plan = self.plan
        how = self.do(lambda *a, at: approve(*a, group, "Kim", at))
        if how == "refused":
            return
        for order_id, digest in lay.items():
            self.approved[order_id].add((digest, plan))
        # A person who rewrote a template has read what it makes of his letters.
        for order_id, path in self.drafts().items():
            if order_id in lay and self.group(path) in self.edited_groups:
                self.approved[order_id].add((sha(path.read_bytes()), plan))
        if how == "done":
            self.edited_groups.clear()
            states = {entry["state"] for entry in self.entries().values() if group in ("", entry["group"])}
            assert self.said.letters or states <= IN_FLIGHT | {"approved", "retry"}

    def group(self, path):
        entry = self.entries().get(path.stem)
        return entry["group"] if entry else ""

    @rule(group=st.sampled_from(["", *(f"{kind}.en" for kind in KINDS)]))
    def reject(self, group):
        groups = {o: (e["group"], e["state"]) for o, e in self.entries().items()}
        groups |= {o: (one.group, one.state) for o, one in self.letters().items()}
        rejected = [o for o, (named, state) in groups.items() if group in ("", named) and state not in IN_FLIGHT]
        if self.do(lambda *a, at: reject(*a, group, "Kim", "wrong tone", at)) == "done":
            for order_id in rejected:
                self.approved[order_id].clear()

    @rule(group=st.sampled_from(["", "", *(f"{kind}.en" for kind in KINDS)]))
    def export(self, group):
        arrived = len(self.server.received)
        how = self.do(lambda *a, at: export(*a, group, at))
        self.known = {o: replace(order) for o, order in self.orders.items()}
        assert len(self.server.received) == arrived
        if how == "done":
            handed_out = {d.order_id for d in self.deliveries().values() if d.state == "handed_out"}
            assert handed_out == set(self.exported()), "letters that nobody sends"

    @initialize(approved=st.booleans())
    def the_night_begins(self, approved):
        if approved:
            self.approve("")

    @rule(
        delta=st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1]),
        fresh=st.sampled_from([True, True, True, False]),
        agreed=st.sampled_from([False, False, True]),
        faults=st.lists(st.sampled_from(FAULTS), max_size=5),
        meanwhile=st.sampled_from(MEANWHILE),
    )
    def send(self, delta, fresh, agreed, faults, meanwhile):
        if fresh:
            self.a_report_without_news_comes_in()
        if agreed:
            self.outbox()
            self.approve("")
        arrived, told_before = len(self.server.received), self.told()
        self.server.faults = list(faults)
        self.server.on_letter = (lambda: self.meanwhile(meanwhile)) if meanwhile else None
        self.frozen = {}
        self.stale_at_start = self.minutes + 1 - self.as_of > MAX_AGE
        standing = {o for o in self.orders if self.stands(o)}
        self.plan_at_start = self.plan
        self.inner, self.shipped = [], ""

        def agree(ready, case):
            _agree(ready, case, len(ready.ready) + delta)

        how = self.do(lambda *a, at: send(*a, at, agree=agree, on_progress=lambda progress: None))
        self.server.on_letter, self.server.faults = None, []
        for what, act in self.inner:
            if what == "done":
                act()
        went = self.server.received[arrived:]
        if delta or self.stale_at_start or self.closed_at_start():
            assert not went
        for to, raw in went:
            order_id = self.order_of(raw)
            assert order_id in standing, f"{order_id} was not to be cancelled"
            assert order_id != self.shipped, f"{order_id} had been shipped meanwhile"
            assert tuple(message_from_bytes(raw).keys()) == HEADERS
            assert to == f"b{self.orders[order_id].number}@marketplace.amazon.com"
            assert (sha(raw), self.plan_at_start) in self.approved_at_start(order_id), "not approved as it stands"
        if went and self.plan_at_start == "under-limit" and how == "done":
            by_word = {o for o, word in self.by_person.items() if word is Decision.CANCEL}
            told = self.told() - by_word - {o for o in self.orders if not self.orders[o].free}
            assert len(told) <= max(ROOM, len(told_before - by_word)), "over the limit"

    def closed_at_start(self):
        return self.closed and not any(what == "done" for what, _ in self.inner)

    def approved_at_start(self, order_id):
        return self.approved[order_id]

    def meanwhile(self, what):
        """Another process acts while letters leave, one letter at a time; from its answer on its word holds."""
        now = START + timedelta(minutes=self.minutes)
        base = (self.config, self.store, self.keys, ID)
        others = [o for o in sorted(self.orders) if o not in self.told()]
        after = lambda: None  # noqa: E731
        try:
            match what:
                case "honour" if others:
                    plan_incident(*base, Wish(honour=others), now)

                    def after():
                        self.by_person |= dict.fromkeys(others, Decision.HONOUR)
                case "plan":
                    use = PLANS[self.plan == PLANS[0]]
                    plan_incident(*base, Wish(use=use), now)

                    def after():
                        self.plan = use
                case "reject":
                    reject(*base, "", "Kim", "stop", now)
                case "close":
                    close_incident(*base, now)

                    def after():
                        self.closed = True
                case "outbox":
                    refresh_outbox(*base, now)
                case "ship" if len(others) > 2:
                    self.shipped = others[-1]  # the next letter is claimed already; the last one can be held back
                    self.orders[self.shipped].status = "Shipped"
                    self.report([self.orders[self.shipped]])
                case _:
                    return
        except (Refused, UsageError):
            self.inner.append(("refused", after))
            return
        self.inner.append(("done", after))
        if what in ("honour", "plan", "reject", "close"):
            self.frozen = {"all": what, "at": len(self.server.received)}

    @rule(number=PICK)
    def resolve(self, number):
        """The person looks at his mail provider, and says what is so."""
        doubtful = sorted(pair for pair, one in self.deliveries().items() if one.state == "unknown")
        if not doubtful:
            return
        order_id, _ = pick(doubtful, number)
        word = "sent" if order_id in self.told_by_server() else "not-sent"
        self.do(lambda *a, at: resolve_letter(*a, order_id, word, "Kim", at))

    # What must hold.

    def deliveries(self):
        with self.store.read() as db:
            return load_deliveries(db, ID)

    def letters(self):
        return {one.order_id: one for one in self.deliveries().values()}

    def told(self):
        return {d.order_id for d in self.deliveries().values() if d.state in IN_FLIGHT - {"claimed"}}

    def told_by_server(self):
        return [self.order_of(raw) for _, raw in self.server.received]

    def order_of(self, raw):
        text = message_from_bytes(raw, policy=default).as_string()
        return re.search(r"\bB-\d+\b", text)[0]

    def entries(self):
        text = (self.root / "3-buyers/manifest.jsonl").read_text("utf-8")
        return {entry["order_id"]: entry for entry in map(json.loads, text.splitlines())}

    def exported(self):
        return {path.stem: path for path in (self.root / "3-buyers/export").rglob("*.eml")}

    def stands(self, order_id):
        """Whether the order is to be cancelled by what is known; under the limit a plan may also honour it."""
        order = self.orders[order_id]
        return order.free and self.by_person.get(order_id, Decision.CANCEL) is Decision.CANCEL

    @invariant()
    def nobody_gets_two_and_nothing_leaves_after_a_word_against_it(self):
        orders = self.told_by_server()
        assert len(orders) == len(set(orders)), "somebody got two"
        if self.frozen:
            assert len(self.server.received) == self.frozen["at"], f"a letter left after {self.frozen['all']}"

    @invariant()
    def the_record_is_what_happened(self):
        arrived = set(self.told_by_server())
        by_order = {}
        for one in self.deliveries().values():
            by_order.setdefault(one.order_id, []).append(one.state.value)
        for order_id, states in by_order.items():
            if order_id in arrived:
                assert set(states) & {"sent", "unknown", "sending"}, f"{order_id} arrived and is {states}"
                assert not set(states) & {"handed_out"}
            else:
                assert "sent" not in states, f"{order_id} is said to be sent"
        for order_id, path in self.exported().items():
            assert order_id not in arrived
            assert "handed_out" in by_order[order_id]
            digest = sha(path.read_bytes().removeprefix(b"X-Unsent: 1\r\n"))
            assert digest in {one for one, _ in self.approved[order_id]}

    @invariant()
    def the_folder_shows_the_record(self):
        if not self.laid or self.touched:
            return
        with self.store.read() as db:
            deliveries, record = load_deliveries(db, ID), load_incident(db, ID)
        entries, drafts = self.entries(), self.drafts()
        assert (record.plan, dict(record.by_person), record.state == "closed") == (
            self.plan,
            self.by_person,
            self.closed,
        )
        assert set(drafts) == set(entries)
        for order_id, entry in entries.items():
            raw = drafts[order_id].read_bytes()
            head = message_from_bytes(raw, policy=default)
            if entry["state"] != "refused":
                assert (entry["sha256"], entry["bytes"]) == (sha(raw), len(raw))
                assert (entry["message_id"], entry["to"]) == (head["Message-ID"], re.sub(r".*<|>", "", head["To"]))
                assert entry["subject"] == head["Subject"]
            one = deliveries.get((order_id, entry["kind"]))
            if entry["state"] in IN_FLIGHT | {"approved", "retry", "failed", "rejected"}:
                assert one is not None
                assert (one.state, one.sha256, one.message_id) == (entry["state"], sha(raw), entry["message_id"])
            if entry["state"] in ("approved", "retry"):
                assert (sha(raw), self.plan) in self.approved[order_id]
        for (order_id, _), one in deliveries.items():
            if one.state in IN_FLIGHT:
                assert entries[order_id]["state"] == one.state


@contextmanager
def _opened(tmp_path):
    """A folder in which an incident with some orders has just been opened."""
    (tmp_path / "inbox").mkdir(parents=True)
    (tmp_path / "config.toml").write_text(SETTINGS)
    reports = {
        "catalogue.csv": CATALOGUE,
        "promotions.csv": SLIP,
        "account_health.csv": HEALTH,
        "all.txt": all_orders([WEEK_OLD, *(row for n in range(START_WITH) for row in Order(n).rows(30))]),
        "order.txt": order_report([WEEK_OLD, *(row for n in range(START_WITH) for row in Order(n).rows(30))]),
    }
    for name, content in reports.items():
        path = tmp_path / "inbox" / name
        path.write_bytes(content)
        os.utime(path, (START.timestamp() - 10**6,) * 2)
    config = Config.read(tmp_path / "config.toml")
    with open_store("", config.data_dir) as store:
        respond(config, store, load_keys(config.data_dir), Request(promotion="P-1"), START + timedelta(minutes=60))
    yield tmp_path


@pytest.fixture
def stage(monkeypatch, tmp_path):
    """The seams: the connection to the mail server, every write to the database and to the folder."""
    really_write, really_lay = Store.write, folders.write_files

    @contextmanager
    def write(self):
        FUSE.burn()
        with really_write(self) as db:
            yield db

    def lay(root, files):
        try:
            FUSE.burn()
        except Killed:
            if FUSE.left == -1:  # it dies in the middle of this one
                FUSE.left = -2
                really_lay(root, dict(islice(files.items(), len(files) // 2)))
            raise
        return really_lay(root, files)

    def steps(*words):
        FUSE.burn()
        return take_steps(*words)

    async def connect(_):
        return Client(Night.current.server)

    monkeypatch.setattr(Store, "write", write)
    monkeypatch.setattr(projecting, "write_files", lay)
    monkeypatch.setattr(approving, "write_files", lay)
    monkeypatch.setattr(folders, "_flush", lambda staging: None)
    monkeypatch.setattr(journal, "take_steps", steps)
    monkeypatch.setattr(journal, "_BETWEEN_TRIES", 0)
    monkeypatch.setattr(line, "CHUNK", 1)
    monkeypatch.setattr("promofuse.delivery.link.connect", connect)
    hurried = Patience(first=0.001, longest=0.002, letter=(0.001, 0.002))
    monkeypatch.setattr("promofuse.app.send.Pace", lambda limits: Pace(limits, hurried))
    with _opened(tmp_path / "template") as template:
        Night.template = template
        yield


def test_nothing_is_sent_that_was_not_approved_as_it_stands(stage):
    """`APPROVAL_EXAMPLES=300 pytest --timeout 0` with this file looks for longer."""
    examples = int(os.environ.get("APPROVAL_EXAMPLES", "12"))
    many = settings(
        max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Night, settings=many)


@pytest.mark.parametrize("meanwhile", sorted(set(MEANWHILE)))
def test_a_word_spoken_while_letters_leave_holds_from_its_answer_on(stage, meanwhile):
    night = Night()
    try:
        night.the_night_begins(True)
        night.send(0, True, False, [], meanwhile)

        assert [what for what, _ in night.inner] == {"": [], "plan": ["refused"], "close": ["refused"]}.get(
            meanwhile, ["done"]
        )
        went = {"honour": 1, "reject": 1, "ship": START_WITH - 1}.get(meanwhile, START_WITH)
        assert len(night.server.received) == went
        night.nobody_gets_two_and_nothing_leaves_after_a_word_against_it()
        night.the_record_is_what_happened()
        night.the_folder_shows_the_record()
    finally:
        night.teardown()
