"""Who a message goes to, read from its approved bytes: nothing beside them can name another recipient."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from promofuse.drafts.mime import BadAddress, parse_address

_FOLD: Final = re.compile(r"\r?\n(?=[ \t])")
_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_HEADER: Final = re.compile(r"^([^:\r\n]+):[ \t]*([^\r\n]*)", re.MULTILINE)
# One mailbox: a bare address, or a name (quoted, or without a special character) and an address in angle brackets.
_MAILBOX: Final = re.compile(
    r"""(?:(?:"(?:[^"\\]|\\.)*"|[^"(),:;<>@\[\\\]]*)[ \t]*<(?P<bracketed>[^<>@\s]+@[^<>@\s]+)>"""
    r"""|(?P<bare>[^<>@\s,]+@[^<>@\s,]+))"""
)
_FORBIDDEN: Final = frozenset({"date", "cc", "bcc"})  # the Date is added at sending; one recipient, named in To


@dataclass(frozen=True, slots=True)
class Envelope:
    """The two addresses of one message, as they stand in its From and To."""

    sender: str
    recipient: str

    @property
    def domain(self) -> str:
        """The recipient's domain."""
        return self.recipient.rpartition("@")[2]


def read_envelope(raw: bytes) -> Envelope | BadAddress:
    """The envelope of a message without a Date. Both addresses are valid; there is one From, one To and no copy."""
    head = _FOLD.sub("", _END_OF_HEAD.split(raw, maxsplit=1)[0].decode("latin-1"))
    headers = [(name.strip().casefold(), value.strip()) for name, value in _HEADER.findall(head)]
    for name, _ in headers:
        if name in _FORBIDDEN or name.startswith("resent-"):
            return BadAddress(f"the message has a header {name.title()}")
    sender, recipient = (
        _one_address([value for name, value in headers if name == wanted]) for wanted in ("from", "to")
    )
    for name, address in (("From", sender), ("To", recipient)):
        if isinstance(address, BadAddress):
            return BadAddress(f"{name}: {address.reason}")
    return Envelope(str(sender), str(recipient))


def _one_address(values: list[str]) -> str | BadAddress:
    mailbox = _MAILBOX.fullmatch(values[0]) if len(values) == 1 else None
    return _check(mailbox["bracketed"] or mailbox["bare"]) if mailbox else BadAddress("there is not one address")


@lru_cache(maxsize=64)
def _check(address: str) -> str | BadAddress:
    """The address if it is valid as it stands: one that validation would change might be another."""
    checked = parse_address(address)
    if isinstance(checked, BadAddress):
        return checked
    return checked.address if checked.address.casefold() == address.casefold() else BadAddress("it is not plain")
