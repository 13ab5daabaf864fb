"""Pack: an incident's evidence as one zip beside its folder; without buyers' data unless a person asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from promofuse.app.background import load_background
from promofuse.app.project import Projection
from promofuse.config import Config
from promofuse.drafts.locale import clean_text
from promofuse.drafts.markdown import escape_markdown, flat
from promofuse.facts import Promotion
from promofuse.outbox.after_words import FACTS_HEADER, facts_of, facts_rows
from promofuse.outbox.contents import people_csv
from promofuse.outbox.folder import one_writer, safe_file_name, write_files
from promofuse.outbox.pack import MANIFEST, build_pack, events_csv, pack_name
from promofuse.response.case import Case, time_text
from promofuse.response.evidence import match_results
from promofuse.store.deliveries import load_deliveries
from promofuse.store.engine import Connection, Store
from promofuse.store.events import Event, load_events
from promofuse.store.evidence import load_evidence, load_uploads
from promofuse.store.privacy import Keys
from promofuse.store.promotions import load_promotions

# What lies in the folder and names no buyer: `3-buyers/` is not among it.
_FROM_FOLDER: Final = (
    "incident.json", "orders.csv", "APPROVED.json", "1-stop.md", "2-support-notice.md", "2-fba-cancel.csv",
    "4-cancel/*", "4-cancel/xml/*", "5-annotation-request.md", "5-proven-cancellations.csv", "6-watch-list.csv",
    "7-post-mortem.md", "7-post-mortem.html",
)  # fmt: skip
_LARGEST_REPORT: Final = 50_000_000  # bytes; a larger one is named by its digest alone
_SETTINGS: Final = tuple(field.name for field in fields(Promotion))


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """The zip, its root digest, how many files it holds, and reports that it names but could not copy."""

    path: Path
    root: str
    files: int
    missing: tuple[str, ...]
    with_letters: bool


def pack_evidence(
    config: Config, store: Store, keys: Keys, projection: Projection, *, with_letters: bool = False
) -> Packed:
    """Write the evidence of an incident as its folder was just projected; an existing zip is replaced."""
    case = projection.case
    with store.read() as db:
        events = load_events(db, keys, case.incident_id)
        files = _tables(db, config, projection, events)
        reports, missing = _reports(db, config, case)
    files |= reports
    with one_writer(config.data_dir / "outbox.lock"):
        files |= _from_folder(projection.folder, _FROM_FOLDER)
        if with_letters:
            letters = _from_folder(projection.folder / "3-buyers", ("drafts/**/*.eml", "templates/*.txt"))
            files |= {f"letters/{path}": content for path, content in letters.items()}
            answers = [event for event in events if event.text]
            files |= {f"answers/{event.number:03d}.txt": clean_text(event.text).encode() for event in answers}
        else:
            files = {path: _without_answers(path, content, events) for path, content in files.items()}
        files["README.txt"] = _readme(case, missing, with_letters=with_letters)
        name = pack_name(case.incident_id, with_letters=with_letters)
        content, root = build_pack(name.removesuffix(".zip"), files)
        write_files(config.outbox_dir, {name: content})
    return Packed(
        path=config.outbox_dir / name, root=root, files=len(files), missing=missing, with_letters=with_letters
    )


def _tables(db: Connection, config: Config, projection: Projection, events: Sequence[Event]) -> dict[str, bytes]:
    case = projection.case
    background = load_background(db, config, case)
    deliveries = load_deliveries(db, case.incident_id)
    entries = case.ledger.entries if case.ledger else ()
    letters = sorted(deliveries.items())
    alarms = [(time_text(a.at), a.kind.value, a.orders, str(a.lost), a.lost.currency, a.message)
              for a in background.alarms]  # fmt: skip
    return {
        "events.csv": events_csv(events),
        "alarms.csv": people_csv(("at", "kind", "orders", "lost", "currency", "message"), alarms),
        "five-facts.csv": people_csv(FACTS_HEADER, facts_rows(facts_of(case, projection.letters, background))),
        "settings.csv": people_csv(
            ("role", *_SETTINGS), _settings(case, load_promotions(db, case.shop))
        ),
        "ledger.csv": people_csv(
            ("order_id", "outcome", "proof", "cancelled_at", "reason_code", "error"),
            [(e.order_id, e.outcome.value, e.proof, _time(e.cancelled_at), e.reason_code, e.error) for e in entries],
        ),
        "letters.csv": people_csv(
            ("order_id", "kind", "language", "state", "changed_at", "approval", "sha256"),
            [(o, kind, d.language, d.state.value, time_text(d.changed_at), d.batch, d.sha256)
             for (o, kind), d in letters],
        ),
    }  # fmt: skip


def _settings(case: Case, revisions: Iterable[Promotion]) -> list[tuple[object, ...]]:
    """All revisions of the incident's promotion, before and after the faulty one."""
    own = [r for r in revisions if r.promotion_id == case.cause.promotion_id and r.seen_at <= case.at]
    faulty = case.promotion.seen_at if case.promotion else None
    return [
        (
            "" if faulty is None else "faulty" if r.seen_at == faulty else "before" if r.seen_at < faulty else "after",
            *(_cell(getattr(r, name)) for name in _SETTINGS),
        )
        for r in own
    ]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, Fraction):
        return f"{float(value):.12g}"
    if isinstance(value, tuple):
        return ";".join(":".join(map(_cell, one)) if isinstance(one, tuple) else str(one) for one in value)
    return str(value)


