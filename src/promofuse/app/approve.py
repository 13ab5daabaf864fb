"""Approve: a person agrees to letters as they lie in the folder, rejects them, or takes them out to send himself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from promofuse.app.outbox import refresh_outbox, show_incident
from promofuse.app.project import Drafted, Projection
from promofuse.app.send import read_again, recheck_letters, settle_interrupted
from promofuse.config import Config
from promofuse.drafts.policy_rules import HONOUR
from promofuse.errors import Refused, UsageError
from promofuse.outbox.approval import FINAL, STOPPABLE, TOLD, UNDECIDED, batch_root, listed
from promofuse.outbox.export import write_export
from promofuse.outbox.folder import write_files
from promofuse.outbox.letters import Draft, Letters
from promofuse.response.case import Case, share_text
from promofuse.response.plan import LEGAL_REVIEW
from promofuse.store.deliveries import DeliveryState, load_deliveries, save_approved, set_state
from promofuse.store.engine import Store
from promofuse.store.events import Act, add_event
from promofuse.store.locks import only_one
from promofuse.store.privacy import Keys

_UNWRITTEN: Final = "its files are being written"
_AGREED: Final = {state.value for state in (*FINAL, DeliveryState.APPROVED, DeliveryState.RETRY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a person's word did: the letters it binds by group, and how many it could not bind, being new to him.

    `without_letter` are orders to cancel that have no letter at all: they come first on every list.
    """

    projection: Projection
    batch: int
    root: str
    groups: Mapping[str, int]
    unseen: int = 0
    without_letter: int = 0
    folder: Path | None = None

    @property
    def letters(self) -> int:
        """How many letters."""
        return sum(self.groups.values())


def approve(config: Config, store: Store, keys: Keys, incident_id: str, group: str, by: str, at: datetime) -> Decided:
    """Approve the letters that lie in the folder, of one group or all, and the plan with them.

    Letters that came or changed since the folder was last written are not bound: they are drawn up and have to be
    read first. Raises UsageError for an unknown group or nobody's name, Refused where nothing can be approved.
    """
    name = _person(by)
    bound: list[Draft] = []
    unseen: list[Draft] = []
    refused: list[Refused] = []

    def act(case: Case, drafted: Drafted) -> Letters:
        if case.inferred and not case.confirmed:
            raise Refused(
                "these orders were found by SKU, time and price alone, and nobody has confirmed that they belong here",
                hint=f"look through orders.csv, then: promofuse confirm {incident_id} --by NAME",
            )
        chosen = _of_group(drafted.letters.drafts, group)
        open_to = [draft for draft in chosen if draft.state in UNDECIDED or _reopened(draft, drafted, group)]
        bound.extend(listed(open_to, drafted.on_disk, drafted.edited_groups))
        ready = {(draft.order_id, draft.kind) for draft in bound}
        unseen.extend(draft for draft in open_to if (draft.order_id, draft.kind) not in ready)
        if not bound and not unseen and chosen and all(draft.state in _AGREED for draft in chosen):
            return drafted.letters  # all of them are approved or gone out
        if not bound and not unseen and case.plan == LEGAL_REVIEW:
            refused.append(
                Refused(
                    "the incident is under legal review: nothing is cancelled, and no letter written",
                    hint=f"name a plan first: promofuse plan {incident_id} --use NAME",
                )
            )
            return drafted.letters
        if not bound:  # the folder is brought up to date all the same: there is what has to be read or mended
            if case.letters_after and not chosen:
                refused.append(
                    Refused(
                        'no letters yet: with message_timing = "after" they come when cancellations are proven',
                        hint=f"upload 4-cancel, put new reports into the shop's folder: promofuse prove {incident_id}",
                    )
                )
            else:
                refused.append(_nothing(incident_id, chosen, unseen, drafted.problems))
            return drafted.letters
        details = _details(case, bound, group)
        with store.write() as db:
            batch = add_event(db, keys, incident_id, Act.APPROVED, at, by=name, details=details)
            save_approved(db, keys, incident_id, batch, bound, at)
        return _with_state(drafted.letters, bound, DeliveryState.APPROVED)

    done = _decide(config, store, keys, incident_id, at, act, bound, unseen)
    if refused:
        raise refused[0]
    return done


