"""The record of sending: what is said to be on disk is, in the order of the steps, whatever the disk does."""

import asyncio
import sqlite3

import pytest

from post_office import AT, INCIDENT, MailServer, PostOffice, letter
from promofuse.delivery import journal as journal_module
from promofuse.delivery.journal import Journal
from promofuse.errors import StoreError
from promofuse.store.deliveries import DeliveryState, take_steps

S = DeliveryState


@pytest.fixture
def office(tmp_path):
    with PostOffice(tmp_path, [letter(number) for number in range(40)]) as office:
        yield office


def keep(office, work):
    """Run `work(journal)` and close the journal."""

    async def run():
        async with Journal(office.store, INCIDENT, lambda: AT) as journal:
            await work(journal)
        return journal

    return asyncio.run(run())


def break_writing(monkeypatch, *, from_batch, times):
    """Let so many batches of steps fail as a full disk does; returns the sizes of all batches."""
    sizes = []

    def failing(db, incident_id, steps):
        sizes.append(len(steps))
        if from_batch <= len(sizes) < from_batch + times:
            raise sqlite3.OperationalError("database or disk is full")
        return take_steps(db, incident_id, steps)

    monkeypatch.setattr(journal_module, "take_steps", failing)
    return sizes


def test_what_is_said_to_be_recorded_is_on_disk(office):
    async def work(journal):
        assert await journal.claim(office.pairs[0], S.APPROVED)
        recorded = journal.sending(office.pairs[0])
        journal.hurry()
        assert await recorded
        assert office.states()["sending"] == 1  # read over another connection, before anything else happens
        journal.sent(office.pairs[0], "queued as 1")

    keep(office, work)

    assert office.deliveries()[office.pairs[0]].reply == "queued as 1"


def test_a_step_that_nobody_hurries_is_written_soon(office):
    async def work(journal):
        await journal.claim(office.pairs[0], S.APPROVED)
        await asyncio.wait_for(journal.sending(office.pairs[0]), 2)
        assert office.deliveries()[office.pairs[0]].state is S.SENDING

    keep(office, work)


def test_steps_that_wait_share_a_commit_and_keep_their_order(office, monkeypatch):
    sizes = break_writing(monkeypatch, from_batch=0, times=0)

    async def work(journal):
        await asyncio.gather(*(journal.claim(pair, S.APPROVED) for pair in office.pairs))
        steps = []
        for pair in office.pairs:
            steps += [journal.sending(pair), journal.sent(pair, "yes"), journal.unknown(pair, "too late")]
        assert await asyncio.gather(*steps) == [True, True, False] * len(office.pairs)

    keep(office, work)

    assert office.states() == {"sent": 40}
    assert len(sizes) < 20
    assert sum(sizes) == 160


def test_a_letter_that_is_not_where_the_step_begins_is_not_taken(office):
    async def work(journal):
        assert await journal.claim(office.pairs[0], S.APPROVED)
        assert not await journal.claim(office.pairs[0], S.APPROVED)
        assert not await journal.withhold(office.pairs[0], S.APPROVED, "shipped")
        assert await journal.release(office.pairs[0])

    keep(office, work)

    assert office.states() == {"approved": 40}


def test_no_other_step_than_those_of_the_table(office):
    async def work(journal):
        with pytest.raises(ValueError, match="does not go from sent to failed"):
            journal.failed(office.pairs[0], S.SENT, "no")

    keep(office, work)


def test_a_journal_that_cannot_be_written_lets_nothing_start(office, monkeypatch):
    break_writing(monkeypatch, from_batch=2, times=99)

    async def work(journal):
        assert await journal.claim(office.pairs[0], S.APPROVED)
        assert not await journal.sending(office.pairs[0])
        assert not await journal.claim(office.pairs[1], S.APPROVED)
        assert isinstance(journal.error, StoreError)
        assert "disk is full" in str(journal.error)

    keep(office, work)

    assert office.states() == {"claimed": 1, "approved": 39}


def test_an_outcome_that_could_not_be_written_at_once_is_written_at_the_end(office, monkeypatch):
    break_writing(monkeypatch, from_batch=3, times=1)

    async def work(journal):
        await journal.claim(office.pairs[0], S.APPROVED)
        await journal.sending(office.pairs[0])
        assert not await journal.sent(office.pairs[0], "queued as 1")
        assert office.states()["sending"] == 1

    keep(office, work)

    assert office.deliveries()[office.pairs[0]].state is S.SENT


@pytest.mark.parametrize("from_batch", range(1, 12))
def test_a_disk_that_fails_at_any_write_leaves_few_in_doubt_and_loses_none(office, monkeypatch, from_batch):
    with MailServer(office.accepted) as server:
        break_writing(monkeypatch, from_batch=from_batch, times=1000)
        outcome = office.send(server.port)
        assert "cannot be written down" in str(outcome.stopped)
        assert outcome.unknown <= 4
        monkeypatch.undo()
        outcome = office.send(server.port)

    doubtful = office.check()
    assert doubtful <= 4
    assert outcome.stopped is None
    assert office.states()["sent"] == 40 - doubtful
