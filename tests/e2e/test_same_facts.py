"""The same facts give the same drafts, however the files arrived and however often the program was killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from test_demo_night import AT, respond

from promofuse import cli
from promofuse.demo import STOREFRONTS, write_demo

JP = STOREFRONTS[2]
SLICES = 20  # of each of the two reports


def drafts(folder):
    found = {path.name: path.read_bytes() for path in (folder / "outbox").rglob("drafts/*.eml")}
    assert len(found) > 10
    return found


@pytest.fixture
def whole(run, tmp_path):
    """The drafts of one reading of complete files, and those files."""
    write_demo(tmp_path / "whole", AT)
    respond(run, tmp_path / "whole", JP)
    inbox = tmp_path / "whole/inbox/jp"
    reports = {path.name: path.read_bytes() for path in inbox.glob("*.txt")}
    return drafts(tmp_path / "whole"), reports


@pytest.fixture
def empty(tmp_path):
    """The same shop before any report came, elsewhere."""
    folder = tmp_path / "another machine" / "shop"
    write_demo(folder, AT)
    for path in (folder / "inbox/jp").glob("*.txt"):
        path.unlink()
    return folder


def run_killed_after(seconds, folder):
    """`respond` in a process of its own that is killed with -9; it may also end before."""
    words = ["promofuse", "respond", "--promo", JP.promotion_id, "--shop", "jp"]
    words += ["--config", str(folder / "config.toml"), "--at", AT.isoformat()]

    def child():
        sys.argv = words
        os.close(1), os.close(2)
        os.open(os.devnull, os.O_WRONLY), os.open(os.devnull, os.O_WRONLY)
        with suppress(SystemExit):
            cli.main()
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.join()


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_growing_reports_read_by_a_program_that_is_killed_again_and_again(run, whole, empty, seed):
    expected, reports = whole
    dice = random.Random(seed)
    steps = [
        (name, len(content) * part // SLICES) for name, content in reports.items() for part in range(1, SLICES + 1)
    ]
    dice.shuffle(steps)
    longest = dict.fromkeys(reports, 0)

    for name, length in steps:
        longest[name] = max(longest[name], length)
        (empty / "inbox/jp" / name).write_bytes(reports[name][: longest[name]])
        run_killed_after(dice.uniform(0.02, 0.5), empty)
    ran = respond(run, empty, JP)

    assert ran.code == 0
    assert drafts(empty) == expected


def test_slices_as_files_of_their_own_in_any_order(run, whole, empty):
    expected, reports = whole
    dice = random.Random(3)
    slices = []
    for name, content in reports.items():
        header, *rows = content.splitlines(keepends=True)
        size = -(-len(rows) // SLICES)
        slices += [(f"{n}-{name}", header + b"".join(rows[n : n + size])) for n in range(0, len(rows), size)]
    dice.shuffle(slices)

    for number, (name, content) in enumerate(slices):
        (empty / "inbox/jp" / name).write_bytes(content)
        if number % 8 == 7:
            respond(run, empty, JP)
    respond(run, empty, JP)

    assert drafts(empty) == expected


def test_a_later_clock_changes_no_draft(run, whole, tmp_path):
    expected, _ = whole
    config = tmp_path / "whole/config.toml"

    run("respond", "--promo", JP.promotion_id, "--config", config, "--at", (AT + timedelta(minutes=50)).isoformat())

    assert drafts(tmp_path / "whole") == expected