def reject(
    config: Config, store: Store, keys: Keys, incident_id: str, group: str, by: str, why: str, at: datetime
) -> Decided:
    """Reject letters, approved ones too: they are not sent unless a person approves them after all.

    A rejected letter that is edited is a new draft. Raises UsageError without a name or a reason.
    """
    name = _person(by)
    if not why.strip():
        raise UsageError("say why", hint='--why "wrong tone"')
    bound: list[Draft] = []

    def act(case: Case, drafted: Drafted) -> Letters:
        chosen = _of_group(drafted.letters.drafts, group)
        with store.write() as db:
            deliveries = load_deliveries(db, incident_id)  # as they are now: a sender may be at work
            told = {pair for pair, one in deliveries.items() if one.state in TOLD}
            bound.extend(
                d for d in chosen if d.state not in ("refused", "rejected") and (d.order_id, d.kind) not in told
            )
            # Those too that have no draft at present, and those that a sender has taken and not begun.
            waiting = [p for p, one in deliveries.items() if one.state in STOPPABLE and group in ("", one.group)]
            if not bound and not waiting:
                raise _nothing(incident_id, chosen, [], [])
            details = _details(case, bound, group)
            batch = add_event(db, keys, incident_id, Act.REJECTED, at, by=name, why=why.strip(), details=details)
            save_approved(db, keys, incident_id, batch, bound, at)
            pairs = {*waiting, *((draft.order_id, draft.kind) for draft in bound)}
            set_state(db, incident_id, pairs, STOPPABLE, DeliveryState.REJECTED, at, why.strip())
        return _with_state(drafted.letters, bound, DeliveryState.REJECTED)

    return _decide(config, store, keys, incident_id, at, act, bound, [])


def export(config: Config, store: Store, keys: Keys, incident_id: str, group: str, at: datetime) -> Decided:
    """Hand approved letters out: `.eml` files for a mail program, a mail-merge CSV, and texts to paste.

    From then on Promofuse does not send them. What holds for sending holds here: the shop is read again, letters of
    orders that were shipped, cancelled or taken out of the plan are withheld, old data is refused.
    """
    with only_one(config.data_dir / "export.lock", "letters are being handed out just now", hint="wait for it"):
        return _export(config, store, keys, incident_id, group, at)


def _export(config: Config, store: Store, keys: Keys, incident_id: str, group: str, at: datetime) -> Decided:
    bound: list[Draft] = []
    read_again(config, store, keys, incident_id, at)
    settle_interrupted(config, store, at)
    with store.write() as db:  # an export that died before its files were there handed nothing out
        given = [pair for pair, one in load_deliveries(db, incident_id).items() if one.error == _UNWRITTEN]
        set_state(db, incident_id, given, (DeliveryState.HANDED_OUT,), DeliveryState.APPROVED, at)

    def act(case: Case, drafted: Drafted) -> Letters:
        _of_group(drafted.letters.drafts, group)
        ready = recheck_letters(config, case, drafted, at).ready
        bound.extend(_of_group(ready, group) if ready else [])
        if not bound:
            raise Refused(
                "no approved letter is waiting", hint=f"promofuse approve {incident_id} --by NAME, then export again"
            )
        with store.write() as db:
            add_event(db, keys, incident_id, Act.EXPORTED, at, details=_details(case, bound, group))
            pairs = [(draft.order_id, draft.kind) for draft in bound]
            waiting = (DeliveryState.APPROVED, DeliveryState.RETRY)
            if set_state(db, incident_id, pairs, waiting, DeliveryState.HANDED_OUT, at, _UNWRITTEN) != len(bound):
                raise Refused("some of these letters are being sent just now", hint="wait for the sender to finish")
        return _with_state(drafted.letters, bound, DeliveryState.HANDED_OUT)

    # The letters are handed out durably before their files appear: nobody sends what we would send too.
    done = _decide(config, store, keys, incident_id, at, act, bound, [])
    folder = done.projection.folder / "3-buyers" / "export" / f"batch-{done.batch}"
    names = {decided.order_id: decided.buyer.name for decided in done.projection.case.decisions}
    write_files(folder, write_export(bound, names))
    with store.write() as db:
        pairs = [(draft.order_id, draft.kind) for draft in bound]
        set_state(db, incident_id, pairs, (DeliveryState.HANDED_OUT,), DeliveryState.HANDED_OUT, at)
    return replace(done, folder=folder)


