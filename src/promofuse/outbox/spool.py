"""Letters that would crowd the memory: their bytes lie in a nameless temporary file while an incident is worked on."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from sys import intern


class Spool:
    """A file of this process that no other can open and that ends with it."""

    def __init__(self) -> None:
        self._handle, name = tempfile.mkstemp(prefix="promofuse-")
        os.unlink(name)  # noqa: PTH108  a name is what it must not keep
        self._size = 0

    def __del__(self) -> None:
        os.close(self._handle)

    def add(self, content: bytes) -> Spooled:
        """Keep some bytes."""
        offset = self._size
        while self._size < offset + len(content):
            self._size += os.pwrite(self._handle, content[self._size - offset :], self._size)
        return Spooled(self, offset, len(content), intern(hashlib.sha256(content).hexdigest()))

    def read(self, offset: int, size: int) -> bytes:
        """The bytes that lie there."""
        return os.pread(self._handle, size, offset)


@dataclass(frozen=True, slots=True)
class Spooled:
    """Bytes in a spool; `bytes(spooled)` reads them."""

    spool: Spool
    offset: int
    size: int
    sha256: str

    def __bytes__(self) -> bytes:
        return self.spool.read(self.offset, self.size)

    def __len__(self) -> int:
        return self.size


Content = bytes | Spooled


def digest(content: Content) -> str:
    """The sha256 of the bytes, in hex."""
    return content.sha256 if isinstance(content, Spooled) else hashlib.sha256(content).hexdigest()
