"""The mail account: the server, the login, and what the provider allows (a dated table)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A mail server and the login there. Times are seconds."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 60.0  # for the connection, and for the reply to a command
    data_timeout: float = 600.0  # for the reply to the final dot: RFC 5321 §4.5.3.2.6

    @property
    def where(self) -> str:
        """For people."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an account may do; 0 means no limit."""

    connections: int = 4
    per_minute: int = 0
    per_domain: int = 0  # a minute, to recipients of one domain
    per_day: int = 0


@dataclass(frozen=True, slots=True)
class Provider:
    """What a mail provider allows an account, by whom it is said, and when that was read."""

    limits: Limits
    source: str
    as_of: date


PROVIDERS: Final = MappingProxyType(
    {
        "ses": Provider(  # a new production account; yours is in the console, set max_per_minute and max_per_day
            Limits(connections=8, per_minute=14 * 60, per_day=50_000),
            "https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html",
            date(2026, 11, 22),
        ),
        "microsoft365": Provider(
            Limits(connections=3, per_minute=30, per_day=10_000),
            "https://learn.microsoft.com/en-us/exchange/troubleshoot/send-emails/smtp-submission-improvements",
            date(2026, 11, 22),
        ),
        "google-workspace": Provider(
            Limits(per_day=2_000),
            "https://support.google.com/a/answer/166852",
            date(2026, 11, 22),
        ),
    }
)
