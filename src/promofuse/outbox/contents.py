"""What stands in an incident's folder: every file but the letters' own text, as bytes by path."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as email_policy
from fractions import Fraction
from typing import Any, Final

from promofuse.drafts.render import render_report
from promofuse.facts import Gap, OrderLine
from promofuse.money import decimal_text
from promofuse.outbox.after_words import (
    WATCH_LIST_HEADER,
    Background,
    after_values,
    watch_counts,
    watch_list_rows,
)
from promofuse.outbox.health_words import quantity_rows
from promofuse.outbox.letters import Draft, Letters, samples
from promofuse.outbox.spool import Content, Spool
from promofuse.outbox.translation import translation
from promofuse.outbox.words import Desk, proven_rows, report_values
from promofuse.response.cancel_files import (
    Cancellation,
    amazon_acknowledgement,
    amazon_adjustment,
    amazon_flat_file,
    cancellations,
    choose_trial,
    plain_file,
    whole_and_part,
)
from promofuse.response.case import Case, incident_json, time_text
from promofuse.response.runbook import amazon_stop_file, runbook_of, stop_skus
from promofuse.response.triage import Decision, OrderDecision
from promofuse.store.events import Act, Event

LINES_IN_NOTICE: Final = 50  # of orders that the marketplace ships; more are in a file to attach
_NUMBER: Final = re.compile(r"-\d{1,15}(\.\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The files of an incident's folder by path, which order is to be tried first, and what each upload cancels."""

    files: Mapping[str, Content]
    trial: str
    uploads: Mapping[str, Sequence[Cancellation]]


def write_contents(
    case: Case,
    letters: Letters,
    desk: Desk,
    gaps: Sequence[Gap],
    events: Sequence[Event] = (),
    background: Background | None = None,
) -> Contents:
    """Compose every file. A function of its arguments: the same case gives the same bytes."""
    rows = cancellations(case.decisions, desk.cancel_reason, blank_codes=desk.blank_codes)
    trial = choose_trial(rows, case.trial)
    first = [row for row in rows if row.order_id == trial]
    rest = [row for row in rows if row.order_id != trial]
    amazon = case.platform == "amazon"
    suffix, write = (".txt", amazon_flat_file) if amazon else (".csv", plain_file)
    uploads = {f"4-cancel/1-try-one{suffix}": first, f"4-cancel/2-all{suffix}": rest}
    spool = Spool()
    files: dict[str, Content] = {
        "incident.json": _json(incident_json(case)),
        "orders.csv": spool.add(_orders_csv(case, letters.drafts)),
        **{path: write(cancelled) for path, cancelled in uploads.items()},
        "3-buyers/manifest.jsonl": spool.add(manifest(letters.drafts)),
        "3-buyers/recipients.csv": spool.add(_recipients_csv(case, letters.drafts)),
        "3-buyers/exceptions.csv": _exceptions_csv(case),
    }
    if amazon and desk.merchant_id:
        whole, part = whole_and_part(rest, case.decisions)
        feeds = {"acknowledgement": (amazon_acknowledgement, whole), "adjustment": (amazon_adjustment, part)}
        for name, (feed, cancelled) in feeds.items():
            if cancelled:
                uploads[f"4-cancel/xml/{name}.xml"] = cancelled
                files[f"4-cancel/xml/{name}.xml"] = feed(cancelled, desk.merchant_id)
    requested = case.of(Decision.REQUEST)
    if amazon and requested:
        files["2-fba-cancel.csv"] = _fba_csv(requested, "asin")
    elif sum(len(decided.open_lines) for decided in requested) > LINES_IN_NOTICE:
        files["2-request-cancel.csv"] = _fba_csv(requested, "item_id")
    if amazon and (stopped := stop_skus(case.decisions)[0]):
        files["1-stop-quantity-0.txt"] = amazon_stop_file(stopped)
    if letters.chats:
        chats = [(chat.order_id, chat.language, chat.text) for chat in letters.chats]
        files["3-buyers/chat.csv"] = people_csv(("order_id", "language", "text"), chats)
    if bulk := quantity_rows(case):
        files["3-buyers/in-quantity.csv"] = people_csv(("order_id", "group", "units"), bulk)
    if proven := proven_rows(case):
        header = (
            "order_id",
            "asin" if amazon else "item_id",
            "quantity",
            "ordered_at",
            "cancelled_at",
            "reason",
            "cancelled_by",
        )
        files["5-proven-cancellations.csv"] = people_csv(header, proven)
    for group, source in letters.templates.items():
        files[f"3-buyers/templates/{group}.txt"] = source.encode()
    orders = {decided.order_id: decided for decided in letters.decisions}
    for name, draft in samples(letters.drafts, letters.decisions, case.incident_id).items():
        sample = readable(draft) + translation(draft, case, orders, desk)
        files[f"3-buyers/samples/{name}.txt"] = sample.encode()
    if approved := approvals(events):
        files["APPROVED.json"] = _json(approved)
    for draft in letters.drafts:
        files[draft.path] = draft.content
    if watched := watch_list_rows(case):
        files["6-watch-list.csv"] = spool.add(people_csv(WATCH_LIST_HEADER, watched))
    values = report_values(case, letters, desk, gaps, rows, trial, suffix, events)
    values |= {"watched": len(watched), "watched_for": watch_counts(watched), "language": desk.reader_language}
    values |= {"after": after_values(case, letters, background or Background(), events, desk.reader_language)}
    for path, template in (
        ("README.md", "report/readme"),
        ("1-stop.md", f"runbook/{runbook_of(case.platform)}"),
        ("2-support-notice.md", "support/notice"),
        ("3-buyers/replies.md", "report/replies"),
        ("5-annotation-request.md", "support/annotation-request"),
        ("6-follow-up.md", "report/follow-up"),
    ):
        name = f"{template}.{desk.reader_language}.md.j2"
        files[path] = render_report(name, values, desk.templates_dir).encode()
    for kind in ("md", "html"):  # one structure for all languages, with the words of each beside it
        files[f"7-post-mortem.{kind}"] = render_report(
            f"report/post-mortem.{kind}.j2", values, desk.templates_dir
        ).encode("utf-8", "replace")
    return Contents(
        files=files, trial=trial, uploads={path: cancelled for path, cancelled in uploads.items() if cancelled}
    )


