"""How a case looks on a terminal: the money, the decisions, the rate, what is missing, what comes next."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from promofuse.app.cycle import Cycle
    from promofuse.app.decide import Outlook
    from promofuse.app.outbox import Look
    from promofuse.app.project import Projection
    from promofuse.app.read import ShopRead
    from promofuse.response.case import Case
    from promofuse.store.events import Event
    from promofuse.store.incidents import IncidentRecord

FOLLOWS = {
    "cancel": "letter and cancellation file",
    "honour": "ship it at the price paid",
    "wait": "payment pending or under review: looked at again on the next run",
    "request": "fulfilled by the marketplace: ask support to cancel",
    "buyer-requested": "cancellation file with the buyer's reason; no letter",
    "too-late": "shipped: counted as lost",
    "gone": "already cancelled",
}


def console(*, err: bool = False) -> Console:
    """A console that never recolours numbers and never cuts a line when piped."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    return Console(stderr=err, highlight=False, markup=False, width=None if stream.isatty() else 160)


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on stderr while something takes long; nothing where nobody watches."""
    out = console(err=True)
    if not out.is_terminal:
        yield
        return
    with out.status(f"{what} ..."):
        yield


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_next(steps: Iterable[str]) -> None:
    """The next commands, on stderr."""
    out = console(err=True)
    out.print("Next:")
    for step in steps:
        out.print(f"  {step}", soft_wrap=True)


def print_reads(reads: Sequence[ShopRead]) -> None:
    """What was read, and every bad row by file, line and column, on stderr."""
    out = console(err=True)
    for read in reads:
        if read.error is not None:
            out.print(f"{read.shop}: {read.error}", soft_wrap=True)
            continue
        out.print(f"{read.shop}: {read.files} new or changed files, {read.rows:,} rows, {read.seconds:.1f} s")
        for gap in read.gaps[:10]:
            where = gap.file + (f", line {gap.line}" if gap.line else "") + (f", {gap.column}" if gap.column else "")
            out.print(f"  {where}: {gap.reason}", soft_wrap=True)
        if len(read.gaps) > 10:
            out.print(f"  and {len(read.gaps) - 10} more; `promofuse doctor` lists them")


def print_case(case: Case) -> None:
    """The case in a dozen lines on stdout."""
    from rich.table import Table

    from promofuse.outbox.words import intended_text, setting_text

    out = console()
    named = case.promotion
    title = case.cause.promotion_id or ", ".join(case.cause.skus)
    words = ""
    if named:
        meant = intended_text(named, "en")
        words = f" {named.name!r}: {setting_text(named, 'en')}" + (f", meant {meant}" if meant else "")
    out.print(f"{case.incident_id}  {case.shop}  {title}{words}", style="bold", soft_wrap=True)
    out.print(
        f"{len(case.decisions)} orders, {case.units} units, {_losses(case)}; since {case.since:%Y-%m-%d %H:%M} UTC"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("decision")
    table.add_column("orders", justify="right")
    table.add_column("what follows")
    for decision, count in case.counts.items():
        if count:
            table.add_row(decision, str(count), FOLLOWS[decision])
    out.print(table)
    out.print(rate_line(case), soft_wrap=True)
    if case.unknown_losses:
        out.print(f"{case.unknown_losses} lines have no known cost or price: look at them before you cancel")
    if case.inferred:
        out.print("No promotion id names these orders: they were found by SKU, time and price. Check orders.csv first.")


def print_projection(projection: Projection) -> None:
    """What is missing, what was edited, and where the folder is."""
    from promofuse.outbox.words import missing_pieces

    out = console()
    for piece in missing_pieces(projection.case):
        out.print(f"missing: {missing_line(piece, projection.case.platform)}", soft_wrap=True)
    for path in projection.edited:
        out.print(f"edited by hand: {path}", soft_wrap=True)
    for path in projection.kept:
        if path.endswith(".md"):
            out.print(f"kept as you wrote it: {path}; the new text lies beside it", soft_wrap=True)
    for problem in projection.problems:
        out.print(f"not taken up: {problem}", soft_wrap=True)
    out.print(
        f"outbox: {short_path(projection.folder)}  ({projection.drafts} drafts, {projection.written} files written)",
        soft_wrap=True,
    )


def missing_line(piece: dict[str, Any], platform: str) -> str:
    """`214 of 300 orders: address missing, item code missing; Orders > Order Reports > last 2 days > Request`."""
    line = f"{piece['orders']} of {piece['of']} orders: {', '.join(piece['what'])}"
    if not {"address missing", "item code missing"} & set(piece["what"]):
        return line
    if platform != "amazon":
        return f"{line}; fill it in in the shop's order file, run again"
    days = "day" if piece["days"] == 1 else f"{piece['days']} days"
    return f"{line}; Orders > Order Reports > last {days} > Request, drop the file into the shop's folder, run again"


def rate_line(case: Case | Outlook) -> str:
    """The plan and the cancellation rate in a sentence."""
    from promofuse.drafts.locale import percent_text
    from promofuse.response.plan import LEGAL_REVIEW

    rate = case.rate
    if case.plan == LEGAL_REVIEW:
        return (
            "Plan legal-review: courts may be against cancelling over a price error. Nothing is cancelled or drafted "
            f"before you name a plan: promofuse plan {case.incident_id} --use NAME"
        )
    if rate.now is None:
        return f"Plan {case.plan}; the cancellation rate is unknown: {rate.why}"
    after = case.rate_after
    verdict = "OVER the limit" if after is not None and after >= rate.limit else "under the limit"
    room = rate.room()
    line = (
        f"Plan {case.plan}: cancellation rate {percent_text(rate.now, 'en')} now, {percent_text(after, 'en')} after, "
        f"{verdict} of {percent_text(rate.limit, 'en')} ({rate.cancelled} of {rate.orders} seller-fulfilled orders)."
    )
    if rate.over:
        line += " It is over already, without any cancellation from here."
    elif case.plan == "cancel-all" and verdict.startswith("OVER"):
        line += f" `promofuse plan {case.incident_id} --use under-limit` cancels {room} and honours the rest."
    return line


def _losses(case: Case) -> str:
    if not case.losses:
        return "loss unknown"
    return "loss " + " + ".join(f"{loss} {loss.currency}" for loss in case.losses)


def short_path(path: Path) -> str:
    """Relative to here where that is shorter to read."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def print_incidents(records: Sequence[IncidentRecord]) -> None:
    """One line an incident."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("incident", "shop", "cause", "state", "opened (UTC)"):
        table.add_column(name)
    for name in ("orders", "lost", "cancel", "too late"):
        table.add_column(name, justify="right")
    for record in records:
        known = record.summary
        lost = f"{known['lost']} {known['currency']}" if known.get("lost") else "unknown"
        counts = known.get("counts", {})
        table.add_row(
            record.incident_id,
            record.shop,
            record.cause.promotion_id or ", ".join(record.cause.skus),
            record.state,
            f"{record.opened_at:%Y-%m-%d %H:%M}",
            str(known.get("orders", 0)),
            lost,
            str(counts.get("cancel", 0)),
            str(counts.get("too-late", 0)),
        )
    console().print(table)


def print_told_open(records: Sequence[IncidentRecord], at: datetime, late_after: timedelta) -> None:
    """What heads every view: buyers who were told while their orders still stand; red once that lasts too long."""
    for record in records:
        if record.told_open and record.told_since and record.state != "closed":
            waiting = at - record.told_since
            hours, minutes = divmod(int(waiting / timedelta(minutes=1)), 60)
            late = waiting > late_after
            console().print(
                f"{'LATE: ' if late else ''}{record.incident_id}: {record.told_open} buyers were told, the first "
                f"{hours} h {minutes:02} m ago, and their orders still stand",
                style="bold red" if late else "bold",
                soft_wrap=True,
            )


def print_incident(look: Look) -> None:
    """One incident in a dozen lines: orders, letters, ledger, and what people did."""
    record, known = look.record, look.record.summary
    out = console()
    print_incidents([record])

    def said(counts: Mapping[str, int]) -> str:
        return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count) or "none"

    out.print(f"orders:  {said(known.get('counts', {}))}", soft_wrap=True)
    out.print(f"letters: {said({state.value: count for state, count in look.letters.items()})}", soft_wrap=True)
    ledger = dict(known.get("ledger", {}))
    out.print(f"ledger:  {ledger.pop('found', 0)} found = {said(ledger)}", soft_wrap=True)
    for event in look.events[-10:]:
        by = f" by {event.by}" if event.by else ""
        why = f": {event.why}" if event.why else ""
        out.print(f"{event.at:%Y-%m-%d %H:%M} UTC  {_deed(event)}{by}{why}", soft_wrap=True)


def _deed(event: Event) -> str:
    """What was done; of a sending how many letters went, for it may have been cut short."""
    from promofuse.rules.wording import count_text
    from promofuse.store.events import Act

    return f"sent {count_text(event.details['sent'], 'letter')}" if event.what is Act.SENT else event.what.value


def steps_to_approval(case: Case) -> list[str]:
    """What stands between an incident whose folder is laid and its letters, in the order in which it is done."""
    from promofuse.response.plan import LEGAL_REVIEW

    incident, steps = case.incident_id, []
    if case.inferred and not case.confirmed:
        steps.append(f"promofuse confirm {incident} --by NAME     once you have looked through orders.csv")
    if case.plan == LEGAL_REVIEW:
        steps.append(f"promofuse plan {incident} --use NAME     when a lawyer agreed: until then there is no letter")
    else:
        steps.append(
            f"promofuse approve {incident} --by NAME     once you have read 3-buyers/samples; edited files are taken up"
        )
    return steps


def steps_of(look: Look) -> list[str]:
    """What to do next for one incident."""
    incident = look.record.incident_id
    if look.record.state == "closed":
        return [f"promofuse outbox {incident}"]
    return [*steps_by_letters(look), f"promofuse plan {incident}", f"promofuse outbox {incident}"]


def steps_by_letters(look: Look) -> list[str]:
    """What to do next with letters that were approved, by where they stand."""
    from promofuse.store.deliveries import DeliveryState

    incident, letters, steps = look.record.incident_id, look.letters, []
    if begun := letters.get(DeliveryState.CLAIMED, 0) + letters.get(DeliveryState.SENDING, 0):
        steps.append(f"promofuse send {incident}     goes on with {begun}, unless a sender is at work just now")
    elif waiting := letters.get(DeliveryState.APPROVED, 0) + letters.get(DeliveryState.RETRY, 0):
        steps.append(f"promofuse send {incident}     {waiting} approved letters wait")
    if doubtful := letters.get(DeliveryState.UNKNOWN, 0):
        steps.append(f"promofuse resolve {incident} ORDER sent|not-sent --by NAME     {doubtful} in doubt")
    if failed := letters.get(DeliveryState.FAILED, 0):
        steps.append(f"promofuse approve {incident} --by NAME     to try the {failed} that failed once more")
    if look.record.told_open:
        steps.append(f"upload 4-cancel, put new reports into the shop's folder, then promofuse prove {incident}")
    return steps


def print_tree(folder: Path) -> None:
    """The incident's folder, one line a file, drafts counted."""
    from rich.tree import Tree

    tree = Tree(short_path(folder))
    for path in sorted(folder.iterdir()):
        if path.is_file():
            tree.add(path.name)
            continue
        branch = tree.add(path.name + "/")
        for inner in sorted(path.iterdir()):
            many = sum(1 for file in inner.rglob("*") if file.is_file()) if inner.is_dir() else 0
            branch.add(f"{inner.name}/  {many} files" if inner.is_dir() else inner.name)
    console().print(tree)


