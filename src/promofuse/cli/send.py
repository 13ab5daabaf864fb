"""`promofuse send`, `resolve` and `prove`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AsJson, At, By, ConfigPath, IncidentId, open_session
from promofuse.errors import Refused

if TYPE_CHECKING:
    from promofuse.app.pack import Packed
    from promofuse.app.project import Projection
    from promofuse.app.prove import Proved
    from promofuse.app.send import Ready, Sent
    from promofuse.response.case import Case

UNDO: Final = 10  # seconds in which a person at a terminal can take the word back


def send(
    incident: IncidentId,
    confirm: Annotated[
        int | None,
        typer.Option("--confirm", metavar="N", help="How many letters are to go; needed without a terminal."),
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Send the approved letters, each at most once. Exit code 1 if letters failed, are in doubt or are left."""
    from promofuse.app.send import send as send_letters
    from promofuse.cli import show
    from promofuse.cli.sending import Sending

    def agree(ready: Ready, case: Case) -> None:
        _agree(ready, case, confirm)

    with open_session(config, at) as session, Sending() as sending:
        sent = send_letters(
            session.config,
            session.store,
            session.keys,
            incident,
            session.at,
            agree=agree,
            on_progress=sending.show,
        )
    if json:
        show.print_json(_sent_json(incident, sent))
    else:
        _print_sent(incident, sent)
    outcome = sent.outcome
    doubtful = any(letter.state.value in ("failed", "unknown") for letter in sent.letters)
    if outcome and outcome.stopped and not doubtful:
        raise outcome.stopped
    if doubtful or (outcome and (outcome.retry or outcome.left)):
        raise typer.Exit(1)


def _agree(ready: Ready, case: Case, confirm: int | None) -> None:
    """Check the number that a person named, or ask for it; raises Refused."""
    from promofuse.cli import show

    count = len(ready.ready)
    err = show.console(err=True)
    for (order_id, _), reason in list(ready.withheld.items())[:10]:
        err.print(f"withheld: {order_id}: {reason}", soft_wrap=True)
    if len(ready.withheld) > 10:
        err.print(f"withheld: and {len(ready.withheld) - 10} more")
    for number, what in (
        (len(ready.changed), "are changed since they were approved"),
        (ready.undecided, "are not approved"),
        (ready.refused, "were edited in a way that cannot be taken up"),
    ):
        if number:
            err.print(f"{number} letters {what}: they do not go")
    if ready.deleted:
        err.print(
            f"{ready.deleted} letters go though their files were deleted: to hold one back, "
            f"promofuse plan {case.incident_id} --honour ORDER",
            soft_wrap=True,
        )
    if confirm is not None:
        if confirm != count:
            raise Refused(
                f"{count} letters are about to go, not {confirm}", hint=f"--confirm {count}, if that is right"
            )
        return
    if not count:
        return
    if not (sys.stdin.isatty() and err.is_terminal):
        raise Refused(
            f"{count} letters are about to go, and nobody confirmed it",
            hint=f"promofuse send {case.incident_id} --confirm {count}",
        )
    err.print(show.rate_line(case), soft_wrap=True)
    if typer.prompt(f"{count} letters go to buyers now. Type the number to send them", err=True).strip() != str(count):
        raise Refused("nothing was sent")
    _wait_for_second_thoughts(count)


def _wait_for_second_thoughts(count: int) -> None:
    from time import sleep

    from rich.progress import track

    from promofuse.cli import show

    try:
        for _ in track(
            range(UNDO), f"{count} letters go in {UNDO} s; Ctrl-C keeps them here", console=show.console(err=True)
        ):
            sleep(1)
    except KeyboardInterrupt:
        raise Refused("taken back: nothing was sent") from None


