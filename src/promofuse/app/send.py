"""Send: look at the facts again, then send what a person approved as it stands, and nothing else."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from promofuse.app.outbox import configured_incident, recompose, refresh_outbox
from promofuse.app.project import Drafted, Projection
from promofuse.app.read import read_shops
from promofuse.config import Config
from promofuse.delivery.pace import Pace
from promofuse.delivery.sender import LOCK, Outcome, Progress, send_all
from promofuse.errors import Refused, UsageError
from promofuse.outbox.approval import changed_since
from promofuse.outbox.letters import Draft, Letters
from promofuse.response.case import Case
from promofuse.store.deliveries import Delivery, DeliveryState, Pair, load_deliveries, recover, set_state
from promofuse.store.engine import Store
from promofuse.store.events import Act, add_event
from promofuse.store.incidents import IncidentRecord
from promofuse.store.locks import only_one
from promofuse.store.orders import data_as_of
from promofuse.store.privacy import Keys
from promofuse.store.watch import load_watch

_WAITING: Final = (DeliveryState.APPROVED, DeliveryState.RETRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What would go now. `withheld` are approved letters whose orders no longer want them, and why; `changed` need
    approval again, `undecided` wait for it, `refused` were edited in a way that cannot be taken up. `deleted` go though
    somebody deleted their files."""

    ready: tuple[Draft, ...]
    withheld: Mapping[Pair, str]
    changed: tuple[Draft, ...]
    undecided: int
    refused: int
    deleted: int


@contextmanager
def nobody_sends(config: Config) -> Iterator[None]:
    """While it is held no letter leaves; raises Refused if a sender is at work."""
    with only_one(config.data_dir / LOCK, "letters are being sent just now", hint="wait for it, or stop it"):
        yield


def settle_interrupted(config: Config, store: Store, at: datetime) -> None:
    """After a sender died: what it had taken is approved again, and what it was sending is in doubt.

    Raises Refused if one is at work.
    """
    with nobody_sends(config), store.write() as db:
        recover(db, at)


def read_again(config: Config, store: Store, keys: Keys, incident_id: str, at: datetime) -> IncidentRecord:
    """Read the incident's shop again before anything goes out. Raises ShopUnreachable, Refused for a closed one."""
    record = configured_incident(config, store, incident_id)
    if record.state == "closed":
        raise Refused(f"{incident_id} is closed", hint="nothing is sent for it any more")
    (read,) = read_shops(config, store, keys, at, [record.shop])
    if read.error is not None:
        raise read.error
    return record


def recheck_letters(config: Config, case: Case, drafted: Drafted, at: datetime) -> Ready:
    """Which approved letters may go by the facts as they stand. Raises Refused where these are too old to tell."""
    drafts = drafted.letters.drafts
    waiting = [draft for draft in drafts if draft.state in {state.value for state in _WAITING}]
    withheld = withhold(case, [pair for pair, one in drafted.deliveries.items() if one.state in _WAITING])
    ready = tuple(d for d in waiting if (d.order_id, d.kind) not in withheld)
    if ready:
        refuse_stale(config, case.data_as_of, at)
    changed = tuple(draft for draft in changed_since(drafts, drafted.deliveries) if draft.state != "refused")
    return Ready(
        ready=ready,
        withheld=withheld,
        changed=changed,
        undecided=sum(draft.state in ("rendered", "edited") for draft in drafts) - len(changed),
        refused=sum(draft.state == "refused" for draft in drafts),
        deleted=sum(draft.path in drafted.written and draft.path not in drafted.on_disk for draft in ready),
    )


