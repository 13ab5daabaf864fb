"""What people thought of past alarms: each one dismissed beyond what the shop bears asks for a little more evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Self

from promofuse.instants import DAY

_FADES: Final = 60 * DAY
_EACH: Final = 0.7  # nats
# However much is dismissed. In simulated shops it costs 3 of 189 faults of ten or more orders that would be found, 2.1
# nats cost 9 (docs/benchmarks.md); one order far below its plan speaks as before.
_MOST: Final = 1.4


class Feedback:
    """The dismissed alarms of the last 60 days, fading."""

    def __init__(self, bearable: float) -> None:
        """`bearable` is how many false alarms a month the seller puts up with."""
        self._bearable = bearable
        self._dismissed: list[tuple[str, int]] = []

    def knows(self, promotion_id: str, at: int) -> bool:
        """Whether a dismissal was taken in; one that has faded counts as such."""
        newest = max((then for _, then in self._dismissed), default=at)
        return (promotion_id, at) in self._dismissed or newest - at >= _FADES

    def add(self, promotion_id: str, at: int) -> bool:
        """Take in a dismissal made at `at`; False if it is known already."""
        if self.knows(promotion_id, at):
            return False
        self._dismissed = [(i, then) for i, then in self._dismissed if at - then < _FADES]
        self._dismissed.append((promotion_id, at))
        return True

    def caution(self, at: int) -> float:
        """Nats that an alarm needs on top now."""
        if not self._dismissed:
            return 0.0
        weight = sum(max(0.0, 1.0 - max(0, at - then) / _FADES) for _, then in self._dismissed)
        return min(_MOST, _EACH * max(0.0, weight - self._bearable))

    def to_state(self) -> list[list[Any]]:
        """JSON values."""
        return [[promotion_id, at] for promotion_id, at in self._dismissed]

    def restore(self, state: Sequence[Sequence[Any]]) -> Self:
        """Go on from `to_state`."""
        self._dismissed = [(promotion_id, at) for promotion_id, at in state]
        return self
