"""How fast to send: limits of the provider, slowing down when the server asks for it, and when to give up.

Every time in here is the event loop's monotonic clock in seconds, handed in as `now`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from promofuse.delivery.account import Limits
from promofuse.delivery.smtp import Trouble

MINUTE: Final = 60.0


# How many times in a row, without a letter that goes through, until the run ends.
GIVE_UP: Final[Mapping[Trouble, int]] = MappingProxyType(
    {
        Trouble.CONNECTION: 6,
        Trouble.BUSY: 10,
        Trouble.LOGIN: 2,  # a third wrong password in a row may lock the account
        Trouble.SENDER: 2,
        Trouble.REFUSED: 20,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait when something is wrong, in seconds.

    A pause doubles from `first` to `longest` while nothing goes through. A letter that has to wait is tried again
    after each of `letter`.
    """

    first: float = 2.0
    longest: float = 300.0
    letter: tuple[float, ...] = (15.0, 60.0, 240.0)


@dataclass(slots=True)
class Bucket:
    """Lets at most `per_minute` through in any minute, evenly, with a burst of a tenth of a second's worth."""

    per_minute: int
    tokens: float = field(init=False)
    filled_at: float = -MINUTE

    def __post_init__(self) -> None:
        self.tokens = self._size

    @property
    def _size(self) -> int:
        return 1 + self.per_minute // 600

    def wait(self, now: float) -> float:
        """Seconds until the next one may pass."""
        missing = 1 - self._level(now)
        return max(0.0, missing / self._per_second)

    def take(self, now: float) -> None:
        """One passes; ask `wait` first."""
        self.tokens = self._level(now) - 1
        self.filled_at = now

    @property
    def _per_second(self) -> float:
        return (self.per_minute - self._size + 1) / MINUTE

    def _level(self, now: float) -> float:
        return min(self._size, self.tokens + max(0.0, now - self.filled_at) * self._per_second)


class Pace:
    """The pace of one run: what may start now, with how many connections, and whether to give up.

    A server that asks for it, or does not answer, is left alone for a while, with half the connections. The pauses
    double, with jitter, until a letter goes through; then connections come back one by one.
    """

    RECOVERY: Final = 50  # letters without trouble before another connection is opened

    def __init__(
        self,
        limits: Limits,
        patience: Patience | None = None,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.limits = limits
        self.patience = patience or Patience()
        self.connections = limits.connections
        self.paused_until = 0.0
        self.reason = ""  # of the pause
        self.gave_up: Trouble | None = None  # then `reason` says why
        self._jitter = jitter
        self._left_today = limits.per_day
        self._account = Bucket(limits.per_minute) if limits.per_minute else None
        self._domains: dict[str, Bucket] = {}
        self._in_a_row: Counter[Trouble] = Counter()
        self._pauses = 0
        self._since_trouble = 0

    @property
    def day_is_full(self) -> bool:
        """Whether the daily limit is reached."""
        return self.limits.per_day > 0 and self._left_today <= 0

    def sent_before(self, letters: int) -> None:
        """So many have left within the last day already."""
        self._left_today = self.limits.per_day - letters

    def wait(self, now: float) -> float:
        """Seconds until the account may send at all."""
        return max(0.0, self.paused_until - now, self._account.wait(now) if self._account else 0.0)

    def wait_for(self, domain: str, now: float) -> float:
        """Seconds until a letter to this domain may go."""
        bucket = self._domains.get(domain)
        return max(self.wait(now), bucket.wait(now) if bucket else 0.0)

    def take(self, domain: str, now: float) -> None:
        """A letter to this domain goes now."""
        self._left_today -= 1
        if self._account:
            self._account.take(now)
        if self.limits.per_domain:
            self._domains.setdefault(domain, Bucket(self.limits.per_domain)).take(now)

    def went_well(self) -> None:
        """A letter went through."""
        self._in_a_row.clear()
        self._pauses = 0
        self._since_trouble += 1
        if self._since_trouble >= self.RECOVERY and self.connections < self.limits.connections:
            self.connections += 1
            self._since_trouble = 0

    def went_wrong(self, trouble: Trouble, reason: str, now: float) -> None:
        """Slow down, or give up. What several connections tell during one pause counts once."""
        if trouble is Trouble.NONE or self.gave_up:
            return
        if trouble is Trouble.REFUSED:
            self._count(trouble, reason)
            return
        if now < self.paused_until:
            return
        self._since_trouble = 0
        if trouble is Trouble.BUSY:
            self.connections = max(1, self.connections // 2)
        self._count(trouble, reason)
        pause = min(self.patience.longest, self.patience.first * 2**self._pauses)
        self._pauses += 1
        self.paused_until = now + pause * (0.5 + self._jitter() / 2)
        self.reason = reason

    def _count(self, trouble: Trouble, reason: str) -> None:
        self._in_a_row[trouble] += 1
        if self._in_a_row[trouble] >= GIVE_UP[trouble]:
            self.gave_up = trouble
            self.reason = reason

    def letter_wait(self, tries: int) -> float | None:
        """Seconds until a letter that was tried so often before is tried again; None: not in this run."""
        if tries >= len(self.patience.letter):
            return None
        return self.patience.letter[tries] * (0.75 + self._jitter() / 2)
