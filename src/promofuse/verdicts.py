"""What we say of facts: Severity, Finding, Unknown, Alarm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is; `check` exits 1 from WARNING on."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something that could not be judged, and why. It is neither fine nor a finding; people see it."""

    code: str
    shop: str
    reason: str
    sku: str = ""
    promotion_ids: tuple[str, ...] = ()
