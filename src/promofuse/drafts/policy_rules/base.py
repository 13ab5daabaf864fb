"""The form of a rule about letters: a code, a reason, and the words in each language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from promofuse.verdicts import Severity

# Languages written without spaces, and words of every language: there is no word boundary to ask for.
_ANYWHERE: Final = frozenset({"ja", "zh", "*"})
_LINE_BREAK: Final = re.compile(r"\s*\n\s*")
# What `_` stands for: up to 60 characters without a full stop.
_SAME_SENTENCE: Final = r"[^.!?。]{0,60}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One rule. Where `must` is set the words have to be there, otherwise they may not; no words: it is counted.

    `until_proven` rules fall silent once the order is proven to be cancelled. Codes that begin with AMZ hold on
    Amazon and where the platform is not known. `source` says whose rule it is, read at `date`.
    """

    code: str
    name: str
    says: str
    source: str
    date: str = "2026-11"
    must: bool = False
    until_proven: bool = False
    severity: Severity = Severity.CRITICAL
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def amazon_only(self) -> bool:
        """Whether it is a rule of Amazon's."""
        return self.code.startswith("AMZ-")

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
