"""One process at a time for a piece of work: a lock file beside the database, freed by any kind of death."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from promofuse.errors import Refused


@contextmanager
def only_one(lock: Path, taken: str, hint: str) -> Iterator[None]:
    """Hold the lock; raises Refused at once, with `taken` and the other's process id, if another process has it."""
    import fcntl

    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Refused(f"{taken} (process {file.read().strip() or 'unknown'})", hint=hint) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
