"""A case to its folder: take up what people edited, draft the letters, write what changed, and remember it.

The database is the truth and the folder its image: digests are recorded before and after writing, so that a crash
between the two is not taken for a person's edit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from promofuse.app.background import load_background
from promofuse.config import Config
from promofuse.drafts.mime import BadAddress, message_id, parse_address
from promofuse.drafts.render import TemplateProblem
from promofuse.facts import Gap
from promofuse.outbox.approval import FINAL, stand
from promofuse.outbox.contents import write_contents
from promofuse.outbox.edits import check_edited_draft, check_edited_template, read_edited
from promofuse.outbox.folder import one_writer, write_files
from promofuse.outbox.letters import Draft, LetterHead, Letters, draft_name, write_letters
from promofuse.outbox.spool import Spool, digest
from promofuse.outbox.sync import (
    DRAFTS,
    TEMPLATES,
    WITHDRAWN,
    Written,
    aside_name,
    edited_paths,
    plan_sync,
    read_digests,
    set_aside,
)
from promofuse.outbox.words import Desk
from promofuse.response.cancel_files import Cancellation
from promofuse.response.case import Case, incident_json
from promofuse.response.evidence import Upload
from promofuse.response.ledger import Outcome
from promofuse.response.plan import CHOOSING
from promofuse.response.triage import Decision
from promofuse.store.deliveries import Delivery, Pair, load_deliveries, load_messages
from promofuse.store.engine import Store, batches
from promofuse.store.events import Act, Event, load_events
from promofuse.store.evidence import save_upload
from promofuse.store.incidents import (
    LetterEdit,
    change_incident,
    forget_written,
    load_draft_edits,
    load_letter_edits,
    load_written,
    save_chosen,
    save_draft_edit,
    save_honoured,
    save_incident_orders,
    save_letter_edit,
    save_written,
)
from promofuse.store.privacy import Keys

_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """An incident's letters as they stand: people's edits taken up, and what was approved or has gone out."""

    letters: Letters
    deliveries: Mapping[Pair, Delivery]
    events: Sequence[Event]
    written: Mapping[str, Written]
    on_disk: Mapping[str, str]  # digests of what lies in the folder
    edited: tuple[str, ...]
    edited_groups: frozenset[str]  # groups whose template a person changed since the folder was written
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What the folder now holds and what happened to it. `problems` are edits that could not be taken up, and why."""

    folder: Path
    case: Case
    letters: Letters
    drafted: Drafted
    written: int
    kept: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def drafts(self) -> int:
        """How many letters the folder holds."""
        return len(self.letters.drafts)

    @property
    def edited(self) -> tuple[str, ...]:
        """Files that a person had changed."""
        return self.drafted.edited


def project_case(
    config: Config,
    store: Store,
    keys: Keys,
    compose: Callable[[], tuple[Case, Sequence[Gap]]],
    act: Callable[[Case, Drafted], Letters] | None = None,
) -> Projection:
    """Bring an incident's folder up to date. Running it again on the same facts touches no file.

    `act` is what a person does with the letters, as approving them: it saves that, and returns them as they stand
    then. Two programs at once wait for each other: a folder has one writer, and what it writes is composed in its
    turn. A template of the user's own that cannot be used gives way to the shipped one, and the projection says so.
    """
    problems: list[str] = []

    def with_usable_templates(step: Callable[[Config], _Done]) -> _Done:
        try:
            return step(config)
        except TemplateProblem as problem:
            if config.templates_dir is None:
                raise
            problems.append(
                f"a template in {config.templates_dir} cannot be used: {problem}; the shipped ones were taken"
            )
            return step(config.model_copy(update={"templates_dir": None}))

    with one_writer(config.data_dir / "outbox.lock"):
        case, gaps = compose()
        drafted = with_usable_templates(lambda usable: _draft(usable, store, keys, case))
        letters = act(case, drafted) if act else drafted.letters
        if act:
            with store.read() as db:
                drafted = replace(drafted, events=load_events(db, keys, case.incident_id))
        projection = with_usable_templates(lambda usable: _lay(usable, store, case, drafted, letters, gaps))
        _save_projected(store, projection)
    return replace(projection, problems=(*dict.fromkeys(problems), *projection.problems))


