"""The buyers' letters of a case: one draft for each order that is to be cancelled and whose address is known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from sys import intern
from typing import Final

from promofuse.drafts.locale import clean_header, greeting_name, is_right_to_left, item_title, local_date, local_money
from promofuse.drafts.mime import BadAddress, Mailbox, build_message, message_id, parse_address
from promofuse.drafts.policy import check_letter, refusals
from promofuse.drafts.policy_rules import FOLLOW_UP, HONOUR
from promofuse.drafts.render import CompiledLetter, Letter, compile_letter, load_letter
from promofuse.facts import OrderLine
from promofuse.marketplaces import buyer_language, marketplace_name
from promofuse.money import Money
from promofuse.outbox.folder import safe_file_name
from promofuse.outbox.spool import Content, Spool, digest
from promofuse.response.case import Case
from promofuse.response.triage import Missing, OrderDecision
from promofuse.store.incidents import LetterEdit

RANDOM_SAMPLES: Final = 20
SHARD_FROM: Final = 2_000  # drafts in one folder; beyond that a file manager is no pleasure


@dataclass(frozen=True, slots=True)
class Draft:
    """One message as it would be sent. `content` are its exact bytes; `path` is relative to the incident's folder."""

    order_id: str
    kind: str
    language: str
    to: str
    subject: str
    message_id: str
    path: str
    content: Content
    state: str = "rendered"
    refunded: str = ""  # the amount in its text that the shop's data show as returned
    repair: str = ""  # the offer in its text that the seller has configured

    @property
    def group(self) -> str:
        """`<kind>.<language>`: drafts that share a template."""
        return f"{self.kind}.{self.language}"

    @property
    def raw(self) -> bytes:
        """The exact bytes."""
        return bytes(self.content)

    @property
    def sha256(self) -> str:
        """Digest of the exact bytes."""
        return digest(self.content)


@dataclass(frozen=True, slots=True)
class ChatText:
    """A text that a person pastes into the chat of an order."""

    order_id: str
    kind: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Letters:
    """The drafts of a case, the template source of each group, and the decisions with what the letters lacked."""

    drafts: tuple[Draft, ...]
    templates: Mapping[str, str]
    decisions: tuple[OrderDecision, ...]
    chats: tuple[ChatText, ...] = ()  # texts to paste, where orders have a chat and no address


@dataclass(frozen=True, slots=True)
class LetterHead:
    """Who writes, and from where templates come first."""

    sender: Mailbox | None  # None: none that can be used is configured, and no letter can be written
    seller_name: str
    signer: str
    templates_dir: Path | None
    repair: Mapping[str, str] = field(default_factory=dict)  # what is offered to make up for it, by language

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
    lines = decided.open_lines or tuple(affected.line for affected in decided.order.affected)
    titles = [item_title(one.title, one.sku) for one in lines]
    marketplace = lines[0].marketplace or case.marketplace
    cancelled = [line.cancelled_at for line in lines if line.cancelled_at]
    refund_amount, refund_date = _refund(lines, language, marketplace)
    return {
        "order_id": decided.order_id,
        "greeting_name": greeting_name(decided.buyer.name),
        "item": ", ".join(dict.fromkeys(titles)) if all(titles) else "",
        "quantity": str(sum(line.quantity for line in lines)),
        "order_date": local_date(lines[0].ordered_at, language, marketplace),
        "seller_name": head.seller_name,
        "signer": head.signer,
        "marketplace": marketplace_name(case.platform),
        "repair": "" if case.platform in ("amazon", "") else clean_header(head.repair.get(language, "")),
        "cancelled_date": local_date(max(cancelled), language, marketplace) if cancelled else "",
        "refund_amount": refund_amount,
        "refund_date": refund_date,
    }


def _refund(lines: Sequence[OrderLine], language: str, marketplace: str) -> tuple[str, str]:
    """What has been returned for the lines, and when, in words; blanks where nothing or only a part is known."""
    amounts = [line.refunded_amount for line in lines]
    if not all(amounts) or len({line.currency for line in lines}) != 1:
        return "", ""
    amount = Money(sum(filter(None, amounts)), lines[0].currency)
    dates = [line.refunded_at for line in lines if line.refunded_at]
    date = local_date(max(dates), language, marketplace) if dates else ""
    return clean_header(local_money(amount, language, marketplace)), date


def write_letters(case: Case, head: LetterHead, edits: Mapping[str, LetterEdit]) -> Letters:
    """Draft the letters of a case.

    An address or a text that cannot be used leaves the order without a draft, and the decision says so. Where orders
    have a chat and no address, the text is written all the same, to be pasted.
    """
    spool, writer = Spool(), _Writer(case, head, edits)
    drafts: list[Draft] = []
    chats: list[ChatText] = []
    decisions: list[OrderDecision] = []
    kinds = case.letter_kinds()
    wanted = len(kinds.keys() | case.told.keys())
    for one in case.decisions:
        decided, kind = one, kinds.get(one.order_id, "")
        if not kind:
            decisions.append(decided)
            continue
        to = _recipient(decided, head)
        chat = to is Missing.ADDRESS and has_chat(case.platform)
        if isinstance(to, Missing) and not (
            to is Missing.ADDRESS and kind in HONOUR
        ):  # who gets a parcel needs no mail
            decided = decided if to in decided.missing else _lacking(decided, to)
        text = writer.write(decided, kind) if chat or not isinstance(to, Missing) else None
        if text is not None and text.refused:
            decided = _lacking(decided, Missing.LETTER)
        elif text is not None and chat:
            chats.append(ChatText(decided.order_id, kind, text.language, text.letter.body))
        elif text is not None and head.sender is not None and not isinstance(to, Missing):
            revision = edits[text.group].revision + 1 if text.group in edits else 1
            identity = message_id(case.incident_id, decided.order_id, kind, revision, head.sender.domain)
            subject, body = text.letter.subject, text.letter.body
            raw = build_message(sender=head.sender, to=to, subject=subject, body=body, message_id=identity)
            drafts.append(
                Draft(
                    decided.order_id,
                    kind,
                    text.language,
                    to.address,
                    subject,
                    identity,
                    draft_path(decided.order_id, wanted, kind),
                    spool.add(raw),
                    refunded=text.refunded,
                    repair=text.repair,
                )
            )
        decisions.append(decided)
    return Letters(tuple(drafts), writer.sources, tuple(decisions), tuple(chats))


