"""docs/rules.md from the rules themselves: what each finds, why it matters, what to do, its settings and examples."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from promofuse.rules.base import Rule
from promofuse.rules.wording import number_text

_HEAD = """# The rules of the check

`promofuse check` runs them over every offer and every promotion that is running or scheduled. Settings go under
`[rules.NAME]` in `config.toml`. A rule that cannot tell says so: not known is never fine. This page is made from the
rules; `promofuse rules CODE` prints one of them.
"""
_ANSWERS = {True: "fires", False: "does not fire", None: "cannot tell"}


def document_rules(rules: Sequence[type[Rule]]) -> str:
    """The whole page as Markdown, ending in a line end."""
    contents = "\n".join(
        f"- [{rule.code} {rule.name}](#{rule.code.lower()}-{rule.name}): {rule_title(rule)}" for rule in rules
    )
    return "\n".join([_HEAD, contents, "", *(document_rule(rule, heading="## ") for rule in rules)])


def document_rule(rule: type[Rule], heading: str = "") -> str:
    """One rule as Markdown; its sections are one level below its own heading."""
    title, _, body = (inspect.getdoc(rule) or "").partition("\n")
    lines = [f"{heading}{rule.code} {rule.name}", "", f"{title} Severity: {rule.severity}.", ""]
    lines += [line.replace("## ", "### ") if line.startswith("## ") else line for line in body.strip().splitlines()]
    lines += ["", "### Settings", "", *_settings(rule), "", "### Examples", ""]
    lines += [f"- {_ANSWERS[example.fires]}: {example.name}" for example in rule.examples]
    return "\n".join([*lines, ""])


def rule_title(rule: type[Rule]) -> str:
    """What a rule finds, in one sentence."""
    return (inspect.getdoc(rule) or "").partition("\n")[0]


def _settings(rule: type[Rule]) -> Iterable[str]:
    if not rule.model_fields:
        return ["None."]
    return [f"- `{name}` = {_shown(field.default)}: {field.description}" for name, field in rule.model_fields.items()]


def _shown(value: Any) -> str:
    return number_text(value) if isinstance(value, Fraction) else str(value)