def _print_sent(incident: str, sent: Sent) -> None:
    from promofuse.cli import show
    from promofuse.store.deliveries import DeliveryState

    out = show.console()
    for letter in sent.letters[:20]:
        name = f" {letter.message_id}" if letter.state.value == "unknown" else ""  # what to look for at the provider
        out.print(f"{letter.state.value}: {letter.order_id}: {letter.error}{name}", soft_wrap=True)
    if len(sent.letters) > 20:
        out.print(f"and {len(sent.letters) - 20} more: 3-buyers/manifest.jsonl")
    outcome = sent.outcome
    doubtful = sent.count(DeliveryState.UNKNOWN)
    if outcome is None:
        out.print(no_letters_yet(sent.projection) or "Nothing left to send.")
    else:
        out.print(
            f"sent {outcome.sent}, failed {sent.count(DeliveryState.FAILED)}, in doubt {doubtful}, "
            f"to try again {outcome.retry}, withheld {outcome.withheld + len(sent.ready.withheld)}, "
            f"left {outcome.left}"
        )
    if sent.without_letter:
        out.print(f"{sent.without_letter} orders to cancel have no letter: see exceptions.csv", soft_wrap=True)
    steps = []
    if sent.ready.refused:
        steps.append(f"promofuse outbox {incident}     {sent.ready.refused} edits could not be taken up: it says why")
    if sent.ready.changed or sent.ready.undecided:
        waiting = len(sent.ready.changed) + sent.ready.undecided
        steps.append(f"promofuse approve {incident} --by NAME     {waiting} letters are not approved")
    if doubtful:
        steps.append(f"promofuse resolve {incident} ORDER sent|not-sent --by NAME     for each in doubt")
    if outcome and (outcome.left or outcome.retry):
        steps.append(f"promofuse send {incident}     goes on where it stopped")
    if sent.projection.case.told_and_open:
        folder = show.short_path(sent.projection.folder / "4-cancel")
        steps.append(f"upload {folder} now: {len(sent.projection.case.told_and_open)} buyers were told")
        steps.append(f"promofuse prove {incident}     when new reports are in the shop's folder")
    show.print_next(steps or [f"promofuse prove {incident}"])


def no_letters_yet(projection: Projection) -> str:
    """Why there is no letter at all, where they come after the cancellations; blank otherwise."""
    if projection.letters.drafts or not projection.case.letters_after:
        return ""
    return 'No letters yet: with message_timing = "after" they are drawn up for the orders that `prove` has proven.'


def _sent_json(incident: str, sent: Sent) -> dict[str, object]:
    from promofuse.store.deliveries import DeliveryState

    outcome = sent.outcome
    names = ("sent", "failed", "unknown", "retry", "withheld", "left", "skipped")
    return {
        "version": 1,
        "id": incident,
        **{name: getattr(outcome, name) if outcome else 0 for name in names},
        "failed": sent.count(DeliveryState.FAILED),  # these two also of earlier runs, as the exit code says
        "unknown": sent.count(DeliveryState.UNKNOWN),
        "withheld_before": {order_id: reason for (order_id, _), reason in sent.ready.withheld.items()},
        "changed": len(sent.ready.changed),
        "undecided": sent.ready.undecided,
        "refused": sent.ready.refused,
        "without_letter": sent.without_letter,
        "letters": [
            {"order_id": one.order_id, "kind": one.kind, "state": one.state.value, "error": one.error}
            for one in sent.letters
        ],
        "stopped": str(outcome.stopped) if outcome and outcome.stopped else None,
    }


