"""Every rule about letters, in every language of the shipped templates, against the sentences in letter_policy.toml."""

import tomllib
from pathlib import Path

import pytest

from promofuse.drafts.policy import check_letter, fold, refusals
from promofuse.drafts.policy_rules import RULES
from promofuse.drafts.render import Letter, compile_letter, load_letter
from promofuse.verdicts import Severity

LANGUAGES = ("en", "de", "ja", "zh")
ORDER = "203-1234567-1234567"
DATES = {"en": "November 3, 2026", "de": "3. November 2026", "ja": "2026年11月3日", "zh": "2026年11月3日"}
TABLE = tomllib.loads((Path(__file__).parent / "letter_policy.toml").read_text("utf-8"))
# Judged by length and by language, not by words: in tests/unit/test_policy.py.
COUNTED = {"ANY-N13", "ANY-W02", "ANY-W05"}


def good_letter(language: str, kind: str = "cancellation") -> Letter:
    template = load_letter(kind, language, None)
    assert template.language == language
    return compile_letter(template.source, language).render(
        {
            "order_id": ORDER,
            "greeting_name": "Ada Lovelace",
            "item": "Desk Lamp, Black",
            "quantity": "1",
            "order_date": DATES[language],
            "seller_name": "Northlight",
            "signer": "Kim",
        }
    )


def judge(letter: Letter, language: str, kind: str = "cancellation", platform: str = "amazon") -> set[str]:
    return {p.code for p in check_letter(letter.subject, letter.body, platform, language, ORDER, kind)}


def sentences(*lists: str) -> list[tuple[str, str, str]]:
    return [
        (code, language, sentence)
        for code, languages in TABLE.items()
        for language, row in languages.items()
        for name in lists
        for sentence in row.get(name, ())
    ]


def with_sentence(letter: Letter, sentence: str) -> Letter:
    head, _, signature = letter.body.rpartition("\n\n")
    return Letter(letter.subject, f"{head}\n\n{sentence}\n\n{signature}")


@pytest.mark.parametrize("kind", ["cancellation", "part-cancellation"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shipped_letter_has_nothing_wrong_with_it(language: str, kind: str) -> None:
    for platform in ("amazon", "", "shopify"):
        assert judge(good_letter(language, kind), language, kind, platform) == set()


@pytest.mark.parametrize(("code", "language", "sentence"), sentences("refused", "warned"))
def test_the_sentence_breaks_the_rule_and_no_other_language_hides_it(code: str, language: str, sentence: str) -> None:
    letter = with_sentence(good_letter(language), sentence)
    problems = check_letter(letter.subject, letter.body, "amazon", language, ORDER, "cancellation")
    assert code in {problem.code for problem in problems}
    refused = sentence in TABLE[code][language].get("refused", ())
    assert refused == (code in {problem.code for problem in refusals(problems)})


@pytest.mark.parametrize(("code", "language", "sentence"), sentences("allowed"))
def test_the_sentence_is_allowed(code: str, language: str, sentence: str) -> None:
    assert judge(with_sentence(good_letter(language), sentence), language) == set()


@pytest.mark.parametrize(("code", "language"), [(c, lang) for c, rows in TABLE.items() for lang in rows])
def test_what_a_letter_has_to_say_is_missed(code: str, language: str) -> None:
    removed = TABLE[code][language].get("removed")
    if removed is None:
        assert not code.startswith(("ANY-M0", "AMZ-M0")) or code == "ANY-M06"
        return
    letter = good_letter(language)
    subject, body = letter.subject, letter.body
    for part in removed:
        assert part in subject + body
        subject, body = subject.replace(part, ""), body.replace(part, "")
    assert code in judge(Letter(subject, body), language)


@pytest.mark.parametrize(("code", "language", "sentence"), sentences("part_removed"))
def test_a_part_cancellation_names_the_rest_of_the_order(code: str, language: str, sentence: str) -> None:
    letter = good_letter(language, "part-cancellation")
    assert sentence in letter.body
    assert judge(Letter(letter.subject, letter.body.replace(sentence, "")), language, "part-cancellation") == {code}


@pytest.mark.parametrize(("code", "language", "sentence"), sentences("begins"))
def test_how_a_letter_begins(code: str, language: str, sentence: str) -> None:
    letter = good_letter(language)
    greeting, _, rest = letter.body.partition("\n\n")
    assert judge(Letter(letter.subject, f"{greeting}\n\n{sentence}\n\n{rest}"), language) == {code}
    assert judge(with_sentence(letter, sentence), language) == set()


def test_every_rule_is_in_the_table_in_every_language() -> None:
    assert {rule.code for rule in RULES} == set(TABLE) | COUNTED
    for code, languages in TABLE.items():
        assert set(languages) == set(LANGUAGES), code


def test_rules_are_described_dated_and_unique() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.says, rule.code
        assert rule.source, rule.code
        assert rule.date == "2026-11"
        assert (rule.severity is Severity.WARNING) == rule.code.startswith("ANY-W")


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.words], ids=lambda rule: rule.code)
def test_words_are_written_the_way_text_is_folded(rule) -> None:
    assert set(LANGUAGES) <= set(rule.words) or "*" in rule.words
    for language in rule.words:
        for line in rule.words[language].split("\n"):
            letters = "".join(c for c in line if c.isalpha() and not c.isascii())
            assert fold(letters) == letters
