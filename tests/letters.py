"""Letters as the tests write them: a template and ordinary values, in every shipped language."""

from __future__ import annotations

from functools import cache

from promofuse.drafts.policy_rules import KINDS
from promofuse.drafts.render import CompiledLetter, Letter, compile_letter, load_letter

LANGUAGES = ("en", "de", "fr", "it", "es", "ja", "zh", "ru")
ALL_KINDS = tuple(sorted(KINDS))
ORDER = "203-1234567-1234567"
DATES = {
    "en": "November 3, 2026",
    "de": "3. November 2026",
    "fr": "3 novembre 2026",
    "it": "3 novembre 2026",
    "es": "3 de noviembre de 2026",
    "ja": "2026年11月3日",
    "zh": "2026年11月3日",
    "ru": "3 ноября 2026 г.",
}


def letter_values(language: str = "en", **more: str) -> dict[str, str]:
    """Ordinary values of every placeholder: a buyer with a name, an order on Amazon, nothing offered or returned."""
    return {
        "order_id": ORDER,
        "greeting_name": "Ada Lovelace",
        "item": "Desk Lamp, Black",
        "quantity": "1",
        "order_date": DATES[language],
        "seller_name": "Northlight",
        "signer": "Kim",
        "marketplace": "Amazon",
        "repair": "",
        "cancelled_date": "",
        "refund_amount": "",
        "refund_date": "",
    } | more


def shipped_letter(kind: str, language: str, **more: str) -> Letter:
    """A shipped template filled with `letter_values`."""
    return _compiled(kind, language).render(letter_values(language, **more))


@cache
def _compiled(kind: str, language: str) -> CompiledLetter:
    template = load_letter(kind, language, None)
    assert (template.kind, template.language) == (kind, language)
    return compile_letter(template.source, language)
