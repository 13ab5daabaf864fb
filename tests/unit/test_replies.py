"""Answers to buyers who write back: in the buyers' languages, and within the rules that letters keep."""

import re

import pytest

from letters import LANGUAGES
from promofuse.drafts.policy import check_letter
from promofuse.drafts.policy_rules import RULES
from promofuse.drafts.render import render_report
from promofuse.marketplaces import marketplace_name

PLATFORMS = ("amazon", "ozon", "shopify", "medusa")
NEVER = {rule.code for rule in RULES if "-N" in rule.code}


def replies(reader: str, platform: str, *languages: str) -> str:
    groups = [{"group": f"cancellation.{code}", "kind": "cancellation", "language": code} for code in languages]
    values = {
        "incident_id": "INC-2026-0007",
        "platform": platform,
        "platform_name": marketplace_name(platform),
        "groups": groups,
        "signer": "Kim",
        "seller_name": "Northlight",
    }
    return render_report(f"report/replies.{reader}.md.j2", values, None)


def blocks(text: str) -> list[str]:
    return re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("reader", ["en", "zh"])
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_keeps_the_rules_in_every_language(reader: str, platform: str, language: str) -> None:
    found = blocks(replies(reader, platform, language))[:: 1 if language == "en" else 2]
    assert len(found) == 4
    broken = [
        {problem.code for problem in check_letter("", text, platform, language, "[order id]", "cancellation")}
        for text in found
    ]
    # The last one shows the official way to a buyer who asked first; nothing else may. It does not apologise.
    assert [codes & NEVER for codes in broken] == [set(), set(), set(), {"ANY-N01"}]
    for text, codes in zip(found[:3], broken[:3], strict=True):
        assert codes == set(), (language, text)
        assert len(text) < 1000
    for text in found:
        assert "[order id]" in text
        assert text.endswith("Kim, Northlight\n")
        assert "\n\n\n" not in text
        assert ("Amazon" in text) <= (platform == "amazon")


def test_english_stands_beside_other_languages_and_for_those_that_have_no_answers() -> None:
    text = replies("zh", "amazon", "de", "ja", "de")
    assert [line for line in text.splitlines() if line.startswith("**")] == ["**de**", "**ja**", "**en**"] * 4
    assert len(blocks(text)) == 12
    assert "Thank you for asking" in text
    swedish = replies("en", "amazon", "sv")
    assert [line for line in swedish.splitlines() if line.startswith("**")] == ["**sv**", "**en**"] * 4
    assert blocks(swedish)[0] == blocks(swedish)[1]
    assert "**" not in replies("en", "amazon", "en")
    assert len(blocks(replies("en", "amazon"))) == 4
