"""Where approved letters stand: saved, loaded, moved from state to state, mended after a crash."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from post_office import AT, INCIDENT, KIND, PostOffice, letter
from promofuse.errors import Refused, StoreError
from promofuse.store.deliveries import (
    INTERRUPTED,
    DeliveryState,
    Step,
    count_sent_since,
    erase_messages,
    load_message,
    load_messages,
    recover,
    save_approved,
    set_state,
    take_steps,
)
from promofuse.store.locks import only_one

S = DeliveryState
LATER = AT + timedelta(hours=1)


@pytest.fixture
def office(tmp_path):
    with PostOffice(tmp_path, [letter(number) for number in range(3)]) as office:
        yield office


def put(office, number, state):
    with office.store.write() as db:
        assert set_state(db, INCIDENT, [office.pairs[number]], list(S), state, AT) == 1


def test_an_approved_letter_is_kept_as_it_was_approved(office):
    one = office.deliveries()[office.pairs[1]]
    with office.store.read() as db:
        raw = load_message(db, office.keys, INCIDENT, "O-000001", KIND)

    assert raw == office.letters[1].raw
    assert (one.group, one.language, one.batch, one.state) == ("cancellation.en", "en", 1, S.APPROVED)
    assert (one.message_id, one.sha256) == (office.letters[1].message_id, office.letters[1].sha256)
    assert (one.attempts, one.not_before, one.reply, one.error, one.changed_at) == (0, None, "", "", AT)


def test_the_bytes_are_not_readable_in_the_database(office):
    with office.store.read() as db:
        (sealed,) = db.exec_driver_sql("SELECT sealed FROM delivery_message WHERE order_id = 'O-000001'").one()

    assert b"buyer1@alias.example" not in sealed


@pytest.mark.parametrize("state", [S.APPROVED, S.REJECTED, S.WITHHELD, S.RETRY, S.FAILED])
def test_approving_again_replaces_a_letter_that_is_not_on_its_way(office, state):
    put(office, 0, state)
    newer = letter(0, text="Another text.\n", revision=2)

    with office.store.write() as db:
        refused = save_approved(db, office.keys, INCIDENT, 2, [newer], LATER)
        raw = load_message(db, office.keys, INCIDENT, *newer.pair)

    one = office.deliveries()[newer.pair]
    assert refused == []
    assert raw == newer.raw
    assert (one.state, one.batch, one.message_id, one.changed_at) == (S.APPROVED, 2, newer.message_id, LATER)


@pytest.mark.parametrize("state", [S.CLAIMED, S.SENDING, S.SENT, S.UNKNOWN, S.HANDED_OUT])
def test_a_letter_that_may_have_left_is_never_replaced(office, state):
    put(office, 0, state)
    newer = letter(0, text="Another text.\n", revision=2)

    with office.store.write() as db:
        refused = save_approved(db, office.keys, INCIDENT, 2, [newer, letter(7)], LATER)
        raw = load_message(db, office.keys, INCIDENT, *newer.pair)

    assert refused == [newer.pair]
    assert raw == office.letters[0].raw
    assert office.deliveries()[newer.pair].state is state
    assert office.deliveries()["O-000007", KIND].batch == 2


def test_two_letters_never_share_a_message_id(office):
    twin = letter(0)
    with pytest.raises(IntegrityError), office.store.write() as db:
        save_approved(db, office.keys, INCIDENT, 2, [type(twin)("O-000009", twin.raw, twin.message_id)], AT)


def test_letters_moved_in_the_database_or_changed_do_not_open(office):
    with office.store.write() as db:
        db.exec_driver_sql(
            "UPDATE delivery_message SET sealed = (SELECT sealed FROM delivery_message WHERE order_id = 'O-000001') "
            "WHERE order_id = 'O-000000'"
        )
        db.exec_driver_sql("UPDATE delivery SET sha256 = 'another' WHERE order_id = 'O-000002'")

    for number, says in ((0, "changed or moved"), (2, "not the one that was approved")):
        with office.store.read() as db, pytest.raises(StoreError, match=says):
            load_message(db, office.keys, INCIDENT, *office.pairs[number])


def test_erased_letters_keep_their_record(office):
    with office.store.write() as db:
        assert erase_messages(db, INCIDENT, ["O-000000", "O-000001", "O-other"]) == 2
        found = load_messages(db, office.keys, INCIDENT, [*office.pairs, ("O-000002", "another-kind")])
        with pytest.raises(StoreError, match="not kept any more"):
            load_message(db, office.keys, INCIDENT, "O-000000", KIND)

    assert list(found) == [office.pairs[2]]
    assert len(office.deliveries()) == 3


def test_a_state_changes_only_from_where_it_is_said_to_be(office):
    put(office, 2, S.SENT)
    with office.store.write() as db:
        moved = set_state(db, INCIDENT, office.pairs, [S.APPROVED, S.RETRY], S.REJECTED, LATER, error="not this one")
        assert set_state(db, INCIDENT, [], [S.APPROVED], S.REJECTED, LATER) == 0

    assert moved == 2
    assert office.states() == {"rejected": 2, "sent": 1}
    assert {one.error for one in office.deliveries().values()} == {"not this one", ""}


def test_a_step_changes_one_row_or_none(office):
    pair = office.pairs[0]
    claim = Step(pair=pair, before=S.APPROVED, after=S.CLAIMED, at=LATER)
    sending = Step(pair=pair, before=S.CLAIMED, after=S.SENDING, at=LATER)
    retry = Step(pair=pair, before=S.SENDING, after=S.RETRY, at=LATER, not_before=LATER, error="451 later")
    with office.store.write() as db:
        assert take_steps(db, INCIDENT, [claim, claim, sending, retry, sending]) == [True, False, True, True, False]
        assert take_steps(db, "INC-2026-0002", [claim]) == [False]

    one = office.deliveries()[pair]
    assert (one.state, one.attempts, one.not_before, one.error) == (S.RETRY, 1, LATER, "451 later")


def test_after_a_crash_claimed_letters_may_go_and_letters_on_their_way_are_in_doubt(office):
    put(office, 0, S.CLAIMED)
    put(office, 1, S.SENDING)
    with office.store.write() as db:
        assert recover(db, LATER) == (1, 1)
        assert recover(db, LATER) == (0, 0)

    deliveries = office.deliveries()
    assert [deliveries[pair].state for pair in office.pairs] == [S.APPROVED, S.UNKNOWN, S.APPROVED]
    assert deliveries[office.pairs[1]].error == INTERRUPTED


def test_letters_of_the_last_day_are_counted_with_the_doubtful_ones(office):
    put(office, 0, S.SENT)
    put(office, 1, S.UNKNOWN)
    with office.store.read() as db:
        assert (count_sent_since(db, AT), count_sent_since(db, LATER)) == (2, 0)


def test_a_lock_is_refused_at_once_and_names_its_holder(tmp_path):
    lock = tmp_path / "var" / "some.lock"
    held = only_one(lock, "it is taken", hint="wait")
    with held, pytest.raises(Refused, match=r"taken \(process \d+\)"), only_one(lock, "it is taken", hint="wait"):
        raise AssertionError
    with only_one(lock, "it is taken", hint="wait"):
        assert lock.exists()
