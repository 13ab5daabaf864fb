"""The daemon's cycle: read -> check -> watch -> incidents -> respond -> outbox -> tell the seller, with one clock."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from promofuse.app.check import check_stored
from promofuse.app.read import ShopRead, read_shops
from promofuse.app.respond import Request, Response, respond_to
from promofuse.app.standing import Checks
from promofuse.app.tell import (
    send_notices,
    tell_again,
    tell_finding,
    tell_incident,
    tell_question,
    tell_stale,
    tell_trouble,
)
from promofuse.app.watch import Watched, watch_shop
from promofuse.config import Config
from promofuse.errors import PromofuseError
from promofuse.rules.recurrence import SoonAfterIncident
from promofuse.store.engine import Store
from promofuse.store.incidents import load_incidents
from promofuse.store.orders import data_as_of
from promofuse.store.privacy import Keys
from promofuse.store.watch import OpenAlarm, answer_alarms, load_open_alarms, load_watch
from promofuse.velocity.question import Question
from promofuse.verdicts import Alarm, Finding, Severity, Unknown

_SEEN_EARLIER: Final = timedelta(hours=1)  # orders may be seen before others that were placed earlier
_TOLD_AT_ONCE: Final = 5  # promotions and prices in one look; `check` has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopCycle:
    """What one cycle did for one shop. `error` is why it stopped, in a line; what came before it stands."""

    shop: str
    read: ShopRead
    findings: tuple[Finding, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    questions: tuple[Question, ...] = ()
    responses: tuple[Response, ...] = ()
    data_as_of: datetime | None = None
    stale: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One cycle over all shops."""

    at: datetime
    shops: tuple[ShopCycle, ...]
    told: int
    mail_error: str
    open_incidents: int


def run_cycle(
    config: Config,
    store: Store,
    keys: Keys,
    at: datetime,
    names: Collection[str] | None = None,
    checks: Checks | None = None,
) -> Cycle:
    """One cycle as of `at` over the named shops, or all. A shop that fails does not stop the others; it is said.

    `checks` are kept between cycles.
    """
    chosen = config.shops if names is None else names
    shops = tuple(_run_shop(config, store, keys, name, at, checks) for name in config.shops if name in chosen)
    told, mail_error = send_notices(config, store, at)
    with store.read() as db:
        still_open = sum(record.state != "closed" for record in load_incidents(db))
    return Cycle(at=at, shops=shops, told=told, mail_error=mail_error, open_incidents=still_open)


def _run_shop(config: Config, store: Store, keys: Keys, shop: str, at: datetime, checks: Checks | None) -> ShopCycle:
    done = _look_after(config, store, keys, shop, at, checks)
    if done.error:
        with suppress(Exception):  # what stopped the shop may stop the telling too: the log and the heartbeat have it
            tell_trouble(config, store, shop, done.error, at)
    return done


def _look_after(config: Config, store: Store, keys: Keys, shop: str, at: datetime, checks: Checks | None) -> ShopCycle:
    done = ShopCycle(shop=shop, read=ShopRead(shop=shop))
    try:
        (read,) = read_shops(config, store, keys, at, [shop])
        done = replace(done, read=read)
        if read.error is not None:
            return replace(done, error=str(read.error))
        checked = check_stored(config, store, shop, at, checks)
        watched = watch_shop(config, store, keys, shop, at)
        _tell_settings(config, store, shop, checked.findings, watched, at)
        done = replace(done, findings=checked.findings, unknowns=checked.unknowns, alarms=watched.alarms)
        done = replace(done, questions=watched.questions)
        responses, troubles = _answer(config, store, keys, shop, at)
        done = replace(done, responses=responses, error="; ".join(troubles))
        with store.read() as db:
            as_of = data_as_of(db, shop, at)
        stale = as_of is not None and at - as_of > timedelta(minutes=config.response.max_data_age)
        if stale and as_of is not None:
            tell_stale(config, store, shop, as_of, at)
        return replace(done, data_as_of=as_of, stale=stale)
    except Exception as error:  # noqa: BLE001  one shop's surprise must not blind the watch over the others
        return replace(done, error=_said(error))


def _tell_settings(
    config: Config, store: Store, shop: str, findings: Sequence[Finding], watched: Watched, at: datetime
) -> None:
    """Tell the seller what is wrong with settings, but not where orders or an open incident say it louder."""
    with store.read() as db:
        loud = {r.cause.promotion_id for r in load_incidents(db) if r.shop == shop and r.state != "closed"}
    loud |= {alarm.promotion_id for alarm in watched.alarms}
    critical: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        if finding.code == SoonAfterIncident.code and not finding.waived:
            tell_again(config, store, shop, finding, at)
        if finding.severity is Severity.CRITICAL and not loud.intersection(finding.promotion_ids):
            critical.setdefault(finding.promotion_ids, []).append(finding)
    for question in watched.questions:
        if question.promotion_id not in loud:
            about = critical.get((question.promotion_id,), [None])
            tell_question(config, store, shop, question, about[0], at)
    intended = set(config.watch.intended)
    for ids, some in islice(critical.items(), _TOLD_AT_ONCE):
        if not ids or not intended.issuperset(ids):
            tell_finding(config, store, shop, some[0], len(some) - 1, at)


def _opening(alarm: OpenAlarm, lookback: timedelta) -> Request:
    """The request for an incident that an alarm opens; a price without a record is wrong from its first line on."""
    since = None if alarm.cause.promotion_id or alarm.since is None else alarm.since - _SEEN_EARLIER
    return Request(newest_within=lookback, opened_at=alarm.at, since=since)


def _said(error: Exception) -> str:
    """What went wrong, in a line; for what nobody expected, with its place."""
    if isinstance(error, PromofuseError | OSError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})"


def _answer(
    config: Config, store: Store, keys: Keys, shop: str, at: datetime
) -> tuple[tuple[Response, ...], tuple[str, ...]]:
    """Open an incident for each fresh alarm, and bring the open ones up to date if there was news of the shop.

    One that fails does not stop the others: what was wrong with it is returned too, and it is tried again.
    """
    with store.read() as db:
        alarms = load_open_alarms(db, shop)
        newest = load_watch(db, shop).news
        known = {r.cause.key: r for r in load_incidents(db) if r.shop == shop and r.state != "closed"}
    sentences = {alarm.cause.key: alarm.message for alarm in alarms}
    causes = {alarm.cause.key: alarm.cause for alarm in alarms} | {key: r.cause for key, r in known.items()}
    lookback = timedelta(days=config.watch.lookback_days)
    first = {alarm.cause.key: alarm for alarm in sorted(alarms, key=lambda alarm: alarm.at, reverse=True)}
    responses: list[Response] = []
    troubles: list[str] = []
    for key, cause in sorted(causes.items()):
        if key not in sentences and known[key].reading == newest:
            continue
        request = Request() if key in known else _opening(first[key], lookback)
        try:
            response = respond_to(config, store, keys, shop, cause, at, request)
            if response.projection is not None:
                tell_incident(config, store, response.projection, sentences.get(key, ""))
                responses.append(response)
            with store.write() as db:
                answer_alarms(db, shop, cause)
        except Exception as error:  # noqa: BLE001  as for a shop
            name = known[key].incident_id if key in known else key
            troubles.append(f"{name}: {_said(error)}")
    return tuple(responses), tuple(troubles)
