"""A letter as the exact bytes of one message, assembled by hand and checked after it is built.

`EmailMessage` builds some 300 messages a second, and on CPython 3.11 an encoded word in a value can write headers of
its own (CVE-2024-6923). Here every value is checked to be one clean line, non-ASCII text only ever leaves as base64,
and the finished header block is counted line by line. There is no Date: it is added when the message is sent. There
is no Auto-Submitted either: a person approves every batch and reads the replies.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parseaddr
from functools import lru_cache
from typing import Final

from promofuse.drafts.locale import clean_header, clean_text
from promofuse.errors import PromofuseError, Refused

HEADERS: Final = (
    "From",
    "To",
    "Subject",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
)
_LINE: Final = 76
# An encoded word shares a line of 76 characters with `Subject: ` or `From: ` and its own 12 (RFC 2047 §2). A name has
# to fit into one word: between two, some readers (the standard library's among them) show a space.
_SUBJECT_BYTES: Final = 39
_NAME_BYTES: Final = 42
_NOT_ASCII: Final = bytes(range(128, 256))
_HEADER_LINE: Final = re.compile(rb"([!-9;-~]+): [!-~][ -~]*")
_CONTINUATION: Final = re.compile(rb" [!-~][ -~]*")
# A local part that is valid whatever the domain, and short enough for the whole to be.
_PLAIN_ALIAS: Final = re.compile(r"(?=[^@]{1,64}@)([A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*)@([A-Za-z0-9.-]{1,180})")
_PLAIN_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name, which may be blank, and an ASCII address; made by `parse_address`."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What follows the @."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class BadAddress:
    """Why nothing can be sent to an address, in words for exceptions.csv."""

    reason: str


def parse_address(address: str, name: str = "") -> Mailbox | BadAddress:
    """Validate one address; an international domain becomes punycode, and a name is cleaned and cut to 42 bytes."""
    plain = _PLAIN_ALIAS.fullmatch(address)
    checked = _validate(f"a@{plain[2]}" if plain else address.strip(" "))
    if isinstance(checked, BadAddress):
        return checked
    return Mailbox(_cut(clean_header(name)), plain[1] + checked[1:] if plain else checked)


@lru_cache(maxsize=1024)
def _validate(address: str) -> str | BadAddress:
    """The address as ASCII. Buyers of a marketplace share a domain, so plain aliases cost one validation in all."""
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        return BadAddress(str(error) if address else "there is no address")
    return checked.ascii_email or BadAddress("The part before the @-sign is not ASCII; not every mail server takes it.")


def _cut(name: str) -> str:
    """At most one encoded word's worth of a name."""
    return name.encode("utf-8")[:_NAME_BYTES].decode("utf-8", "ignore").strip()


def message_id(incident_id: str, order_id: str, kind: str, revision: int, sender_domain: str) -> str:
    """The same for the same draft, on every machine: `<32 hex digits@domain>`, with the angle brackets."""
    draft = "\0".join((incident_id, order_id, kind, str(revision)))
    return f"<{hashlib.sha256(draft.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@{sender_domain}>"


def build_message(*, sender: Mailbox, to: Mailbox, subject: str, body: str, message_id: str) -> bytes:
    """One message for one recipient, with CRLF line ends. The same arguments give the same bytes.

    The body leaves as quoted-printable where most of it is ASCII, so that it can be edited by hand, else as base64.
    Raises Refused if a value is not what `CompiledLetter.render`, `parse_address` and `message_id` return.
    """
    if not subject or subject != clean_header(subject):
        raise Refused("the subject is not one clean line", hint="write another subject")
    if not body.strip() or body != clean_text(body) + "\n":
        raise Refused("the text is empty, too long or holds control characters", hint="write another text")
    if not re.fullmatch(r"<[0-9a-f]{32}@[A-Za-z0-9.-]+>", message_id, re.ASCII):
        raise Refused(f"{message_id!r} is not a message id")
    encoding, content = _encode_body(body)
    header = (
        f"From: {_mailbox(sender)}\r\n"
        f"To: {_mailbox(to)}\r\n"
        f"Subject: {_fold(subject)}\r\n"
        f"Message-ID: {message_id}\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: text/plain; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n"
        "\r\n"
    )
    raw = header.encode("ascii") + content
    if wrong := check_header_block(raw, HEADERS):
        raise PromofuseError(f"a message came out wrong: {wrong}", hint="please report this")
    return raw


def check_header_block(raw: bytes, expected: Sequence[str]) -> str:
    """What is wrong with a message's header block, or blank: exactly the expected names once each, in this order.

    Every line ends in CRLF, holds printable ASCII, and is a header or the continuation of one.
    """
    block, blank_line, _ = raw.partition(b"\r\n\r\n")
    if not blank_line:
        return "no blank line after the headers"
    names: list[str] = []
    for line in block.split(b"\r\n"):
        if header := _HEADER_LINE.fullmatch(line):
            names.append(header[1].decode("ascii"))
        elif not (names and _CONTINUATION.fullmatch(line)):
            return f"not a header line: {line[:60]!r}"
    return "" if tuple(names) == tuple(expected) else f"headers are {', '.join(names)}"


def read_head(raw: bytes) -> tuple[str, str]:
    """Address of the recipient and subject of a message that `build_message` made or a person's mail program saved."""
    head = BytesHeaderParser(policy=compat32).parsebytes(raw)
    subject = str(make_header(decode_header(str(head["Subject"] or ""))))
    return parseaddr(str(head["To"] or ""))[1], clean_header(subject)


@lru_cache(maxsize=64)
def _mailbox(mailbox: Mailbox) -> str:
    """A mailbox as RFC 5322 and RFC 2047 write it: quoted where the name is ASCII, else one encoded word."""
    name, address = mailbox.name, mailbox.address
    if not _PLAIN_ADDRESS.fullmatch(address) or name != _cut(clean_header(name)):
        raise Refused("a mailbox has to come from parse_address")
    if not name:
        return address
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_encoded_word(name.encode('utf-8'))}\r\n <{address}>"


def _encoded_word(text: bytes) -> str:
    return f"=?utf-8?b?{binascii.b2a_base64(text, newline=False).decode('ascii')}?="


def _fold(subject: str) -> str:
    """A subject in lines of at most 76 characters: folded at spaces where it is ASCII, else in encoded words."""
    room = _LINE - len("Subject: ")
    if subject.isascii():
        lines = [""]
        for word in subject.split(" "):
            if lines[-1] and len(lines[-1]) + len(word) >= room:
                lines.append(word)
                room = _LINE - 1
            else:
                lines[-1] += f" {word}" if lines[-1] else word
        return "\r\n ".join(lines)
    words, left = [], subject.encode("utf-8")
    while left:
        cut = _SUBJECT_BYTES
        while cut < len(left) and left[cut] & 0xC0 == 0x80:  # not within a character
            cut -= 1
        words.append(_encoded_word(left[:cut]))
        left = left[cut:]
    return "\r\n ".join(words)


def _encode_body(body: str) -> tuple[str, bytes]:
    """The transfer encoding and the encoded body, in lines of at most 76 characters."""
    raw = body.replace("\n", "\r\n").encode("utf-8")
    if len(raw.translate(None, _NOT_ASCII)) * 6 >= len(raw) * 5:
        return "quoted-printable", binascii.b2a_qp(raw, istext=True, header=False)
    encoded = binascii.b2a_base64(raw, newline=False)
    return "base64", b"".join(encoded[i : i + _LINE] + b"\r\n" for i in range(0, len(encoded), _LINE))
