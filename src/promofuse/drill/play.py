"""Plays a drill: check, watch, alarm, response, a person's decisions, cancellations, proof, all by the use cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default as email_policy
from pathlib import Path
from typing import Final

from promofuse.app.approve import approve, export
from promofuse.app.cycle import ShopCycle, run_cycle
from promofuse.app.decide import Wish, close_incident, confirm_incident, mark_stopped, plan_incident
from promofuse.app.outbox import refresh_outbox
from promofuse.app.pace import CLOSELY_FOR
from promofuse.app.project import Projection
from promofuse.app.prove import prove
from promofuse.app.respond import Request, respond
from promofuse.app.standing import Checks
from promofuse.drafts.policy import check_letter, refusals
from promofuse.drill.arrivals import Cancelled, Coming, Doings, draw_orders, has_come, right_decision, sum_losses
from promofuse.drill.judge import find_differences
from promofuse.drill.played import Played
from promofuse.drill.sandbox import SELLER, SHOP, SIGNER, Sandbox
from promofuse.drill.scenario import Facts, Scenario, read_facts
from promofuse.errors import PromofuseError, Refused
from promofuse.incidents import Cause
from promofuse.outbox.approval import UNDECIDED
from promofuse.response.case import Case
from promofuse.response.triage import FREE, Decision, Missing
from promofuse.store.engine import Store, open_store
from promofuse.store.incidents import IncidentRecord, load_incidents, save_incident
from promofuse.store.privacy import Keys, load_keys

MINUTE: Final = timedelta(minutes=1)
_CLOSE_LOOK: Final = timedelta(seconds=30)
_WAVES: Final = 4  # of letters and cancellations; pending orders come in later ones
_PERSON: Final = "the person on duty"


def play(scenario: Scenario, folder: Path) -> Played:
    """Play a drill in an empty folder. Raises UsageError for rows that cannot be read, PromofuseError where it breaks.

    No clock is read, nothing leaves the folder. What came out differently from what the scenario expects is in
    `differences`.
    """
    facts = read_facts(scenario)
    orders = draw_orders(scenario, facts)
    sandbox = Sandbox(scenario, orders, folder)
    with open_store("", sandbox.config.data_dir) as store:
        night = _Night(scenario, facts, orders, sandbox, store, load_keys(sandbox.config.data_dir))
        night.play()
    played = night.played
    outbox = sandbox.config.outbox_dir
    played.files = tuple(str(path.relative_to(folder)) for path in sorted(outbox.rglob("*")) if path.is_file())
    played.differences = find_differences(played)
    return played


class _Night:
    """One night on its way."""

    def __init__(
        self, scenario: Scenario, facts: Facts, orders: Sequence[Coming], sandbox: Sandbox, store: Store, keys: Keys
    ) -> None:
        self._story, self._facts, self._orders = scenario, facts, orders
        self._by_id = {order.order_id: order for order in orders}
        self._sandbox, self._config, self._store, self._keys = sandbox, sandbox.config, store, keys
        self._doings = Doings()
        self._checks = Checks()
        self.played = Played(scenario=scenario)

    def play(self) -> None:
        """The whole night."""
        self._before()
        told = self._watch()
        stop = self._stop(told)
        now = self._respond(stop)
        if self._open():
            self._work(now)
        self._count(stop)

    def _look(self, at: datetime) -> ShopCycle:
        """What the daemon does at one beat."""
        self._sandbox.write(at, self._doings)
        cycle = run_cycle(self._config, self._store, self._keys, at, checks=self._checks)
        (shop,) = cycle.shops
        if shop.error:
            raise PromofuseError(f"{self._story.name}: {shop.error}", hint="please report this")
        return shop

    def _before(self) -> None:
        """The look before the night: what the check says."""
        story, played = self._story, self.played
        with self._store.write() as db:
            for past in story.incidents:
                cause = Cause(past.promotion_id, () if past.promotion_id else past.skus)
                save_incident(
                    db,
                    IncidentRecord(
                        incident_id=past.incident_id, shop=SHOP, cause=cause, state="closed", opened_at=past.opened_at,
                        summary={"cause": {"skus": list(past.skus)}},
                    ),
                )  # fmt: skip
        looked = self._look(story.at)
        played.findings, played.unknowns = looked.findings, len(looked.unknowns)
        self._hear(looked, story.at)
        for finding in played.serious:
            played.say(story.at, f"the check, {finding.severity.value} {finding.code}: {finding.message}")
        played.say(story.at, "nobody reads it" if played.serious else "the check has nothing to say")

    def _watch(self) -> datetime | None:
        """The daemon's beats until the first alarm; when the seller was told, None where he never was."""
        losses = [order for order in self._orders if order.rush and order.loss]
        self.played.first_loss = losses[0].at if losses else None
        if self.played.alarm:  # it stood in what was read first
            return self._story.at
        for beat in self._beats():
            looked = self._look(beat)
            self._hear(looked, beat)
            if self.played.alarm:
                return beat
        return None

    def _beats(self) -> Iterator[datetime]:
        """The daemon's looks that find something new, closely for half an hour after something began or changed.

        A look at a folder without news changes nothing, and is left out.
        """
        story = self._story
        usual = timedelta(seconds=story.night.look_seconds)
        starts = [t for p in self._facts.promotions for t in (p.seen_at, p.starts_at) if t]
        last = story.at
        for order in self._orders:
            if order.seen_at <= last or order.seen_at > story.noticed:
                continue
            close = any(start <= order.seen_at < start + CLOSELY_FOR for start in starts)
            pace = min(usual, _CLOSE_LOOK) if close else usual
            last = story.at + -(-(order.seen_at - story.at) // pace) * pace
            yield last

    def _hear(self, looked: ShopCycle, at: datetime) -> None:
        played = self.played
        for question in looked.questions:
            played.say(at, f"asks: {question.message}")
        named = {name for rush in self._story.night.orders for name in rush.promotions}
        for alarm in looked.alarms:
            played.say(at, f"ALARM {alarm.promotion_id}: {alarm.message}")
            if alarm.promotion_id not in named:
                played.stray_alarms += 1
            played.alarm = played.alarm or alarm
        if looked.alarms:
            played.told_at = at

    def _stop(self, told: datetime | None) -> datetime | None:
        """When the promotion was stopped: a person reacts to the alarm, or else notices by himself."""
        story, played = self._story, self.played
        if told is None and not played.first_loss:
            played.say(story.noticed, "the night is over; there was nothing to stop")
            return None
        noticed = story.noticed
        stop = min(told + story.night.reaction_minutes * MINUTE, noticed) if told else noticed
        if told is None:
            played.say(stop, "a person notices by himself, and stops it")
        else:
            played.say(stop, f"a person stops it, {story.night.reaction_minutes} minutes after the alarm")
        self._doings.stopped_at = stop
        return stop

    def _respond(self, stop: datetime | None) -> datetime:
        """The tail, the incidents, the stop on record, and what is decided about every order."""
        story, played = self._story, self.played
        now = (stop or story.noticed) + (story.night.tail_minutes + 6) * MINUTE
        self._look(now)
        if stop and not self._open():
            for rush in story.night.orders:
                request = Request(promotion=rush.promotions[0]) if rush.promotions else Request(sku=rush.sku)
                respond(self._config, self._store, self._keys, request, now)
        played.incidents = self._open()
        for incident_id in played.incidents:
            projection = mark_stopped(self._config, self._store, self._keys, incident_id, stop or now, now)
            if story.night.plan:
                wish = Wish(use=story.night.plan)
                planned = plan_incident(self._config, self._store, self._keys, incident_id, wish, now)
                projection = planned.projection or projection
            case = projection.case
            if case.inferred:
                confirm_incident(self._config, self._store, self._keys, incident_id, _PERSON, now)
            self._judge(case, now)
            lost = ", ".join(str(money) + " " + money.currency for money in case.losses)
            decided = ", ".join(f"{count} {name}" for name, count in case.counts.items() if count)
            played.say(now, f"{incident_id}: {len(case.decisions)} orders, {lost} lost if they ship; {decided}")
        return now

    def _judge(self, case: Case, now: datetime) -> None:
        """Each order's decision against its state in the story; every loss-making one has to be there."""
        played = self.played
        for decided in case.decisions:
            played.decisions[decided.decision.value] += 1
            order = self._by_id.get(decided.order_id)
            right = right_decision(order, self._doings, now) if order else None
            if order is None or not order.loss:
                played.misjudged.append(f"{decided.order_id} is not of the night")
            elif (right or decided.decision) is not decided.decision or (right is None and decided.reason not in FREE):
                played.misjudged.append(f"{decided.order_id}: {decided.decision.value}, not {right}")
        if case.incident_id == self.played.incidents[-1]:
            missed = sum(self._placed(order, now) and bool(order.loss) for order in self._orders) - sum(
                played.decisions.values()
            )
            if missed:
                played.misjudged.append(f"{missed} loss-making orders more than decided")

    def _placed(self, order: Coming, now: datetime) -> bool:
        return order.rush and has_come(order, self._story, self._doings, now)

    def _open(self) -> tuple[str, ...]:
        with self._store.read() as db:
            return tuple(record.incident_id for record in load_incidents(db) if record.state != "closed")

    def _work(self, now: datetime) -> None:
        """Approve, hand the letters out, cancel, prove; again as long as pending payments come in."""
        for _ in range(_WAVES):
            now += 4 * MINUTE
            waiting = sum(self._wave(incident_id, now) for incident_id in self.played.incidents)
            now += 30 * MINUTE
            if not waiting:
                break
            paid = [order.pending_until for order in self._orders if order.pending_until and self._placed(order, now)]
            now = max([now, *(moment + MINUTE for moment in paid)])
            self._look(now)
        for incident_id in self.played.incidents:
            self._prove(incident_id, now)

    def _wave(self, incident_id: str, now: datetime) -> int:
        """One round of letters and cancellations; how many orders are still waiting for their payment."""
        played = self.played
        self._sandbox.write(now, self._doings)
        projection = self._refresh(incident_id, now)
        if any(draft.state in UNDECIDED for draft in projection.letters.drafts):
            approved = approve(self._config, self._store, self._keys, incident_id, "", _PERSON, now)
            self._check_letters(approved.projection)
            handed = export(self._config, self._store, self._keys, incident_id, "", now + MINUTE)
            played.letters += handed.letters
            played.say(now, f"{incident_id}: {handed.letters} letters approved and handed out (to nobody: a drill)")
        case = projection.case
        at = now + 16 * MINUTE
        done = Counter(self._cancel(case, at))
        if done:
            said = ", ".join(f"{count} {what}" for what, count in done.items())
            played.say(at, f"{incident_id}: the platform reports {said}")
        self._look(now + 26 * MINUTE)
        prove(self._config, self._store, self._keys, incident_id, now + 27 * MINUTE)
        return case.counts[Decision.WAIT]

    def _cancel(self, case: Case, at: datetime) -> Iterator[str]:
        """What the platform does with the cancellation file and with the request to cancel what it ships itself."""
        doings = self._doings
        requests = 0
        for decided in case.decisions:
            order_id = decided.order_id
            no_code = {Missing.ITEM_CODE, Missing.AMBIGUOUS_CODE, Missing.BAD_ID} & {*decided.missing}
            if decided.decision is Decision.CANCEL and not no_code:
                doings.cancelled[order_id] = Cancelled(at, "seller", self._config.response.cancel_reason)
                yield "cancelled by the seller"
            elif decided.decision is Decision.BUYER_REQUESTED and not no_code:
                doings.cancelled[order_id] = Cancelled(at, "seller", "BuyerCanceled")
                yield "cancelled as their buyers had asked"
            elif decided.decision is Decision.REQUEST:
                share = self._story.night.marketplace_cancels
                requests += 1
                if int(requests * share) > int((requests - 1) * share):
                    doings.cancelled[order_id] = Cancelled(at, "marketplace", "")
                    yield "cancelled by the marketplace"
                else:
                    doings.shipped[order_id] = at
                    yield "shipped by the marketplace all the same"

    def _prove(self, incident_id: str, now: datetime) -> None:
        played = self.played
        try:
            proved = prove(self._config, self._store, self._keys, incident_id, now)
        except Refused as refused:
            played.unbalanced = str(refused)
            return
        counts = dict(proved.ledger.counts)
        found = counts.pop("found")
        played.ledger.update(counts)
        if sum(counts.values()) != found:
            played.unbalanced = f"found {found}, accounted for {sum(counts.values())}"
        self._check_letters(proved.projection)
        said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
        played.say(now, f"{incident_id}: the ledger has {said} of {found}")
        close_incident(self._config, self._store, self._keys, incident_id, now)

    def _refresh(self, incident_id: str, now: datetime) -> Projection:
        projection = refresh_outbox(self._config, self._store, self._keys, incident_id, now)
        self._check_letters(projection)
        return projection

    def _check_letters(self, projection: Projection) -> None:
        """Every letter as it lies in the folder against the platform's policy, and whether it may exist at all."""
        played, case = self.played, projection.case
        wanted = {one.order_id for one in case.of(Decision.CANCEL, Decision.GONE)}
        for draft in projection.letters.drafts:
            message = message_from_bytes(draft.raw, policy=email_policy)
            broken = refusals(
                check_letter(
                    str(message["Subject"]), message.get_content(), case.platform, draft.language, draft.order_id,
                    draft.kind, names=(SELLER, SIGNER), refunded=draft.refunded, repair=draft.repair,
                )
            )  # fmt: skip
            said = [f"{draft.order_id}: {problem.code} {problem.message}" for problem in broken]
            if draft.order_id not in wanted:
                said.append(f"{draft.order_id}: a letter to a buyer whose order is not cancelled")
            played.breaches += [text for text in said if text not in played.breaches]
        for decided in projection.letters.decisions:
            if (
                Missing.LETTER in decided.missing
                and (text := f"{decided.order_id}: no letter passes") not in played.breaches
            ):
                played.breaches.append(text)

    def _count(self, stop: datetime | None) -> None:
        """The money."""
        story, played, doings = self._story, self.played, self._doings
        rush = [order for order in self._orders if order.rush]
        told = played.told_at or story.noticed
        played.lost = dict(sum_losses([order for order in rush if order.at <= told]))
        came = [order for order in rush if has_come(order, story, doings, story.noticed + timedelta(days=1))]
        gone = {order.order_id for order in came if order.order_id in doings.cancelled or order.cancels}
        played.saved = dict(sum_losses([order for order in rush if order not in came])) if stop else {}
        played.undone = dict(sum_losses([order for order in came if order.order_id in gone]))
        played.left = dict(sum_losses([order for order in came if order.order_id not in gone]))
