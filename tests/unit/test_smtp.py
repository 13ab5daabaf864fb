"""What a server's words mean, who a message goes to, and its bytes on the wire."""

import pytest

from post_office import AT, SENDER, letter
from promofuse.delivery.envelope import Envelope, read_envelope
from promofuse.delivery.smtp import Meaning, Phase, SmtpFailure, Trouble, _on_the_wire, judge, one_line
from promofuse.drafts.mime import BadAddress, Mailbox, build_message
from promofuse.store.deliveries import DeliveryState

RETRY, FAILED, UNKNOWN = DeliveryState.RETRY, DeliveryState.FAILED, DeliveryState.UNKNOWN
BUSY, NONE, REFUSED, CONNECTION = Trouble.BUSY, Trouble.NONE, Trouble.REFUSED, Trouble.CONNECTION


@pytest.mark.parametrize(
    ("phase", "code", "state", "trouble", "usable"),
    [
        (Phase.CONNECT, 0, RETRY, CONNECTION, False),
        (Phase.CONNECT, 421, RETRY, BUSY, False),
        (Phase.CONNECT, 554, RETRY, CONNECTION, False),
        (Phase.MAIL, 0, RETRY, CONNECTION, False),
        (Phase.MAIL, 421, RETRY, BUSY, False),
        (Phase.MAIL, 432, RETRY, BUSY, True),
        (Phase.MAIL, 450, RETRY, BUSY, True),
        (Phase.MAIL, 471, RETRY, NONE, True),
        (Phase.MAIL, 530, RETRY, Trouble.LOGIN, True),
        (Phase.MAIL, 553, RETRY, Trouble.SENDER, True),
        (Phase.RCPT, 450, RETRY, NONE, True),
        (Phase.RCPT, 451, RETRY, BUSY, True),
        (Phase.RCPT, 550, FAILED, REFUSED, True),
        (Phase.DATA, 0, RETRY, CONNECTION, False),
        (Phase.DATA, 250, RETRY, CONNECTION, False),
        (Phase.DATA, 451, RETRY, BUSY, True),
        (Phase.DATA, 554, FAILED, REFUSED, True),
        (Phase.MESSAGE, 421, RETRY, BUSY, False),
        (Phase.MESSAGE, 452, RETRY, BUSY, True),
        (Phase.MESSAGE, 554, FAILED, REFUSED, True),
        (Phase.MESSAGE, 0, UNKNOWN, CONNECTION, False),
        (Phase.MESSAGE, -1, UNKNOWN, CONNECTION, False),
        (Phase.MESSAGE, 354, UNKNOWN, CONNECTION, False),
        (Phase.MESSAGE, 600, UNKNOWN, CONNECTION, False),
    ],
)
def test_the_error_matrix(phase, code, state, trouble, usable):
    assert judge(phase, code) == Meaning(state, trouble, usable)


@pytest.mark.parametrize(("code", "trouble"), [(0, Trouble.LOGIN), (535, Trouble.LOGIN), (454, BUSY)])
def test_a_login_that_fails_is_told_apart_from_one_that_has_to_wait(code, trouble):
    assert judge(Phase.CONNECT, code, login=True).trouble is trouble


def test_only_the_message_itself_leaves_a_doubt():
    for phase in Phase:
        for code in range(-1, 700):
            doubtful = judge(phase, code).state is UNKNOWN
            assert doubtful == (phase is Phase.MESSAGE and not 400 <= code < 600)


def test_reasons_are_one_line_without_addresses():
    failure = SmtpFailure(
        Phase.RCPT, 550, "5.1.1 <b1@alias.example>:\nRecipient address rejected: b1@alias.example\r\n"
    )

    assert str(failure) == "RCPT: 550 5.1.1 <[address]>: Recipient address rejected: [address]"
    assert len(one_line("x" * 1000)) == 300


def message(head):
    return head.replace("\n", "\r\n").encode() + b"\r\n\r\nbody\r\n"


PLAIN = "From: a@harbour.example\nTo: b@alias.example\nSubject: s\nMessage-ID: <1@harbour.example>"


@pytest.mark.parametrize("name", ["", "Ann", 'Doe, "J" <x@y.example>', "陈伟", "a\\b", "Zoë (Harbour), Ltd."])
def test_the_envelope_of_a_letter_is_its_from_and_to(name):
    raw = build_message(
        sender=Mailbox("Harbour Lights", "service@harbour.example"),
        to=Mailbox(name, "b7@alias.example"),
        subject="s" * 100,
        body="To: other@alias.example\n",
        message_id=f"<{'0' * 32}@harbour.example>",
    )

    assert read_envelope(raw) == Envelope("service@harbour.example", "b7@alias.example")
    assert read_envelope(raw.replace(b"\r\n", b"\n")) == read_envelope(raw)


@pytest.mark.parametrize(
    "head",
    [
        PLAIN.replace("b@alias.example", "b@alias.example, c@alias.example"),
        PLAIN.replace("b@alias.example", "b@alias.example,c@alias.example"),
        PLAIN.replace("b@alias.example", "<b@alias.example> <c@alias.example>"),
        PLAIN.replace("b@alias.example", "Group: b@alias.example;"),
        PLAIN.replace("b@alias.example", ""),
        PLAIN.replace("b@alias.example", "nobody"),
        PLAIN.replace("b@alias.example", "b..c@alias.example"),
        PLAIN.replace("b@alias.example", '"b c"@alias.example'),
        PLAIN.replace("b@alias.example", "bé@alias.example"),
        PLAIN + "\nTo: c@alias.example",
        PLAIN + "\nCc: c@alias.example",
        PLAIN + "\nBcc: c@alias.example",
        PLAIN + "\nbcc : c@alias.example",
        PLAIN + "\nDate: Wed, 04 Mar 2026 05:06:07 +0000",
        PLAIN + "\nResent-To: c@alias.example",
        PLAIN.replace("From: a@harbour.example\n", ""),
        "",
    ],
)
def test_a_message_that_might_go_to_another_is_not_sent(head):
    assert isinstance(read_envelope(message(head)), BadAddress)


def test_on_the_wire_only_the_date_is_added():
    raw = letter(1, text="One.\n.two\n..three\n.\n").raw
    wire = _on_the_wire(raw, AT)

    assert wire.startswith(b"Date: Wed, 04 Mar 2026 05:06:07 +0000\r\nFrom: ")
    assert wire.endswith(b"\r\n.\r\n")
    assert wire.count(b"\r\n.\r\n") == 1
    body = wire.removesuffix(b".\r\n").partition(b"\r\n")[2]
    assert body.replace(b"\r\n..", b"\r\n.") == raw


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_line_ends_of_an_editor_are_made_right(end):
    raw = letter(1).raw

    assert _on_the_wire(raw.replace(b"\r\n", end).removesuffix(end), AT) == _on_the_wire(raw, AT)
    assert _on_the_wire(raw.replace(b"\r\n", b"\n", 3), AT) == _on_the_wire(raw, AT)


def test_the_sender_of_the_tests_is_the_envelopes():
    assert read_envelope(letter(3).raw) == Envelope(SENDER.address, "buyer3@alias.example")
