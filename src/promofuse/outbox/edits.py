"""A person's edits of templates and drafts: taken up only if every message still comes out right."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.policy import default as email_policy

from promofuse.drafts.mime import read_head
from promofuse.drafts.policy import check_letter, refusals
from promofuse.drafts.render import TemplateProblem, compile_letter
from promofuse.outbox.letters import Draft, LetterHead, write_letters
from promofuse.response.case import Case
from promofuse.response.triage import Missing
from promofuse.store.incidents import LetterEdit


def check_edited_template(group: str, case: Case, head: LetterHead, edits: Mapping[str, LetterEdit]) -> str:
    """Why a group's edited template cannot be used, or blank. `edits` holds it already."""
    try:
        compile_letter(edits[group].source, language=group.partition(".")[2])  # perhaps no order needs it just now
        letters = write_letters(case, head, edits)
    except TemplateProblem as problem:
        return str(problem)
    kinds = case.letter_kinds()
    refused = [
        decided.order_id
        for decided in letters.decisions
        if Missing.LETTER in decided.missing and kinds[decided.order_id] == group.split(".", maxsplit=1)[0]
    ]
    if not refused:
        return ""
    return f"{len(refused)} letters break a policy rule, the first for order {refused[0]}"


def check_edited_draft(
    raw: bytes, draft: Draft, platform: str, names: Sequence[str], earlier: Collection[str] = ()
) -> str:
    """Why a person's version of a draft cannot be sent, or blank: same headers, same recipient, policy kept.

    `earlier` are the Message-IDs that the draft had before its template was edited.
    """
    if not raw.strip():
        return "the file is empty"
    if raw.startswith(BOM_UTF8):
        return "an editor put a byte-order mark before it: save it as UTF-8 without BOM"
    try:
        ours, theirs = (message_from_bytes(b, _class=EmailMessage, policy=email_policy) for b in (draft.raw, raw))
        if wrong := _other_headers(Counter(_headers(ours)), Counter(_headers(theirs))):
            return f"{wrong}; only the subject and the text may change"
        for name in ("From", "To", "Message-ID"):
            if str(theirs[name]) != str(ours[name]) and not (name == "Message-ID" and theirs[name] in earlier):
                return f"{name} was changed; only the subject and the text may change"
        if theirs.is_multipart() or theirs.get_content_type() != "text/plain" or theirs.defects:
            return "it is no longer a plain text message"
        problems = check_letter(
            str(theirs["Subject"]),
            theirs.get_content(),
            platform,
            draft.language,
            draft.order_id,
            draft.kind,
            names=names,
            refunded=draft.refunded,
            repair=draft.repair,
        )
    except (MessageError, LookupError, ValueError) as error:
        return f"it cannot be read as a message: {error}"
    broken = refusals(problems)
    return f"it breaks policy rule {broken[0].code}: {broken[0].message}" if broken else ""


def read_edited(raw: bytes) -> tuple[str, str, str]:
    """Recipient, subject and Message-ID of a person's version of a draft."""
    head = BytesHeaderParser(policy=compat32).parsebytes(raw)
    return *read_head(raw), str(head["Message-ID"]).strip()


def _headers(message: EmailMessage) -> list[str]:
    return [name.title() for name, _ in message.items()]


def _other_headers(ours: Counter[str], theirs: Counter[str]) -> str:
    """Which headers are too many or missing, in one sentence; blank if none."""
    added, removed = (", ".join(sorted(set(extra))) for extra in (theirs - ours, ours - theirs))
    said = [f"headers were {what}: {names[:100]}" for what, names in (("added", added), ("removed", removed)) if names]
    return " and ".join(said)
