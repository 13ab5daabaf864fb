"""Play a scenario from the check to the proven ledger, and hold each step against what has to come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final

from promofuse.app.approve import approve, export
from promofuse.app.cycle import ShopCycle, run_cycle
from promofuse.app.decide import Wish, close_incident, confirm_incident, mark_stopped, plan_incident
from promofuse.app.outbox import refresh_outbox
from promofuse.app.project import Projection, letter_head
from promofuse.app.prove import prove
from promofuse.app.respond import Request, respond
from promofuse.config import Config, LoneConfig
from promofuse.drill.night import Night
from promofuse.drill.scenario import CALLS_FOR, Scenario, WorstFinding
from promofuse.errors import PromofuseError, Refused, UsageError
from promofuse.facts import Gap
from promofuse.outbox.approval import UNDECIDED
from promofuse.outbox.edits import check_edited_draft
from promofuse.response.ledger import Outcome
from promofuse.response.plan import LEGAL_REVIEW
from promofuse.response.triage import FREE, Decision, OrderDecision, Reason, total_loss
from promofuse.rules.wording import amount_text
from promofuse.store.engine import Store, open_store
from promofuse.store.incidents import load_incidents
from promofuse.store.privacy import Keys, load_keys
from promofuse.verdicts import Alarm, Finding, Severity

BY: Final = "drill"
_MINUTE: Final = timedelta(minutes=1)
_LOOKS_CLOSE: Final = 25  # at the first orders of the fault, each within a minute as the daemon does
_LOOKS: Final = 40  # over the rest of the night
_CANCELLED_AFTER: Final = timedelta(hours=2)
_PROVEN_AFTER: Final = timedelta(hours=3)


@dataclass(slots=True)
class Played:
    """How a night went. Money is exact minor units of `currency`; `deviations` are differences from what has to be.

    `lost_by_alarm` is lost by the orders up to the one that raised the alarm; `lost_in_all` by all that came in until
    somebody noticed in the story; `saved` of that is what cancellations undid in the end, and the rest stays lost.
    `breaches` are letters that break a policy rule, `minutes` those from the first order of the fault to the alarm.
    """

    name: str
    about: str
    currency: str
    title: str = ""
    caught: Finding | None = None
    codes: list[str] = field(default_factory=list)  # of all that the check finds from warning on
    said: int = 0  # how much the check said, remarks and what it could not tell included
    ahead: timedelta | None = None  # how long before the start; None: it stood already
    alarm: Alarm | None = None
    minutes: int = 0
    lost_by_alarm: int = 0
    lost_in_all: Fraction = Fraction()
    saved: Fraction = Fraction()
    incidents: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    letters: int = 0
    breaches: int = 0
    ledger: Counter[str] = field(default_factory=Counter)
    deviations: list[str] = field(default_factory=list)
    story: list[tuple[datetime, str]] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    @property
    def lost_after_alarm(self) -> Fraction:
        """What was lost between the alarm and the moment at which somebody noticed; 0 without an alarm."""
        return self.lost_in_all - self.lost_by_alarm if self.alarm else Fraction()

    @property
    def balanced(self) -> bool:
        """Whether the ledger's counts add up."""
        return self.ledger["found"] == sum(self.ledger.values()) - self.ledger["found"]


def play(name: str, scenario: Scenario, folder: Path) -> Played:
    """Play a night in an empty folder; nothing outside of it is touched, and nothing is sent.

    Raises UsageError where a row of the scenario cannot be read, with its table, number, column and reason.
    """
    night = Night(name, scenario, folder)
    config = LoneConfig.read(folder / "config.toml")  # the environment may name a mail server, a database, an outbox
    played = Played(name=name, about=scenario.about, currency=scenario.currency, title=scenario.title)
    with open_store(config.database_url, config.data_dir) as store:
        _Drill(scenario, night, config, store, load_keys(config.data_dir), played).run()
    return played


