"""Whatever dies, falls silent or fills up: nobody gets two letters, nobody is forgotten, and few are in doubt."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from post_office import MailServer, PostOffice, letter

pytestmark = pytest.mark.slow
TESTS = Path(__file__).parents[1]
CONNECTIONS = 4
LETTERS = 1000  # enough for all kills, however fast the machine sends between two of them
REFUSALS = [
    {"phase": "banner", "do": "421 busy", "share": 0.02},
    {"phase": "ehlo", "do": "drop", "share": 0.02},
    {"phase": "mail", "do": "drop", "share": 0.01},
    {"phase": "mail", "do": "451 wait", "share": 0.01},
    {"phase": "rcpt", "do": "450 greylisted", "share": 0.05},
    {"phase": "rcpt", "do": "550 no such user", "share": 0.05},
    {"phase": "rcpt", "do": "drop", "share": 0.01},
    {"phase": "data", "do": "drop", "share": 0.01},
    {"phase": "data", "do": "421 going down", "share": 0.01},
    {"phase": "dot", "do": "452 no space", "share": 0.01},
    {"phase": "dot", "do": "554 refused", "share": 0.03},
]


class Senders:
    """Starts senders within milliseconds; see tests/chaos_sender.py."""

    def __init__(self):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
        self.process = subprocess.Popen(
            [sys.executable, str(TESTS / "chaos_sender.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def ask(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, office, server, **changes):
        order = {"data_dir": str(office.data_dir), "port": server.port, "connections": CONNECTIONS, **changes}
        return self.ask(**order)

    def wait(self, pid):
        self.ask(wait=pid)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def senders():
    senders = Senders()
    yield senders
    senders.close()


@pytest.fixture
def office(tmp_path):
    with PostOffice(tmp_path, [letter(number) for number in range(LETTERS)]) as office:
        yield office


def left(office):
    """Letters that are to go, or are on their way."""
    states = office.states()
    return sum(states[name] for name in ("approved", "claimed", "sending", "retry"))


def has_ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def moment(office, pid, chance, most):
    """Wait until the server has taken some more letters, and a little longer; false if the sender ended first."""

    def size():
        return office.accepted.stat().st_size if office.accepted.exists() else 0

    target = size() + chance.randrange(most) * 280
    end = time.monotonic() + 10
    while size() < target and time.monotonic() < end:
        if has_ended(pid):
            return False
        time.sleep(0.0005)
    time.sleep(chance.uniform(0, 0.004))
    return not has_ended(pid)


def finish(senders, office, server):
    """Let one sender do the rest undisturbed, as often as it takes."""
    for _ in range(20):
        if not left(office):
            return
        senders.wait(senders.start(office, server))
    raise AssertionError(office.states())


def torment(senders, office, server, *, kills, most, of_server, clock_jumps=False):
    """Kill the sender, or the server with some chance, each time up to `most` letters have gone; returns how often."""
    chance, killed, pid = random.Random(kills), 0, 0
    while killed < kills and left(office):
        if not pid:
            pid = senders.start(office, server, jump=killed + 1 if clock_jumps else 0)
        if moment(office, pid, chance, most):
            killed += 1
            if chance.random() < of_server:
                server.kill()
                server.start()
                continue
            os.kill(pid, signal.SIGKILL)
        senders.wait(pid)
        pid = 0
    if pid:
        senders.wait(pid)
    finish(senders, office, server)
    return killed


def test_the_sender_is_killed_again_and_again(senders, office):
    with MailServer(office.accepted) as server:
        kills = torment(senders, office, server, kills=50, most=7, of_server=0)

    doubtful = office.check()
    assert kills == 50
    assert doubtful <= kills * CONNECTIONS
    assert office.states() == {"sent": LETTERS - doubtful, "unknown": doubtful}


def test_the_server_is_killed_again_and_again(senders, office):
    with MailServer(office.accepted) as server:
        kills = torment(senders, office, server, kills=25, most=12, of_server=1)

    doubtful = office.check()
    assert kills == 25
    assert doubtful <= kills * CONNECTIONS
    assert office.states() == {"sent": LETTERS - doubtful, "unknown": doubtful}


def test_both_are_killed_while_the_server_refuses_and_the_clock_jumps(senders, office):
    with MailServer(office.accepted, REFUSALS) as server:
        kills = torment(senders, office, server, kills=35, most=8, of_server=0.4, clock_jumps=True)

    doubtful = office.check()
    states = office.states()
    assert kills == 35
    assert doubtful <= kills * CONNECTIONS
    assert states["failed"] > 0
    assert set(states) <= {"sent", "failed", "unknown"}


def test_a_silence_after_the_final_dot_is_a_doubt_and_nothing_else(senders, office):
    silent = [
        {"phase": phase, "do": do, "share": 0.2, "times": 4}
        for phase in ("dot", "kept")
        for do in ("drop", "hang", "half")
    ]
    with MailServer(office.accepted, silent) as server:
        finish(senders, office, server)

    assert office.check() == 24
    assert office.states() == {"sent": LETTERS - 24, "unknown": 24}


def test_a_full_disk_stops_the_sending_and_leaves_few_in_doubt(senders, office):
    room = office.data_dir.joinpath("promofuse.sqlite3").stat().st_size + 300_000
    with MailServer(office.accepted) as server:
        for _ in range(3):
            senders.wait(senders.start(office, server, most_bytes=room))
            said = json.loads((office.data_dir / "outcome.json").read_text())
            assert "cannot be written down" in said["stopped"]
            stopped_at = len(office.received())
        finish(senders, office, server)

    doubtful = office.check()
    assert stopped_at < LETTERS
    assert doubtful <= 3 * CONNECTIONS
    assert office.states()["sent"] == LETTERS - doubtful
