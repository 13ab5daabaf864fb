"""Decide: what a person says of an incident: its plan, single orders, the stop, the case, that it is over."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from promofuse.app.outbox import configured_incident, recompose, refresh_outbox
from promofuse.app.project import Projection, approved_plans
from promofuse.app.respond import refuse_unless_offered
from promofuse.app.send import nobody_sends
from promofuse.config import Config
from promofuse.drafts.policy_rules import HONOUR
from promofuse.errors import Refused, UsageError
from promofuse.facts import Gap
from promofuse.money import Money
from promofuse.outbox.approval import STOPPABLE, TOLD
from promofuse.response.case import Case
from promofuse.response.health import CancellationRate, clean_on, roll
from promofuse.response.plan import LEGAL_REVIEW, PLANS, bill, choose, offered_plans
from promofuse.response.triage import FREE, Decision, OrderDecision, total_loss
from promofuse.store.deliveries import Delivery, DeliveryState, Pair, load_deliveries, set_state
from promofuse.store.engine import Connection, Store
from promofuse.store.events import Act, Event, add_event, load_events
from promofuse.store.incidents import (
    IncidentRecord,
    change_incident,
    save_by_person,
    save_chosen,
    save_honoured,
    save_incident_orders,
)
from promofuse.store.privacy import Keys

ANSWER_LENGTH: Final = 200_000  # characters of an answer of seller support
_WAS_TOLD: Final = "its buyer was told that it is being cancelled; write to him before you ship it after all"
_WAS_PROMISED: Final = "its buyer was told that it is shipped at that price"
_Record = TypeVar("_Record")
_EXCEL_TEXT: Final = re.compile(r'^="(.*)"$')  # how a spreadsheet keeps an id from becoming a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants of a plan. `orders_csv` is an edited orders.csv; `undo` gives orders back to the plan."""

    use: str = ""
    cancel: Sequence[str] = ()
    honour: Sequence[str] = ()
    undo: Sequence[str] = ()
    orders_csv: Path | None = None

    @property
    def nothing(self) -> bool:
        """Whether only a look is wanted."""
        return not (self.use or self.cancel or self.honour or self.undo or self.orders_csv)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOption:
    """What one plan would come to: orders to cancel, to honour and to hold, the rate after it, what it costs.

    `kept_loss` is what shipping the rest loses, by currency; `cost` adds fees, goodwill and the price of crossing the
    limit, and is None where nobody has priced that. `clean_on`: from that day on the rate is under the limit.
    """

    name: str
    in_force: bool
    cancel: int
    honour: int
    hold: int
    rate_after: str
    over: bool
    kept_loss: tuple[str, ...]
    cost: Money | None
    clean_on: datetime | None
    note: str


