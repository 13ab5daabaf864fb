"""The record of sending: which step may follow which, and a writer that makes all waiting steps durable at once.

A letter is `sending` on disk before the first byte of its body leaves, and every step is a compare-and-set of one row.
Steps are written in the order in which they were handed in, so the end of one letter and the start of the next on the
same connection share a commit, and there are never more letters `sending` than connections. Nothing is decided by the
time of day: a clock that jumps changes what is shown, not what is sent.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Final, Self

from promofuse.errors import StoreError
from promofuse.store.deliveries import DeliveryState, Pair, Step, take_steps
from promofuse.store.engine import Connection, Store

S = DeliveryState
# What may follow. Only the sender makes the steps from claimed and from sending; the others are people's.
NEXT: Final[Mapping[DeliveryState, frozenset[DeliveryState]]] = MappingProxyType(
    {
        S.APPROVED: frozenset({S.APPROVED, S.CLAIMED, S.WITHHELD, S.REJECTED, S.HANDED_OUT}),
        S.CLAIMED: frozenset({S.SENDING, S.APPROVED, S.FAILED}),
        S.SENDING: frozenset({S.SENT, S.RETRY, S.FAILED, S.UNKNOWN}),
        S.SENT: frozenset(),
        S.RETRY: frozenset({S.APPROVED, S.CLAIMED, S.WITHHELD, S.REJECTED, S.HANDED_OUT}),
        S.FAILED: frozenset({S.APPROVED, S.REJECTED, S.HANDED_OUT}),
        S.UNKNOWN: frozenset({S.SENT, S.APPROVED}),  # a person has looked it up
        S.HANDED_OUT: frozenset(),
        S.WITHHELD: frozenset({S.APPROVED, S.REJECTED, S.HANDED_OUT}),
        S.REJECTED: frozenset({S.APPROVED}),
    }
)
_PATIENCE: Final = 0.005  # seconds that a step waits for others to share its commit, unless somebody waits for it
_LAST_TRIES: Final = 3
_BETWEEN_TRIES: Final = 0.2  # seconds


class Journal:
    """Writes the steps of one incident's letters in a thread of its own; use it as `async with`.

    If a write fails, `error` says why, every step that asks for a start is refused, and the outcomes that could not be
    written are tried again at the end. One that still cannot be written leaves its letter `sending`: the next run
    finds it and calls it unknown.
    """

    def __init__(self, store: Store, incident_id: str, clock: Callable[[], datetime]) -> None:
        self.error: StoreError | None = None
        self._store, self._incident_id, self._clock = store, incident_id, clock
        self._loop = asyncio.get_running_loop()
        self._ready = threading.Condition()
        self._waiting: list[tuple[Step, asyncio.Future[bool]]] = []
        self._unwritten: list[tuple[Step, asyncio.Future[bool]]] = []
        self._hurry = False
        self._closing = False
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait until everything handed in is on disk, or is known not to get there."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        await asyncio.to_thread(self._thread.join)

    def claim(self, pair: Pair, before: DeliveryState) -> asyncio.Future[bool]:
        """Take a letter for this run; true if it was still there to take."""
        return self._take(pair, before, S.CLAIMED)

    def release(self, pair: Pair) -> asyncio.Future[bool]:
        """Give a claimed letter back."""
        return self._take(pair, S.CLAIMED, S.APPROVED)

    def withhold(self, pair: Pair, before: DeliveryState, reason: str) -> asyncio.Future[bool]:
        """Its order no longer wants the letter."""
        return self._take(pair, before, S.WITHHELD, error=reason)

    def sending(self, pair: Pair) -> asyncio.Future[bool]:
        """True once it is on disk; only then a byte of the body may leave. False: the letter must not be sent."""
        return self._take(pair, S.CLAIMED, S.SENDING, hurry=False)

    def sent(self, pair: Pair, reply: str) -> asyncio.Future[bool]:
        """The server has taken it; `reply` is the receipt."""
        return self._take(pair, S.SENDING, S.SENT, reply=reply, hurry=False)

    def hurry(self) -> None:
        """Write what waits now: somebody is about to need it."""
        with self._ready:
            if self._waiting and not self._hurry:
                self._hurry = True
                self._ready.notify()

    def retry(self, pair: Pair, not_before: datetime, reason: str) -> asyncio.Future[bool]:
        """The server has not taken it, and may later."""
        return self._take(pair, S.SENDING, S.RETRY, not_before=not_before, error=reason)

    def failed(self, pair: Pair, before: DeliveryState, reason: str) -> asyncio.Future[bool]:
        """The server refuses it for good, or it cannot be sent as it is."""
        return self._take(pair, before, S.FAILED, error=reason)

    def unknown(self, pair: Pair, reason: str) -> asyncio.Future[bool]:
        """It may have arrived or not."""
        return self._take(pair, S.SENDING, S.UNKNOWN, error=reason)

    def _take(
        self,
        pair: Pair,
        before: DeliveryState,
        after: DeliveryState,
        *,
        not_before: datetime | None = None,
        reply: str = "",
        error: str = "",
        hurry: bool = True,
    ) -> asyncio.Future[bool]:
        if after not in NEXT[before]:
            raise ValueError(f"a letter does not go from {before} to {after}")
        future: asyncio.Future[bool] = self._loop.create_future()
        if self.error and before is not S.SENDING:  # nothing starts on a journal that cannot be written
            future.set_result(False)
            return future
        step = Step(
            pair=pair, before=before, after=after, at=self._clock(), not_before=not_before, reply=reply, error=error
        )
        with self._ready:
            self._waiting.append((step, future))
            self._hurry = self._hurry or hurry
            if self._hurry or len(self._waiting) == 1:
                self._ready.notify()
        return future

    def _write(self) -> None:
        """Everything that waits in one transaction, until the journal is closed."""
        with self._store.writer() as db:
            while steps := self._wait():
                self._write_down(db, steps)
            for _ in range(_LAST_TRIES):
                if not self._unwritten:
                    break
                threading.Event().wait(_BETWEEN_TRIES)
                steps, self._unwritten = self._unwritten, []
                self._write_down(db, steps)

    def _wait(self) -> list[tuple[Step, asyncio.Future[bool]]]:
        """The next steps; none once the journal is being closed."""
        with self._ready:
            self._ready.wait_for(lambda: self._waiting or self._closing)
            self._ready.wait_for(lambda: self._hurry or self._closing, timeout=_PATIENCE)
            steps, self._waiting, self._hurry = self._waiting, [], False
        return steps

    def _write_down(self, db: Connection, steps: Sequence[tuple[Step, asyncio.Future[bool]]]) -> None:
        try:
            with db.begin():
                taken = take_steps(db, self._incident_id, [step for step, _ in steps])
        except Exception as error:  # noqa: BLE001  a full disk, a broken one, a database locked for too long
            reason = getattr(error, "orig", None) or error
            hint = "free some space, then send again"
            self.error = StoreError(f"what was sent cannot be written down: {reason}", hint=hint)
            self._unwritten += [(step, future) for step, future in steps if step.before is S.SENDING]
            taken = [False] * len(steps)
        self._loop.call_soon_threadsafe(_settle, steps, taken)


def _settle(steps: Sequence[tuple[Step, asyncio.Future[bool]]], taken: Sequence[bool]) -> None:
    for (_, future), done in zip(steps, taken, strict=True):
        if not future.done():
            future.set_result(done)
