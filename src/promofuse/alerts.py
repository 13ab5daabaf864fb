"""Mail to the seller himself: what happened, the money, the next commands. No buyer's data ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from promofuse.drafts.locale import clean_header, clean_text

TIMEOUT = 20.0  # seconds


async def send_alert(
    *,
    host: str,
    port: int,
    security: str,
    username: str,
    password: str,
    sender: str,
    to: Sequence[str],
    subject: str,
    body: str,
    at: datetime,
) -> None:
    """Send one message to the seller's own addresses; raises aiosmtplib.SMTPException or OSError if it fails."""
    import aiosmtplib

    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = clean_header(subject)
    message["Date"] = format_datetime(at)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(clean_text(body) + "\n")
    await aiosmtplib.send(
        message,
        sender=sender,
        recipients=list(to),
        hostname=host,
        port=port,
        use_tls=security == "tls",
        start_tls=security == "starttls",
        username=username or None,
        password=password if username else None,
        timeout=TIMEOUT,
    )
