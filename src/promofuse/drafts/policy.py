"""Check a letter against what its channel demands and forbids. Pure; the words are in `policy_rules`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from promofuse.drafts.policy_rules import RULES, PolicyRule, pattern
from promofuse.verdicts import Severity

LONGEST: Final = 2_000
LONGEST_IN_CHAT: Final = 1_000  # Ozon: /v1/chat/send/message
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
_FORBIDDING: Final = tuple(rule for rule in RULES if rule.words and not rule.must and rule.code != "ANY-W01")


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
    names: Sequence[str] = (),
    refunded: str = "",
    repair: str = "",
) -> tuple[PolicyProblem, ...]:
    """All problems of a rendered letter, in the order of RULES; CRITICAL ones refuse it.

    `language` is the language of its template; forbidden words count in every language. `platform` is as in the
    configuration; blank is unknown and held to Amazon's rules. `kind` is one of KINDS: only some may say that the
    order has been cancelled. `names` are the shop's own name and its signer, whose words are not judged. `refunded` is
    the amount, as the letter writes it, that the shop's data show as returned; `repair` is the offer that the seller
    has configured. Paragraphs are judged once and remembered, since most letters of a group share them.
    """
    text = f"{subject}\n\n{body}"
    for known in filter(None, (order_id, refunded)):
        text = text.replace(known, _MASK)
    for name in names:
        if name and not any(rule.code in _NEVER_IN_NAMES for rule, _ in _read(name, language).forbidden):
            text = text.replace(name, _MASK)
    readings = [_read(paragraph, language) for paragraph in text.split("\n\n")]
    offered = fold(repair)
    found: dict[str, str] = {}
    for reading in readings:
        for rule, words in reading.forbidden:
            if not (rule.until_refunded and refunded) and not (rule.code == "ANY-N14" and words in offered):
                found.setdefault(rule.code, words)
    if repair and repair in body:
        found.setdefault("AMZ-N01", repair)
    found |= _counted(readings, body, language)
    missing = _missing(readings, language)
    if not order_id or order_id not in body:
        missing.add("ANY-M01")
    return tuple(
        PolicyProblem(rule.code, rule.name, rule.severity, rule.says, found.get(rule.code, "")[:60])
        for rule in RULES
        if (rule.code in found or rule.code in missing) and rule.holds(platform, kind)
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
    """What is counted or measured, by rule; which of them hold is asked later."""
    found = {"AMZ-N10": ""}  # a letter of the kind that it is about should not be there at all
    if len(body) > LONG:
        found["ANY-N13" if len(body) > LONGEST else "ANY-W02"] = f"{len(body)} characters"
    if len(body) > LONGEST_IN_CHAT:
        found["OZN-N01"] = f"{len(body)} characters"
    if any(reading.begins_badly for reading in readings[:3]):  # subject, greeting, first paragraph
        found["ANY-W01"] = ""
    if shouts := next((reading.shouts for reading in readings if reading.shouts), ""):
        found["ANY-W03"] = shouts
    if not _demanded(language):
        found["ANY-W05"] = language
    elif (apologies := sum(reading.apologies for reading in readings)) != 1:
        found["ANY-M05"] = f"{apologies} apologies"
    return found


def _missing(readings: Sequence[_Reading], language: str) -> set[str]:
    """Codes of what some letter must say and this one does not; apologies are counted instead."""
    met = frozenset().union(*(reading.meets for reading in readings))
    return set(_demanded(language)) - met - {"ANY-M05"}


@lru_cache(maxsize=4096)
def _read(paragraph: str, language: str) -> _Reading:
    folded = fold(paragraph)
    screen, patterns = _forbidding(_ANY_CJK.search(folded) is not None)
    matches = [(rule, words.search(folded)) for rule, words in patterns] if screen.search(folded) else []
    matches += [(rule, words.search(folded)) for rule, words in _forbidding_in(language)]
    demanded = _demanded(language)
    return _Reading(
        forbidden=tuple((rule, match.group()) for rule, match in matches if match),
        meets=frozenset(code for code, words in demanded.items() if words.search(folded)),
        apologies=len(demanded["ANY-M05"].findall(folded)) if demanded else 0,
        begins_badly=_opening().match(folded) is not None,
        shouts=next(
            (s.strip() for s in _SENTENCE_END.split(paragraph) if s.isupper() and sum(map(str.isupper, s)) >= 10), ""
        ),
    )


@cache
def _forbidding(cjk: bool) -> tuple[re.Pattern[str], tuple[tuple[PolicyRule, re.Pattern[str]], ...]]:
    """One pattern for all words that rules forbid, in every language, and one for each rule.

    A text that the first does not match, as most, needs no second look. Without CJK characters both are shorter.
    """
    rules = [rule for rule in _FORBIDDING if not rule.own_language]
    languages = sorted({language for rule in rules for language in rule.words if cjk or language not in ("ja", "zh")})
    return pattern(rules, languages), tuple((rule, pattern([rule], languages)) for rule in rules)


@cache
def _forbidding_in(language: str) -> tuple[tuple[PolicyRule, re.Pattern[str]], ...]:
    """The patterns of rules that look at the letter's own language alone."""
    return tuple((rule, pattern([rule], [language])) for rule in _FORBIDDING if rule.own_language)


@cache
def _demanded(language: str) -> dict[str, re.Pattern[str]]:
    """The words of the demanding rules in a language, by code; none where the language is not known."""
    return {rule.code: pattern([rule], [language]) for rule in RULES if rule.must and language in rule.words}


@cache
def _opening() -> re.Pattern[str]:
    rule = next(rule for rule in RULES if rule.code == "ANY-W01")
    return pattern([rule], rule.words)
