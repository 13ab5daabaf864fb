"""Every rule about letters, in every language of the shipped templates, against the sentences in letter_policy.toml."""

import tomllib
from pathlib import Path

import pytest

from letters import ALL_KINDS, LANGUAGES, ORDER, shipped_letter
from promofuse.drafts.policy import check_letter, fold, refusals
from promofuse.drafts.policy_rules import KINDS, PROVEN, RULES
from promofuse.drafts.render import Letter
from promofuse.verdicts import Severity

TABLE = tomllib.loads((Path(__file__).parent / "letter_policy.toml").read_text("utf-8"))
# Judged by length, by language or by kind, not by words: in tests/unit/test_policy.py.
COUNTED = {"ANY-N13", "ANY-W02", "ANY-W05", "AMZ-N10", "OZN-N01"}
# Ozon's rules take the words of Amazon's, and the table's rows with them.
SAME_WORDS = {f"OZN-N{number:02}": f"AMZ-N{number:02}" for number in range(2, 8)}
ROWS = TABLE | {code: TABLE[like] for code, like in SAME_WORDS.items()}
PLATFORMS = {"OZN": "ozon", "OWN": "medusa", "SHP": "shopify"}
NAMES = {"amazon": "Amazon", "ozon": "Ozon"}
PREFIXES = {"": "cancellation", "part_": "part-cancellation", "honour_": "honour"}


def platform_of(code: str) -> str:
    return PLATFORMS.get(code[:3], "amazon")


def letter(language: str, kind: str = "cancellation", platform: str = "amazon", **more: str) -> Letter:
    return shipped_letter(kind, language, marketplace=NAMES.get(platform, ""), **more)


def judge(letter: Letter, language: str, kind: str = "cancellation", platform: str = "amazon") -> set[str]:
    return {p.code for p in check_letter(letter.subject, letter.body, platform, language, ORDER, kind)}


def sentences(*lists: str) -> list[tuple[str, str, str]]:
    return [
        (code, language, sentence)
        for code, languages in ROWS.items()
        for language, row in languages.items()
        for name in lists
        for sentence in row.get(name, ())
    ]


def removals() -> list[tuple[str, str, str]]:
    """Codes and languages with words to remove, and the prefix that names the kind of letter."""
    return [
        (code, language, prefix)
        for code, languages in ROWS.items()
        for language, row in languages.items()
        for prefix in PREFIXES
        if f"{prefix}removed" in row
    ]


def with_sentence(letter: Letter, sentence: str) -> Letter:
    head, _, signature = letter.body.rpartition("\n\n")
    return Letter(letter.subject, f"{head}\n\n{sentence}\n\n{signature}")


@pytest.mark.parametrize(("code", "language", "sentence"), sentences("refused", "warned"))
def test_the_sentence_breaks_the_rule_and_no_other_language_hides_it(code: str, language: str, sentence: str) -> None:
    platform = platform_of(code)
    bad = with_sentence(letter(language, platform=platform), sentence)
    problems = check_letter(bad.subject, bad.body, platform, language, ORDER, "cancellation")
    assert code in {problem.code for problem in problems}
    refused = sentence in ROWS[code][language].get("refused", ())
    assert refused == (code in {problem.code for problem in refusals(problems)})


@pytest.mark.parametrize(("code", "language", "sentence"), sentences("allowed"))
def test_the_sentence_is_allowed(code: str, language: str, sentence: str) -> None:
    platform = platform_of(code)
    assert judge(with_sentence(letter(language, platform=platform), sentence), language, platform=platform) == set()


@pytest.mark.parametrize(("code", "language", "prefix"), removals())
def test_what_a_letter_has_to_say_is_missed_and_may_be_said_otherwise(code: str, language: str, prefix: str) -> None:
    row, kind = ROWS[code][language], PREFIXES[prefix]
    platform = "ozon" if kind == "honour" else "amazon"
    whole = letter(language, kind, platform)
    subject, body = whole.subject, whole.body
    for part in row[f"{prefix}removed"]:
        assert part in subject + body
        subject, body = subject.replace(part, ""), body.replace(part, "")
    lacking = Letter(subject, body)
    assert code in judge(lacking, language, kind, platform)
    for sentence in row.get(f"{prefix}instead", ()):
        assert judge(with_sentence(lacking, sentence), language, kind, platform) == set()


@pytest.mark.parametrize(("code", "language", "sentence"), sentences("begins"))
def test_how_a_letter_begins(code: str, language: str, sentence: str) -> None:
    whole = letter(language)
    greeting, _, rest = whole.body.partition("\n\n")
    assert judge(Letter(whole.subject, f"{greeting}\n\n{sentence}\n\n{rest}"), language) == {code}
    assert judge(with_sentence(whole, sentence), language) == set()


@pytest.mark.parametrize("kind", sorted(KINDS - PROVEN))
@pytest.mark.parametrize("language", LANGUAGES)
def test_done_is_said_only_in_letters_about_what_is_proven(language: str, kind: str) -> None:
    for sentence in ROWS["ANY-N09"][language]["refused"]:
        announced = with_sentence(letter(language, kind, "ozon"), sentence)
        assert "ANY-N09" in judge(announced, language, kind, "ozon")
        done = with_sentence(letter(language, "cancelled"), sentence)
        assert "ANY-N09" not in judge(done, language, "cancelled")


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_returned_is_said_only_with_the_amount_that_is_known_to_be_back(language: str, kind: str) -> None:
    for sentence in ROWS["ANY-N10"][language]["refused"]:
        bad = with_sentence(letter(language, kind, "ozon"), sentence)
        assert "ANY-N10" in judge(bad, language, kind, "ozon")
        known = check_letter(bad.subject, bad.body, "ozon", language, ORDER, kind, refunded="129.00 USD")
        assert "ANY-N10" not in {problem.code for problem in known}


def test_every_rule_has_sentences_for_and_against_it_in_every_language() -> None:
    assert {rule.code for rule in RULES} == set(ROWS) | COUNTED
    for code, languages in ROWS.items():
        assert set(languages) == set(LANGUAGES), code
        for language, row in languages.items():
            fires = {name.rpartition("_")[2] for name in row}
            assert fires & {"refused", "warned", "removed", "begins"}, (code, language)
            assert code in ("ANY-M01", "ANY-W01") or fires & {"allowed", "instead"}, (code, language)


def test_rules_are_described_dated_and_unique() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.says, rule.code
        assert rule.source, rule.code
        assert rule.date == "2026-11"
        assert rule.kinds
        assert rule.kinds <= KINDS
        assert (rule.severity is Severity.WARNING) == rule.code.startswith("ANY-W")


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.words], ids=lambda rule: rule.code)
def test_words_are_written_the_way_text_is_folded(rule) -> None:
    assert set(LANGUAGES) <= set(rule.words) or "*" in rule.words
    for language in rule.words:
        for line in rule.words[language].split("\n"):
            letters = "".join(c for c in line if c.isalpha() and not c.isascii())
            assert fold(letters) == letters
