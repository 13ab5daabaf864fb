"""How sending looks on a terminal: one line that moves, failures first."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.status import Status

    from promofuse.delivery.sender import Progress


class Sending:
    """A line on stderr with what is done, the rate and the time left; quiet where nobody watches."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._line: Status | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def show(self, progress: Progress) -> None:
        """Draw the line anew."""
        from promofuse.cli import show

        out = show.console(err=True)
        if not out.is_terminal:
            return
        if self._line is None:  # not before the person was asked
            self._line = self._stack.enter_context(out.status(""))
        self._line.update(progress_line(progress))


def progress_line(progress: Progress) -> str:
    """`2 failed, 1 in doubt, sent 120, 180 left, 60 a minute, 0:03:00 to go`."""
    counts = ((progress.failed, "failed"), (progress.unknown, "in doubt"), (progress.retry, "to try again"),
              (progress.withheld, "withheld"))  # fmt: skip
    words = [f"{count} {what}" for count, what in counts if count]
    words += [f"sent {progress.sent}", f"{progress.left} left", f"{progress.per_minute} a minute"]
    if progress.seconds_left is not None:
        words.append(f"{timedelta(seconds=progress.seconds_left)} to go")
    if progress.paused_until is not None:
        words.append(f"paused until {progress.paused_until:%H:%M:%S} UTC: {progress.why_paused}")
    return ", ".join(words)
