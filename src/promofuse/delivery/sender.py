"""Send approved letters: each at most once, none forgotten, whatever happens to this process or to the server.

A few connections at a time, one letter each. The record that a letter is being sent is written while the server is
asked about sender and recipient, and is on disk before the first byte of the body leaves.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from promofuse.delivery.account import SmtpServer
from promofuse.delivery.journal import Journal
from promofuse.delivery.line import Letter, Line, Recheck, Waiting
from promofuse.delivery.link import Link
from promofuse.delivery.pace import MINUTE, Pace
from promofuse.delivery.smtp import Meaning, SmtpFailure, Trouble, deliver, name_recipient, name_sender
from promofuse.errors import MailUnreachable, PromofuseError, Refused
from promofuse.store.deliveries import (
    Delivery,
    DeliveryState,
    Pair,
    count_sent_since,
    load_deliveries,
    load_messages,
    recover,
)
from promofuse.store.engine import Store
from promofuse.store.locks import only_one
from promofuse.store.privacy import Keys

LOCK: Final = "sender.lock"
TELL: Final = 0.5  # seconds between two tellings of the progress
DAY: Final = timedelta(days=1)

_HINTS: Final[Mapping[Trouble, str]] = {
    Trouble.CONNECTION: "check [mail] host, port and security, and run `promofuse doctor`; then send again",
    Trouble.BUSY: "the server asks for a slower pace: set provider or max_per_minute in [mail], and send again later",
    Trouble.LOGIN: "check [mail] username, password and security, and run `promofuse doctor`; then send again",
    Trouble.SENDER: "the account may not send from this address: check from_address, then send again",
    Trouble.REFUSED: "read the reasons; once the account is in order, approve these letters again and send",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the sending is. `retry` are letters that the server did not want yet, `left` all others to come."""

    failed: int
    unknown: int
    retry: int
    withheld: int
    sent: int
    left: int
    per_minute: int  # over the last minute
    seconds_left: int | None
    paused_until: datetime | None
    why_paused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is on record of the letters handed in; each counts once.

    `unknown` holds those of earlier runs too; `left` are still approved; `skipped` were not approved, or were sent
    before. `stopped` is why the run ended before its time, if not by wish.
    """

    failed: int
    unknown: int
    retry: int
    left: int
    withheld: int
    skipped: int
    sent: int
    stopped: PromofuseError | None = None


async def send_all(
    *,
    store: Store,
    keys: Keys,
    data_dir: Path,
    server: SmtpServer,
    pace: Pace,
    incident_id: str,
    pairs: Sequence[Pair],
    recheck: Recheck,
    on_progress: Callable[[Progress], None],
    stop: asyncio.Event,
    clock: Callable[[], datetime],
) -> Outcome:
    """Send these letters of an incident, in this order; only approved ones and ones to retry go.

    `recheck` runs in a thread before letters are claimed, a chunk at a time: it returns those to withhold with the
    reason, and may raise Refused to stop. When `stop` is set, letters on their way are finished and none is begun.
    `clock` dates letters and records; all waiting goes by the loop's clock. `pace` is for one run. Raises Refused if
    another process sends from this data_dir.
    """
    with only_one(data_dir / LOCK, f"another process is sending from {data_dir}", hint="wait for it, or stop it"):
        at = clock()
        with store.write() as db:
            recover(db, at)
        with store.read() as db:
            deliveries = load_deliveries(db, incident_id)
            pace.sent_before(count_sent_since(db, at - DAY))

        def open_letters(some: Sequence[Pair]) -> Mapping[Pair, bytes]:
            with store.read() as db:
                return load_messages(db, keys, incident_id, some)

        ready = {p: deliveries[p] for p in pairs if p in deliveries and deliveries[p].state in _GOING}
        async with Journal(store, incident_id, clock) as journal:
            line = Line(
                [_waiting(one, at, pace.patience.longest) for one in ready.values()],
                journal=journal,
                pace=pace,
                recheck=recheck,
                open_letters=open_letters,
                stop=stop,
            )
            await _Sending(line, journal, pace, server, clock, len(ready)).run(on_progress)
        with store.read() as db:
            deliveries = load_deliveries(db, incident_id)
    states = Counter(deliveries[pair].state for pair in ready)
    left = states[DeliveryState.APPROVED] + states[DeliveryState.CLAIMED]
    counts = {
        "failed": states[DeliveryState.FAILED],
        "unknown": states[DeliveryState.UNKNOWN] + states[DeliveryState.SENDING],
        "retry": states[DeliveryState.RETRY],
        "left": left,
        "withheld": states[DeliveryState.WITHHELD],
        "sent": states[DeliveryState.SENT],
    }
    earlier = sum(
        p not in ready and p in deliveries and deliveries[p].state is DeliveryState.UNKNOWN for p in set(pairs)
    )
    counts["unknown"] += earlier
    skipped = len(set(pairs)) - sum(counts.values())
    return Outcome(**counts, skipped=skipped, stopped=line.stopped or _why(pace, server, left))


_GOING: Final = frozenset({DeliveryState.APPROVED, DeliveryState.RETRY})


def _waiting(letter: Delivery, at: datetime, longest: float) -> Waiting:
    """A letter in the line. A time that lies further ahead than we ever wait comes from a clock that jumped."""
    wait = 0.0 if letter.not_before is None else (letter.not_before - at).total_seconds()
    due = asyncio.get_running_loop().time() + min(wait, longest) if wait > 0 else 0.0
    return Waiting((letter.order_id, letter.kind), letter.state, due)


def _why(pace: Pace, server: SmtpServer, left: int) -> PromofuseError | None:
    """Why letters are left, if the pace is the reason."""
    if pace.gave_up is not None:
        return MailUnreachable(f"{server.where}: {pace.reason}", hint=_HINTS[pace.gave_up])
    if left and pace.day_is_full:
        return Refused(
            f"the account's limit of {pace.limits.per_day:,} letters a day is reached, {left:,} are left",
            hint="send again later; if your account may send more, set max_per_day in [mail]",
        )
    return None


class _Sending:
    """The connections of one run, and what they have done so far."""

    def __init__(
        self,
        line: Line,
        journal: Journal,
        pace: Pace,
        server: SmtpServer,
        clock: Callable[[], datetime],
        letters: int,
    ) -> None:
        self._line, self._journal, self._pace, self._server, self._clock = line, journal, pace, server, clock
        self._letters = letters
        self._done: Counter[DeliveryState] = Counter()
        self._connections = 0
        self._group = asyncio.TaskGroup()
        self._now = asyncio.get_running_loop().time
        self._history: deque[tuple[float, int]] = deque([(self._now(), 0)])

    async def run(self, on_progress: Callable[[Progress], None]) -> None:
        """Until no letter is left to send, or none may be sent any more."""
        teller = asyncio.create_task(self._tell(on_progress))
        try:
            async with self._group:
                for _ in range(self._pace.connections):
                    self._open_another()
        finally:
            await self._line.close()
            teller.cancel()
            with suppress(asyncio.CancelledError):
                await teller
        on_progress(self._progress())

    def _open_another(self) -> None:
        self._connections += 1
        self._group.create_task(self._work())

    async def _work(self) -> None:
        """One letter after the other; ends when there are too many connections, or no more letters."""
        link = Link(self._server)
        try:
            while self._connections <= self._pace.connections:
                letter = await self._line.next()
                if letter is None:
                    break
                await self._send(link, letter)
                if self._connections < self._pace.connections:
                    self._open_another()
        finally:
            self._connections -= 1
            await link.close()

    async def _send(self, link: Link, letter: Letter) -> None:
        try:
            client = await link.client()
        except SmtpFailure as failure:
            self._line.back(letter)
            self._pace.went_wrong(failure.meaning.trouble, str(failure), self._now())
            return
        recorded = self._journal.sending(letter.pair)
        interrupted = Meaning(DeliveryState.RETRY, Trouble.NONE, usable=False)
        try:
            await name_sender(client, letter.envelope, letter.raw)
            self._journal.hurry()
            await name_recipient(client, letter.envelope)
            if not await recorded:  # the journal is broken, or somebody else changed the letter
                link.cut()
                return
            interrupted = replace(interrupted, state=DeliveryState.UNKNOWN)
            reply = await deliver(client, letter.raw, self._server, self._clock())
        except SmtpFailure as failure:
            self._note(letter, failure.meaning, str(failure))
            await link.reset() if failure.meaning.usable else link.cut()
        except BaseException:
            self._note(letter, interrupted, "the program was interrupted")
            link.cut()
            raise
        else:
            self._journal.sent(letter.pair, reply)
            self._done[DeliveryState.SENT] += 1
            self._pace.went_well()

    def _note(self, letter: Letter, meaning: Meaning, reason: str) -> None:
        """Write down what became of a letter that did not go through."""
        self._pace.went_wrong(meaning.trouble, reason, self._now())
        match meaning.state:
            case DeliveryState.UNKNOWN:
                self._journal.unknown(letter.pair, reason)
            case DeliveryState.FAILED:
                self._journal.failed(letter.pair, DeliveryState.SENDING, reason)
            case _:
                wait = self._pace.letter_wait(letter.tries)
                if meaning.trouble is not Trouble.NONE and wait is not None:
                    wait = 0.0  # the pause holds for all letters
                self._journal.retry(letter.pair, self._clock() + timedelta(seconds=wait or 0.0), reason)
                if wait is not None:
                    self._line.again(letter, wait)
                    return
        self._done[meaning.state] += 1

    async def _tell(self, on_progress: Callable[[Progress], None]) -> None:
        while True:
            await asyncio.sleep(TELL)
            on_progress(self._progress())

    def _progress(self) -> Progress:
        now, line, done = self._now(), self._line, self._done
        retry = done[DeliveryState.RETRY] + line.to_retry
        failed = done[DeliveryState.FAILED] + line.failed
        gone = done[DeliveryState.SENT] + done[DeliveryState.UNKNOWN] + failed + line.withheld + line.lost
        left = self._letters - gone - retry
        while len(self._history) > 1 and now - self._history[0][0] > MINUTE:
            self._history.popleft()
        self._history.append((now, gone))
        (since, before), rate = self._history[0], 0.0
        if gone > before:
            rate = (gone - before) / (now - since)
        paused = self._pace.paused_until - now
        return Progress(
            failed=failed,
            unknown=done[DeliveryState.UNKNOWN],
            retry=retry,
            withheld=line.withheld,
            sent=done[DeliveryState.SENT],
            left=left,
            per_minute=round(rate * MINUTE),
            seconds_left=round(left / rate) if rate else None,
            paused_until=self._clock() + timedelta(seconds=paused) if paused > 0 else None,
            why_paused=self._pace.reason if paused > 0 else "",
        )
