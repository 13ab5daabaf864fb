"""How the check looks on a terminal: a few lines a finding, the worst first, and a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from promofuse.cli import show

if TYPE_CHECKING:
    from promofuse.app.check import Checked
    from promofuse.verdicts import Finding, Unknown

_ALIKE: Final = 10  # findings of one rule on one promotion; more than these are counted
_UNKNOWNS: Final = 10  # more than these are counted
_STYLES: Final = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


def print_checked(checked: Checked, *, narrowed: bool, explain: bool) -> None:
    """The findings, what could not be told, and a line that sums them up; `narrowed` to one promotion or SKU."""
    out = show.console()
    alike: Counter[tuple[str, str, str, str, tuple[str, ...]]] = Counter()
    for finding in checked.findings:
        alike[key := _kind(finding)] += 1
        if alike[key] <= _ALIKE:
            _print_finding(finding, explain=explain)
    for (shop, code, name, _, ids), count in alike.items():
        if count > _ALIKE:
            what = " ".join(filter(None, (code, name, shop, _ids_text(ids))))
            out.print(f"{count - _ALIKE} more of {what}; --json lists them, --sku SKU shows one", soft_wrap=True)
    for unknown in checked.unknowns[:_UNKNOWNS]:
        out.print(f"unknown {unknown.code}: {_about(unknown)}: {unknown.reason}", soft_wrap=True)
    if len(checked.unknowns) > _UNKNOWNS:
        out.print(f"unknown: {len(checked.unknowns) - _UNKNOWNS} more; --json lists all")
    if checked.findings or checked.unknowns:
        out.print()
    out.print(_summary(checked), soft_wrap=True)
    show.print_next(_next_steps(checked, narrowed=narrowed, explain=explain))


def _kind(finding: Finding) -> tuple[str, str, str, str, tuple[str, ...]]:
    """What findings that differ by their SKU alone have in common."""
    word = "waived" if finding.waived else finding.severity.value
    return finding.shop, finding.code, finding.name, word, finding.promotion_ids


def _print_finding(finding: Finding, *, explain: bool) -> None:
    from rich.text import Text

    out = show.console()
    word = "waived" if finding.waived else finding.severity.value
    head = Text.assemble((word, "dim" if finding.waived else _STYLES[word]), f" {finding.code} {finding.name}: ")
    out.print(head.append(", ".join(filter(None, (_about(finding), _at_stake(finding))))), soft_wrap=True)
    lines = [finding.message, finding.path and f"path: {finding.path}", finding.waiver]
    if not finding.waived:
        lines.append(f"help: {finding.hint}")
    if explain:
        lines += finding.arithmetic
    for line in filter(None, lines):
        out.print(f"  {line}", soft_wrap=True)


def _about(verdict: Finding | Unknown) -> str:
    """Shop, promotions and SKU; a long list of promotions is cut."""
    return " ".join(filter(None, (verdict.shop, _ids_text(verdict.promotion_ids), verdict.sku)))


def _ids_text(ids: Sequence[str]) -> str:
    return ", ".join(ids[:4]) + (f" and {len(ids) - 4} more" if len(ids) > 4 else "")


def _at_stake(finding: Finding) -> str:
    """What it can cost, where a unit loses money."""
    from promofuse.rules.wording import amount_text

    if finding.contribution is None or finding.contribution >= 0:
        return ""
    if finding.exposure is None:
        return "no limit to the loss is known"
    return f"up to {amount_text(finding.exposure, finding.currency)} {finding.currency} at stake"


def _summary(checked: Checked) -> str:
    from promofuse.rules.wording import count_text

    counts: dict[str, int] = {"critical": 0, "warning": 0, "info": 0, "waived": 0}
    for finding in checked.findings:
        counts["waived" if finding.waived else finding.severity.value] += 1
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "Nothing found"
    if not checked.offers and not checked.findings:
        said = "Nothing could be checked"
    offers, promotions = count_text(checked.offers, "offer"), count_text(checked.promotions, "promotion")
    parts = [f"{said}: {offers} against {promotions}, live or scheduled."]
    if checked.unknowns:
        parts.append(f"{len(checked.unknowns)} could not be told.")
    if checked.gaps:
        parts.append(f"{len(checked.gaps)} rows or files could not be read.")
    if not checked.promotions:
        parts.append(
            f"No promotion is on record{', so only prices were checked' if checked.offers else ''}: "
            "write promotions.csv with promotion_id,seen_at "
            "and what it takes off, e.g. percent_off, or drop a coupon or promotion report into the shop's folder."
        )
    if not checked.offers:
        parts.append("No cost is on record: write catalogue.csv with sku,currency,unit_cost and price.")
    return " ".join(parts)


def _next_steps(checked: Checked, *, narrowed: bool, explain: bool) -> list[str]:
    """The commands that follow from the worst finding."""
    serious = [finding for finding in checked.findings if not finding.waived]
    if not serious and not checked.offers:
        return ["promofuse doctor     what was read, and what is missing"]
    if not serious:
        return ["promofuse daemon     watch the shops from now on"]
    worst = serious[0]
    steps = [f"promofuse rules {worst.code}     what it means, why it matters, what to do"]
    option = f"--promo {worst.promotion_ids[0]}" if worst.promotion_ids else f"--sku {worst.sku}" if worst.sku else ""
    if not explain and any(finding.arithmetic for finding in serious):
        steps.append(f"promofuse check {'' if narrowed else f'{option} '}--explain     the arithmetic, step by step")
    if worst.contribution is not None and worst.contribution < 0 and worst.editable_until is None and option:
        steps.append(f"promofuse respond {option} --shop {worst.shop}     orders that were placed already")
    return steps