class _Drill:
    """One night on its way."""

    def __init__(
        self, scenario: Scenario, night: Night, config: Config, store: Store, keys: Keys, played: Played
    ) -> None:
        self._scenario, self._night, self._played = scenario, night, played
        self._config, self._store, self._keys = config, store, keys
        self._plan = scenario.person.plan if scenario.person else ""
        self._paid: Counter[str] = Counter()  # what was decided of orders once their payments had come in

    def run(self) -> None:
        """The looks of the daemon in their order, and the person at his time."""
        person = self._scenario.person
        for moment in self._moments():
            if person and moment == person.noticed and self._scenario.faults:
                self._respond(moment)
            else:
                self._look(moment)
        self._judge_check()
        self._judge_alarm()

    def _moments(self) -> list[datetime]:
        """When the daemon looks: within a minute of each of the first orders, then at a steady pace."""
        night, person = self._night, self._scenario.person
        close = [order.at for order in night.orders if order.stream in self._scenario.orders][:_LOOKS_CLOSE]
        moments = {self._scenario.at, *(at.replace(second=0, microsecond=0) + 2 * _MINUTE for at in close)}
        begin = min(self._scenario.at, *close) if close else self._scenario.at
        moments |= {begin + (night.end - begin) * number / _LOOKS for number in range(1, _LOOKS + 1)}
        noticed = {person.noticed} if person else set()
        return sorted({moment.replace(microsecond=0) for moment in moments} | noticed)

    def _look(self, at: datetime) -> None:
        """One cycle of the daemon. After the first alarm nothing new can be learnt from looks before the person's."""
        scenario, played = self._scenario, self._played
        if played.alarm and at != scenario.at:
            return
        self._night.lay(at)
        (done,) = run_cycle(self._config, self._store, self._keys, at).shops
        if done.error:
            raise PromofuseError(f"{played.name}: {done.error}", hint="please report this")
        if done.read.gaps:
            raise _bad_row(played.name, done.read.gaps[0])
        if at == scenario.at:
            self._hear_check(done, at)
        if done.alarms:
            self._hear_alarm(done.alarms[0], at)

    def _hear_check(self, done: ShopCycle, at: datetime) -> None:
        played, worst = self._played, self._scenario.expected.worst
        serious = [f for f in done.findings if f.severity is not Severity.INFO]
        played.caught = next((f for f in serious if worst and _fits(f, worst)), serious[0] if serious else None)
        played.codes = sorted(finding.code for finding in serious)
        played.said = len(done.findings) + len(done.unknowns)
        if played.caught is None:
            self._tell(at, "the check finds nothing")
            return
        opens = played.caught.opens_at
        played.ahead = opens - at if opens is not None and opens > at else None
        for finding in serious[:3]:
            self._tell(at, f"check: {finding.severity.value} {finding.code}: {finding.message}")

    def _hear_alarm(self, alarm: Alarm, at: datetime) -> None:
        played = self._played
        played.alarm, played.lost_by_alarm = alarm, alarm.lost
        first = min((order.at for order in self._night.orders if order.spoilt), default=at)
        played.minutes = max(0, round((alarm.at - first) / _MINUTE))
        self._tell(at, f"ALARM {alarm.about}: {alarm.message}")

    def _judge_check(self) -> None:
        played, expected = self._played, self._scenario.expected
        if expected.worst is None:
            if played.caught is not None:
                self._differs(f"the check should be silent, and says {played.caught.code}")
            elif played.said and not expected.alarm:
                self._differs(f"the check should be silent, and has {played.said} remarks")
            return
        if played.codes != sorted(expected.codes):
            self._differs(f"the check should say {_list(expected.codes)}, and says {_list(played.codes)}")
        if played.caught is None or not _fits(played.caught, expected.worst):
            said = "nothing" if played.caught is None else _said(played.caught)
            self._differs(f"the check should say {_wanted(expected.worst)}, and says {said}")
        elif played.ahead is None and not expected.running:
            self._differs(f"{played.caught.code} is said only when it runs already")

    def _judge_alarm(self) -> None:
        alarm, expected = self._played.alarm, self._scenario.expected.alarm
        if expected is None:
            if alarm is not None:
                self._differs(f"the watch should be silent, and speaks: {alarm.message}")
        elif alarm is None:
            self._differs(f"the watch should speak after at most {expected.orders} orders, and is silent")
        elif alarm.kind.value not in expected.kinds or alarm.orders > expected.orders:
            wanted = f"{' or '.join(expected.kinds)} after at most {expected.orders} orders"
            self._differs(f"the alarm should be {wanted}, and is {alarm.kind.value} after {alarm.orders}")

    def _respond(self, at: datetime) -> None:
        """The person: reads what lies there, decides, approves, hands out, cancels, proves."""
        person, played = self._scenario.person, self._played
        assert person is not None
        self._night.lay(at, settled=True)
        self._tell(at, "the seller notices")
        run_cycle(self._config, self._store, self._keys, at)
        if person.sku or person.promotion:
            request = Request(promotion=person.promotion, sku=person.sku, since=person.since)
            respond(self._config, self._store, self._keys, request, at)
        with self._store.read() as db:
            played.incidents = sorted(r.incident_id for r in load_incidents(db) if r.state != "closed")
        responded = [self._decide(incident_id, at) for incident_id in played.incidents]
        self._judge_triage([one for projection in responded for one in projection.case.decisions])
        self._close(responded, at)

    def _decide(self, incident_id: str, at: datetime) -> Projection:
        """Stop, plan, approve and hand out the letters of one incident."""
        person, played = self._scenario.person, self._played
        assert person is not None
        with_it = (self._config, self._store, self._keys, incident_id)
        projection = mark_stopped(*with_it, at, at)
        if projection.case.inferred:
            confirm_incident(*with_it, BY, at)
            self._tell(at, f"{incident_id}: found by SKU, time and price; confirmed")
        if projection.case.plan != person.plan:
            plan_incident(*with_it, Wish(use=person.plan), at)
        projection = refresh_outbox(*with_it, at)
        played.folders.append(projection.folder)
        played.counts.update(projection.case.counts)
        losses = total_loss(projection.case.decisions)
        played.lost_in_all += losses.get(played.currency, Fraction())
        counts = ", ".join(f"{count} {word}" for word, count in projection.case.counts.items() if count)
        self._tell(at, f"{incident_id}, plan {person.plan}: {counts}")
        self._judge_letters(projection)
        if projection.drafts:
            approve(*with_it, "", BY, at)
            handed = export(*with_it, "", at)
            self._tell(at, f"{incident_id}: {handed.letters} letters approved and handed out; a drill sends nothing")
        return projection

    def _judge_letters(self, projection: Projection) -> None:
        played, case = self._played, projection.case
        head = letter_head(self._config, case)
        played.letters += projection.drafts
        broken = [
            (draft.order_id, wrong)
            for draft in projection.letters.drafts
            if (wrong := check_edited_draft(draft.raw, draft, case.platform, head.names))
        ]
        played.breaches += len(broken)
        if broken:
            self._differs(f"{len(broken)} letters break a rule, the first of order {broken[0][0]}: {broken[0][1]}")
        wanted = set(case.letter_kinds())
        lacking = {d.order_id for d in case.decisions if d.missing}
        if absent := wanted - {draft.order_id for draft in projection.letters.drafts} - lacking:
            self._differs(f"order {min(absent)} gets no letter, and nothing says why")

    def _judge_triage(self, decided: Sequence[OrderDecision]) -> None:
        """Each order of the fault once and no other, with the decision that its state calls for."""
        spoilt = {order.order_id: order for order in self._night.orders if order.spoilt}
        standing = {one.order_id: one for one in decided}
        if missing := spoilt.keys() - standing.keys():
            self._differs(f"{len(missing)} affected orders are not found, the first {min(missing)}")
        if extra := standing.keys() - spoilt.keys():
            self._differs(f"{len(extra)} orders are taken for affected, the first {min(extra)}")
        for order_id in sorted(spoilt.keys() & standing.keys()):
            one, wanted = standing[order_id], CALLS_FOR[spoilt[order_id].state]
            if not self._is_right(one, wanted):
                self._differs(
                    f"order {order_id} ({spoilt[order_id].state.value}) is {one.decision.value}, not {wanted}"
                )
                return

    def _is_right(self, one: OrderDecision, wanted: Decision) -> bool:
        """A plan may keep an order that could be cancelled; no plan changes another one."""
        if one.decision is wanted and (wanted is not Decision.CANCEL or self._plan != LEGAL_REVIEW):
            return True
        kept = Decision.WAIT if self._plan == LEGAL_REVIEW else Decision.HONOUR
        return wanted is Decision.CANCEL and self._plan != "cancel-all" and one.decision is kept and one.reason in FREE

    def _close(self, responded: Sequence[Projection], noticed: datetime) -> None:
        """What became of the orders comes in, and is proven."""
        played = self._played
        later = noticed + _CANCELLED_AFTER
        decided = [one for projection in responded for one in projection.case.decisions]
        ends = dict(_ends(decided))
        self._night.lay(later, settled=True, closing=ends)
        self._tell(
            later, f"new reports: {sum(end == 'seller' for end in ends.values())} orders cancelled by the seller"
        )
        at = noticed + _PROVEN_AFTER
        pending = {one.order_id for one in decided if one.reason is Reason.PAYMENT_PENDING}
        if pending and self._plan != LEGAL_REVIEW:
            at = self._decide_paid(pending, ends, at)
        for incident_id in played.incidents:
            try:
                proved = prove(self._config, self._store, self._keys, incident_id, at)
            except Refused as refused:
                self._differs(str(refused))
                continue
            counts = proved.ledger.counts
            played.ledger.update(counts)
            undone = {entry.order_id for entry in proved.ledger.of(Outcome.CANCELLED, Outcome.BUYER_CANCELLED)}
            decisions = [one for one in proved.projection.case.decisions if one.order_id in undone]
            played.saved += total_loss(decisions).get(played.currency, Fraction())
            told = " + ".join(f"{n} {word.replace('_', ' ')}" for word, n in counts.items() if n and word != "found")
            self._tell(at, f"{incident_id}: {counts['found']} found = {told}")
            if self._scenario.at > at:
                close_incident(self._config, self._store, self._keys, incident_id, at)
                self._tell(at, f"{incident_id}: closed")
        self._judge_ledger()

    def _decide_paid(self, pending: Collection[str], ends: Mapping[str, str], at: datetime) -> datetime:
        """Pending payments came in: a second batch of letters and cancellations. When all of it was done."""
        played, ends = self._played, {**ends, **dict.fromkeys(pending, "paid")}
        self._night.lay(at, settled=True, closing=ends)
        run_cycle(self._config, self._store, self._keys, at)
        self._tell(at, f"{len(pending)} pending payments came in")
        for incident_id in played.incidents:
            with_it = (self._config, self._store, self._keys, incident_id)
            projection, before = refresh_outbox(*with_it, at), played.letters
            self._judge_letters(projection)
            paid = [one for one in projection.case.decisions if one.order_id in pending]
            if wrong := next((one for one in paid if not self._is_right(one, Decision.CANCEL)), None):
                self._differs(f"order {wrong.order_id} is paid by now and {wrong.decision.value}, not cancel")
            self._paid.update(one.decision for one in paid)
            ends.update(_ends(paid))
            played.letters = before
            if any(draft.state in UNDECIDED for draft in projection.letters.drafts):
                approve(*with_it, "", BY, at)
                handed = export(*with_it, "", at)
                played.letters += handed.letters
                self._tell(at, f"{incident_id}: {handed.letters} more letters approved and handed out")
        self._night.lay(at + _CANCELLED_AFTER, settled=True, closing=ends)
        return at + _PROVEN_AFTER

    def _judge_ledger(self) -> None:
        played = self._played
        if not played.balanced:
            self._differs(f"the ledger does not balance: {dict(played.ledger)}")
        wanted = Counter(
            {
                "cancelled": played.counts["cancel"] + self._paid["cancel"],
                "honoured": played.counts["honour"] + self._paid["honour"],
                "buyer_cancelled": played.counts["buyer-requested"] + played.counts["gone"],
                "too_late": played.counts["too-late"] + played.counts["request"],
                "open": played.counts["wait"] - self._paid.total(),
            }
        )
        for word, count in wanted.items():
            if played.ledger[word] != count:
                self._differs(f"the ledger says {word.replace('_', ' ')} {played.ledger[word]}, not {count}")

    def _tell(self, at: datetime, what: str) -> None:
        self._played.story.append((at, what))

    def _differs(self, what: str) -> None:
        self._played.deviations.append(what)