def _decide(
    config: Config,
    store: Store,
    keys: Keys,
    incident_id: str,
    at: datetime,
    act: Callable[[Case, Drafted], Letters],
    bound: Sequence[Draft],
    unseen: Sequence[Draft],
) -> Decided:
    if show_incident(store, incident_id).state == "closed":
        raise Refused(f"{incident_id} is closed", hint="nothing is sent for it any more")
    projection = refresh_outbox(config, store, keys, incident_id, at, act)
    last = projection.drafted.events[-1] if bound else None
    written = {draft.order_id for draft in projection.letters.drafts}
    announced = {order_id for order_id, kind in projection.case.letter_kinds().items() if kind not in HONOUR}
    return Decided(
        projection=projection,
        batch=last.number if last else 0,
        root=last.details["root"] if last else "",
        groups=Counter(draft.group for draft in bound),
        unseen=len(unseen),
        without_letter=len(announced - written),
    )


def _person(by: str) -> str:
    if not by.strip():
        raise UsageError("say who decides", hint='--by "Chen Wei"')
    return by.strip()


def _of_group(drafts: Sequence[Draft], group: str) -> list[Draft]:
    chosen = [draft for draft in drafts if not group or draft.group == group]
    if group and not chosen:
        known = ", ".join(sorted({draft.group for draft in drafts})) or "none: there are no letters"
        raise UsageError(f"no group {group!r}", hint=f"groups: {known}")
    return chosen


def _reopened(draft: Draft, drafted: Drafted, group: str) -> bool:
    """A rejected letter is approved after all only by a word as precise as the one that rejected it."""
    if draft.state != DeliveryState.REJECTED.value:
        return False
    batch = drafted.deliveries[draft.order_id, draft.kind].batch
    rejected_group = next(event.details["group"] for event in drafted.events if event.number == batch)
    return bool(group) or not rejected_group


def _nothing(incident_id: str, chosen: Sequence[Draft], unseen: Sequence[Draft], problems: Sequence[str]) -> Refused:
    if unseen:
        return Refused(
            f"{len(unseen)} letters are new or changed since the folder was written; they lie in it now",
            hint=f"read 3-buyers/samples/, then run the same command again; promofuse outbox {incident_id} --diff",
        )
    if problems:
        return Refused(f"nothing can be approved: {problems[0]}", hint=f"promofuse outbox {incident_id}")
    states = Counter(draft.state for draft in chosen)
    said = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(states.items()))
    return Refused(
        f"no letter is left to decide on: {said or 'there are none'}", hint=f"promofuse outbox {incident_id}"
    )


def _details(case: Case, bound: Sequence[Draft], group: str) -> dict[str, Any]:
    return {
        "group": group or None,
        "drafts": len(bound),
        "groups": dict(sorted(Counter(draft.group for draft in bound).items())),
        "plan": case.plan,
        "rate_after": share_text(case.rate_after),
        "root": batch_root(bound),
        "samples_seed": case.incident_id,
    }


def _with_state(letters: Letters, bound: Sequence[Draft], state: DeliveryState) -> Letters:
    these = {(draft.order_id, draft.kind) for draft in bound}
    return replace(
        letters,
        drafts=tuple(
            replace(draft, state=state.value) if (draft.order_id, draft.kind) in these else draft
            for draft in letters.drafts
        ),
    )