class Outlook(NamedTuple):
    """A plan and the cancellation rate that it leads to."""

    incident_id: str
    plan: str
    rate: CancellationRate
    rate_after: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What was before a wish, the case after it, what each plan would come to, rows that could not be taken up."""

    before: Outlook
    after: Case
    options: tuple[PlanOption, ...]
    changed: Mapping[str, Decision]
    gaps: tuple[Gap, ...]
    projection: Projection | None


def plan_incident(config: Config, store: Store, keys: Keys, incident_id: str, wish: Wish, at: datetime) -> Planned:
    """Show an incident's plans, or change them. A person's word on an order outlives growth and another plan.

    Raises UsageError for unknown plans and orders, Refused where an order's state leaves no choice, its buyer was
    told already, or the plan needs a rate that is unknown. Then nothing is changed. Bad rows of a file are gaps.
    """
    record = configured_incident(config, store, incident_id)
    if not wish.nothing and record.state == "closed":
        raise Refused(f"{incident_id} is closed", hint="its decisions stand as they are")
    if wish.use and wish.use not in PLANS:
        raise UsageError(f"no plan {wish.use!r}", hint="plans: " + ", ".join(PLANS))
    with store.read() as db:
        before = recompose(db, config, keys, record, at)
    if wish.use:
        refuse_unless_offered(wish.use, before)
    outlook = Outlook(incident_id, before.plan, before.rate, before.rate_after)
    wanted, gaps = _wanted(before, wish)
    left = before.left
    back = {o: None for o in _known(before, wish.undo, left) if o in record.by_person and o not in wanted}
    changed = {o: decision for o, decision in wanted.items() if record.by_person.get(o) is not decision}
    if wish.nothing or (not changed and not back and wish.use in ("", record.plan)):
        options = _options(before, record)
        return Planned(before=outlook, after=before, options=options, changed={}, gaps=gaps, projection=None)
    del before  # two cases at a time are too many of a large incident
    for_all = bool(back) or wish.use not in ("", record.plan)
    with nobody_sends(config) if for_all else nullcontext(), store.write() as db:
        _withhold(db, incident_id, {o: decision for o, decision in changed.items() if o not in left}, at)
        save_incident_orders(db, incident_id, changed)  # one may have come in since the folder was written
        save_by_person(db, incident_id, {**changed, **back})
        save_honoured(db, incident_id, record.honoured - back.keys())
        if wish.use and wish.use != record.plan:
            change_incident(db, incident_id, plan=wish.use)
            save_chosen(db, incident_id, ())  # another plan chooses anew
        details: dict[str, Any] = {"plan": wish.use or record.plan, "given_back": sorted(back)}
        for decision in (Decision.CANCEL, Decision.HONOUR):
            details[decision.value] = sorted(o for o, wanted_for in changed.items() if wanted_for is decision)
        add_event(db, keys, incident_id, Act.PLANNED, at, details=details)
    projection = refresh_outbox(config, store, keys, incident_id, at)
    record = configured_incident(config, store, incident_id)
    return Planned(
        before=outlook,
        after=projection.case,
        options=_options(projection.case, record),
        changed=changed,
        gaps=gaps,
        projection=projection,
    )


def _withhold(db: Connection, incident_id: str, changed: Mapping[str, Decision], at: datetime) -> None:
    """Withhold letters that say the opposite of what a person has decided, also from a sender that is at work.

    Raises Refused where one has left meanwhile.
    """
    letters = load_deliveries(db, incident_id)
    for decision, says, why, gone in (
        (Decision.HONOUR, False, "a person decided to ship the order", _WAS_TOLD),
        (Decision.CANCEL, True, "a person decided to cancel the order", _WAS_PROMISED),
    ):
        wrong = [pair for pair in letters if changed.get(pair[0]) is decision and (pair[1] in HONOUR) is says]
        for pair in wrong:
            if letters[pair].state in TOLD:
                raise Refused(f"order {pair[0]}: {gone}")
        set_state(db, incident_id, wrong, STOPPABLE, DeliveryState.WITHHELD, at, why)


def _wanted(case: Case, wish: Wish) -> tuple[dict[str, Decision], tuple[Gap, ...]]:
    """The decision that a person wants for each order he names, and the rows that cannot be taken up."""
    standing = {decided.order_id: decided for decided in case.decisions}
    named = dict.fromkeys(_known(case, wish.cancel), Decision.CANCEL)
    for order_id in _known(case, wish.honour, case.left):
        if order_id in named:
            raise UsageError(f"order {order_id} is named for both --cancel and --honour")
        named[order_id] = Decision.HONOUR
    for order_id, decision in named.items():
        if order_id in standing and (wrong := _objection(case, standing[order_id], decision)):
            raise Refused(f"order {order_id}: {wrong}")
    rows, gaps = _from_csv(case, wish.orders_csv) if wish.orders_csv else ({}, ())
    return {**rows, **named}, gaps


def _known(case: Case, order_ids: Sequence[str], left: Collection[str] = ()) -> list[str]:
    """These orders, if all are affected or `left`; one that is affected no more can only be honoured."""
    known = {*(decided.order_id for decided in case.decisions), *left}
    for order_id in order_ids:
        if order_id not in known:
            why = case.left.get(order_id)
            hint = f"{why}; --honour lets it stand" if why else "its orders.csv lists them"
            raise UsageError(f"no order {order_id!r} in {case.incident_id}", hint=hint)
    return list(order_ids)


def _objection(case: Case, decided: OrderDecision, wanted: Decision) -> str:
    """Why an order cannot get this decision, or blank."""
    if decided.decision is wanted:
        return ""
    if decided.reason not in FREE:
        return f"it is {decided.decision.value} ({decided.reason.value}), which leaves no choice"
    if wanted is Decision.CANCEL and decided.order_id in case.promised:
        return _WAS_PROMISED
    return _WAS_TOLD if wanted is Decision.HONOUR and decided.order_id in case.told else ""


def _from_csv(case: Case, path: Path) -> tuple[dict[str, Decision], tuple[Gap, ...]]:
    """Decisions from an edited orders.csv; only `cancel` and `honour` can be chosen, all else has to stay."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    text = raw.decode("utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig", "replace")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows.fieldnames = [name.strip().casefold() for name in next(_records(path, rows.reader), [])]
    if not {"order_id", "decision"} <= set(rows.fieldnames):
        raise UsageError(
            f"{path} has no columns order_id and decision", hint="edit a copy of the incident's orders.csv"
        )
    standing = {decided.order_id: decided for decided in case.decisions}
    wanted: dict[str, Decision] = {}
    said: dict[str, str] = {}  # of each order, as its first line has it; blank where its lines differ
    gaps: list[Gap] = []

    def refuse(column: str, reason: str) -> None:
        gaps.append(Gap(path.name, rows.line_num, column, reason))

    for row in _records(path, rows):
        order_id = _EXCEL_TEXT.sub(r"\1", (row["order_id"] or "").strip()).removeprefix("'")
        word = (row["decision"] or "").strip().casefold()
        if order_id not in standing:
            refuse("order_id", f"{order_id[:40]!r} is not an order of this incident")
        elif word not in set(Decision):
            refuse("decision", f"{word[:40]!r} is no decision; write cancel or honour")
        elif word == Decision.GONE:
            continue  # a cancelled line, perhaps of an order that stands
        elif said.setdefault(order_id, word) != word:
            said[order_id] = ""
            wanted.pop(order_id, None)
            refuse("decision", "the lines of one order have to agree; it stays as it was")
        elif word == standing[order_id].decision:
            continue
        elif word not in (Decision.CANCEL, Decision.HONOUR):
            refuse("decision", f"only cancel and honour can be chosen, not {word}")
        elif wrong := _objection(case, standing[order_id], Decision(word)):
            refuse("decision", wrong)
        else:
            wanted[order_id] = Decision(word)
    return wanted, tuple(gaps)