def _ends(decided: Iterable[OrderDecision]) -> Iterator[tuple[str, str]]:
    """Who cancels each order after the response; what the marketplace holds is shipped all the same."""
    for one in decided:
        if one.decision is Decision.CANCEL:
            yield one.order_id, "seller"
        elif one.decision is Decision.BUYER_REQUESTED:
            yield one.order_id, "buyer"
        elif one.decision is Decision.REQUEST:
            yield one.order_id, "shipped"


def _fits(finding: Finding, worst: WorstFinding) -> bool:
    amounts = {
        name: amount_text(amount, finding.currency)
        for name in ("price", "contribution", "exposure")
        if (amount := getattr(finding, name)) is not None
    }
    wanted = {name: text for name in ("price", "contribution", "exposure") if (text := getattr(worst, name))}
    return finding.code == worst.code and all(amounts.get(name) == text for name, text in wanted.items())


def _bad_row(name: str, gap: Gap) -> UsageError:
    """A cell of the scenario that the shop's reader does not take, in the words of the scenario."""
    table = {"catalogue.csv": "offers", "promotions.csv": "promotions"}.get(gap.file, "orders")
    number = f" {gap.line - 1}" if gap.line and table != "orders" else ""
    column = f"{gap.column}: " if gap.column else ""
    return UsageError(f"{name}: {table}{number}: {column}{gap.reason}", hint="docs/files.md tells every column")


def _list(codes: Sequence[str]) -> str:
    return ", ".join(codes) or "nothing"


def _said(finding: Finding) -> str:
    price = "" if finding.price is None else f" at {amount_text(finding.price, finding.currency)}"
    return f"{finding.code}{price}"


def _wanted(worst: WorstFinding) -> str:
    return f"{worst.code}{f' at {worst.price}' if worst.price else ''}"