def resolve(
    incident: IncidentId,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order whose letter is in doubt.")],
    word: Annotated[str, typer.Argument(metavar="sent|not-sent", help="What you found out.")],
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Settle a letter in doubt: look for its Message-ID at your mail provider. `not-sent` lets it be sent again."""
    from promofuse.app.send import resolve_letter
    from promofuse.cli import show

    with open_session(config, at) as session, show.working("bringing the folder up to date"):
        done = resolve_letter(session.config, session.store, session.keys, incident, order, word, by, session.at)
    if json:
        show.print_json({"version": 1, "id": incident, "order_id": order, "resolved": word})
        return
    show.console().print(f"{order}: {word}, says {by}", soft_wrap=True)
    doubtful = sum(draft.state == "unknown" for draft in done.letters.drafts)
    if doubtful:
        step = f"promofuse resolve {incident} ORDER sent|not-sent --by NAME     {doubtful} more in doubt"
    else:
        step = f"promofuse send {incident}" if word == "not-sent" else f"promofuse prove {incident}"
    show.print_next([step])


def prove(
    incident: IncidentId,
    pack: Annotated[
        bool, typer.Option("--pack", help="Write the evidence as one zip beside the incident's folder.")
    ] = False,
    with_letters: Annotated[
        bool, typer.Option("--with-letters", help="With --pack: letters too. They hold buyers' names and addresses.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Read the shop again, settle what happened to each order, and complete the request to annotate the account."""
    from promofuse.app.pack import pack_evidence
    from promofuse.app.prove import prove as settle
    from promofuse.cli import show
    from promofuse.response.case import incident_json

    with open_session(config, at) as session, show.working("reading the shop and settling the orders"):
        done = settle(session.config, session.store, session.keys, incident, session.at)
        packed = None
        if pack or with_letters:
            packed = pack_evidence(
                session.config, session.store, session.keys, done.projection, with_letters=with_letters
            )
    if json:
        show.print_json(
            {
                "version": 1,
                "incident": incident_json(done.projection.case),
                "orders": [
                    {"order_id": entry.order_id, "outcome": entry.outcome.value, "proof": entry.proof or None,
                     "error": entry.error or None}
                    for entry in done.ledger.entries
                ],
                "reports_not_taken": [
                    {"file": match.result.name, "reason": match.why, "hint": match.todo}
                    for match in done.projection.case.not_taken
                ],
                **({"pack": {"path": str(packed.path), "root": packed.root, "files": packed.files}} if packed else {}),
            }
        )  # fmt: skip
        return
    show.print_reads([done.read])
    _print_proved(done)
    if packed:
        _print_packed(packed)
    pack_it = f"promofuse prove {incident} --pack     the evidence as one zip, without buyers' data"
    show.print_next([*_steps_after(done), *(() if packed else (pack_it,))])


def _print_proved(done: Proved) -> None:
    """The counts, what failed or is unknown, and what stands in the way."""
    from promofuse.cli import show
    from promofuse.response.ledger import Outcome

    case, ledger, out = done.projection.case, done.ledger, show.console()
    counts = ledger.counts
    said = " + ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in list(counts)[1:] if counts[name])
    out.print(f"{counts['found']} found = {said}", soft_wrap=True)
    for entry in ledger.of(Outcome.FAILED, Outcome.UNKNOWN)[:20]:
        out.print(f"{entry.outcome.value}: {entry.order_id}: {entry.error}", soft_wrap=True)
    for match in case.not_taken[:20]:
        taken = "taken in part" if match.accepted or match.rejected else "not taken as evidence"
        out.print(f"{match.result.name}: {taken}: {match.why}; {match.todo}", soft_wrap=True)
    if len(case.not_taken) > 20:
        out.print(f"and {len(case.not_taken) - 20} older reports: --json lists them")
    if rejected := case.rejected_reason:
        sure = "does not take" if rejected.sure else "seems not to take"
        out.print(f"the platform {sure} the reason code {rejected.reason}: {rejected.message}", soft_wrap=True)
    if told := len(case.told_and_open):
        out.print(f"{told} buyers were told and their orders still stand", style="bold", soft_wrap=True)


def _print_packed(packed: Packed) -> None:
    from promofuse.cli import show

    out = show.console()
    out.print(f"{show.short_path(packed.path)}: {packed.files} files, root sha256 {packed.root}", soft_wrap=True)
    for name in packed.missing:
        out.print(f"{name} is no longer in the shop's folder: the pack has only what was read of it", soft_wrap=True)
    if packed.with_letters:
        out.print("It holds buyers' names and addresses: yours to keep safe, and to delete.", style="bold")


def _steps_after(done: Proved) -> Iterator[str]:
    """What comes after proving."""
    from promofuse.cli import show
    from promofuse.response.triage import Decision

    case, folder = done.projection.case, done.projection.folder
    cancelled = done.ledger.counts["cancelled"]
    if case.rejected_reason and (fallback := case.rejected_reason.fallback):
        yield f'set cancel_reason = "{fallback}" under [response], then promofuse outbox {case.incident_id}'
    upload = f"upload {show.short_path(folder / '4-cancel')}"
    if case.told_and_open:
        yield f"{upload}, then new reports, then prove again"
    elif case.of(Decision.CANCEL) and not cancelled:
        yield f"{upload}, put its processing reports and a new order report into the shop's folder"
    yield f"{show.short_path(folder / '5-annotation-request.md')}     {cancelled} cancellations proven"
