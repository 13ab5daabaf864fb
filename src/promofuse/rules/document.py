"""docs/rules.md from the rules themselves: what each finds, why it matters, what to do, its settings and examples."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from promofuse.rules.base import Rule
from promofuse.rules.wording import number_text

_HEAD = """# The rules of the check

`promofuse check` runs them over every offer and every promotion that is running or scheduled, beside the orders of the
last days. A rule that cannot tell says so: not known is never fine. This page is made from the rules; `promofuse rules
CODE` prints one of them.

## Settings, overrides, waivers

Settings go under `[rules.NAME]` in `config.toml`. An override holds in a shop, a category or for an SKU; of several the
most specific wins (SKU before category before shop), and what it does not name stays as the rule has it. A promotion
lies in a category, or on an SKU, with all the offers that it covers.

```toml
[rules.margin-below-minimum]
minimum = 0.10

[[rules.margin-below-minimum.overrides]]
category = "clearance"
minimum = 0.02
```

A waiver accepts a finding until a date. It is still shown, as `waived`, and does not count for the exit code; one that
has ended says so. `promotions` have to name all that the finding puts at fault, and below `lowest_price` it does not
hold: a price that was accepted once is no leave for a slip.

```toml
[[rules.below-cost.waivers]]
promotions = ["TASTER"]
lowest_price = 3.50
reason = "samples for the fair"
until = 2026-12-01
```
"""
FAMILIES = {
    "PF1": "price and margin",
    "PF2": "typed-number slips",
    "PF3": "stacking and duplicates",
    "PF4": "scope",
    "PF5": "limits and codes",
    "PF6": "schedule",
    "PF7": "seen in orders",
    "PF8": "blind spots",
}
_ANSWERS = {True: "fires", False: "does not fire", None: "cannot tell"}


def document_rules(rules: Sequence[type[Rule]]) -> str:
    """The whole page as Markdown, ending in a line end."""
    contents = []
    for family, words in FAMILIES.items():
        contents += [f"**{family}xx, {words}**", ""]
        contents += [
            f"- [{rule.code} {rule.name}](#{rule.code.lower()}-{rule.name}): {rule_title(rule)}"
            for rule in rules
            if rule.code.startswith(family)
        ]
        contents.append("")
    return "\n".join([_HEAD, "## The list", "", *contents, *(document_rule(rule, heading="## ") for rule in rules)])


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
    return number_text(value) if isinstance(value, Fraction) else f'"{value}"' if value == "" else str(value)
