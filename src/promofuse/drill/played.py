"""What a drill came to: findings, alarm, money, decisions, letters, ledger, and the night as a story."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from promofuse.drill.scenario import Scenario
from promofuse.money import Money
from promofuse.rules.wording import amount_text
from promofuse.verdicts import Alarm, Finding, Severity


@dataclass(slots=True, kw_only=True)
class Played:
    """What a drill came to. Losses are exact minor units by currency.

    `lost` is what the night's orders lose that were placed until the seller was told; `saved` what those would have
    lost that did not come any more because of the stop, up to the moment at which somebody noticed in the story;
    `undone` what the cancelled ones would have lost; `left` what is lost in the end.
    """

    scenario: Scenario
    findings: tuple[Finding, ...] = ()
    unknowns: int = 0
    alarm: Alarm | None = None
    told_at: datetime | None = None
    first_loss: datetime | None = None
    lost: dict[str, Fraction] = field(default_factory=dict)
    saved: dict[str, Fraction] = field(default_factory=dict)
    undone: dict[str, Fraction] = field(default_factory=dict)
    left: dict[str, Fraction] = field(default_factory=dict)
    decisions: Counter[str] = field(default_factory=Counter)
    misjudged: list[str] = field(default_factory=list)
    letters: int = 0
    breaches: list[str] = field(default_factory=list)
    ledger: Counter[str] = field(default_factory=Counter)
    unbalanced: str = ""
    incidents: tuple[str, ...] = ()
    stray_alarms: int = 0
    timeline: list[tuple[datetime, str]] = field(default_factory=list)
    files: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    @property
    def serious(self) -> tuple[Finding, ...]:
        """Findings from warning on, the gravest first."""
        return tuple(finding for finding in self.findings if finding.severity is not Severity.INFO)

    @property
    def caught(self) -> Finding | None:
        """The finding that is to be expected, else the gravest."""
        wanted = self.scenario.expected.worst if self.scenario.expected else None
        named = (finding for finding in self.serious if wanted and finding.code == wanted.code)
        return next(named, self.serious[0] if self.serious else None)

    def say(self, at: datetime, text: str) -> None:
        """One more line of the story."""
        self.timeline.append((at, text))


def losses_text(losses: dict[str, Fraction]) -> str:
    """Losses in words: `1,234.50 USD`, several currencies side by side, `0` where there are none."""
    return " + ".join(f"{Money.rounded(loss, code)} {code}" for code, loss in sorted(losses.items())) or "0"


def price_text(finding: Finding) -> str:
    """The worst price of a finding as `1.00 USD`, blank where it has none."""
    return f"{amount_text(finding.price, finding.currency)} {finding.currency}" if finding.price is not None else ""


def money_json(losses: dict[str, Fraction]) -> dict[str, str]:
    """Losses as decimal strings by currency."""
    return {code: str(Money.rounded(loss, code)) for code, loss in sorted(losses.items())}
