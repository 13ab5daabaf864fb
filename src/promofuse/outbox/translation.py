"""A letter for the people who review it: what it says, in the language that they read."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes
from email.policy import default as email_policy
from functools import lru_cache
from typing import Final

from promofuse.drafts.render import CompiledLetter, Letter, compile_letter, load_letter
from promofuse.outbox.letters import Draft, LetterHead, letter_values
from promofuse.outbox.words import Desk
from promofuse.response.case import Case
from promofuse.response.triage import OrderDecision

_RULE: Final = "-" * 72
_SAME: Final = {"en": "The same in English; this part is not sent.", "zh": "以上内容的中文对照，不会发送。"}
_OTHER: Final = {
    "en": "This letter has a wording of its own. Ours would say, in English (not sent):",
    "zh": "这封信的措辞改过。我们自带的模板，中文意思如下（不会发送）：",
}


def translation(draft: Draft, case: Case, orders: Mapping[str, OrderDecision], desk: Desk) -> str:
    """What to put below a sample: the shipped letter in the reader's language, and whether the draft is that letter.

    Blank where the draft is in that language or its order is not at hand.
    """
    decided, reader = orders.get(draft.order_id), desk.reader_language
    if decided is None or draft.language == reader:
        return ""
    message = message_from_bytes(draft.raw, policy=email_policy)
    ours, theirs = (_shipped(draft, decided, case, desk, language) for language in (draft.language, reader))
    says = (str(message["Subject"]), message.get_content().replace("\r\n", "\n"))
    heading = _SAME[reader] if says == (ours.subject, ours.body) else _OTHER[reader]
    return f"\n{_RULE}\n{heading}\n\nSubject: {theirs.subject}\n\n{theirs.body}"


def _shipped(draft: Draft, decided: OrderDecision, case: Case, desk: Desk, language: str) -> Letter:
    """The shipped letter of the draft's kind in a language, with the signature and the offer that the draft has."""
    offer = draft.repair if not draft.repair or language == draft.language else desk.repair.get(language, draft.repair)
    head = LetterHead(None, desk.seller_name, desk.signer, None, repair={language: offer})
    return _compiled(draft.kind, language).render(letter_values(decided, case, language, head))


@lru_cache(maxsize=64)
def _compiled(kind: str, language: str) -> CompiledLetter:
    template = load_letter(kind, language, None)
    return compile_letter(template.source, template.language)
