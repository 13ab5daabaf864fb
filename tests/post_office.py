"""Approved letters in a store, a mail server in another process, and what each knows of the letters afterwards."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from promofuse.delivery.account import Limits, SmtpServer
from promofuse.delivery.pace import Pace, Patience
from promofuse.delivery.sender import send_all
from promofuse.drafts.mime import Mailbox, build_message, message_id
from promofuse.incidents import Cause
from promofuse.store.deliveries import load_deliveries, save_approved
from promofuse.store.engine import open_store
from promofuse.store.incidents import IncidentRecord, save_incident
from promofuse.store.privacy import load_keys

INCIDENT = "INC-2026-0001"
KIND = "cancellation"
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SENDER = Mailbox("Harbour Lights", "service@harbour.example")
HURRIED = Patience(first=0.02, longest=0.1, letter=(0.05, 0.1, 0.2))


@dataclass(frozen=True)
class Approved:
    order_id: str
    raw: bytes
    message_id: str
    kind: str = KIND
    group: str = f"{KIND}.en"
    language: str = "en"

    @property
    def sha256(self):
        return sha256(self.raw).hexdigest()

    @property
    def pair(self):
        return self.order_id, self.kind


def letter(number, *, to="", text="We are sorry: the price was wrong.\n", revision=1):
    order_id = f"O-{number:06d}"
    identity = message_id(INCIDENT, order_id, KIND, revision, SENDER.domain)
    raw = build_message(
        sender=SENDER,
        to=Mailbox("", to or f"buyer{number}@alias.example"),
        subject=f"Your order {order_id}",
        body=text,
        message_id=identity,
    )
    return Approved(order_id, raw, identity)


class PostOffice:
    """A data_dir with an incident and approved letters."""

    def __init__(self, folder: Path, letters=()):
        self.data_dir = folder / "var"
        self.accepted = folder / "accepted.jsonl"
        self.store = open_store("", self.data_dir)
        self.keys = load_keys(self.data_dir)
        self.letters = list(letters)
        with self.store.write() as db:
            save_incident(db, IncidentRecord(incident_id=INCIDENT, shop="us", cause=Cause("P-1", ()), opened_at=AT))
            assert save_approved(db, self.keys, INCIDENT, 1, self.letters, AT) == []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.store.close()

    @property
    def pairs(self):
        return [one.pair for one in self.letters]

    def send(self, port, *, limits=None, patience=HURRIED, **changes):
        """Run the sender to its end in this process."""

        async def run():
            given = {
                "server": SmtpServer(host="127.0.0.1", port=port, timeout=5, data_timeout=0.5),
                "pace": Pace(limits or Limits(), patience),
                "pairs": self.pairs,
                "recheck": lambda pairs: {},
                "on_progress": lambda progress: None,
                "stop": asyncio.Event(),
                "clock": lambda: datetime.now(UTC),
                **changes,
            }
            return await send_all(
                store=self.store, keys=self.keys, data_dir=self.data_dir, incident_id=INCIDENT, **given
            )

        return asyncio.run(run())

    def deliveries(self):
        with self.store.read() as db:
            return load_deliveries(db, INCIDENT)

    def states(self):
        return Counter(one.state.value for one in self.deliveries().values())

    def received(self):
        """What the server has kept, message by message."""
        return [json.loads(line) for line in self.accepted.read_bytes().splitlines()] if self.accepted.exists() else []

    def check(self):
        """Nobody got two, nobody another's letter, nobody is forgotten; returns how many are in doubt."""
        received = Counter(one["id"] for one in self.received())
        assert not [identity for identity, times in received.items() if times > 1], "somebody got two"
        by_id = {one.message_id: one for one in self.letters}
        for one in self.received():
            assert (one["sha256"], one["dates"]) == (by_id[one["id"]].sha256, 1)
        deliveries = self.deliveries()
        assert set(deliveries) == set(self.pairs), "somebody is forgotten"
        doubtful = 0
        for one in deliveries.values():
            if one.state == "sent":
                assert received[one.message_id] == 1, "said to be sent, and never arrived"
            elif one.state == "unknown":
                doubtful += 1
            else:
                assert one.state != "sending"
                assert not received[one.message_id], f"arrived, and is said to be {one.state}"
        return doubtful


class MailServer:
    """tests/mail_server.py as a process."""

    def __init__(self, accepted="", faults=(), port=0):
        self.accepted, self.faults, self.port = str(accepted), list(faults), port
        self.start()

    def start(self):
        script = Path(__file__).with_name("mail_server.py")
        command = [sys.executable, "-S", "-E", str(script), str(self.port), self.accepted, json.dumps(self.faults)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
