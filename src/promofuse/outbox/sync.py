"""Which files of an incident's folder to write, leave or set aside: what we wanted, what we wrote, what lies there.

The database knows what we wrote last. A file that differs from that was edited by a person: nothing of his is lost.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from promofuse.outbox.spool import Content, digest

DRAFTS: Final = "3-buyers/drafts/"
TEMPLATES: Final = "3-buyers/templates/"
WITHDRAWN: Final = "3-buyers/withdrawn/"


@dataclass(frozen=True, slots=True)
class Written:
    """Digests of a file that are ours: the last written one, and one that was being written when we stopped."""

    sha256: str
    next_sha256: str = ""

    def is_ours(self, sha256: str) -> bool:
        """Whether a file with this digest came from us."""
        return sha256 in (self.sha256, self.next_sha256)


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What to do: files to write by path, paths to delete, and paths of a person's texts that were left alone."""

    write: Mapping[str, Content]
    delete: tuple[str, ...]
    kept: tuple[str, ...]


def read_digests(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """The sha256 of those of our files that lie below root; links are not followed and count as absent."""
    found = {}
    for path in paths:
        try:
            handle = os.open(f"{root}/{path}", os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            continue
        with os.fdopen(handle, "rb") as file:
            found[path] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def edited_paths(on_disk: Mapping[str, str], written: Mapping[str, Written]) -> list[str]:
    """Files that a person changed since we wrote them."""
    return sorted(path for path, sha in on_disk.items() if path in written and not written[path].is_ours(sha))


def plan_sync(
    wanted: Mapping[str, Content],
    on_disk: Mapping[str, str],
    written: Mapping[str, Written],
    final: Collection[str] = (),
) -> SyncPlan:
    """Decide each path. The `final` ones are letters that have gone out: they lie there as they went.

    A text for people (.md, templates, a draft) that a person edited stays as it is, and ours goes beside it as
    `<name>.new<suffix>` where it is a report. Data files are always ours: a person's version is set aside by
    `aside_name`. What is no longer wanted is deleted unless a person edited it; a draft goes in any case, because
    people send what lies among the drafts.
    """
    edited = set(edited_paths(on_disk, written))
    write: dict[str, Content] = {}
    kept: list[str] = []
    for path, content in wanted.items():
        sha256 = digest(content)
        if on_disk.get(path) == sha256:
            continue
        if path in edited and path.endswith(".md"):
            kept.append(path)
            if on_disk.get(new_name(path)) != sha256:
                write[new_name(path)] = content
        elif path in edited and path.startswith((DRAFTS, TEMPLATES)) and path not in final:
            kept.append(path)
        else:
            write[path] = content
    unwanted = [path for path in written if path in on_disk and path not in wanted and path not in write]
    still_new = {new_name(path) for path in kept}
    delete = tuple(
        path for path in unwanted if (path not in edited or path.startswith(DRAFTS)) and path not in still_new
    )
    return SyncPlan(write, delete, tuple(kept))


def set_aside(plan: SyncPlan, on_disk: Mapping[str, str], written: Mapping[str, Written]) -> tuple[str, ...]:
    """Edited data files that the plan overwrites and edited drafts that it deletes: to be copied to `aside_name`."""
    gone = {*plan.write, *plan.delete}
    return tuple(path for path in edited_paths(on_disk, written) if path in gone)


def new_name(path: str) -> str:
    """`2-support-notice.md` -> `2-support-notice.new.md`."""
    pure = PurePosixPath(path)
    return str(pure.with_name(f"{pure.stem}.new{pure.suffix}"))


def aside_name(path: str, sha256: str) -> str:
    """`orders.csv` -> `orders.edited-1a2b3c4d.csv`; the same edit has the same name. Drafts leave their folder."""
    pure = PurePosixPath(WITHDRAWN, PurePosixPath(path).name) if path.startswith(DRAFTS) else PurePosixPath(path)
    return str(pure.with_name(f"{pure.stem}.edited-{sha256[:8]}{pure.suffix}"))
