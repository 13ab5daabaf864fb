"""One connection to the mail server, kept while it is good, and thrown away after any error that is no reply."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from promofuse.delivery.account import SmtpServer
from promofuse.delivery.smtp import connect, hang_up

if TYPE_CHECKING:
    import aiosmtplib

RECYCLE: Final = 100  # letters over one connection
IDLE: Final = 20.0  # seconds after which a server may have stopped listening


class Link:
    """Connects when it is asked for a client, and again where the last connection is of no more use."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._client: aiosmtplib.SMTP | None = None
        self._letters = 0
        self._used_at = 0.0
        self._now = asyncio.get_running_loop().time

    async def client(self) -> aiosmtplib.SMTP:
        """A connected client for one letter; raises SmtpFailure."""
        now = self._now()
        if self._letters >= RECYCLE or now - self._used_at > IDLE:
            await self.close()
        if self._client is None or not self._client.is_connected:
            self.cut()
            self._client = await connect(self._server)
            self._letters = 0
        self._letters += 1
        self._used_at = now
        return self._client

    async def reset(self) -> None:
        """After a refusal: the next letter begins anew."""
        import aiosmtplib

        if self._client is not None:
            try:
                await self._client.rset()
            except (aiosmtplib.SMTPException, OSError):
                self.cut()

    def cut(self) -> None:
        """Close without a word."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def close(self) -> None:
        """Say goodbye and close."""
        if self._client is not None:
            client, self._client = self._client, None
            await hang_up(client)
