"""What came out of a drill against what its file expects, each difference in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from promofuse.drill.played import Played
from promofuse.drill.scenario import Expected, Worst
from promofuse.rules.wording import amount_text
from promofuse.verdicts import Finding


def find_differences(played: Played) -> tuple[str, ...]:
    """How a drill went against its expectations. What holds for every night is judged without any, too."""
    expected = played.scenario.expected
    return (*_always(played), *(_as_expected(played, expected) if expected else ()))


def _always(played: Played) -> Iterator[str]:
    """Right triage, no breach of policy, a ledger that balances, and no alarm about what is healthy."""
    if played.misjudged:
        yield f"triage: {len(played.misjudged)} wrong, the first: {played.misjudged[0]}"
    if played.breaches:
        yield f"policy: {len(played.breaches)} breaches, the first: {played.breaches[0]}"
    if played.unbalanced:
        yield f"ledger: {played.unbalanced}"
    if played.alarm and not played.first_loss:
        yield f"alarm: {played.alarm.promotion_id} loses no money, and there was one: {played.alarm.message}"


def _as_expected(played: Played, expected: Expected) -> Iterator[str]:
    found = sorted(finding.code for finding in played.serious)
    if found != sorted(expected.codes):
        yield f"check: expected {_listed(expected.codes)}, found {_listed(found)}"
    elif expected.worst:
        yield from _worst(played, expected, expected.worst)
    if expected.silent and (said := len(played.findings) + played.unknowns):
        yield f"check: has to stay silent, and said {said} things"
    alarm = played.alarm
    if alarm is None and expected.alarm:
        yield f"alarm: expected {expected.alarm}, there was none"
    elif alarm and not expected.alarm:
        yield f"alarm: has to stay silent, and said: {alarm.message}"
    elif alarm and alarm.kind.value != expected.alarm:
        yield f"alarm: expected {expected.alarm}, it was {alarm.kind.value}"
    if alarm and expected.alarm and alarm.orders > expected.within_orders:
        yield f"alarm: expected after {expected.within_orders} orders at most, it came after {alarm.orders}"
    yield from _counts("triage", {key.value: n for key, n in expected.decisions.items()}, played.decisions)
    yield from _counts("ledger", {str(key): n for key, n in expected.ledger.items()}, played.ledger)


def _worst(played: Played, expected: Expected, worst: Worst) -> Iterator[str]:
    finding = played.caught
    if finding is None or finding.code != worst.code:
        yield f"check: no finding {worst.code}"
        return
    for name in ("price", "contribution", "exposure"):
        wanted, got = getattr(worst, name), _amount(finding, name)
        if wanted and wanted != got:
            yield f"check: {worst.code} {name} expected {wanted}, found {got}"
    opens = finding.opens_at
    if not expected.running and (opens is None or opens <= played.scenario.at):
        yield f"check: {worst.code} has to come before the start, and it runs already"
    if not expected.running and finding.editable_until is None:
        yield f"check: {worst.code} does not say how long the promotion can still be edited"


def _amount(finding: Finding, name: str) -> str:
    amount = getattr(finding, name)
    return "" if amount is None else amount_text(amount, finding.currency)


def _counts(what: str, expected: dict[str, int], found: Counter[str]) -> Iterator[str]:
    for name in sorted({*expected, *found}):
        if expected.get(name, 0) != found[name]:
            yield f"{what}: expected {expected.get(name, 0)} {name}, found {found[name]}"


def _listed(codes: object) -> str:
    return ", ".join(codes) if isinstance(codes, list | tuple) and codes else "nothing"


def expected_toml(played: Played) -> str:
    """What came out as the `[expected]` table of a drill's file."""
    lines = ["[expected]", f"codes = {_array(sorted(finding.code for finding in played.serious))}"]
    if finding := played.caught:
        named = {name: _amount(finding, name) for name in ("price", "contribution", "exposure")}
        amounts = [f'{name} = "{amount}"' for name, amount in named.items() if amount]
        code = f'code = "{finding.code}"'
        lines.append(f"worst = {{ {', '.join([code, *amounts])} }}")
        if finding.opens_at is None or finding.opens_at <= played.scenario.at:
            lines.append("running = true")
    if played.alarm:
        lines += [f'alarm = "{played.alarm.kind.value}"', f"within_orders = {played.alarm.orders}"]
    for name, counts in (("decisions", played.decisions), ("ledger", played.ledger)):
        if told := [f"{key} = {count}" for key, count in sorted(counts.items()) if count]:
            lines.append(f"{name} = {{ {', '.join(told)} }}")
    return "\n".join(lines) + "\n"


def _array(codes: list[str]) -> str:
    return "[" + ", ".join(f'"{code}"' for code in codes) + "]"