def approvals(events: Sequence[Event]) -> dict[str, Any]:
    """APPROVED.json: every approval and rejection with who, when, the plan and one digest over its drafts.

    Empty before the first one.
    """
    batches = [
        {"batch": event.number, "what": event.what.value, "by": event.by, "why": event.why or None,
         "at": time_text(event.at), **event.details}
        for event in events
        if event.what in (Act.APPROVED, Act.REJECTED, Act.EXPORTED)
    ]  # fmt: skip
    return {"version": 1, "batches": batches} if batches else {}


def manifest(drafts: Iterable[Draft]) -> bytes:
    """One JSON object a draft; `path` is the authority on where it lies."""
    lines = io.BytesIO()
    for draft in drafts:
        entry = {
            "order_id": draft.order_id,
            "kind": draft.kind,
            "group": draft.group,
            "language": draft.language,
            "to": draft.to,
            "subject": draft.subject,
            "message_id": draft.message_id,
            "path": draft.path,
            "sha256": draft.sha256,
            "bytes": len(draft.content),
            "state": draft.state,
        }
        lines.write(_json(entry, indent=None))
    return lines.getvalue()


def readable(draft: Draft, raw: bytes | None = None) -> str:
    """A draft, or other bytes of it, as a person reads it: the headers that matter, then the text."""
    message = message_from_bytes(draft.raw if raw is None else raw, policy=email_policy)
    heads = "".join(f"{name}: {message[name]}\n" for name in ("From", "To", "Subject"))
    return f"{heads}\n{message.get_content()}"


def _orders_csv(case: Case, drafts: Iterable[Draft]) -> bytes:
    paths = {draft.order_id: draft.path for draft in drafts}
    header = (
        "order_id", "line_id", "sku", "quantity", "ordered_at", "fulfilled_by", "status", "paid", "contribution",
        "loss", "currency", "decision", "reason", "cancelled_by", "draft",
    )  # fmt: skip
    rows = (
        _order_row(decided, affected.line, affected.contribution.amount, paths)
        for decided in case.decisions
        for affected in decided.order.affected
    )
    return people_csv(header, rows)


def _order_row(
    decided: OrderDecision, line: OrderLine, contribution: Fraction | None, paths: Mapping[str, str]
) -> tuple[object, ...]:
    left = None if contribution is None else round(contribution)
    cancelled = line.status.value == "cancelled"
    decision = Decision.GONE if cancelled else decided.decision
    reason = "already-cancelled" if cancelled else decided.reason.value
    return (
        decided.order_id,
        decided.codes.get(line.line_key, ""),
        line.sku,
        line.quantity,
        time_text(line.ordered_at),
        line.fulfilled_by.value,
        line.status.value,
        _amount(line.paid, line.currency),
        _amount(left, line.currency),
        _amount(None if left is None else -left, line.currency),
        line.currency,
        decision.value,
        reason,
        decided.cancelled_by if cancelled else "",
        paths.get(decided.order_id, "") if not cancelled else "",
    )


def _amount(minor: int | None, currency: str) -> str:
    return "" if minor is None else decimal_text(minor, currency)


def _recipients_csv(case: Case, drafts: Iterable[Draft]) -> bytes:
    names = {decided.order_id: decided.buyer.name for decided in case.decisions}
    # A buyer was told though his order is no longer among the affected ones: his letter still stands.
    rows = ((draft.order_id, draft.to, names.get(draft.order_id, ""), draft.language, draft.group) for draft in drafts)
    return people_csv(("order_id", "email", "name", "language", "group"), rows)


def _exceptions_csv(case: Case) -> bytes:
    rows = [(decided.order_id, what.value) for decided in case.decisions for what in decided.missing]
    return people_csv(("order_id", "reason"), rows)


def _fba_csv(requested: Iterable[OrderDecision], item: str) -> bytes:
    rows = [(d.order_id, line.external_id, line.quantity) for d in requested for line in d.open_lines]
    return people_csv(("order_id", item, "quantity"), rows)


def people_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """CSV for a spreadsheet: UTF-8 with BOM, CRLF, all cells quoted, none that a spreadsheet would run.

    The header is our own plain words and stays unquoted: its line is the documented one to the letter.
    """
    table = io.BytesIO()
    text = io.TextIOWrapper(table, "utf-8-sig", "replace", newline="", write_through=False)
    csv.writer(text).writerow(header)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    text.flush()
    return table.getvalue()


def guarded(cell: object) -> str:
    """A cell as text; one that begins like a formula gets an apostrophe. Numbers of our own stay numbers."""
    text = str(cell)
    first = text.lstrip(" \u00a0\u3000")[:1]
    runs = first != "" and first in "=+-@\t\r\n|%＝＋－＠"
    return "'" + text if runs and not _NUMBER.fullmatch(text) else text


def _json(value: object, indent: int | None = 2) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode("utf-8", "replace")
