"""The evidence of an incident as one zip: the same facts give the same bytes, and every byte is in its manifest."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Final

from promofuse.outbox.contents import people_csv
from promofuse.response.case import time_text
from promofuse.store.events import Event

MANIFEST: Final = "MANIFEST.sha256"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the zip format's own zero: files in it have no time of theirs
_EVENTS: Final = ("number", "at", "what", "by", "why", "details", "chain")


def pack_name(incident_id: str, *, with_letters: bool) -> str:
    """The zip's name; one with letters says so, for it holds buyers' data."""
    return f"{incident_id}-evidence{'-with-letters' if with_letters else ''}.zip"


def build_pack(folder: str, files: Mapping[str, bytes]) -> tuple[bytes, str]:
    """The zip with these files below `folder`, and its root digest: the sha256 of the manifest.

    The manifest has a line `sha256  path` a file, as `sha256sum -c` reads it.
    """
    lines = (f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files))
    manifest = "".join(lines).encode()
    root = hashlib.sha256(manifest).hexdigest()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as pack:
        for path, content in ((MANIFEST, manifest), *((path, files[path]) for path in sorted(files))):
            entry = zipfile.ZipInfo(f"{folder}/{path}", _EPOCH)
            entry.create_system = 3  # Unix, wherever it is written
            entry.external_attr = 0o100600 << 16
            pack.writestr(entry, content, zipfile.ZIP_DEFLATED)
        pack.comment = f"root sha256 {root}".encode()
    return buffer.getvalue(), root


def events_csv(events: Sequence[Event]) -> bytes:
    """Who did what when, each row chained to the one before: sha256 of the chain so far, a line feed and the row.

    The row is its first six cells as a JSON list without spaces; the chain before the first one is blank.
    """
    chain, rows = "", []
    for event in events:
        details = json.dumps(dict(event.details), ensure_ascii=False, sort_keys=True)
        row = [str(event.number), time_text(event.at), event.what.value, event.by, event.why, details]
        linked = f"{chain}\n{json.dumps(row, ensure_ascii=False, separators=(',', ':'))}"
        chain = hashlib.sha256(linked.encode("utf-8", "surrogatepass")).hexdigest()
        rows.append((*row, chain))
    return people_csv(_EVENTS, rows)
