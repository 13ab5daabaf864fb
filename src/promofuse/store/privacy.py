"""Personal data at rest: AES-256-GCM, each value bound to its place in the database."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

from promofuse.errors import StoreError

KEY_FILE: Final = "personal-data.key"
_KEY, _ID, _NONCE = 32, 4, 12  # bytes


class Keys:
    """The key of the personal data. A sealed value is key id, nonce and ciphertext."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)
        self._id = sha256(b"promofuse personal data\0" + key).digest()[:_ID]

    def seal(self, value: bytes, context: str) -> bytes:
        """Encrypt a value for one place, `table|column|row key`: it opens nowhere else."""
        nonce = os.urandom(_NONCE)
        return self._id + nonce + self._cipher.encrypt(nonce, value, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what `seal` made for this place; raises StoreError if it was made with another key or changed."""
        from cryptography.exceptions import InvalidTag

        if sealed[:_ID] != self._id:
            raise StoreError(
                "personal data was encrypted with another key",
                hint=f"restore the {KEY_FILE} that belongs to this database",
            )
        try:
            return self._cipher.decrypt(sealed[_ID : _ID + _NONCE], sealed[_ID + _NONCE :], context.encode())
        except InvalidTag:
            raise StoreError("encrypted personal data was changed or moved in the database") from None


def load_keys(data_dir: Path) -> Keys:
    """Read the key in `data_dir`, or make one, readable by its owner only. Raises StoreError on a damaged key."""
    path = data_dir / KEY_FILE
    if not path.exists():
        _create(path)
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except ValueError:
        key = b""
    if len(key) != _KEY:
        raise StoreError(f"{path} is damaged", hint="restore it from a backup: without it buyers cannot be read")
    return Keys(key)


def _create(path: Path) -> None:
    """Write a new key beside its place and link it there: no reader sees half a key, and no key is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, os.urandom(_KEY).hex().encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key counts
    finally:
        draft.unlink()