def _draft(config: Config, store: Store, keys: Keys, case: Case) -> Drafted:
    """Draw up the letters, take up what people edited, and see what was approved or has gone out."""
    root, incident_id = config.outbox_dir / case.incident_id, case.incident_id
    head = letter_head(config, case)
    with store.read() as db:
        written = {path: Written(*digests) for path, digests in load_written(db, incident_id).items()}
        letter_edits = load_letter_edits(db, incident_id)
        draft_edits = load_draft_edits(db, keys, incident_id)
        deliveries = load_deliveries(db, incident_id)
        events = load_events(db, keys, incident_id)
    on_disk = {
        path: written[path].sha256 if sha == written[path].sha256 else sha  # one text, not two
        for path, sha in read_digests(root, written).items()
    }
    edited = edited_paths(on_disk, written)
    problems: list[str] = []
    known_edits = dict(letter_edits)
    for path in edited:
        if path.startswith(TEMPLATES):
            problems += _take_up_template(root / path, case, head, letter_edits)
    letters = write_letters(case, head, letter_edits)
    gone_out = {draft_name(*pair) for pair, one in deliveries.items() if one.state in FINAL}
    taken: dict[Pair, bytes] = {}
    refused: set[str] = set()
    edited_drafts = [path for path in edited if path.startswith(DRAFTS)]
    names = {Path(path).name for path in edited_drafts}  # a growing incident moves drafts about
    by_name = {name: draft for draft in letters.drafts if (name := draft.path.rpartition("/")[2]) in names}
    for path in edited_drafts:
        draft = by_name.get(Path(path).name)
        if Path(path).stem in gone_out:
            problems.append(f"{path}: this letter has gone out already; your version lies in {WITHDRAWN}")
            continue
        if draft is None:
            problems.append(f"{path}: no letter goes to this buyer any more; your version lies in {WITHDRAWN}")
            continue
        raw = (root / path).read_bytes()
        revisions = range(1, letter_edits[draft.group].revision + 1) if draft.group in letter_edits else ()
        domain = head.sender.domain if head.sender else ""
        earlier = [message_id(incident_id, draft.order_id, draft.kind, number, domain) for number in revisions]
        wrong = check_edited_draft(raw, draft, case.platform, head.names, earlier)
        if wrong:
            problems.append(f"{path}: {wrong}. It does not go: put it right, or delete the file to have ours again")
            refused.add(draft.path)
        else:
            taken[draft.order_id, draft.kind] = raw
    with store.write() as db:
        for group, edit in letter_edits.items():
            save_letter_edit(db, incident_id, group, edit)
        for (order_id, kind), raw in taken.items():
            save_draft_edit(db, keys, incident_id, order_id, kind, raw)
    letters = _with_edits(letters, draft_edits | taken, refused, problems)
    final = [pair for pair, delivery in deliveries.items() if delivery.state in FINAL]
    spool = Spool()
    with store.read() as db:
        messages = {
            pair: spool.add(raw)
            for some in batches(final)
            for pair, raw in load_messages(db, keys, incident_id, some).items()
        }
    letters = stand(letters, deliveries, messages, approved_plans(events), case.plan)
    return Drafted(
        letters=letters,
        deliveries=deliveries,
        events=events,
        written=written,
        on_disk=on_disk,
        edited=tuple(edited),
        edited_groups=frozenset(g for g, edit in letter_edits.items() if known_edits.get(g) != edit),
        problems=tuple(problems),
    )


def _upload(config: Config, case: Case, path: str, sha256: str, rows: Sequence[Cancellation]) -> Upload:
    """A version of a cancellation file, to know it again in the platform's processing report."""
    return Upload(
        incident_id=case.incident_id,
        path=path,
        sha256=sha256,
        laid_at=case.at,
        rows=tuple((row.order_id, row.item_code) for row in rows),
        reason=config.response.cancel_reason,
    )


def approved_plans(events: Sequence[Event]) -> dict[int, str]:
    """The plan that each batch was approved with."""
    return {event.number: event.details["plan"] for event in events if event.what is Act.APPROVED}


