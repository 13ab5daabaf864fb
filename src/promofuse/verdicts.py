"""What we say of facts: Severity, Finding, Unknown, Alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction


class Severity(StrEnum):
    """How bad it is; `check` exits 1 from WARNING on."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for INFO, 2 for CRITICAL."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Confidence(StrEnum):
    """How sure it is: HIGH from the shop's own figures and rules, MEDIUM from third parties, LOW assumed."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def doubt(self) -> int:
        """0 for HIGH, 2 for LOW; of several the greatest counts."""
        return _DOUBT[self]


_DOUBT = {confidence: doubt for doubt, confidence in enumerate(Confidence)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule says of an offer or of a promotion.

    Amounts are exact fractions of major units, for one unit of `sku`; `margin` is a share of the price without tax.
    None is unknown, and for `exposure` also unlimited. `promotion_ids` are the promotions at fault, `combination`
    are all that together reach `price`, in the order in which they apply. `editable_until` is None once it runs.
    `path` is the way to the price and `arithmetic` what is left of it, step by step, both in words. `waived`: a person
    has accepted it; `waiver` is what a waiver says of it, also one that does not hold any more.
    """

    code: str
    name: str
    severity: Severity
    shop: str
    message: str
    hint: str
    confidence: Confidence = Confidence.HIGH
    promotion_ids: tuple[str, ...] = ()
    sku: str = ""
    price: Fraction | None = None
    currency: str = ""
    contribution: Fraction | None = None
    margin: Fraction | None = None
    exposure: Fraction | None = None
    combination: tuple[str, ...] = ()
    opens_at: datetime | None = None
    editable_until: datetime | None = None
    assumed: bool = False
    path: str = ""
    arithmetic: tuple[str, ...] = ()
    waived: bool = False
    waiver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something that could not be judged, and why. It is neither fine nor a finding; people see it."""

    code: str
    shop: str
    reason: str
    sku: str = ""
    promotion_ids: tuple[str, ...] = ()


class AlarmKind(StrEnum):
    """Which tripwire raised an alarm."""

    ORDER = "order"
    SPIKE = "spike"
    BLEED = "bleed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A promotion, or the price of `sku` where no promotion is named, is losing money in a way that was hardly meant.

    `at` is the seen_at of the line that raised it, `since` the start of the revision it speaks of. `orders` and `lost`
    (minor units, positive) are its loss-making orders ordered since then. `score` is nats for a spike, for the other
    kinds a multiple of what they allow. The evidence fields are 0 where they say nothing. `severity` is by the money
    that a night at this pace can cost.
    """

    kind: AlarmKind
    shop: str
    promotion_id: str
    at: datetime
    since: datetime
    score: float
    orders: int
    lost: int
    currency: str
    message: str
    window_orders: int = 0
    window_minutes: int = 0
    expected: float = 0.0  # orders in that window at most
    loss_per_minute: int = 0  # minor units
    below_plan: int = 0  # orders paid below the recorded plan
    planned_depth: float = 0.0  # planned loss as a share of cost, where that is unusual for the shop
    severity: Severity = Severity.WARNING
    sold_out_minutes: int | None = None  # None: the stock is not known, or lasts a night
    sku: str = ""  # of a wrong price that no promotion names; `promotion_id` is blank then

    @property
    def about(self) -> str:
        """The promotion, or the SKU."""
        return self.promotion_id or self.sku
