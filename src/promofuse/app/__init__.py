"""The use cases, a file each; they join shops, store, the pure core and the outbox."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The real clock, read once in a use case; everything below it is told the time."""
    return datetime.now(UTC)
