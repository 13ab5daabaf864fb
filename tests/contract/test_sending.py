"""Sending to a real server in another process: what it refuses, drops or leaves unanswered, phase by phase."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from post_office import AT, INCIDENT, MailServer, PostOffice, letter
from promofuse.delivery.account import Limits, SmtpServer
from promofuse.delivery.pace import Pace, Patience
from promofuse.delivery.sender import LOCK
from promofuse.errors import MailUnreachable, Refused, StoreError
from promofuse.store.deliveries import DeliveryState, erase_messages, set_state
from promofuse.store.locks import only_one

S = DeliveryState


@pytest.fixture
def office(tmp_path):
    with PostOffice(tmp_path, [letter(number) for number in range(20)]) as office:
        yield office


def sent_with(office, *faults, **changes):
    """The outcome with a server that does this."""
    with MailServer(office.accepted, faults) as server:
        return office.send(server.port, **changes)


def counts(outcome):
    names = ("failed", "unknown", "retry", "left", "withheld", "skipped", "sent")
    return {name: getattr(outcome, name) for name in names if getattr(outcome, name)}


def test_every_letter_arrives_once_as_it_was_approved(office):
    outcome = sent_with(office)

    assert counts(outcome) == {"sent": 20}
    assert outcome.stopped is None
    assert office.check() == 0
    received = office.received()
    assert sorted(one["to"] for one in received) == sorted(f"buyer{n}@alias.example" for n in range(20))
    assert {one["from"] for one in received} == {"service@harbour.example"}
    assert {one.reply for one in office.deliveries().values()} == {"2.0.0 queued as 4F2A"}
    assert {one.attempts for one in office.deliveries().values()} == {1}
    assert abs(parsedate_to_datetime(received[0]["date"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_sent_again_nothing_goes(office):
    sent_with(office)

    assert counts(sent_with(office)) == {"skipped": 20}
    assert len(office.received()) == 20


def test_letters_go_in_the_order_given(office):
    pairs = office.pairs[::-1]
    sent_with(office, pairs=pairs, limits=Limits(connections=1))

    assert [one["to"] for one in office.received()] == [f"buyer{n}@alias.example" for n in reversed(range(20))]


@pytest.mark.parametrize(
    ("phase", "do", "expected"),
    [
        ("rcpt", "550 5.1.1 <buyer7@alias.example> no such user", {"failed": 1, "sent": 19}),
        ("data", "554 no", {"failed": 1, "sent": 19}),
        ("dot", "554 5.6.0 refused", {"failed": 1, "sent": 19}),
        ("dot", "drop", {"unknown": 1, "sent": 19}),
        ("dot", "hang", {"unknown": 1, "sent": 19}),
        ("body", "drop", {"unknown": 1, "sent": 19}),
        ("kept", "drop", {"unknown": 1, "sent": 19}),
        ("kept", "hang", {"unknown": 1, "sent": 19}),
        ("kept", "half", {"unknown": 1, "sent": 19}),
        ("kept", "what is this", {"unknown": 1, "sent": 19}),
        ("kept", "251 it is on its way", {"sent": 20}),
        ("dot", "delay:0.2", {"sent": 20}),
        ("data", "drop", {"sent": 20}),
        ("rcpt", "drop", {"sent": 20}),
        ("rcpt", "450 4.2.0 greylisted", {"sent": 20}),
        ("dot", "452 4.3.1 no space", {"sent": 20}),
        ("dot", "421 going down", {"sent": 20}),
        ("data", "what is this", {"sent": 20}),
    ],
)
def test_one_letter_meets_a_fault_once(office, phase, do, expected):
    outcome = sent_with(office, {"phase": phase, "do": do, "to": "^buyer7@", "times": 1})

    assert counts(outcome) == expected
    assert office.check() == expected.get("unknown", 0)
    if "failed" in expected:
        one = office.deliveries()[office.pairs[7]]
        assert (one.state, one.reply) == (S.FAILED, "")
        assert one.error.startswith(("RCPT: 550", "DATA: 554", "message: 554"))
        assert "buyer7" not in one.error


@pytest.mark.parametrize(
    ("phase", "do"),
    [("banner", "421 busy"), ("banner", "drop"), ("ehlo", "drop"), ("mail", "drop"), ("mail", "421 busy"),
     ("mail", "451 wait"), ("mail", "432 4.3.2 thread limit"), ("ehlo", "half")],
)  # fmt: skip
def test_a_fault_before_the_recipient_loses_nothing(office, phase, do):
    outcome = sent_with(office, {"phase": phase, "do": do, "times": 3})

    assert counts(outcome) == {"sent": 20}
    assert office.check() == 0


def test_a_letter_that_always_has_to_wait_is_left_for_another_run(office):
    outcome = sent_with(office, {"phase": "rcpt", "do": "450 4.2.0 not now", "to": "^buyer7@"})

    one = office.deliveries()[office.pairs[7]]
    assert counts(outcome) == {"retry": 1, "sent": 19}
    assert (one.state, one.attempts, one.error) == (S.RETRY, 4, "RCPT: 450 4.2.0 not now")
    assert counts(sent_with(office)) == {"sent": 1, "skipped": 19}
    assert office.check() == 0


@pytest.mark.parametrize(
    ("fault", "says", "hint"),
    [
        ({"phase": "banner", "do": "drop"}, "connecting", "doctor"),
        ({"phase": "mail", "do": "421 4.7.0 too many"}, "421 4.7.0 too many", "slower pace"),
        ({"phase": "mail", "do": "553 not your address"}, "553 not your address", "from_address"),
        ({"phase": "mail", "do": "530 5.7.0 log in first"}, "530 5.7.0", "username"),
    ],
)
def test_it_gives_up_and_says_why(office, fault, says, hint):
    outcome = sent_with(office, fault)

    assert isinstance(outcome.stopped, MailUnreachable)
    assert says in str(outcome.stopped)
    assert hint in outcome.stopped.hint
    assert outcome.retry + outcome.left == 20
    assert office.received() == []
    assert counts(sent_with(office)) == {"sent": 20}


def test_an_account_that_is_refused_stops_before_all_letters_are(tmp_path):
    with PostOffice(tmp_path, [letter(number) for number in range(60)]) as office:
        outcome = sent_with(office, {"phase": "dot", "do": "554 5.7.1 account suspended"})

        assert "account suspended" in str(outcome.stopped)
        assert 20 <= outcome.failed <= 24
        assert outcome.left == 60 - outcome.failed


def test_no_server_at_all(office):
    outcome = office.send(1)

    assert counts(outcome) == {"left": 20}
    assert "127.0.0.1:1: connecting" in str(outcome.stopped)


def test_what_the_recheck_names_is_withheld(office):
    asked = []

    def recheck(pairs):
        asked.append(list(pairs))
        return {pair: "the order has been shipped" for pair in pairs if pair in office.pairs[3:5]}

    outcome = sent_with(office, recheck=recheck)

    one = office.deliveries()[office.pairs[3]]
    assert counts(outcome) == {"withheld": 2, "sent": 18}
    assert (one.state, one.error) == (S.WITHHELD, "the order has been shipped")
    assert [pair for pairs in asked for pair in pairs] == office.pairs
    assert office.check() == 0


def test_a_recheck_that_refuses_stops_before_anything_goes(office):
    def recheck(pairs):
        raise Refused("the order data is too old", hint="new reports")

    outcome = sent_with(office, recheck=recheck)

    assert counts(outcome) == {"left": 20}
    assert str(outcome.stopped) == "the order data is too old"
    assert office.states() == {"approved": 20}


def test_a_letter_to_retry_is_looked_at_again(office):
    asked = []

    def recheck(pairs):
        asked.extend(pairs)
        return {pair: "shipped" for pair in pairs if asked.count(pair) == 2}

    fault = {"phase": "rcpt", "do": "450 not now", "to": "^buyer7@", "times": 1}
    outcome = sent_with(office, fault, recheck=recheck)

    assert counts(outcome) == {"withheld": 1, "sent": 19}


def test_a_stop_finishes_what_is_on_its_way_and_begins_nothing(tmp_path):
    with PostOffice(tmp_path, [letter(number) for number in range(200)]) as office:
        stop = asyncio.Event()
        told = []

        def on_progress(progress):
            told.append(progress)
            if progress.sent:
                stop.set()

        outcome = sent_with(office, {"phase": "dot", "do": "delay:0.05"}, stop=stop, on_progress=on_progress)

        assert outcome.unknown == outcome.retry == 0
        assert 0 < outcome.sent < 200
        assert outcome.sent + outcome.left == 200
        assert office.check() == 0
        assert office.states() == {"sent": outcome.sent, "approved": outcome.left}
        assert (told[-1].sent, told[-1].left) == (outcome.sent, outcome.left)
        assert told[-1].per_minute > 0
        assert told[-1].seconds_left > 0


def test_the_progress_tells_of_a_pause(office):
    told = []
    patience = Patience(first=1.5, longest=1.5, letter=(0.1,))
    sent_with(office, {"phase": "mail", "do": "421 busy", "times": 1}, patience=patience, on_progress=told.append)

    paused = [one for one in told if one.paused_until]
    assert paused
    assert "421 busy" in paused[0].why_paused
    assert told[-1].paused_until is None


def test_a_slow_account_keeps_its_pace(office):
    pairs = office.pairs[:6]
    with MailServer(office.accepted) as server:
        before = datetime.now(UTC)
        outcome = office.send(server.port, limits=Limits(per_minute=300), pairs=pairs)

    assert counts(outcome) == {"sent": 6}
    assert datetime.now(UTC) - before >= timedelta(seconds=1)  # five times a fifth of a second


def test_a_domain_with_a_limit_lets_the_others_pass(tmp_path):
    letters = [letter(number, to=f"b{number}@{'slow' if number < 5 else f'd{number}'}.example") for number in range(12)]
    with PostOffice(tmp_path, letters) as office:
        outcome = sent_with(office, limits=Limits(connections=1, per_domain=150))

        order = [one["to"].partition("@")[2] for one in office.received()]
        assert counts(outcome) == {"sent": 12}
        slow = [place for place, domain in enumerate(order) if domain == "slow.example"]
        assert slow[0] == 0
        assert order.index("d11.example") < slow[3]


def test_the_day_has_an_end(office):
    first = sent_with(office, limits=Limits(per_day=5, connections=1))
    second = sent_with(office, limits=Limits(per_day=5))

    assert counts(first) == {"sent": 5, "left": 15}
    assert isinstance(first.stopped, Refused)
    assert "5 letters a day" in str(first.stopped)
    assert counts(second) == {"left": 15, "skipped": 5}


def test_only_one_sends(office):
    with only_one(office.data_dir / LOCK, "somebody else", hint=""), pytest.raises(Refused, match="another process"):
        office.send(1)


def test_what_is_not_approved_does_not_go(office):
    with office.store.write() as db:
        for number, state in enumerate(S):
            set_state(db, INCIDENT, [office.pairs[number]], [S.APPROVED], state, AT)
    going = {S.APPROVED, S.CLAIMED, S.RETRY}

    outcome = sent_with(office, pairs=[*office.pairs[: len(S)], ("O-unheard-of", "cancellation"), office.pairs[0]])

    assert {one["to"] for one in office.received()} == {
        f"buyer{number}@alias.example" for number, state in enumerate(S) if state in going
    }
    assert counts(outcome) == {"sent": 3, "unknown": 2, "skipped": 6}  # one was on its way when a sender died


def test_a_letter_without_text_or_with_two_recipients_fails_alone(tmp_path):
    good = letter(1)
    bad = type(good)("O-000002", good.raw.replace(b"To: ", b"Cc: c@alias.example\r\nTo: "), "<2@harbour.example>")
    with PostOffice(tmp_path, [good, bad, letter(3)]) as office:
        with office.store.write() as db:
            erase_messages(db, INCIDENT, ["O-000003"])
        outcome = sent_with(office)

        assert counts(outcome) == {"failed": 2, "sent": 1}
        errors = {one.order_id: one.error for one in office.deliveries().values()}
        assert errors["O-000002"] == "the message has a header Cc"
        assert errors["O-000003"] == "its text has been erased"


def test_a_letter_that_was_changed_in_the_database_stops_the_run(office):
    with office.store.write() as db:
        db.exec_driver_sql("UPDATE delivery SET sha256 = 'another' WHERE order_id = 'O-000002'")

    outcome = sent_with(office)

    assert isinstance(outcome.stopped, StoreError)
    assert counts(outcome) == {"left": 20}
    assert office.received() == []


def test_a_letter_that_somebody_rejects_at_the_last_moment_is_not_sent(office):
    def recheck(pairs):
        with office.store.write() as db:
            set_state(db, INCIDENT, office.pairs[:4], [S.APPROVED], S.REJECTED, AT)
        return {}

    outcome = sent_with(office, recheck=recheck)

    assert counts(outcome) == {"sent": 16, "skipped": 4}
    assert len(office.received()) == 16


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
def test_a_letter_to_retry_is_not_lost_to_a_clock_that_jumped(office, jump):
    far = {"phase": "rcpt", "do": "450 not now", "to": "^buyer7@"}
    sent_with(office, far, clock=lambda: AT + jump)
    assert office.states() == {"sent": 19, "retry": 1}

    outcome = sent_with(office, clock=lambda: AT)

    assert outcome.sent == 1
    assert office.check() == 0


def test_eight_bit_letters_are_announced(tmp_path):
    plain = letter(1)
    raw = plain.raw.replace(b"We are sorry", "Es tut uns leid, Grüße".encode())
    with PostOffice(tmp_path, [type(plain)(plain.order_id, raw, plain.message_id)]) as office:
        assert counts(sent_with(office)) == {"sent": 1}
        assert office.check() == 0


def test_cancelled_in_the_middle_a_letter_on_its_way_is_in_doubt(office):
    def on_progress(progress):
        if len(office.received()) == 2:
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)

    with MailServer(office.accepted, [{"phase": "kept", "do": "hang"}]) as server, pytest.raises(KeyboardInterrupt):
        office.send(
            server.port,
            on_progress=on_progress,
            server=SmtpServer(host="127.0.0.1", port=server.port, data_timeout=60),
            pace=Pace(Limits(connections=2)),
        )

    assert office.states() == {"unknown": 2, "approved": 18}
    assert office.check() == 2