def withhold(case: Case, pairs: Sequence[Pair]) -> dict[Pair, str]:
    """Letters whose orders no longer want them, and why; by (order id, kind)."""
    decided = {one.order_id: one for one in case.decisions}
    kinds = case.letter_kinds()
    reasons: dict[Pair, str] = {}
    for order_id, kind in pairs:
        one = decided.get(order_id)
        if one is None:
            reasons[order_id, kind] = "the order no longer belongs to the incident"
        elif order_id not in kinds:
            reasons[order_id, kind] = f"the order is {one.decision.value} ({one.reason.value})"
        elif kinds[order_id] != kind:
            reasons[order_id, kind] = f"the order needs a letter of kind {kinds[order_id]}"
    return reasons


def refuse_stale(config: Config, as_of: datetime | None, at: datetime) -> None:
    """Raise Refused if the order data is too old to act on."""
    oldest = at - timedelta(minutes=config.response.max_data_age)
    if as_of is None or as_of < oldest:
        age = "unknown" if as_of is None else f"{int((at - as_of) / timedelta(minutes=1)):,} min"
        raise Refused(
            f"the order data is too old to send by: {age} (at most {config.response.max_data_age} min)",
            hint="orders may have been shipped or cancelled since: put new reports into the shop's folder, send again",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of the letters. `letters` are those that did not go through, the failed ones first."""

    ready: Ready
    outcome: Outcome | None
    projection: Projection
    letters: tuple[Delivery, ...]

    def count(self, state: DeliveryState) -> int:
        """How many letters of the incident are in this state now, those of earlier runs too."""
        return sum(letter.state is state for letter in self.letters)

    @property
    def without_letter(self) -> int:
        """Orders to cancel whose buyers get no letter as things stand."""
        written = {draft.order_id for draft in self.projection.letters.drafts}
        return len(self.projection.case.letter_kinds().keys() - written)


def send(
    config: Config,
    store: Store,
    keys: Keys,
    incident_id: str,
    at: datetime,
    *,
    agree: Callable[[Ready, Case], None],
    on_progress: Callable[[Progress], None],
) -> Sent:
    """Send the approved letters of an incident, each at most once.

    The shop is read again first, and while the sending lasts. `agree` raises if the person does not want what is about
    to go. SIGINT and SIGTERM end the sending early: letters on their way are finished, and none is begun. Raises
    Refused where nothing is approved or the data is too old, and ShopUnreachable.
    """
    started = monotonic()

    def clock() -> datetime:
        return at + timedelta(seconds=monotonic() - started)

    ready, projection = _prepare(config, store, keys, incident_id, at)
    case = projection.case
    if not ready.ready:
        _refuse_if_any_waits(incident_id, ready)
    agree(ready, case)
    outcome = None
    if ready.ready:
        outcome = asyncio.run(_send(config, store, keys, case, ready.ready, on_progress, clock))
        details = {"sent": outcome.sent, "failed": outcome.failed, "unknown": outcome.unknown}
        with store.write() as db:
            add_event(db, keys, incident_id, Act.SENT, clock(), details=details)
        projection = refresh_outbox(config, store, keys, incident_id, clock())
    with store.read() as db:
        deliveries = load_deliveries(db, incident_id).values()
    order = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.RETRY, DeliveryState.WITHHELD)
    wrong = sorted((d for d in deliveries if d.state in order), key=lambda d: (order.index(d.state), d.order_id))
    return Sent(ready=ready, outcome=outcome, projection=projection, letters=tuple(wrong))


async def _send(
    config: Config,
    store: Store,
    keys: Keys,
    case: Case,
    drafts: Sequence[Draft],
    on_progress: Callable[[Progress], None],
    clock: Callable[[], datetime],
) -> Outcome:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return await send_all(
        store=store,
        keys=keys,
        data_dir=config.data_dir,
        server=config.mail.server,
        pace=Pace(config.mail.limits),
        incident_id=case.incident_id,
        pairs=[(draft.order_id, draft.kind) for draft in drafts],
        recheck=_Recheck(config, store, keys, case, clock),
        on_progress=on_progress,
        stop=stop,
        clock=clock,
    )


def _prepare(config: Config, store: Store, keys: Keys, incident_id: str, at: datetime) -> tuple[Ready, Projection]:
    """Read, take up edits, and settle which letters may go; those that may not any more are withheld."""
    read_again(config, store, keys, incident_id, at)
    settle_interrupted(config, store, at)
    checked: list[Ready] = []

    def act(case: Case, drafted: Drafted) -> Letters:
        ready = recheck_letters(config, case, drafted, at)
        with store.write() as db:
            for pair, reason in ready.withheld.items():
                set_state(db, incident_id, [pair], _WAITING, DeliveryState.WITHHELD, at, reason)
        checked.append(ready)
        return drafted.letters

    projection = refresh_outbox(config, store, keys, incident_id, at, act)
    return checked[0], projection


def _refuse_if_any_waits(incident_id: str, ready: Ready) -> None:
    again = f"promofuse approve {incident_id} --by NAME"
    if ready.changed:
        raise Refused(
            f"{len(ready.changed)} letters are no longer approved: they or the plan changed since", hint=again
        )
    if ready.undecided:
        raise Refused(f"{ready.undecided} letters are not approved", hint=again)
    if ready.refused:
        raise Refused(
            f"{ready.refused} letters were edited in a way that cannot be taken up",
            hint=f"promofuse outbox {incident_id} says what is wrong with each",
        )


class _Recheck:
    """Looks at the facts again before letters are claimed; composes the case anew only where something changed."""

    def __init__(self, config: Config, store: Store, keys: Keys, agreed: Case, clock: Callable[[], datetime]) -> None:
        self._config, self._store, self._keys = config, store, keys
        self._incident_id, self._plan, self._clock = agreed.incident_id, agreed.plan, clock
        self._seen: tuple[object, ...] = ()
        self._case: Case | None = None

    def __call__(self, pairs: Sequence[Pair]) -> Mapping[Pair, str]:
        """The letters to withhold, and why.

        Raises Refused where the data grew too old, or a person closed the incident or chose another plan.
        """
        at = self._clock()
        record = read_again(self._config, self._store, self._keys, self._incident_id, at)
        with self._store.read() as db:
            seen = (load_watch(db, record.shop).readings, record.plan, record.by_person, record.state)
            if self._case is None or seen != self._seen:
                self._case, self._seen = recompose(db, self._config, self._keys, record, at), seen
            as_of = data_as_of(db, record.shop, at)
        if self._case.plan != self._plan:
            raise Refused(
                f"the plan is {self._case.plan} now, and these letters were approved with {self._plan}",
                hint=f"promofuse approve {self._incident_id} --by NAME, then send again",
            )
        refuse_stale(self._config, as_of, at)
        return withhold(self._case, pairs)


def resolve_letter(
    config: Config, store: Store, keys: Keys, incident_id: str, order_id: str, word: str, by: str, at: datetime
) -> Projection:
    """A person settles a letter in doubt: it was sent, or it was not and is approved to be sent again.

    Raises UsageError for another word or a letter that is not in doubt.
    """
    after = {"sent": DeliveryState.SENT, "not-sent": DeliveryState.APPROVED}.get(word)
    if after is None:
        raise UsageError(f"{word!r} is neither sent nor not-sent", hint="look for its Message-ID at your mail provider")
    if not by.strip():
        raise UsageError("say who decides", hint='--by "Chen Wei"')
    configured_incident(config, store, incident_id)
    with store.write() as db:
        pairs = [pair for pair in load_deliveries(db, incident_id) if pair[0] == order_id]
        if not set_state(db, incident_id, pairs, (DeliveryState.UNKNOWN,), after, at):
            raise UsageError(
                f"no letter of order {order_id!r} is in doubt", hint=f"promofuse send {incident_id} lists them"
            )
        add_event(db, keys, incident_id, Act.RESOLVED, at, by=by.strip(), details={"order_id": order_id, "word": word})
    return refresh_outbox(config, store, keys, incident_id, at)
