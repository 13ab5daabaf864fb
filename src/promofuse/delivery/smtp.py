"""The one way to a mail server: connect, offer an envelope, hand over the message, and say what an error means.

Until the message itself begins to leave, everything can be tried again. From then on only a reply of the server is
certain: a lost connection or a time-out may mean that it has arrived (RFC 1047), and it is never sent again by itself.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from promofuse.delivery.account import SmtpServer
from promofuse.delivery.envelope import Envelope
from promofuse.errors import MailUnreachable
from promofuse.store.deliveries import DeliveryState

if TYPE_CHECKING:
    import aiosmtplib

_QUIT: Final = 2.0  # seconds for a farewell
_LINE: Final = 300  # characters of a server's reply that are kept
_ADDRESS: Final = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")


class Phase(StrEnum):
    """How far a letter had come."""

    CONNECT = "connecting"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    MESSAGE = "message"


class Trouble(StrEnum):
    """What an error says of the server or the account, beyond the one letter."""

    CONNECTION = "connection"  # cannot be reached, dropped us, does not answer
    BUSY = "busy"  # 421, 432, 45x: asks for a slower pace
    LOGIN = "login"  # user name, password or TLS are not accepted
    SENDER = "sender"  # may not send from this address
    REFUSED = "refused"  # this letter is refused for good
    NONE = "none"  # this letter has to wait; nothing is wrong otherwise


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error means for the letter, and for the server or account; `usable`: the connection is, after RSET."""

    state: DeliveryState
    trouble: Trouble
    usable: bool


class SmtpFailure(MailUnreachable):
    """The server said no, or nothing at all, in some phase; the message is one line without anybody's address."""

    def __init__(self, phase: Phase, code: int, text: str, *, login: bool = False) -> None:
        super().__init__(one_line(f"{phase}: {code} {text}" if code else f"{phase}: {text}"))
        self.meaning = judge(phase, code, login=login)


def judge(phase: Phase, code: int, *, login: bool = False) -> Meaning:
    """What a reply means in a phase, or the lack of one (any code that is neither 4xx nor 5xx).

    `login`: the server has not let us in. See docs/decisions/0010-at-most-once.md.
    """
    if not 400 <= code < 600:
        state = DeliveryState.UNKNOWN if phase is Phase.MESSAGE else DeliveryState.RETRY
        return Meaning(state, Trouble.LOGIN if login else Trouble.CONNECTION, usable=False)
    usable = phase is not Phase.CONNECT and code != 421
    if code < 500:
        # 450 at RCPT: this mailbox has to wait, as with greylisting.
        busy = code in (421, 432) or (450 <= code <= 459 and (phase, code) != (Phase.RCPT, 450))
        return Meaning(DeliveryState.RETRY, Trouble.BUSY if busy else Trouble.NONE, usable)
    if login or code == 530:  # RFC 4954 §6: log in first, or use TLS first
        return Meaning(DeliveryState.RETRY, Trouble.LOGIN, usable)
    if phase is Phase.CONNECT:
        return Meaning(DeliveryState.RETRY, Trouble.CONNECTION, usable)
    if phase is Phase.MAIL:  # not about this recipient: every letter of this sender would fare the same
        return Meaning(DeliveryState.RETRY, Trouble.SENDER, usable)
    return Meaning(DeliveryState.FAILED, Trouble.REFUSED, usable)


@asynccontextmanager
async def connected(server: SmtpServer) -> AsyncIterator[aiosmtplib.SMTP]:
    """A connection for one piece of work; raises SmtpFailure if there is none."""
    client = await connect(server)
    try:
        yield client
    finally:
        await hang_up(client)


async def connect(server: SmtpServer) -> aiosmtplib.SMTP:
    """Connect, secure the connection as configured and log in; raises SmtpFailure.

    Neither a password nor a letter ever goes over a connection that is less secure than configured.
    """
    import aiosmtplib

    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        username=server.username or None,
        password=server.password if server.username else None,
        timeout=server.timeout,
    )
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
    except aiosmtplib.SMTPResponseException as error:
        client.close()
        login = isinstance(error, aiosmtplib.SMTPAuthenticationError)
        raise SmtpFailure(Phase.CONNECT, error.code, error.message, login=login) from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        client.close()
        raise SmtpFailure(Phase.CONNECT, 0, str(error), login=_is_about_login(error)) from error
    except BaseException:
        client.close()
        raise
    return client


