"""The form of a rule about letters: a code, a reason, and the words in each language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from promofuse.marketplaces import marketplace_name
from promofuse.verdicts import Severity

# Letters that announce a cancellation, letters that report one that is proven, and one that says it is sent after all.
ANNOUNCING: Final = frozenset({"cancellation", "part-cancellation"})
PROVEN: Final = frozenset({"cancelled", "part-cancelled", "refund-follow-up"})
PART: Final = frozenset({"part-cancellation", "part-cancelled"})
HONOUR: Final = frozenset({"honour"})
FOLLOW_UP: Final = frozenset({"refund-follow-up"})  # a second letter, beside the one that an order has had
KINDS: Final = ANNOUNCING | PROVEN | HONOUR

# Languages written without spaces, and words of every language: there is no word boundary to ask for.
_ANYWHERE: Final = frozenset({"ja", "zh", "*"})
_LINE_BREAK: Final = re.compile(r"\s*\n\s*")
# What `_` stands for: up to 60 characters without a full stop; the one of a day, as in `3. November`, is none.
_SAME_SENTENCE: Final = r"(?:[^.!?。]|(?<=\b\d)\.|(?<=\b\d\d)\.){0,60}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One rule. Where `must` is set the words have to be there, otherwise they may not; no words: it is counted.

    `kinds` are the kinds of letters that it is about. Words of an `own_language` rule count in the letter's language
    alone, because they are harmless in others. An `until_refunded` rule falls silent once the money is known to be
    back. `source` says whose rule it is, read at `date`.
    """

    code: str
    name: str
    says: str
    source: str
    date: str = "2026-11"
    must: bool = False
    own_language: bool = False
    until_refunded: bool = False
    severity: Severity = Severity.CRITICAL
    kinds: frozenset[str] = KINDS
    words: Mapping[str, str] = field(default_factory=dict)

    def holds(self, platform: str, kind: str) -> bool:
        """Whether it binds a letter of this kind on this platform. The code tells the platform:

        ANY everywhere, AMZ on Amazon and where the platform is not known, OZN on Ozon, OWN in shops of one's own, SHP
        on Shopify alone. A kind that nobody knows is held to everything.
        """
        if kind in KINDS and kind not in self.kinds:
            return False
        match self.code[:3]:
            case "AMZ":
                return platform in ("amazon", "")
            case "OZN":
                return platform == "ozon"
            case "SHP":
                return platform == "shopify"
            case "OWN":
                return platform != "" and not marketplace_name(platform)
        return True

    def words_in(self, language: str) -> str:
        """The words of one language as a regular expression over folded text, blank if there are none."""
        return _LINE_BREAK.sub("", self.words.get(language, "")).replace("_", _SAME_SENTENCE)


def pattern(rules: Iterable[PolicyRule], languages: Collection[str]) -> re.Pattern[str]:
    """One pattern for the words of some rules in some languages; it matches nothing where there are none."""
    words = [(language, rule.words_in(language)) for rule in rules for language in languages if language in rule.words]
    lettered = "|".join(text for language, text in words if language not in _ANYWHERE)
    anywhere = "|".join(text for language, text in words if language in _ANYWHERE)
    either = filter(None, (lettered and rf"(?<!\w)(?:{lettered})(?!\w)", anywhere))
    return re.compile("|".join(either) or r"(?!)")