def _records(path: Path, rows: Iterator[_Record]) -> Iterator[_Record]:
    """The records of a CSV file; raises UsageError where it is none."""
    try:
        yield from rows
    except csv.Error as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="is a quotation mark left open?") from None


def _options(case: Case, record: IncidentRecord) -> tuple[PlanOption, ...]:
    """What each plan that can be made would come to, persons' decisions and told buyers included."""
    free = [decided for decided in case.decisions if decided.reason in FREE]
    orders = [decided.order for decided in free]
    bulk = {decided.order_id for decided in free if decided.bulk}
    placed = [decided.order.ordered_at for decided in case.decisions if decided.seller_ships]
    by_person = {**record.by_person, **dict.fromkeys(case.promised, Decision.HONOUR)}
    options = []
    for name in offered_plans(case.rate, case.prices):
        pinned = {*case.told, *(record.chosen if name == record.plan else ())}
        ids = choose(name, orders, case.rate, by_person, pinned, bulk=bulk, prices=case.prices)
        cancel = [one for one in free if _cancels(one, by_person, ids)]
        gone = {one.order_id for one in cancel}
        kept = [one for one in free if one.order_id not in gone]
        hold = 0 if name != LEGAL_REVIEW else sum(one.order_id not in by_person for one in kept)
        after = case.rate.after(len(cancel))
        days = roll(case.rate, case.at, placed, [one.order.ordered_at for one in cancel])
        costs = bill([one.order for one in cancel], [one.order for one in kept], case.rate, case.prices)
        options.append(
            PlanOption(
                name=name,
                in_force=name == case.plan,
                cancel=len(cancel),
                honour=len(kept) - hold,
                hold=hold,
                rate_after="" if after is None else f"{float(after * 100):.2f} %",
                over=after is not None and after >= case.rate.limit,
                kept_loss=tuple(f"{Money.rounded(loss, code)} {code}" for code, loss in total_loss(kept).items()),
                cost=Money.rounded(costs.total, case.prices.currency) if case.prices.known else None,
                clean_on=clean_on(days, case.rate.limit),
                note=_note(name, case, cancel),
            )
        )
    return tuple(options)


def _cancels(decided: OrderDecision, by_person: Mapping[str, Decision], ids: frozenset[str]) -> bool:
    said = by_person.get(decided.order_id)
    return decided.order_id in ids if said is None else said is Decision.CANCEL


def _note(name: str, case: Case, cancel: Sequence[OrderDecision]) -> str:
    """What a number alone does not say of a plan; blank for most."""
    if name == LEGAL_REVIEW:
        return "nothing is cancelled before you name another plan"
    if case.rate.over:
        return f"over the limit already: {case.rate.cancelled} of {case.rate.orders}"
    if not cancel and case.rate.room() == 0:
        return f"one more would be {(case.rate.cancelled or 0) + 1} of {case.rate.orders}: over the limit"
    return ""