def _lay(
    config: Config, store: Store, case: Case, drafted: Drafted, letters: Letters, gaps: Sequence[Gap]
) -> Projection:
    """Write what changed, and remember it."""
    root, incident_id = config.outbox_dir / case.incident_id, case.incident_id
    on_disk, written = drafted.on_disk, drafted.written
    case = replace(case, decisions=letters.decisions)
    with store.read() as db:
        background = load_background(db, config, case)
    contents = write_contents(case, letters, _desk(config, case), gaps, drafted.events, background)
    final = {draft.path for draft in letters.drafts if draft.state in FINAL}
    plan = plan_sync(contents.files, on_disk, written, final)
    aside = {aside_name(path, on_disk[path]): (root / path).read_bytes() for path in set_aside(plan, on_disk, written)}
    digests = {path: digest(content) for path, content in plan.write.items()}
    with store.write() as db:  # the intent: what is found half-done after a crash is ours
        save_written(db, incident_id, {p: (on_disk.get(p, ""), sha) for p, sha in digests.items()})
    if plan.write or aside:
        write_files(root, {**aside, **plan.write})
    for path in plan.delete:
        (root / path).unlink(missing_ok=True)
    unchanged = {
        path: (on_disk[path], "")
        for path in contents.files
        if path in on_disk and path not in plan.write and path not in plan.kept
    }
    with store.write() as db:
        save_written(db, incident_id, unchanged | {path: (sha, "") for path, sha in digests.items()})
        forget_written(db, incident_id, plan.delete)
        for path, rows in contents.uploads.items():
            save_upload(db, case.shop, _upload(config, case, path, digest(contents.files[path]), rows))
    return Projection(
        folder=root,
        case=replace(case, trial=contents.trial),
        letters=letters,
        drafted=drafted,
        written=len(plan.write),
        kept=plan.kept,
        problems=drafted.problems,
    )


def _save_projected(store: Store, projection: Projection) -> None:
    """Keep the incident's numbers as its folder shows them, which order is tried first, what the plan has chosen."""
    case = projection.case
    choosing = case.decisions if case.plan in CHOOSING else ()
    told = case.told_and_open
    with store.write() as db:
        change_incident(
            db,
            case.incident_id,
            trial=case.trial,
            summary=incident_json(case),
            told_open=len(told),
            told_since=case.told[told[0].order_id] if told else None,
        )
        save_incident_orders(db, case.incident_id, [decided.order_id for decided in case.decisions])
        save_chosen(db, case.incident_id, [d.order_id for d in choosing if d.decision is Decision.CANCEL])
        if case.ledger:
            save_honoured(db, case.incident_id, [entry.order_id for entry in case.ledger.of(Outcome.HONOURED)])


def _take_up_template(path: Path, case: Case, head: LetterHead, edits: dict[str, LetterEdit]) -> list[str]:
    """A person's template replaces its group's, if every letter of the group comes out right with it."""
    group = path.name.removesuffix(".txt")
    source = path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if group in edits and edits[group].source == source:
        return []
    revision = edits[group].revision + 1 if group in edits else 1
    trial = edits | {group: LetterEdit(source, revision)}
    if wrong := check_edited_template(group, case, head, trial):
        return [f"{path.name}: {wrong}; the letters stay as they were"]
    edits[group] = trial[group]
    return []


def _with_edits(
    letters: Letters, edits: Mapping[Pair, bytes], refused: Collection[str], problems: list[str]
) -> Letters:
    """A person's version of a draft takes the place of ours; a draft whose edit is refused is marked so.

    One that would go to an address that is no longer the buyer's is left out, which `problems` then says.
    """

    def edited(draft: Draft) -> Draft:
        if draft.path in refused:
            return replace(draft, state="refused")
        if (draft.order_id, draft.kind) not in edits:
            return draft
        raw = edits[draft.order_id, draft.kind]
        to, subject, identity = read_edited(raw)
        if to != draft.to:
            problems.append(f"{draft.path}: the buyer's address has changed since you edited this letter: ours stands")
            return draft
        return replace(draft, content=raw, state="edited", subject=subject, message_id=identity)

    return replace(letters, drafts=tuple(map(edited, letters.drafts)))


def letter_head(config: Config, case: Case) -> LetterHead:
    """Who writes an incident's letters."""
    shop = config.shops[case.shop]
    sender = parse_address(shop.from_address, shop.seller_name)
    return LetterHead(
        sender=None if isinstance(sender, BadAddress) else sender,
        seller_name=shop.seller_name,
        signer=shop.signer,
        templates_dir=config.templates_dir,
        repair=shop.repair,
    )


def _desk(config: Config, case: Case) -> Desk:
    shop, response = config.shops[case.shop], config.response
    return Desk(
        reader_language=config.reader_language,
        seller_name=shop.seller_name,
        signer=shop.signer,
        cancel_reason=response.cancel_reason,
        blank_codes=response.blank_item_code,
        merchant_id=shop.merchant_id,
        cancel_within=response.cancel_within,
        max_data_age=response.max_data_age,
        templates_dir=config.templates_dir,
        repair=shop.repair,
    )