async def hang_up(client: aiosmtplib.SMTP) -> None:
    """Say goodbye where the server still listens, and close; never raises because of the server."""
    import aiosmtplib

    try:
        with suppress(aiosmtplib.SMTPException, OSError):
            if client.is_connected:
                await client.quit(timeout=_QUIT)
    finally:
        client.close()


async def name_sender(client: aiosmtplib.SMTP, envelope: Envelope, raw: bytes) -> None:
    """MAIL; raises SmtpFailure.

    The addresses go out as they are: aiosmtplib's own mail() and rcpt() would read them again, leniently.
    """
    eight_bit = b"" if raw.isascii() or not client.supports_extension("8bitmime") else b" BODY=8BITMIME"
    await _command(client, Phase.MAIL, b"MAIL FROM:<%b>%b" % (envelope.sender.encode("ascii"), eight_bit), 250)


async def name_recipient(client: aiosmtplib.SMTP, envelope: Envelope) -> None:
    """RCPT and DATA: afterwards the server waits for the message. Raises SmtpFailure."""
    await _command(client, Phase.RCPT, b"RCPT TO:<%b>" % envelope.recipient.encode("ascii"), 250, 251)
    await _command(client, Phase.DATA, b"DATA", 354)


async def deliver(client: aiosmtplib.SMTP, raw: bytes, server: SmtpServer, at: datetime) -> str:
    """The message itself, with its Date as the first header; returns the server's reply. Raises SmtpFailure.

    The first byte leaves here: what has to be on record before must be by now.
    """
    import aiosmtplib

    if client.protocol is None or not client.is_connected:
        raise SmtpFailure(Phase.DATA, 0, "the server hung up")
    client.protocol.write(_on_the_wire(raw, at))
    try:
        reply = await client.protocol.read_response(timeout=server.data_timeout)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise SmtpFailure(Phase.MESSAGE, 0, str(error)) from error
    if not 200 <= reply.code < 300:
        raise SmtpFailure(Phase.MESSAGE, reply.code, reply.message)
    return one_line(reply.message)


async def send_one(client: aiosmtplib.SMTP, envelope: Envelope, raw: bytes, server: SmtpServer, at: datetime) -> str:
    """All of it for one message that needs no record, as an alert; returns the server's reply, raises SmtpFailure."""
    await name_sender(client, envelope, raw)
    await name_recipient(client, envelope)
    return await deliver(client, raw, server, at)


def one_line(text: str) -> str:
    """A server's words as one short line without anybody's address."""
    line = " ".join(text.split())
    return (_ADDRESS.sub("[address]", line) if "@" in line else line)[:_LINE]


async def _command(client: aiosmtplib.SMTP, phase: Phase, command: bytes, *good: int) -> None:
    import aiosmtplib

    try:
        reply = await client.execute_command(command)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise SmtpFailure(phase, 0, str(error)) from error
    if reply.code not in good:
        raise SmtpFailure(phase, reply.code, reply.message)


def _on_the_wire(raw: bytes, at: datetime) -> bytes:
    """The dated message as RFC 5321 §4.5.2 has it: CRLF line ends, dots at a line's start doubled, the final dot."""
    if not raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r"):  # a person's editor wrote other line ends
        raw = _LINE_END.sub(b"\r\n", raw)
    end = b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"
    return b"Date: %b\r\n%b%b" % (format_datetime(at).encode("ascii"), raw.replace(b"\r\n.", b"\r\n.."), end)


def _is_about_login(error: BaseException) -> bool:
    """A certificate that is not trusted, no STARTTLS, no AUTH: waiting mends none of them."""
    import ssl

    import aiosmtplib

    # What the server does not offer comes as the plain base class.
    cause = error.__cause__ or error
    return isinstance(cause, ssl.SSLCertVerificationError) or type(error) is aiosmtplib.SMTPException