def note_case(
    config: Config, store: Store, keys: Keys, incident_id: str, case_number: str, answer: Path | None, at: datetime
) -> Projection:
    """Note the number of the case at seller support, and what was answered."""
    configured_incident(config, store, incident_id)
    if not case_number and answer is None:
        raise UsageError("name a case number, an answer or both", hint="--case 12345 --answer answer.txt")
    text = ""
    if answer is not None:
        try:
            text = answer.read_bytes().decode("utf-8-sig", "replace").strip()
        except OSError as error:
            raise UsageError(f"{answer} cannot be read: {error.strerror}") from None
        if not text or len(text) > ANSWER_LENGTH:
            raise UsageError(f"{answer} is empty or over {ANSWER_LENGTH:,} characters", hint="save the answer as text")
    with store.write() as db:
        add_event(db, keys, incident_id, Act.NOTED, at, details={"case": case_number}, text=text)
    return refresh_outbox(config, store, keys, incident_id, at)


def mark_stopped(
    config: Config, store: Store, keys: Keys, incident_id: str, stopped_at: datetime, at: datetime
) -> Projection:
    """Record when the promotion was stopped: the incident is contained, and orders after that are its tail."""
    _open(config, store, incident_id)
    if stopped_at > at:
        raise UsageError("the stop lies in the future", hint="--at takes the time when it was stopped")
    with store.write() as db:
        change_incident(db, incident_id, stopped_at=stopped_at, state="contained")
        add_event(db, keys, incident_id, Act.STOPPED, at, details={"stopped_at": stopped_at.isoformat()})
    return refresh_outbox(config, store, keys, incident_id, at)


def confirm_incident(config: Config, store: Store, keys: Keys, incident_id: str, by: str, at: datetime) -> Projection:
    """A person agrees that orders found by SKU, time and price alone belong to the incident."""
    _open(config, store, incident_id)
    with store.write() as db:
        add_event(db, keys, incident_id, Act.CONFIRMED, at, by=_name(by))
    return refresh_outbox(config, store, keys, incident_id, at)


def close_incident(
    config: Config,
    store: Store,
    keys: Keys,
    incident_id: str,
    at: datetime,
    *,
    what: Act = Act.CLOSED,
    by: str = "",
    why: str = "",
) -> Projection:
    """Close an incident for good, or dismiss it as a false alarm.

    Raises Refused while letters are on their way or in doubt, or a buyer was told and his order still stands, and
    closing one also while approved letters wait: nothing is sent for a closed incident any more. A false alarm's
    letters are not meant to go, and do not hold up its dismissal.
    """
    record = _open(config, store, incident_id)
    if what is Act.DISMISSED and (not by.strip() or not why.strip()):
        raise UsageError("say who dismisses it and why", hint="--by NAME --why TEXT")
    with store.read() as db:
        case = recompose(db, config, keys, record, at)
    if case.told_and_open:
        raise Refused(
            f"{len(case.told_and_open)} buyers were told of a cancellation and their orders still stand",
            hint="upload the cancellation file, read new reports, and prove it",
        )
    with nobody_sends(config), store.write() as db:
        deliveries = load_deliveries(db, incident_id)
        states = [delivery.state for delivery in deliveries.values()]
        for state, does in ((DeliveryState.SENDING, "being sent"), (DeliveryState.UNKNOWN, "in doubt")):
            if count := states.count(state):
                raise Refused(
                    f"{count} letters are {does}",
                    hint=f"promofuse send {incident_id}, promofuse resolve {incident_id} ORDER",
                )
        if what is Act.CLOSED and (waiting := _waiting(case, deliveries, load_events(db, keys, incident_id))):
            raise Refused(
                f"{waiting} approved letter{' was' if waiting == 1 else 's were'} not sent",
                hint=f"promofuse send {incident_id}, or take the approval back: "
                f"promofuse reject {incident_id} --by NAME --why TEXT",
            )
        change_incident(db, incident_id, state="closed")
        add_event(db, keys, incident_id, what, at, by=by.strip(), why=why.strip())
    return refresh_outbox(config, store, keys, incident_id, at)


def _waiting(case: Case, deliveries: Mapping[Pair, Delivery], events: Sequence[Event]) -> int:
    """How many letters are approved under the plan in force, still wanted by their orders, and not sent."""
    kinds, plans = case.letter_kinds(), approved_plans(events)
    return sum(
        letter.state in STOPPABLE and kinds.get(order_id) == kind and plans.get(letter.batch) == case.plan
        for (order_id, kind), letter in deliveries.items()
    )


def _open(config: Config, store: Store, incident_id: str) -> IncidentRecord:
    record = configured_incident(config, store, incident_id)
    if record.state == "closed":
        raise Refused(f"{incident_id} is closed", hint="new orders of the same cause open a new incident")
    return record


def _name(by: str) -> str:
    if not by.strip():
        raise UsageError("say who decides", hint='--by "Chen Wei"')
    return by.strip()