def print_cycle(cycle: Cycle) -> None:
    """What one cycle found, a few lines a shop."""
    out = console()
    for shop in cycle.shops:
        if shop.error:
            out.print(f"{shop.shop}: stopped: {shop.error}", soft_wrap=True)
            if shop.data_as_of is None:
                continue
        age = "no orders yet" if shop.data_as_of is None else f"order data of {shop.data_as_of:%Y-%m-%d %H:%M} UTC"
        blind = "; STALE, silence means nothing" if shop.stale else ""
        out.print(f"{shop.shop}: {len(shop.findings)} findings, {len(shop.alarms)} alarms; {age}{blind}")
        for finding in shop.findings[:3]:
            out.print(f"  {finding.severity.value} {finding.code}: {finding.message}", soft_wrap=True)
        for alarm in shop.alarms:
            out.print(f"  alarm {alarm.about}: {alarm.message}", soft_wrap=True)
        for response in shop.responses:
            if response.projection:
                print_case(response.projection.case)
                for problem in response.projection.problems:
                    out.print(f"not taken up: {problem}", soft_wrap=True)
    out.print(f"{cycle.open_incidents} open incidents")
    if cycle.mail_error:
        out.print(f"the seller could not be told by mail: {cycle.mail_error}", soft_wrap=True)
    print_next(
        ["promofuse incidents", "promofuse outbox ID"]
        if cycle.open_incidents
        else ["promofuse daemon     keep watching"]
    )


def cycle_json(cycle: Cycle) -> dict[str, Any]:
    """`daemon --once --json`."""
    from promofuse.response.case import time_text

    return {
        "version": 1,
        "at": time_text(cycle.at),
        "shops": [
            {
                "shop": shop.shop,
                "error": shop.error or None,
                "data_as_of": time_text(shop.data_as_of) if shop.data_as_of else None,
                "stale": shop.stale,
                "findings": len(shop.findings),
                "unknowns": len(shop.unknowns),
                "alarms": [
                    {"promotion_id": a.promotion_id, "kind": a.kind.value, "at": time_text(a.at), "message": a.message}
                    for a in shop.alarms
                ],
                "incidents": [r.case.incident_id for r in shop.responses if r.case],
            }
            for shop in cycle.shops
        ],
        "open_incidents": cycle.open_incidents,
        "told": cycle.told,
        "mail_error": cycle.mail_error or None,
    }
