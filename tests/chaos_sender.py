"""A process that has everything imported and forks senders at once, so that a test can kill a hundred of them.

Reads one JSON object a line: {"data_dir", "port", ...} starts a sender and answers with its process id; {"wait": pid}
answers when that one has ended. A sender leaves what it says at its end in data_dir/outcome.json.
"""

import asyncio
import json
import os
import random
import resource
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosmtplib

from post_office import HURRIED, INCIDENT
from promofuse.delivery.account import Limits, SmtpServer
from promofuse.delivery.pace import Pace
from promofuse.delivery.sender import send_all
from promofuse.store.deliveries import load_deliveries
from promofuse.store.engine import open_store
from promofuse.store.privacy import load_keys

assert aiosmtplib


def jumping(seed):
    """A clock that jumps by up to a year in either direction each time somebody looks."""
    chance = random.Random(seed)
    return lambda: datetime(2026, 3, 4, tzinfo=UTC) + timedelta(seconds=chance.uniform(-3e7, 3e7))


async def send(data_dir, port, connections=4, jump=0, most_bytes=0):
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    with open_store("", data_dir) as store:
        with store.read() as db:
            pairs = sorted(load_deliveries(db, INCIDENT))
        return await send_all(
            store=store,
            keys=load_keys(data_dir),
            data_dir=data_dir,
            server=SmtpServer(host="127.0.0.1", port=port, timeout=2, data_timeout=1),
            pace=Pace(Limits(connections=connections), HURRIED),
            incident_id=INCIDENT,
            pairs=pairs,
            recheck=lambda pairs: {},
            on_progress=lambda progress: None,
            stop=asyncio.Event(),
            clock=jumping(jump) if jump else lambda: datetime.now(UTC),
        )


def main():
    for line in sys.stdin:
        order = json.loads(line)
        if pid := order.pop("wait", 0):
            os.waitpid(pid, 0)
        else:
            data_dir = Path(order.pop("data_dir"))
            pid = os.fork()
            if not pid:
                outcome = asyncio.run(send(data_dir, **order))
                said = {"stopped": str(outcome.stopped or ""), "sent": outcome.sent, "unknown": outcome.unknown}
                (data_dir / "outcome.json").write_text(json.dumps(said))
                os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