def has_chat(platform: str) -> bool:
    """Whether buyers are written to in the platform's own chat, and mostly have no address."""
    return platform != "amazon" and marketplace_name(platform) != ""


def _recipient(decided: OrderDecision, head: LetterHead) -> Mailbox | Missing:
    if not decided.buyer.email:
        return Missing.ADDRESS
    if head.sender is None:
        return Missing.SENDER
    to = parse_address(decided.buyer.email, decided.buyer.name)
    return Missing.BAD_ADDRESS if isinstance(to, BadAddress) else to


@dataclass(frozen=True, slots=True)
class _Text:
    """One rendered letter, and whether a rule refuses it. `group` is the one of its template."""

    letter: Letter
    group: str
    language: str
    refunded: str
    repair: str
    refused: bool


class _Writer:
    """Renders and judges the letters of a case; each template is looked for and compiled once."""

    def __init__(self, case: Case, head: LetterHead, edits: Mapping[str, LetterEdit]) -> None:
        self._case, self._head, self._edits = case, head, edits
        self._compiled: dict[str, CompiledLetter] = {}
        self.sources: dict[str, str] = {}  # the template of each group

    def write(self, decided: OrderDecision, kind: str) -> _Text:
        """The letter of an order."""
        compiled = self._template(kind, spoken(decided, self._case))
        values = letter_values(decided, self._case, compiled.language, self._head)
        refunded, repair = values["refund_amount"], values["repair"]
        letter = compiled.render(values)
        problems = check_letter(
            letter.subject,
            letter.body,
            self._case.platform,
            compiled.language,
            decided.order_id,
            kind,
            names=self._head.names,
            refunded=refunded,
            repair=repair,
        )
        group = f"{kind}.{compiled.language}"
        return _Text(letter, group, compiled.language, refunded, repair, bool(refusals(problems)))

    def _template(self, kind: str, language: str) -> CompiledLetter:
        asked_for = f"{kind}.{language}"
        if asked_for not in self._compiled:
            template = load_letter(kind, language, self._head.templates_dir, self._case.platform)
            group = f"{kind}.{template.language}"
            self.sources[group] = self._edits[group].source if group in self._edits else template.source
            self._compiled[asked_for] = compile_letter(self.sources[group], language=template.language)
        return self._compiled[asked_for]


def draft_name(order_id: str, kind: str) -> str:
    """A draft's file without `.eml`: the order's name, and for a second letter its kind as well."""
    return safe_file_name(order_id) + (f".{kind}" if kind in FOLLOW_UP else "")


def draft_path(order_id: str, wanted: int, kind: str) -> str:
    """Where a draft lies in the incident's folder; large groups are spread over subfolders."""
    name = draft_name(order_id, kind)
    shard = (
        hashlib.sha256(order_id.encode("utf-8", "surrogatepass")).hexdigest()[:2] + "/" if wanted > SHARD_FROM else ""
    )
    return intern(f"3-buyers/drafts/{shard}{name}.eml")


def _lacking(decided: OrderDecision, what: Missing) -> OrderDecision:
    return replace(decided, missing=(*decided.missing, what))


def samples(drafts: Sequence[Draft], decisions: Sequence[OrderDecision], seed: str) -> dict[str, Draft]:
    """Drafts to read before approving, by file name: of each group the odd ones, and twenty at random.

    The odd ones are the shortest, the longest and one of middle length, one without a name, one whose name is written
    from right to left, and the dearest order. `seed` settles the random ones: the same incident has the same samples.
    """
    by_order = {decided.order_id: decided for decided in decisions}
    groups: dict[str, list[Draft]] = {}
    for draft in sorted(drafts, key=lambda draft: (len(draft.content), draft.order_id)):
        groups.setdefault(draft.group, []).append(draft)
    chosen: dict[str, Draft] = {}
    taken: set[str] = set()

    def take(name: str, draft: Draft | None) -> None:
        if draft is not None and draft.order_id not in taken:
            taken.add(draft.order_id)
            chosen[name] = draft

    for group, members in sorted(groups.items()):
        known = [(draft, by_order[draft.order_id]) for draft in members if draft.order_id in by_order]
        take(f"{group}-shortest", members[0])
        take(f"{group}-longest", members[-1])
        take(f"{group}-middle", members[len(members) // 2])
        take(f"{group}-no-name", next((d for d, one in known if not greeting_name(one.buyer.name)), None))
        take(f"{group}-right-to-left", next((d for d, one in known if is_right_to_left(one.buyer.name)), None))
        dearest = max(known, key=lambda pair: (pair[1].order.loss or 0, pair[0].order_id), default=None)
        take(f"{group}-dearest", dearest[0] if dearest else None)
    drawn = sorted(
        (draft for draft in drafts if draft.order_id not in taken),
        key=lambda draft: hashlib.sha256(f"{seed} {draft.order_id}".encode("utf-8", "surrogatepass")).digest(),
    )
    for number, draft in enumerate(drawn[:RANDOM_SAMPLES], start=1):
        take(f"random-{number:02d}", draft)
    return chosen