def _reports(db: Connection, config: Config, case: Case) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """What the platform reported back on the incident's files: copies where they lie in the inbox, and their digests.

    The platform's list of cancelled orders may hold more than it shows us, so only its rows on these orders are taken.
    """
    ids = {decided.order_id for decided in case.decisions}
    evidence, uploads = load_evidence(db, case.shop), load_uploads(db, case.shop)
    own = [upload for upload in uploads if upload.incident_id == case.incident_id]
    files: dict[str, bytes] = {}
    rows, errors, missing = [], [], []
    for match in match_results(evidence.uploads, evidence.results):
        if not any(upload.incident_id == case.incident_id for upload in match.uploads):
            continue
        result, content = match.result, _kept(config.shops[case.shop].folder, match.result.name)
        if content is None:
            missing.append(result.name)
        else:
            files[f"reports/{safe_file_name(result.name)}"] = content
        digest = "" if content is None else sha256(content).hexdigest()
        rows.append(
            (
                result.name,
                time_text(result.at),
                result.processed,
                result.successful,
                len(match.accepted),
                match.why,
                digest,
            )
        )
        errors += [(result.name, e.record, e.order_id, e.line_id, e.code, e.message) for e in result.errors]
    listed = [
        (row.order_id, row.line_id, _time(row.cancelled_at), row.cancelled_by.value, row.reason)
        for row in evidence.listed
        if row.order_id in ids
    ]
    tables: Mapping[str, tuple[tuple[str, ...], Sequence[tuple[object, ...]]]] = {
        "reports.csv": (("file", "at", "processed", "successful", "items_accepted", "doubt", "sha256"), rows),
        "rejections.csv": (("file", "record", "order_id", "item_code", "code", "message"), errors),
        "listed-as-cancelled.csv": (("order_id", "item_code", "cancelled_at", "cancelled_by", "reason"), listed),
        "cancellation-files.csv": (
            ("path", "laid_at", "records", "reason", "sha256"),
            [(u.path, time_text(u.laid_at), len(u.records), u.reason, u.sha256) for u in own],
        ),
    }
    return files | {path: people_csv(*table) for path, table in tables.items() if table[1]}, tuple(missing)


def _kept(folder: Path, name: str) -> bytes | None:
    """A report file as it lies in the shop's folder; None where it does not, or leads elsewhere."""
    path = folder / name
    try:
        if path.is_symlink() or not path.is_file() or folder.resolve() not in path.resolve().parents:
            return None
        return path.read_bytes() if path.stat().st_size <= _LARGEST_REPORT else None
    except OSError:
        return None


def _from_folder(root: Path, patterns: Iterable[str]) -> dict[str, bytes]:
    found = {path for pattern in patterns for path in root.glob(pattern) if path.is_file() and not path.is_symlink()}
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(found)}


def _without_answers(path: str, content: bytes, events: Iterable[Event]) -> bytes:
    """Take out what seller support wrote: it may name buyers. The request to annotate quotes its beginning."""
    if not path.endswith((".md", ".html")):
        return content
    text = content.decode("utf-8", "replace")
    for event in events:
        for quoted in (flat(event.text), escape_markdown(event.text)) if event.text else ():
            text = text.replace(quoted, "[their words: in the pack with letters]")
    return text.encode()


def _readme(case: Case, missing: Sequence[str], *, with_letters: bool) -> bytes:
    personal = (
        "THIS PACK HOLDS BUYERS' NAMES AND ADDRESSES (letters/, answers/). Give it to nobody who has no right to them, "
        "and delete it\nwhen you no longer need it, at the latest 30 days after the orders were shipped or cancelled. "
        "`promofuse purge` deletes it\nin the outbox; copies elsewhere are yours to delete."
        if with_letters
        else "No buyer's name or address is in this pack. Letters are named by their digests in letters.csv."
    )
    gone = "".join(
        f"\n- {flat(name)} is no longer in the shop's folder: only what was read of it is here." for name in missing
    )
    return f"""Evidence of incident {case.incident_id}

{personal}

Check it: unpack, then `sha256sum -c {MANIFEST}` in this folder. The root digest is the sha256 of that file itself.

- incident.json, orders.csv: the incident and its orders       five-facts.csv: five facts about each order
- settings.csv: every revision of the promotion                alarms.csv: alarms, with their words
- events.csv: who did what when, each row chained to the one before
- ledger.csv: what became of each order, and what proves it    letters.csv: letters by digest, and their states
- 4-cancel/, cancellation-files.csv: the files to cancel       reports/, reports.csv, rejections.csv: what came back
- 2-support-notice.md, 5-annotation-request.md: the case       7-post-mortem.md, 7-post-mortem.html: what happened
{gone}
Not in it, because no report has it: pictures of the settings page, and what the platform's own confirmation said.
""".encode()


def _time(at: datetime | None) -> str:
    return time_text(at) if at else ""
