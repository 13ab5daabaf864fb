"""What goes next: letters are looked at again, claimed a chunk ahead, and handed out as the pace allows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from promofuse.delivery.envelope import Envelope, read_envelope
from promofuse.delivery.journal import Journal
from promofuse.delivery.pace import MINUTE, Pace
from promofuse.delivery.smtp import one_line
from promofuse.drafts.mime import BadAddress
from promofuse.errors import PromofuseError
from promofuse.store.deliveries import DeliveryState, Pair

CHUNK: Final = 256
LEASE: Final = 15.0  # seconds; a letter that had to wait longer is given back, and looked at again
NAP: Final = 1.0  # seconds; how soon a letter that came back meanwhile is noticed

Recheck = Callable[[Sequence[Pair]], Mapping[Pair, str]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that is not claimed. `due` is a time of the loop's clock, `tries` counts those of this run."""

    pair: Pair
    state: DeliveryState
    due: float = 0.0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed letter, ready to go."""

    pair: Pair
    raw: bytes
    envelope: Envelope
    tries: int


@dataclass(slots=True)
class _Chunk:
    """Letters that were looked at and claimed together."""

    letters: list[Letter] = field(default_factory=list)
    at: float = 0.0


class Line:
    """The letters of one run that still have to go, in order.

    `stopped` says why no more are handed out, if not by wish; `withheld`, `failed` and `lost` count letters that left
    the line: not wanted any more, not fit to be sent, changed by somebody else.
    """

    def __init__(
        self,
        letters: Iterable[Waiting],
        *,
        journal: Journal,
        pace: Pace,
        recheck: Recheck,
        open_letters: Callable[[Sequence[Pair]], Mapping[Pair, bytes]],
        stop: asyncio.Event,
    ) -> None:
        self.stopped: PromofuseError | None = None
        self.withheld = self.failed = self.lost = 0
        self._journal, self._pace, self._recheck, self._open, self._stop = journal, pace, recheck, open_letters, stop
        self._now = asyncio.get_running_loop().time
        self._due: deque[Waiting] = deque()
        self._later: list[tuple[float, int, Waiting]] = []
        self._numbers = 0
        self._chunk = _Chunk()
        self._ahead: asyncio.Task[_Chunk] | None = None
        self._turn = asyncio.Lock()
        for letter in letters:
            self._put(letter)

    @property
    def to_retry(self) -> int:
        """Letters that the server did not want yet and that are to be tried again."""
        return sum(one.state is DeliveryState.RETRY for _, _, one in self._later) + sum(
            one.state is DeliveryState.RETRY for one in self._due
        )

    async def next(self) -> Letter | None:
        """The next letter that may go, claimed, as soon as it may; None when no more are to be sent."""
        async with self._turn:
            while not self._ended():
                now = self._now()
                if wait := self._pace.wait(now):
                    await self._nap(wait)
                elif not self._chunk.letters:
                    if not await self._fill():
                        if not self._later:
                            return None
                        await self._nap(self._later[0][0] - now)
                elif (letter := await self._choose(now)) is not None:
                    return letter
            return None

    def again(self, letter: Letter, wait: float) -> None:
        """The letter is in the state retry, and is to be tried again after some seconds."""
        self._put(Waiting(letter.pair, DeliveryState.RETRY, self._now() + wait, letter.tries + 1))

    def back(self, letter: Letter) -> None:
        """The letter was not begun: it is given back, and comes first again."""
        self._journal.release(letter.pair)
        self._due.appendleft(Waiting(letter.pair, DeliveryState.APPROVED, tries=letter.tries))

    async def close(self) -> None:
        """Give back what is claimed."""
        if self._ahead is not None:
            self._chunk.letters += (await self._ahead).letters
        self._give_back(0.0)

    def _ended(self) -> bool:
        self.stopped = self.stopped or self._journal.error
        return (
            self._stop.is_set() or self.stopped is not None or self._pace.gave_up is not None or self._pace.day_is_full
        )

    def _put(self, letter: Waiting) -> None:
        if letter.due <= self._now():
            self._due.append(letter)
        else:
            self._numbers += 1  # two of the same time stay in order
            heappush(self._later, (letter.due, self._numbers, letter))

    async def _nap(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), min(seconds, NAP))

    async def _choose(self, now: float) -> Letter | None:
        """The letter of the chunk that may go first, if one may now. A chunk that waited too long is given back."""
        letters, by_domain = self._chunk.letters, self._pace.limits.per_domain
        waits = [self._pace.wait_for(one.envelope.domain, now) for one in letters] if by_domain else [0.0]
        wait = min(waits)
        if now + wait > self._chunk.at + LEASE:
            self._give_back(now + wait)
        elif wait:
            await self._nap(wait)
        else:
            letter = letters.pop(waits.index(wait))
            self._pace.take(letter.envelope.domain, now)
            return letter
        return None

    def _give_back(self, due: float) -> None:
        for letter in reversed(self._chunk.letters):
            self._journal.release(letter.pair)
            waiting = Waiting(letter.pair, DeliveryState.APPROVED, due, letter.tries)
            if due <= self._now():
                self._due.appendleft(waiting)
            else:
                self._put(waiting)
        self._chunk = _Chunk()

    async def _fill(self) -> bool:
        """Have a chunk ready, and begin with the one after it; false when no letter is due."""
        ahead, self._ahead = self._ahead, None
        self._chunk = await (ahead or self._claim())
        if self._chunk.letters and self._size() == CHUNK:
            self._ahead = asyncio.create_task(self._claim())
        return bool(self._chunk.letters or self._due)

    def _size(self) -> int:
        """As many as the account may send within the lease."""
        per_minute = self._pace.limits.per_minute
        return min(CHUNK, max(1, int(per_minute * LEASE / MINUTE))) if per_minute else CHUNK

    async def _claim(self) -> _Chunk:
        """Look again at the next letters that are due, claim those that may go, and open them."""
        while self._later and self._later[0][0] <= self._now():
            self._due.append(heappop(self._later)[2])
        chosen = [self._due.popleft() for _ in range(min(self._size(), len(self._due)))]
        if not chosen:
            return _Chunk()
        try:
            reasons = await asyncio.to_thread(self._recheck, [one.pair for one in chosen])
        except PromofuseError as error:
            self.stopped = error
            self._due.extendleft(reversed(chosen))
            return _Chunk()
        steps = [
            self._journal.withhold(one.pair, one.state, one_line(reasons[one.pair]))
            if one.pair in reasons
            else self._journal.claim(one.pair, one.state)
            for one in chosen
        ]
        claimed: list[Waiting] = []
        for one, taken in zip(chosen, await asyncio.gather(*steps), strict=True):
            if not taken and self._journal.error:
                self._due.append(one)
            elif not taken:
                self.lost += 1
            elif one.pair in reasons:
                self.withheld += 1
            else:
                claimed.append(one)
        return _Chunk(await self._open_letters(claimed), self._now())

    async def _open_letters(self, claimed: Sequence[Waiting]) -> list[Letter]:
        try:
            messages = await asyncio.to_thread(self._open, [one.pair for one in claimed])
        except PromofuseError as error:
            self.stopped = error
            for one in claimed:
                self._journal.release(one.pair)
            return []
        letters = []
        for one in claimed:
            raw = messages.get(one.pair, b"")
            envelope = read_envelope(raw) if raw else BadAddress("its text has been erased")
            if isinstance(envelope, BadAddress):
                self._journal.failed(one.pair, DeliveryState.CLAIMED, one_line(envelope.reason))
                self.failed += 1
            else:
                letters.append(Letter(one.pair, raw, envelope, one.tries))
        return letters
