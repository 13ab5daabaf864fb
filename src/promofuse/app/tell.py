"""Tell the seller, once each: settings that lose money, an incident that opened or grew, stale data, a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from promofuse.alerts import send_alert
from promofuse.app.project import Projection
from promofuse.config import Config
from promofuse.delivery.smtp import one_line
from promofuse.drafts.locale import local_money, local_time
from promofuse.drafts.render import TemplateProblem, render_report
from promofuse.outbox.words import again_command
from promofuse.store.engine import Store
from promofuse.store.incidents import load_told, save_told
from promofuse.store.watch import Notice, has_notice, load_unsent_notices, mark_notice_sent, save_notice
from promofuse.velocity.question import Question
from promofuse.verdicts import Finding


def tell_incident(config: Config, store: Store, projection: Projection, alarm: str) -> None:
    """Note that an incident opened, or that its orders have tripled since the seller was last told of it.

    `alarm` is the sentence that raised it, blank where a person did.
    """
    case, language = projection.case, config.reader_language
    orders = len(case.decisions)
    with store.read() as db:
        told = load_told(db, case.incident_id)
    if told and orders < 3 * told:
        return
    values = {
        "incident_id": case.incident_id,
        "shop": case.shop,
        "what": case.cause.promotion_id or ", ".join(case.cause.skus),
        "name": case.promotion.name if case.promotion else "",
        "alarm": alarm,
        "orders": orders,
        "lost": " + ".join(local_money(loss, language, "") for loss in case.losses),
        "since": local_time(case.since, language, case.marketplace),
        "counts": {name.replace("-", "_"): count for name, count in case.counts.items()},
        "again": again_command(case),
        "folder": str(projection.folder),
    }
    key = f"incident:{case.incident_id}:{orders}"
    notice = _compose(config, key, case.shop, "tripled" if told else "opened", values, case.at)
    with store.write() as db:
        save_notice(db, notice)
        save_told(db, case.incident_id, orders)


def tell_stale(config: Config, store: Store, shop: str, as_of: datetime, at: datetime) -> None:
    """Note that a shop's order data is too old to say anything."""
    values = {
        "shop": shop,
        "as_of": local_time(as_of, config.reader_language, config.shops[shop].marketplace),
        "minutes": int((at - as_of) / timedelta(minutes=1)),
    }
    notice = _compose(config, f"stale:{shop}:{as_of.isoformat()}", shop, "stale", values, at)
    with store.write() as db:
        save_notice(db, notice)


def tell_trouble(config: Config, store: Store, shop: str, error: str, at: datetime) -> None:
    """Note that something of a shop could not be done, once a day for each thing."""
    said = one_line(error)
    day = f"{at:%Y-%m-%d}"
    key = f"trouble:{shop}:{day}:{sha256(said.encode()).hexdigest()[:16]}"
    notice = _compose(config, key, shop, "trouble", {"shop": shop, "error": said}, at)
    with store.write() as db:
        save_notice(db, notice)


def tell_question(
    config: Config, store: Store, shop: str, question: Question, finding: Finding | None, at: datetime
) -> None:
    """Ask whether a plan far deeper than the shop's others is meant, once for each revision.

    `finding` is the worst that the check says of it, None if nothing.
    """
    before = question.before
    words = "" if before is None else f"{before:+.0%}"
    values = {
        "shop": shop,
        "promotion_id": question.promotion_id,
        "name": question.name,
        "seen": local_time(question.seen_at, config.reader_language, config.shops[shop].marketplace),
        "depth": f"{question.depth:.0%}",
        "before": words,
        "usual": f"{question.usual:.0%}",
        "message": finding.message if finding else "",
        "hint": finding.hint if finding else "",
    }
    key = f"question:{shop}:{question.promotion_id}:{question.seen_at.isoformat()}"
    notice = _compose(config, key, shop, "question", values, at)
    with store.write() as db:
        save_notice(db, notice)


def tell_finding(config: Config, store: Store, shop: str, finding: Finding, others: int, at: datetime) -> None:
    """Note the worst that the check says of some promotions, or of a price; once for each thing it says.

    `others` is how much more it says of them. Nothing is noted of a promotion that the seller was asked about.
    """
    ids = ", ".join(finding.promotion_ids)
    with store.read() as db:
        if all(has_notice(db, f"question:{shop}:{one}:") for one in finding.promotion_ids or ("",)):
            return
    values = {
        "shop": shop,
        "what": ids or finding.sku,
        "message": finding.message,
        "hint": finding.hint,
        "others": others,
        "promotion_id": finding.promotion_ids[0] if finding.promotion_ids else "",
        "sku": finding.sku,
    }
    said = sha256(f"{ids}|{finding.sku}|{finding.code}|{finding.price}".encode()).hexdigest()[:16]
    notice = _compose(config, f"found:{shop}:{said}", shop, "found", values, at)
    with store.write() as db:
        save_notice(db, notice)


def tell_again(config: Config, store: Store, shop: str, finding: Finding, at: datetime) -> None:
    """Note that something is set up that is like a recent incident, once for each setting and incident."""
    ids = ", ".join(finding.promotion_ids)
    values = {"shop": shop, "promotion_id": ids, "message": finding.message, "hint": finding.hint}
    notice = _compose(config, f"again:{shop}:{ids}:{finding.message}", shop, "again", values, at)
    with store.write() as db:
        save_notice(db, notice)


def _compose(config: Config, key: str, shop: str, template: str, values: Mapping[str, Any], at: datetime) -> Notice:
    subject, body = render_alert(config, template, values)
    return Notice(key=key, shop=shop, subject=subject, body=body, made_at=at)


def render_alert(config: Config, template: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and body of a mail to the seller, in his language."""
    name = f"alert/{template}.{config.reader_language}.txt.j2"
    try:
        text = render_report(name, values, config.templates_dir)
    except TemplateProblem:  # an alarm goes out in our words rather than not at all
        text = render_report(name, values, None)
    first, _, body = text.partition("\n")
    return first.removeprefix("Subject:").strip(), body.strip()


def send_notices(config: Config, store: Store, at: datetime) -> tuple[int, str]:
    """Send what was noted; returns how many went out and why the rest did not, or blank. They are tried again."""
    if not config.alerts.to:
        return 0, ""
    with store.read() as db:
        waiting = load_unsent_notices(db)
    sent = 0
    for notice in waiting:
        try:
            asyncio.run(
                send_alert(
                    server=config.mail.server,
                    sender=config.mail.from_address,
                    to=config.alerts.to,
                    subject=notice.subject,
                    body=notice.body,
                    at=at,
                )
            )
        except Exception as error:  # noqa: BLE001  whatever the mail server does, the watch goes on
            return sent, f"{type(error).__name__}: {error}"
        with store.write() as db:
            mark_notice_sent(db, notice.key, at)
        sent += 1
    return sent, ""
