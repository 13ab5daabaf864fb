"""Times as whole microseconds since the epoch, UTC: exact, quick to subtract, plain in JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Microseconds since the epoch of an aware time."""
    since = at - _EPOCH
    return since.days * DAY + since.seconds * 1_000_000 + since.microseconds


def moment(at: int) -> datetime:
    """The UTC time of `micros`."""
    return _EPOCH + at * _MICROSECOND
