"""docs/templates.md and the code name the same placeholders, kinds, languages and rules."""

import re
from pathlib import Path

from promofuse.drafts.policy_rules import RULES
from promofuse.drafts.render import PLACEHOLDERS, compile_letter, templates_dir
from promofuse.verdicts import Severity

TEXT = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")


def test_every_placeholder_is_documented_with_the_words_of_the_code() -> None:
    table = TEXT.partition("## Placeholders")[2].partition("##")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)) == PLACEHOLDERS


def test_every_rule_is_documented() -> None:
    documented = re.findall(r"^\| `(\w{3}-\w\d\d)` (\S+) \| (.+) \|$", TEXT, re.MULTILINE)
    advice = {Severity.WARNING: " (advice)"}
    assert documented == [(r.code, r.name, r.says + advice.get(r.severity, "")) for r in RULES]


def test_kinds_and_languages_are_the_shipped_ones() -> None:
    kinds = sorted(path.name for path in (templates_dir() / "buyer").iterdir())
    assert sorted(re.findall(r"`buyer/([\w-]+)/<language>\.txt\.j2`", TEXT)) == kinds
    named = re.search(r"\(`(.+?)`\) come with Promofuse", " ".join(TEXT.split()))
    assert named
    for kind in kinds:
        languages = sorted(path.name.partition(".")[0] for path in (templates_dir() / "buyer" / kind).iterdir())
        assert sorted(named[1].split("`, `")) == languages


def test_the_example_compiles() -> None:
    example = re.search(r"```\n(Subject: .+?)```", TEXT, re.DOTALL)
    assert example
    compile_letter(example[1])
