import email
import email.policy

import pytest

from promofuse.drafts.mime import (
    HEADERS,
    BadAddress,
    Mailbox,
    build_message,
    check_header_block,
    message_id,
    parse_address,
)
from promofuse.errors import Refused

SENDER = Mailbox("Northlight", "service@northlight.example")
BUYER = Mailbox("", "b1@marketplace.example")
ID = message_id("INC-2026-0001", "A-1", "cancellation", 1, "northlight.example")


def build(
    subject: str = "Your order A-1", body: str = "Hello,\n\nKim\n", sender: Mailbox = SENDER, to: Mailbox = BUYER
):
    return build_message(sender=sender, to=to, subject=subject, body=body, message_id=ID)


def parse(raw: bytes):
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_the_exact_bytes() -> None:
    assert build() == (
        b'From: "Northlight" <service@northlight.example>\r\n'
        b"To: b1@marketplace.example\r\n"
        b"Subject: Your order A-1\r\n"
        b"Message-ID: <51ffc1388c174efa598ea582e2a628a9@northlight.example>\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"Hello,\r\n\r\nKim\r\n"
    )


def test_message_ids_differ_by_every_part_and_never_by_machine() -> None:
    parts = ("I", "O", "K", 1, "d.example")
    changed = [("J", "O", "K", 1), ("I", "P", "K", 1), ("I", "O", "L", 1), ("I", "O", "K", 2), ("IO", "", "K", 1)]
    ids = {message_id(*parts), *(message_id(*part, "d.example") for part in changed)}
    assert len(ids) == 6
    assert message_id(*parts) == message_id(*parts)
    assert all(len(i) == len("<@d.example>") + 32 for i in ids)


def test_quoted_printable_where_the_text_is_mostly_ascii_else_base64() -> None:
    german = parse(build(body="Guten Tag Frau Müller,\n\nwir stornieren Ihre Bestellung.\n"))
    japanese = parse(build(body="お客様\n\nご注文をキャンセルさせていただきます。\n"))
    assert german["Content-Transfer-Encoding"] == "quoted-printable"
    assert japanese["Content-Transfer-Encoding"] == "base64"
    assert german.get_content().replace("\r\n", "\n") == "Guten Tag Frau Müller,\n\nwir stornieren Ihre Bestellung.\n"


@pytest.mark.parametrize(
    "body", [".\n", "..\n.\nx\n", "x" * 9000 + "\n", "=\n", "a=20\n", "From me\n", "ü" * 3000 + "\n"]
)
def test_lines_stay_short_and_no_line_is_a_lone_dot(body: str) -> None:
    raw = build(body=body)
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert b"." not in lines
    assert parse(raw).get_content().replace("\r\n", "\n") == body


@pytest.mark.parametrize(
    "name", ['Doe, J <e@x>; "q" \\', "Möbel & Söhne", "深圳市流明家居用品有限公司", "(comment)", "a@b.c"]
)
def test_names_come_back_as_they_are(name: str) -> None:
    to = parse_address("b1@marketplace.example", name)
    assert isinstance(to, Mailbox)
    addresses = parse(build(to=to))["To"].addresses
    assert [(a.display_name, a.addr_spec) for a in addresses] == [(name, "b1@marketplace.example")]


def test_long_names_are_cut_between_characters() -> None:
    to = parse_address("b1@marketplace.example", "あ" * 40)
    assert to == Mailbox("あ" * 14, "b1@marketplace.example")


@pytest.mark.parametrize(
    ("address", "ascii_form"),
    [
        ("b1@marketplace.amazon.com", "b1@marketplace.amazon.com"),
        (" A.B+c@X.Example ", "A.B+c@x.example"),
        ("a@münchen.de", "a@xn--mnchen-3ya.de"),
    ],
)
def test_good_addresses(address: str, ascii_form: str) -> None:
    assert parse_address(address) == Mailbox("", ascii_form)
    assert Mailbox("", ascii_form).domain == ascii_form.split("@")[1]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "there is no address"),
        ("  ", "there is no address"),
        ("nobody", "must have an @-sign"),
        ("ü@x.de", "before the @-sign is not ASCII"),
        ("a@b.de,c@d.de", "invalid characters"),
        ("a@b.de, c@d.de", "@-sign"),
        ("Doe <a@b.de>", "display name"),
        ('"a b"@x.de', "Quoting"),
        ("a@b.de\r\nBcc: c@d.de", "invalid characters"),
        ("a@b.de\n", "invalid characters"),
        ("a\x00@b.de", "invalid characters"),
        ("a@[127.0.0.1]", "IP address"),
        ("a..b@c.de", "two periods"),
        ("x" * 65 + "@c.de", "too long"),
        ("\ud800@c.de", "unsafe characters"),
        ("a@\ud800.de", "unsafe characters"),
    ],
)
def test_bad_addresses_say_why(address: str, reason: str) -> None:
    bad = parse_address(address)
    assert isinstance(bad, BadAddress)
    assert reason in bad.reason


@pytest.mark.parametrize(
    "subject",
    ["", " x", "x\n", "x\r\nBcc: e@x", "a\x00", "=?UTF-8?Q?hi=0D=0ABcc:_e@x?=", "\u202ex", "\ud800", "x" * 201],
)
def test_a_dirty_subject_is_refused(subject: str) -> None:
    with pytest.raises(Refused, match="subject"):
        build(subject=subject)


@pytest.mark.parametrize("body", ["", "\n", "no line end", "a\r\nb\n", "a\x00\n", "\ud800\n", "x" * 10_001 + "\n"])
def test_a_dirty_text_is_refused(body: str) -> None:
    with pytest.raises(Refused, match="text"):
        build(body=body)


@pytest.mark.parametrize(
    "mailbox",
    [
        Mailbox("", "a@b.c\r\nBcc: e@x"),
        Mailbox("", "a@b.c, d@e.f"),
        Mailbox("", ""),
        Mailbox("x\r\ny", "a@b.c"),
        Mailbox("=?utf-8?q?x?=", "a@b.c"),
        Mailbox("あ" * 40, "a@b.c"),
    ],
)
def test_a_mailbox_that_was_not_parsed_is_refused(mailbox: Mailbox) -> None:
    with pytest.raises(Refused, match="mailbox"):
        build(to=mailbox)
    with pytest.raises(Refused, match="mailbox"):
        build(sender=mailbox)


def test_a_strange_message_id_is_refused() -> None:
    with pytest.raises(Refused, match="message id"):
        build_message(sender=SENDER, to=BUYER, subject="x", body="x\n", message_id="<x@y>\r\nBcc: e@x")


def test_check_header_block() -> None:
    raw = build()
    assert check_header_block(raw, HEADERS) == ""
    assert "headers are" in check_header_block(raw, HEADERS[:-1])
    assert "headers are" in check_header_block(b"Bcc: e@x.example\r\n" + raw, HEADERS)
    assert "headers are" in check_header_block(raw.replace(b"Subject:", b"To:"), HEADERS)
    assert "no blank line" in check_header_block(raw.partition(b"\r\n\r\n")[0], HEADERS)
    for bad in (
        b"Your\norder",
        b"Your\rorder",
        b"Your\r\norder",
        b"Your\r\n \r\n order",
        b"Your\x00order",
        b"\xff",
        b"\t",
    ):
        assert "not a header line" in check_header_block(raw.replace(b"Your order A-1", bad), HEADERS)
