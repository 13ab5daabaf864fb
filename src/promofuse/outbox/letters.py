"""The buyers' letters of a case: one draft for each order that is to be cancelled and whose address is known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from promofuse.drafts.locale import greeting_name, item_title, local_date
from promofuse.drafts.mime import BadAddress, Mailbox, build_message, message_id, parse_address
from promofuse.drafts.policy import check_letter, refusals
from promofuse.drafts.render import CompiledLetter, compile_letter, load_letter
from promofuse.marketplaces import buyer_language
from promofuse.outbox.folder import safe_file_name
from promofuse.response.case import Case
from promofuse.response.triage import Decision, Missing, OrderDecision
from promofuse.store.incidents import LetterEdit

SHARD_FROM: Final = 2_000  # drafts in one folder; beyond that a file manager is no pleasure


@dataclass(frozen=True, slots=True)
class Draft:
    """One message as it would be sent. `raw` are its exact bytes; `path` is relative to the incident's folder."""

    order_id: str
    kind: str
    language: str
    to: str
    subject: str
    message_id: str
    path: str
    raw: bytes
    state: str = "rendered"

    @property
    def group(self) -> str:
        """`<kind>.<language>`: drafts that share a template."""
        return f"{self.kind}.{self.language}"

    @property
    def sha256(self) -> str:
        """Digest of the exact bytes."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True)
class Letters:
    """The drafts of a case, the template source of each group, and the decisions with what the letters lacked."""

    drafts: tuple[Draft, ...]
    templates: Mapping[str, str]
    decisions: tuple[OrderDecision, ...]


@dataclass(frozen=True, slots=True)
class LetterHead:
    """Who writes, and from where templates come first."""

    sender: Mailbox | None  # None: none that can be used is configured, and no letter can be written
    seller_name: str
    signer: str
    templates_dir: Path | None

    @property
    def names(self) -> tuple[str, str]:
        """What no policy rule is to be read into: the seller's own names."""
        return self.seller_name, self.signer


def spoken(decided: OrderDecision, case: Case) -> str:
    """The language of the buyer, else of the marketplace, else of the country he lives in."""
    line = decided.order.lines[0]
    return buyer_language(decided.buyer.language, line.marketplace or case.marketplace, line.ship_country)


def letter_values(decided: OrderDecision, case: Case, language: str, head: LetterHead) -> dict[str, str]:
    """What the template's placeholders stand for; every value is clean text. See docs/templates.md."""
    line = decided.open_lines[0]
    titles = [item_title(one.title, one.sku) for one in decided.open_lines]
    marketplace = line.marketplace or case.marketplace
    return {
        "order_id": decided.order_id,
        "greeting_name": greeting_name(decided.buyer.name),
        "item": ", ".join(dict.fromkeys(titles)) if all(titles) else "",
        "quantity": str(sum(open_line.quantity for open_line in decided.open_lines)),
        "order_date": local_date(line.ordered_at, language, marketplace),
        "seller_name": head.seller_name,
        "signer": head.signer,
    }


def write_letters(case: Case, head: LetterHead, edits: Mapping[str, LetterEdit]) -> Letters:
    """Draft the letters of a case.

    An address or a text that cannot be used leaves the order without a draft, and the decision says so.
    """
    compiled: dict[str, CompiledLetter] = {}
    sources: dict[str, str] = {}
    drafts: list[Draft] = []
    decisions: list[OrderDecision] = []
    wanted = sum(decided.decision is Decision.CANCEL for decided in case.decisions)
    for decided in case.decisions:
        if decided.decision is not Decision.CANCEL or Missing.ADDRESS in decided.missing:
            decisions.append(decided)
            continue
        if head.sender is None:
            decisions.append(_lacking(decided, Missing.SENDER))
            continue
        to = parse_address(decided.buyer.email, decided.buyer.name)
        if isinstance(to, BadAddress):
            decisions.append(_lacking(decided, Missing.BAD_ADDRESS))
            continue
        asked_for = f"{decided.kind}.{spoken(decided, case)}"
        if asked_for not in compiled:
            template = load_letter(decided.kind, spoken(decided, case), head.templates_dir)
            group = f"{decided.kind}.{template.language}"
            sources[group] = edits[group].source if group in edits else template.source
            compiled[asked_for] = compile_letter(sources[group], language=template.language)
        letter = compiled[asked_for]
        group = f"{decided.kind}.{letter.language}"
        text = letter.render(letter_values(decided, case, letter.language, head))
        problems = check_letter(
            text.subject, text.body, case.platform, letter.language, decided.order_id, decided.kind, names=head.names
        )
        if refusals(problems):
            decisions.append(_lacking(decided, Missing.LETTER))
            continue
        revision = edits[group].revision + 1 if group in edits else 1
        identity = message_id(case.incident_id, decided.order_id, decided.kind, revision, head.sender.domain)
        raw = build_message(sender=head.sender, to=to, subject=text.subject, body=text.body, message_id=identity)
        path = draft_path(decided.order_id, wanted)
        drafts.append(
            Draft(decided.order_id, decided.kind, letter.language, to.address, text.subject, identity, path, raw)
        )
        decisions.append(decided)
    return Letters(tuple(drafts), sources, tuple(decisions))


def draft_path(order_id: str, wanted: int) -> str:
    """Where a draft lies in the incident's folder; large groups are spread over subfolders."""
    name = safe_file_name(order_id)
    shard = (
        hashlib.sha256(order_id.encode("utf-8", "surrogatepass")).hexdigest()[:2] + "/" if wanted > SHARD_FROM else ""
    )
    return f"3-buyers/drafts/{shard}{name}.eml"


def _lacking(decided: OrderDecision, what: Missing) -> OrderDecision:
    return replace(decided, missing=(*decided.missing, what))


def samples(drafts: Sequence[Draft]) -> dict[str, Draft]:
    """A few drafts to read before approving: of each group the first, the longest and the shortest, by file name."""
    chosen: dict[str, Draft] = {}
    groups = sorted({draft.group for draft in drafts})
    for group in groups:
        members = sorted((d for d in drafts if d.group == group), key=lambda d: (len(d.raw), d.order_id))
        picks = {"shortest": members[0], "longest": members[-1], "middle": members[len(members) // 2]}
        seen: set[str] = set()
        for which, draft in picks.items():
            if draft.order_id not in seen:
                seen.add(draft.order_id)
                chosen[f"{group}-{which}"] = draft
    return chosen
