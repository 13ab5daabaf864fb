"""`promofuse check` and `promofuse rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from promofuse.cli.options import DEFAULT_CONFIG, AsJson, At, ConfigPath, ShopName, clock, open_session

if TYPE_CHECKING:
    from promofuse.app.check import Checked
    from promofuse.verdicts import Finding


def check(
    shop: ShopName = "",
    promo: Annotated[str, typer.Option("--promo", metavar="ID", help="Only what concerns this promotion.")] = "",
    sku: Annotated[str, typer.Option("--sku", metavar="SKU", help="Only what concerns this SKU.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Show the arithmetic of each finding.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """Check live and scheduled promotions against costs and rules. Exit 1 from severity warning on."""
    from promofuse.app.check import check as look
    from promofuse.cli import show
    from promofuse.cli.show_check import print_checked
    from promofuse.verdicts import Severity

    with open_session(config, at) as session:
        checked = look(session.config, session.store, session.keys, session.at, shop=shop, promotion=promo, sku=sku)
        moment = session.at
    show.print_reads(checked.reads)
    if json:
        show.print_json(check_json(checked, moment))
    else:
        print_checked(checked, narrowed=bool(promo or sku), explain=explain)
    if any(finding.severity is not Severity.INFO for finding in checked.findings):
        raise typer.Exit(1)


def rules(
    code: Annotated[str, typer.Argument(metavar="[CODE]", help="A rule by code or name, e.g. PF101.")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    json: AsJson = False,
    at: At = "",
) -> None:
    """List the rules of the check, or explain one."""
    from promofuse.cli import show
    from promofuse.errors import UsageError
    from promofuse.rules import RULES
    from promofuse.rules.document import FAMILIES, document_rule, rule_title

    del config
    clock(at)
    chosen = [rule for rule in RULES if not code or code.casefold() in (rule.code.casefold(), rule.name)]
    if not chosen:
        raise UsageError(f"no rule {code!r}", hint="rules: " + ", ".join(rule.code for rule in RULES))
    if json:
        fields = [
            {
                "code": rule.code,
                "name": rule.name,
                "severity": rule.severity.value,
                "title": rule_title(rule),
                "settings": rule.model_json_schema().get("properties", {}),
            }
            for rule in chosen
        ]
        show.print_json({"version": 1, "rules": fields})
    elif code:
        show.console().print(document_rule(chosen[0]), soft_wrap=True)
    else:
        out = show.console()
        for family, words in FAMILIES.items():
            out.print(f"{family}xx  {words}")
            for rule in chosen:
                if rule.code.startswith(family):
                    line = f"  {rule.code}  {rule.severity.value:<8}  {rule.name:<24}  {rule_title(rule)}"
                    out.print(line, soft_wrap=True)
        show.print_next(
            ["promofuse rules PF101     what one rule means, why it matters, what to do", "promofuse check"]
        )


def check_json(checked: Checked, at: Any) -> dict[str, Any]:
    """`check --json`, version 1 of the contract: amounts are decimal strings or null, times UTC with Z."""
    from promofuse.response.case import time_text

    return {
        "version": 1,
        "at": time_text(at),
        "findings": [_finding_json(finding) for finding in checked.findings],
        "unknowns": [
            {
                "code": unknown.code,
                "shop": unknown.shop,
                "sku": unknown.sku or None,
                "promotion_ids": list(unknown.promotion_ids),
                "reason": unknown.reason,
            }
            for unknown in checked.unknowns
        ],
        "gaps": [
            {"file": gap.file, "line": gap.line, "column": gap.column, "reason": gap.reason} for gap in checked.gaps
        ],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    from promofuse.money import Money, power
    from promofuse.response.case import share_text, time_text

    waiver = f"[{finding.waiver}]" if finding.waiver else ""

    def amount(major: Any) -> str | None:
        return None if major is None else str(Money.rounded(major * power(finding.currency), finding.currency))

    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "shop": finding.shop,
        "promotion_ids": list(finding.promotion_ids),
        "sku": finding.sku or None,
        "message": " ".join(filter(None, (finding.message, finding.path and f"({finding.path})", waiver))),
        "hint": finding.hint,
        "price": amount(finding.price),
        "currency": finding.currency or None,
        "contribution": amount(finding.contribution),
        "margin": share_text(finding.margin),
        "exposure": amount(finding.exposure),
        "combination": list(finding.combination),
        "opens_at": time_text(finding.opens_at) if finding.opens_at else None,
        "editable_until": time_text(finding.editable_until) if finding.editable_until else None,
        "assumed": finding.assumed,
    }
