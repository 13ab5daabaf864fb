"""Diff: what people changed in an incident's letters, and what changed since they approved them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from promofuse.app.outbox import refresh_outbox
from promofuse.app.project import letter_head
from promofuse.config import Config
from promofuse.drafts.render import load_letter
from promofuse.outbox.approval import changed_since
from promofuse.outbox.contents import readable
from promofuse.outbox.letters import write_letters
from promofuse.store.deliveries import load_messages
from promofuse.store.engine import Store
from promofuse.store.incidents import load_letter_edits
from promofuse.store.privacy import Keys


@dataclass(frozen=True, slots=True)
class Difference:
    """One text that differs: `what` names it and the two sides, `lines` are a unified diff without its two headers."""

    what: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs; `problems` are edits that could not be taken up, and why."""

    found: tuple[Difference, ...]
    problems: tuple[str, ...]


def diff_outbox(config: Config, store: Store, keys: Keys, incident_id: str, at: datetime) -> Differences:
    """Edited templates against the shipped ones, edited drafts against ours, and what changed since approval."""
    projection = refresh_outbox(config, store, keys, incident_id, at)
    case, drafts = projection.case, projection.letters.drafts
    head = letter_head(config, case)
    with store.read() as db:
        edits = load_letter_edits(db, incident_id)
        changed = changed_since(drafts, projection.drafted.deliveries)
        approved = load_messages(db, keys, incident_id, [(draft.order_id, draft.kind) for draft in changed])
    found: list[Difference] = []
    for group, edit in sorted(edits.items()):
        kind, _, language = group.partition(".")
        shipped = load_letter(kind, language, config.templates_dir).source
        found += _differ(f"templates/{group}.txt: as shipped, as you wrote it", shipped, edit.source)
    ours = {(draft.order_id, draft.kind): draft for draft in write_letters(case, head, edits).drafts}
    for draft in drafts:
        if draft.state == "edited" or (draft.order_id, draft.kind) in approved:
            mine = ours.get((draft.order_id, draft.kind))
            if mine is not None and mine.raw != draft.raw:
                found += _differ(f"{draft.path}: as drawn up, as you wrote it", readable(mine), readable(draft))
    for draft in changed:
        raw = approved.get((draft.order_id, draft.kind))
        if raw is not None:
            found += _differ(f"{draft.path}: as approved, now", readable(draft, raw), readable(draft))
    return Differences(tuple(found), projection.problems)


def _differ(what: str, before: str, after: str) -> Iterator[Difference]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    if shown := tuple(lines)[2:]:
        yield Difference(what, shown)
