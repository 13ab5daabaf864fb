"""Check a letter against what its channel demands and forbids. Pure; the words are in `policy_rules`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from promofuse.drafts.policy_rules import RULES, PolicyRule, pattern
from promofuse.drafts.policy_rules.must import MUST
from promofuse.verdicts import Severity

LONGEST: Final = 2_000
LONG: Final = 900

# Soft hyphen, zero-width characters and joiners, byte order mark; and one kind of apostrophe.
_INVISIBLE: Final = {**dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)), 0x2019: "'"}
_SPACES: Final = re.compile(r"\s+")
_CJK: Final = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_SPACE_IN_CJK: Final = re.compile(f"(?<=[{_CJK}]) (?=[{_CJK}])")
_ANY_CJK: Final = re.compile(f"[{_CJK}]")
_SENTENCE_END: Final = re.compile(r"[.!?。！？\n]+")
# A shop may be called Gift House, but its name may not smuggle in a link, an address, a number or HTML.
_NEVER_IN_NAMES: Final = frozenset({"AMZ-N02", "AMZ-N03", "AMZ-N04", "AMZ-N07"})
_MASK: Final = "#"


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """What is wrong with a letter: the rule, what to do about it, and the words that broke it (blank if missing)."""

    code: str
    name: str
    severity: Severity
    message: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one paragraph holds: forbidden words by rule, demanded rules that it meets, apologies, and how it begins."""

    forbidden: tuple[tuple[PolicyRule, str], ...]
    meets: frozenset[str]
    apologies: int
    begins_badly: bool
    shouts: str


def check_letter(
    subject: str,
    body: str,
    platform: str,
    language: str,
    order_id: str,
    kind: str,
    proven: bool = False,
    names: Sequence[str] = (),
) -> tuple[PolicyProblem, ...]:
    """All problems of a rendered letter, in the order of RULES; CRITICAL ones refuse it.

    `language` is the language of its template; forbidden words count in every language. `platform` is `amazon` or
    another; blank is unknown and held to Amazon's rules. `kind` begins with `part-` where only a part of the order
    is cancelled. `proven`: the order is known to be cancelled. `names` are the shop's own name and its signer, whose
    words are not judged. Paragraphs are judged once and remembered, since most letters of a group share them.
    """
    text = f"{subject}\n\n{body}".replace(order_id, _MASK) if order_id else f"{subject}\n\n{body}"
    for name in names:
        if name and not any(rule.code in _NEVER_IN_NAMES for rule, _ in _read(name, language).forbidden):
            text = text.replace(name, _MASK)
    readings = [_read(paragraph, language) for paragraph in text.split("\n\n")]
    found: dict[str, str] = {}
    for reading in readings:
        for rule, words in reading.forbidden:
            if not ((proven and rule.until_proven) or (rule.amazon_only and platform not in ("amazon", ""))):
                found.setdefault(rule.code, words)
    found |= _counted(readings, body, language)
    missing = _missing(readings, platform, language, kind)
    if not order_id or order_id not in body:
        missing.add("ANY-M01")
    return tuple(
        PolicyProblem(rule.code, rule.name, rule.severity, rule.says, found.get(rule.code, "")[:60])
        for rule in RULES
        if rule.code in found or rule.code in missing
    )


def refusals(problems: Iterable[PolicyProblem]) -> tuple[PolicyProblem, ...]:
    """The problems for which a letter may not be sent."""
    return tuple(problem for problem in problems if problem.severity is Severity.CRITICAL)


def is_allowed(text: str) -> bool:
    """Whether a name or a title may stand in any letter: no rule forbids it on any platform."""
    return not any(rule.severity is Severity.CRITICAL for rule, _ in _read(text, "").forbidden)


def fold(text: str) -> str:
    """Text as rules see it: NFKC, casefolded, invisible characters gone, one space, none within Chinese or Japanese."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_INVISIBLE)
    return _SPACE_IN_CJK.sub("", _SPACES.sub(" ", folded)).strip()


def _counted(readings: Sequence[_Reading], body: str, language: str) -> dict[str, str]:
    """What is counted or measured, by rule."""
    found = {}
    if len(body) > LONG:
        found["ANY-N13" if len(body) > LONGEST else "ANY-W02"] = f"{len(body)} characters"
    if any(reading.begins_badly for reading in readings[:3]):  # subject, greeting, first paragraph
        found["ANY-W01"] = ""
    if shouts := next((reading.shouts for reading in readings if reading.shouts), ""):
        found["ANY-W03"] = shouts
    if not _demanded(language):
        found["ANY-W05"] = language
    elif (apologies := sum(reading.apologies for reading in readings)) != 1:
        found["ANY-M05"] = f"{apologies} apologies"
    return found


def _missing(readings: Sequence[_Reading], platform: str, language: str, kind: str) -> set[str]:
    """Codes of what a letter of this kind must say and does not."""
    met = frozenset().union(*(reading.meets for reading in readings))
    on_amazon, in_part = platform in ("amazon", ""), kind.startswith("part-")
    return {
        rule.code
        for rule in MUST
        if rule.code in _demanded(language) and rule.code not in met
        if (on_amazon or not rule.amazon_only) and (in_part or rule.code != "ANY-M06") and rule.code != "ANY-M05"
    }


@lru_cache(maxsize=4096)
def _read(paragraph: str, language: str) -> _Reading:
    folded = fold(paragraph)
    screen, patterns = _forbidding(_ANY_CJK.search(folded) is not None)
    matches = [(rule, words.search(folded)) for rule, words in patterns] if screen.search(folded) else []
    demanded = _demanded(language)
    return _Reading(
        forbidden=tuple((rule, match.group()) for rule, match in matches if match),
        meets=frozenset(code for code, words in demanded.items() if words.search(folded)),
        apologies=len(demanded["ANY-M05"].findall(folded)) if demanded else 0,
        begins_badly=_opening().match(folded) is not None,
        shouts=next((s.strip() for s in _SENTENCE_END.split(paragraph) if s.isupper() and _letters(s) >= 10), ""),
    )


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


@cache
def _forbidding(cjk: bool) -> tuple[re.Pattern[str], tuple[tuple[PolicyRule, re.Pattern[str]], ...]]:
    """One pattern for all words that rules forbid, in every language, and one for each rule.

    A text that the first does not match, as most, needs no second look. Without CJK characters both are shorter.
    """
    rules = [rule for rule in RULES if rule.words and not rule.must and rule.code != "ANY-W01"]
    languages = sorted({language for rule in rules for language in rule.words if cjk or language not in ("ja", "zh")})
    return pattern(rules, languages), tuple((rule, pattern([rule], languages)) for rule in rules)


@cache
def _demanded(language: str) -> dict[str, re.Pattern[str]]:
    """The words of the demanding rules in a language, by code; none where the language is not known."""
    return {rule.code: pattern([rule], [language]) for rule in RULES if rule.must and language in rule.words}


@cache
def _opening() -> re.Pattern[str]:
    rule = next(rule for rule in RULES if rule.code == "ANY-W01")
    return pattern([rule], rule.words)
