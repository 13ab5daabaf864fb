"""Mail to the seller himself: what happened, the money, the next commands. No buyer's data ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from promofuse.delivery.account import SmtpServer
from promofuse.delivery.envelope import Envelope
from promofuse.delivery.smtp import SmtpFailure, connected, send_one
from promofuse.drafts.locale import clean_header, clean_text

TIMEOUT: Final = 20.0  # seconds; an alert that may have arrived is sent again rather than lost


async def send_alert(
    *, server: SmtpServer, sender: str, to: Sequence[str], subject: str, body: str, at: datetime
) -> str:
    """Send one message to each of the seller's own addresses; returns the server's last reply.

    Raises SmtpFailure if none of them is accepted.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = clean_header(subject)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(clean_text(body) + "\n")
    raw = message.as_bytes(policy=SMTP)
    server = replace(server, timeout=TIMEOUT, data_timeout=TIMEOUT)
    replies, refusals = [], []
    for address in to:
        try:
            async with connected(server) as client:
                replies.append(await send_one(client, Envelope(sender, address), raw, server, at))
        except SmtpFailure as refusal:
            refusals.append(refusal)
    if not replies:
        raise refusals[0]
    return replies[-1]
